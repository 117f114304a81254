// `npm run soak -- NAME [options]`: one of the long runs of this folder.
const RUNS = [
  'transport',
  'fuzz',
  'sockets',
  'streams',
  'http',
  'kill-rounds',
  'webhook-down',
  'operations-cost',
  'pseudonyms',
  'attack',
]

const [name = ''] = process.argv.splice(2, 1)
process.chdir(new URL('..', import.meta.url).pathname)
if (RUNS.includes(name)) await import(`./${name}.mjs`)
else {
  console.error(`Usage: npm run soak -- NAME [options], NAME one of ${RUNS.join(', ')}`)
  process.exitCode = 1
}
