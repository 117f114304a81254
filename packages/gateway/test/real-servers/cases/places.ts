/** Texts, calls, reasons and counts in other places and forms than OpenAI's. */
import { type ChunkForm, chunkOf, type Expected, type ServerCase } from '../server-case.ts'

const GUARDED = ['seed', 'standard', 'strict']
const HELLO: Expected = { terminal: 'complete', content: 'Hello you', finish: 'stop' }
const STOP = { $finish: 'stop' }
const END = { index: 0, delta: {}, finish_reason: 'stop' }
const CARD = '4111111111111111'

const choice = (fields: object): ChunkForm => ({ $choice: { index: 0, ...fields } })
const unary = (message: unknown, more: object = {}) => ({
  choices: [{ index: 0, message, ...more }],
})

interface Streamed extends Pick<ServerCase, 'name' | 'says'> {
  policies?: readonly string[]
  chunks: readonly ChunkForm[]
  expect: Expected
}

const streamed = ({ name, says, policies = GUARDED, chunks, expect }: Streamed): ServerCase => ({
  name,
  says,
  policies,
  upstream: { chunks },
  expect: { '*': expect },
})

const TEXTS: readonly Streamed[] = [
  {
    name: 'message-in-pieces',
    says: 'messages in place of deltas are pieces of the text',
    chunks: [
      choice({ message: { role: 'assistant', content: 'Hello' } }),
      choice({ message: { content: ' you' } }),
      STOP,
    ],
    expect: HELLO,
  },
  {
    name: 'message-so-far',
    says: 'messages that repeat the text so far say it once',
    chunks: ['Hello', 'Hello you', 'Hello you']
      .map((content) => choice({ message: { content } }))
      .concat(STOP),
    expect: HELLO,
  },
  {
    name: 'message-beside-empty-delta',
    says: 'a message counts where the delta beside it says nothing',
    chunks: [
      choice({
        ...END,
        delta: { role: 'assistant', content: '' },
        message: { content: 'Hello you' },
      }),
    ],
    expect: HELLO,
  },
  {
    name: 'message-with-call',
    says: 'a call in a message is one, and is one when it comes again',
    chunks: Array.from({ length: 2 }, () =>
      choice({
        delta: {},
        message: { tool_calls: [{ id: 'a', function: { name: 'sow', arguments: '{"x":1}' } }] },
        finish_reason: 'tool_calls',
      }),
    ),
    expect: { finish: 'tool_calls', calls: [{ id: 'a', name: 'sow', arguments: '{"x":1}' }] },
  },
  {
    name: 'text-beside-empty-delta',
    says: 'the text of a choice counts where its delta says nothing',
    chunks: [choice({ delta: {}, text: 'Hello' }), choice({ delta: {}, text: ' you' }), STOP],
    expect: HELLO,
  },
  {
    name: 'text-beside-delta',
    says: 'the text of a choice that repeats its delta is not said twice',
    chunks: ['Hello', ' you']
      .map((text) => choice({ delta: { content: text }, text }))
      .concat(STOP),
    expect: HELLO,
  },
  {
    name: 'delta-as-text',
    says: 'a delta that is a text is the text',
    chunks: [choice({ delta: 'Hello' }), choice({ delta: [{ content: ' you' }] }), STOP],
    expect: HELLO,
  },
  {
    name: 'text-of-delta',
    says: 'the text of a delta is its text',
    chunks: [{ $delta: { text: 'Hello' } }, { $delta: { text: ' you' } }, STOP],
    expect: HELLO,
  },
  {
    name: 'text-beside-content',
    says: 'the text of a delta that repeats its content is not said twice',
    chunks: [{ $delta: { type: 'text', content: 'Hello you', text: 'Hello you' } }, STOP],
    expect: HELLO,
  },
  {
    name: 'content-of-choice',
    says: 'a choice that has the content itself has it',
    chunks: [choice({ content: 'Hello you' }), STOP],
    expect: HELLO,
  },
  {
    name: 'one-choice-unlisted',
    says: 'a choice that stands in place of its list is one, and so are choices by number',
    chunks: [
      { choices: { index: 0, delta: { content: 'Hello' } } },
      { choices: { 0: { index: 0, delta: { content: ' you' } } } },
      STOP,
    ],
    expect: HELLO,
  },
  ...['thinking', 'reasoning_text'].map((field) => ({
    name: `reasoning-as-${field}`,
    says: 'reasoning is reasoning under whatever name, and goes through the guard',
    policies: ['standard', 'strict'],
    chunks: [
      { $delta: { [field]: 'ask lena@exam' } },
      { $delta: { [field]: 'ple.com now' } },
      { $text: 'Hello you' },
      STOP,
    ],
    expect: { ...HELLO, absent: ['lena@exam', 'ple.com'], thinking: 'ask [EMAIL_ADDRESS] now' },
  })),
  {
    name: 'media-alone',
    says: 'pictures and sounds alone are no empty success',
    chunks: [
      { $delta: { content: '', images: [{ type: 'image_url' }], audio: { id: 'a' } } },
      STOP,
    ],
    expect: { terminal: 'error', error: 'cannot be shown' },
  },
]

