// Run in a fresh process: what the first 300 KB of deltas cost, and what the same cost when they have often been seen.
// Prints JSON, in MB for a second of processor time.
import { compilePolicy } from '@sluice/guard'
import { inDeltas, proseWithValues } from '../corpus.mjs'

const BYTES = 300_000
const ROUNDS = 20
const deltas = inDeltas(proseWithValues(BYTES).text)
const policy = compilePolicy('standard')

function megabytesPerSecond() {
  const before = process.cpuUsage()
  const stream = policy.open({ direction: 'output' })
  for (const delta of deltas) stream.push(delta)
  stream.end()
  const { user, system } = process.cpuUsage(before)
  return BYTES / (user + system)
}

const cold = megabytesPerSecond()
let warm = 0
for (let round = 0; round < ROUNDS; round += 1) warm = Math.max(warm, megabytesPerSecond())
process.stdout.write(JSON.stringify({ cold, warm }))
