// `npm run soak -- NAME [options]`: one of the long runs of this folder.
import { RUNS } from './runs.mjs'

const [name = ''] = process.argv.splice(2, 1)
if (Object.hasOwn(RUNS, name)) {
  process.chdir(new URL('..', import.meta.url).pathname)
  await import(`./${name}.mjs`)
} else {
  const isHelp = ['--help', '-h'].includes(name)
  const width = Math.max(...Object.keys(RUNS).map((run) => run.length))
  const lines = Object.entries(RUNS).map(([run, about]) => `  ${run.padEnd(width)}  ${about}`)
  const text = `Usage: npm run soak -- NAME [options]\n\n${lines.join('\n')}\n\nNAME --help has its options.`
  if (isHelp) console.log(text)
  else {
    console.error(name === '' ? text : `There is no long run called ${name}.\n${text}`)
    process.exitCode = 1
  }
}