const CALLS: readonly ServerCase[] = [
  ['unlisted', { tool_calls: { id: 'a', function: { name: 'sow', arguments: '{"x":1}' } } }],
  [
    'by-number',
    { tool_calls: { 0: { id: 'a', function: { name: 'sow', arguments: '{"x":1}' } } } },
  ],
  ['flat', { tool_calls: [{ id: 'a', name: 'sow', arguments: '{"x":1}' }] }],
  ['input', { tool_calls: [{ id: 'a', name: 'sow', input: { x: 1 } }] }],
  ['parameters', { tool_calls: [{ id: 'a', function: { name: 'sow', parameters: { x: 1 } } }] }],
  [
    'custom',
    { tool_calls: [{ id: 'a', type: 'custom', custom: { name: 'sow', input: '{"x":1}' } }] },
  ],
  [
    'both-forms',
    {
      tool_calls: [{ id: 'a', function: { name: 'sow', arguments: '{"x":1}' } }],
      function_call: { name: 'sow', arguments: '{"x":1}' },
    },
  ],
].map(([form, delta]) =>
  streamed({
    name: `call-${form}`,
    says: 'a call is one call, with name and arguments, in any form',
    chunks: [{ $delta: delta }, { $finish: 'tool_calls' }],
    expect: { terminal: 'complete', calls: [{ id: 'a', name: 'sow', arguments: '{"x":1}' }] },
  }),
)

const MORE_CALLS: readonly Streamed[] = [
  {
    name: 'call-flat-with-card',
    says: 'no number goes around the guard in any form of a call',
    policies: ['standard', 'strict'],
    chunks: [
      { $delta: { tool_calls: { id: 'a', name: 'pay', input: { card: CARD } } } },
      { $finish: 'tool_calls' },
    ],
    expect: { absent: [CARD], present: ['pay'] },
  },
  {
    name: 'call-with-many-ids',
    says: 'a part with an id of its own and no name goes on with the last call',
    chunks: [
      { $delta: { tool_calls: [{ id: 'a', function: { name: 'sow', arguments: '' } }] } },
      { $delta: { tool_calls: [{ id: 'b', function: { arguments: '{"x":' } }] } },
      { $delta: { tool_calls: [{ id: 'c', function: { arguments: '1}' } }] } },
      { $finish: 'tool_calls' },
    ],
    expect: { calls: [{ id: 'a', name: 'sow', arguments: '{"x":1}' }] },
  },
  ...[
    ['so-far', ['{"x"', '{"x":', '{"x":1}']],
    ['again', ['{"x":', '1}', '{"x":1}']],
    ['twice', ['{"x":1}', '{"x":1}']],
    ['behind-empty', ['{}', '{"x":', '1}']],
    ['behind-empty-object', [{}, { x: 1 }]],
    ['in-pieces', ['{', '"x"', ':', '1', '}']],
  ].map(([form, texts]) => ({
    name: `arguments-${form}`,
    says: 'arguments are told once, whatever a server repeats of them or sends before them',
    chunks: [
      ...(texts as unknown[]).map((text) => ({
        $delta: { tool_calls: [{ index: 0, id: 'a', function: { name: 'sow', arguments: text } }] },
      })),
      { $finish: 'tool_calls' },
    ],
    expect: { calls: [{ id: 'a', name: 'sow', arguments: '{"x":1}' }] },
  })),
  ...[{ $finish: 'tool_calls' }, { $delta: {} }].map((end, i) => ({
    name: `arguments-empty-${i}`,
    says: 'a call without arguments has an empty object',
    chunks: [{ $delta: { tool_calls: [{ id: 'a', name: 'sow', input: {} }] } }, end],
    expect: { terminal: 'complete', calls: [{ id: 'a', name: 'sow', arguments: '{}' }] } as const,
  })),
  {
    name: 'calls-that-are-text',
    says: 'calls that are no list are an invalid stream',
    chunks: [{ $delta: { tool_calls: '[{"name":"sow"}]' } }, STOP],
    expect: { terminal: 'error', error: 'no list' },
  },
]

