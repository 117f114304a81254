/** Finish reasons that forget the calls before them. */
import type { ChunkForm, Expected, ServerCase } from '../server-case.ts'

const ALL = ['off', 'seed', 'standard', 'strict']
const GUARDED = ['seed', 'standard', 'strict']
const STOP = { $finish: 'stop' }

const call = (id: string | undefined, name: string | undefined, text: string): ChunkForm => ({
  $delta: { tool_calls: [{ index: 0, id, function: { name, arguments: text } }] },
})

interface Shape {
  name: string
  says: string
  chunks: readonly ChunkForm[]
  expect: Expected
}

const shaped = (given: Shape): ServerCase => ({
  name: given.name,
  says: given.says,
  policies: ALL,
  upstream: { chunks: given.chunks },
  expect: {
    '*': { terminal: 'complete' },
    off: { verbatim: true },
    ...Object.fromEntries(GUARDED.map((policy) => [policy, given.expect])),
  },
})

const CALLED = { calls: [{ id: 'a', name: 'look', arguments: '{"x":1}' }] }
const PIECES = [call('a', 'look', '{"x":'), call(undefined, undefined, '1}')]

export const FINISHES: readonly ServerCase[] = [
  ...['stop', 'STOP', 'end_turn', 'tool_calls'].map((reason) => ({
    name: `calls-then-${reason}`,
    says: 'who called a tool and then says it stopped means the calls',
    chunks: [{ $text: 'Wait.' }, ...PIECES, { $finish: reason }],
    expect: { ...CALLED, finish: 'tool_calls' },
  })),
  ...['length', 'content_filter', 'out_of_tea'].map((reason) => ({
    name: `calls-then-${reason}`,
    says: 'calls that may not be whole keep the reason why',
    chunks: [...PIECES, { $finish: reason }],
    expect: { ...CALLED, finish: reason },
  })),
  {
    name: 'stop-then-calls',
    says: 'a call behind the reason counts as well',
    chunks: [{ $text: 'Wait.' }, STOP, ...PIECES],
    expect: { ...CALLED, finish: 'tool_calls' },
  },
  {
    name: 'stop-beside-no-calls',
    says: 'an empty list of calls is none, and a part that names nothing is none',
    chunks: [
      { $delta: { content: 'Done.', tool_calls: [] } },
      { $delta: { tool_calls: [{ index: 0, function: {} }] } },
      STOP,
    ],
    expect: { content: 'Done.', finish: 'stop' },
  },
  {
    name: 'a-text-for-a-reason',
    says: 'what is as long as a text is no reason, and nothing is looked for in it',
    chunks: [{ $text: 'Done.' }, { $finish: `${'no_'.repeat(400)}error` }],
    expect: { content: 'Done.', finish: 'other' },
  },
].map(shaped)
