// Run in a fresh process: what importing the package and compiling a policy for the first time takes, and what the
// compiled policy and a stream of it occupy. Prints JSON. Needs --expose-gc.
import { readFileSync } from 'node:fs'

const heap = () => {
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
const STREAMS = 2000
const { compilePolicy } = await import('@sluice/guard')
const text = readFileSync(0, 'utf8')
const began = performance.now()
compilePolicy('standard')
const first = performance.now()
const policy = compilePolicy('strict')
const second = performance.now()
// What compiling and scanning leave behind in the engine itself must not count, nor be freed while it is measured.
const kept = [policy, compilePolicy('strict'), compilePolicy('strict')]
for (const warm of kept) warm.scan(text)

const before = heap()
const other = compilePolicy('strict')
const compiled = heap()
other.scan(text)
const warm = heap()
const streams = Array.from({ length: STREAMS }, () => other.open({ direction: 'output' }))
for (const stream of streams) stream.push('her address is jo.doe@example')
const open = heap()
if (kept.length + streams.length < STREAMS) throw new Error('freed too early')
process.stdout.write(
  JSON.stringify({
    firstCompileMs: first - began,
    secondCompileMs: second - first,
    policyBytes: compiled - before,
    warmPolicyBytes: warm - before,
    streamBytes: (open - warm) / streams.length,
  }),
)
