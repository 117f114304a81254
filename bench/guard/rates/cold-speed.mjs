// Run in a fresh process, with the argument `deltas` or `blocks`: what the first 300 KB cost, and what the same cost when
// they have often been seen. Prints JSON, in MB for a second of processor time, that of the compiler's threads included.
import { compilePolicy } from '@sluice/guard'
import { inBlocks, inDeltas, proseWithValues } from '../corpus.mjs'

const BYTES = 300_000
const ROUNDS = 20
const { text } = proseWithValues(BYTES)
const pieces = process.argv[2] === 'blocks' ? inBlocks(text) : inDeltas(text)
const policy = compilePolicy('standard')

function megabytesPerSecond() {
  const before = process.cpuUsage()
  const stream = policy.open({ direction: 'output' })
  for (const piece of pieces) stream.push(piece)
  stream.end()
  const { user, system } = process.cpuUsage(before)
  return BYTES / (user + system)
}

const cold = megabytesPerSecond()
let warm = 0
for (let round = 0; round < ROUNDS; round += 1) warm = Math.max(warm, megabytesPerSecond())
process.stdout.write(JSON.stringify({ cold, warm }))
