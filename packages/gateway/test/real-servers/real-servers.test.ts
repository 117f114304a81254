// What real servers send, by kind: each case over a real gateway, under each policy that it names.
import { describe, it } from 'vitest'
import { ERRORS } from './cases/errors.ts'
import { FAILURES } from './cases/failures.ts'
import { FINISHES } from './cases/finishes.ts'
import { PLACES } from './cases/places.ts'
import { REPORTED_CALLS } from './cases/reported-calls.ts'
import { REPORTED_CHUNKS } from './cases/reported-chunks.ts'
import { REPORTED_STREAMS } from './cases/reported-streams.ts'
import { REQUESTS } from './cases/requests.ts'
import { SHAPES } from './cases/shapes.ts'
import { STREAMS } from './cases/streams.ts'
import { THOUGHTS } from './cases/thoughts.ts'
import { TOOLS } from './cases/tools.ts'
import { holds } from './run-case.ts'

const KINDS = {
  errors: ERRORS,
  failures: FAILURES,
  finishes: FINISHES,
  places: PLACES,
  'reported calls': REPORTED_CALLS,
  'reported chunks': REPORTED_CHUNKS,
  'reported streams': REPORTED_STREAMS,
  requests: REQUESTS,
  shapes: SHAPES,
  streams: STREAMS,
  thoughts: THOUGHTS,
  tools: TOOLS,
}

describe.each(Object.entries(KINDS))('%s', (_kind, cases) => {
  const runs = cases.flatMap((given) => given.policies.map((policy) => ({ given, policy })))
  it.each(runs)('$given.name under $policy: $given.says', ({ given, policy }) =>
    holds(given, policy),
  )
})