const REASONS: readonly ServerCase[] = Object.entries({
  stop: [
    'FinishReason.STOP',
    'FINISH_REASON_STOP',
    'StopReason.end_turn',
    'eosFound',
    'normal',
    { type: 'stop' },
  ],
  length: ['FINISH_REASON_MAX_TOKENS', 'token_limit', 'maxPredictedTokensReached'],
  content_filter: ['sensitive', 'IMAGE_SAFETY', 'guardrail_intervened', 'ERROR_TOXIC'],
}).flatMap(([finish, reasons]) =>
  reasons.map((reason) =>
    streamed({
      name: `reason-${JSON.stringify(reason)}`,
      says: `a spelling of ${finish} is ${finish}`,
      chunks: [{ $text: 'Hello you' }, { $finish: reason }],
      expect: { ...HELLO, finish },
    }),
  ),
)

const ODD_REASONS: readonly Streamed[] = [
  ...['ERROR', 'network_error', 'model_error', 'failed'].map((reason) => ({
    name: `reason-${reason}`,
    says: 'a failure as a reason is an error, behind the text',
    chunks: [{ $text: 'Hello you' }, { $finish: reason }],
    expect: { terminal: 'error', content: 'Hello you', error: 'reported an error' } as const,
  })),
  ...[{ finishReason: 'STOP' }, { stop_reason: 'end_turn' }].map((fields) => ({
    name: `reason-in-${Object.keys(fields)}`,
    says: 'a reason counts in whichever field it is',
    chunks: [{ $text: 'Hello you' }, choice({ delta: {}, ...fields })],
    expect: HELLO,
  })),
  {
    name: 'reason-in-delta',
    says: 'a reason counts in whichever field it is',
    chunks: [{ $text: 'Hello you' }, { $delta: { finish_reason: 'stop' } }],
    expect: HELLO,
  },
  {
    name: 'reason-not-finished',
    says: 'a word for no reason is none',
    chunks: [
      choice({ delta: { content: 'Hello' }, finish_reason: 'not_finished' }),
      { $text: ' you' },
      STOP,
    ],
    expect: HELLO,
  },
]

const COUNTS: readonly Streamed[] = [
  {
    name: 'usage-zero-first',
    says: 'a zero before the text is no count',
    chunks: [
      { ...chunkOf({ $role: true }), usage: { prompt_tokens: 9, completion_tokens: 0 } },
      { $text: 'Hello you' },
      STOP,
    ],
    expect: { ...HELLO, tokenCount: 2 },
  },
  {
    name: 'usage-of-zeros',
    says: 'a usage of zeros in each chunk is none',
    chunks: [
      { ...chunkOf({ $text: 'Hello' }), usage: { total_tokens: 0, total_characters: 0 } },
      { ...chunkOf({ $text: ' you' }), usage: { total_tokens: 0, total_characters: 0 } },
      STOP,
      { $usage: { prompt_tokens: 9, completion_tokens: 2 } },
    ],
    expect: { ...HELLO, usage: { prompt_tokens: 9 }, tokenCount: 2, absent: ['total_characters'] },
  },
  ...[
    { input_tokens: 7, output_tokens: 4, total_tokens: 11 },
    { promptTokens: 7, completionTokens: 4, totalTokens: 11 },
    { inputTokens: 7, outputTokens: 4, totalTokens: 11 },
  ].map((usage) => ({
    name: `usage-${Object.keys(usage)[0]}`,
    says: "counts have OpenAI's names",
    chunks: [{ $text: 'Hello you' }, STOP, { $usage: usage }],
    expect: {
      ...HELLO,
      usage: { prompt_tokens: 7, completion_tokens: 4, total_tokens: 11 },
      tokenCount: 4,
    },
  })),
  {
    name: 'created-in-milliseconds',
    says: 'a time in milliseconds is told in seconds',
    chunks: [{ ...chunkOf({ $text: 'Hello you' }), created: 1_760_000_000_123 }, STOP],
    expect: { ...HELLO, present: ['"created":1760000000'], absent: ['1760000000123'] },
  },
]

const WHOLE: readonly ServerCase[] = [
  ['without-reason', unary({ content: 'Hello you' })],
  ['with-no-reason', unary({ content: 'Hello you' }, { finish_reason: null })],
  ['as-text', unary('Hello you', { finish_reason: 'stop' })],
  ['in-a-list', [unary({ content: 'Hello you' }, { finish_reason: 'stop' })]],
  ['as-chunk', { choices: [{ ...END, delta: { content: 'Hello you' } }] }],
].map(([form, json]) => ({
  name: `whole-${form}`,
  says: 'a whole answer is finished, whatever its form',
  policies: GUARDED,
  upstream: { json },
  expect: { '*': HELLO },
}))

export const PLACES: readonly ServerCase[] = [
  ...[...TEXTS, ...MORE_CALLS, ...ODD_REASONS, ...COUNTS].map(streamed),
  ...CALLS,
  ...REASONS,
  ...WHOLE,
]
