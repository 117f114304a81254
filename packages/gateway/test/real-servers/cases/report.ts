/**
 * A report: what users of other clients and gateways said of the servers behind them, its form in words of ours, and where it
 * was made. Each is tried in other pieces than it was sent in, too (deliveries.test.ts).
 */
import type { ChunkForm, Expected, ServerCase, Step } from '../server-case.ts'

const ALL = ['off', 'seed', 'standard', 'strict']
const GUARDED = ['seed', 'standard', 'strict']

export interface Report extends Pick<ServerCase, 'name' | 'says'> {
  /** Repository and thread. */
  from: string
  chunks?: readonly ChunkForm[]
  steps?: readonly Step[]
  expect: Expected
}

/** Under `off` the chunks are the server's; under each policy the answer is the same. */
export const report = ({ name, says, from, chunks, steps, expect }: Report): ServerCase => ({
  name,
  says: `${says} (${from})`,
  policies: ALL,
  upstream: chunks === undefined ? { steps: steps ?? [] } : { chunks },
  expect: {
    '*': { terminal: expect.terminal ?? 'complete' },
    off: chunks === undefined || expect.terminal === 'error' ? {} : { verbatim: true },
    ...Object.fromEntries(GUARDED.map((policy) => [policy, expect])),
  },
})

export const STOP: ChunkForm = { $finish: 'stop' }
export const HELLO: Expected = { content: 'Hello you', finish: 'stop' }
export const textOf = (content: string): ChunkForm => ({ $text: content })
export const call = (part: object): ChunkForm => ({ $delta: { tool_calls: [part] } })
export const choice = (fields: object): ChunkForm => ({ $choice: { index: 0, ...fields } })
