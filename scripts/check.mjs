// `npm run check`: everything CI asks of the source besides the tests. Runs all steps and reports each, so that one
// failure does not hide the next.
import { spawnSync } from 'node:child_process'

const steps = [
  ['format and lint', 'biome', ['check', '--error-on-warnings', '.']],
  ['types', 'tsc', ['-b']],
  ['unused code', 'knip', []],
]

let failed = 0
for (const [name, command, args] of steps) {
  console.log(`\n== ${name}: ${command} ${args.join(' ')}`)
  const result = spawnSync('npx', ['--no-install', command, ...args], { stdio: 'inherit' })
  if (result.status !== 0) failed += 1
}
console.log(failed === 0 ? '\nAll checks passed.' : `\n${failed} of ${steps.length} checks failed.`)
process.exit(failed === 0 ? 0 : 1)
