// What real servers send comes out the same in whatever pieces it comes: byte by byte, and all in one read.
import { describe, it } from 'vitest'
import { FINISHES } from './cases/finishes.ts'
import { REPORTED_CALLS } from './cases/reported-calls.ts'
import { REPORTED_CHUNKS } from './cases/reported-chunks.ts'
import { REPORTED_STREAMS } from './cases/reported-streams.ts'
import { THOUGHTS } from './cases/thoughts.ts'
import { holds } from './run-case.ts'
import type { Attempt } from './server-case.ts'

const CASES = [...REPORTED_CALLS, ...REPORTED_CHUNKS, ...REPORTED_STREAMS, ...FINISHES, ...THOUGHTS]

describe.each(['bytes', 'once'] as const)('delivered as %s', (delivery) => {
  const runs = CASES.flatMap((given) => given.policies.map((policy) => ({ given, policy })))
  it.each(runs)('$given.name under $policy: $given.says', ({ given, policy }) =>
    holds({ ...given, upstream: { ...(given.upstream as Attempt), delivery } }, policy),
  )
})
