/** Tool calls as servers send them, and the fields that their second turn needs. */
import type { ServerCase } from '../server-case.ts'

const ALL = ['off', 'seed', 'standard', 'strict']
const GUARDED = ['seed', 'standard', 'strict']
const MAIL = 'lena.brandt@example.net'
const SIGNATURE = `sig-${'Ab9+/'.repeat(1_500)}==`

const calls = (...parts: unknown[]) => ({ $delta: { tool_calls: parts } })
const called = (name: string, text: unknown) => ({
  type: 'function',
  function: { name, arguments: text },
})
const FINISH = { $finish: 'tool_calls' }

const NUMBERS: readonly ServerCase[] = [
  {
    name: 'no-index-in-pieces',
    says: 'without an index a new id is a new call, and no id goes on with the last one',
    policies: GUARDED,
    upstream: {
      chunks: [
        calls({ id: 'a', ...called('sow', '{"x":') }),
        calls({ function: { arguments: '1}' } }),
        calls({ id: 'b', ...called('reap', '{"y":') }),
        calls({ id: 'b', function: { arguments: '2}' } }),
        FINISH,
      ],
    },
    expect: {
      '*': {
        terminal: 'complete',
        finish: 'tool_calls',
        calls: [
          { id: 'a', name: 'sow', arguments: '{"x":1}' },
          { id: 'b', name: 'reap', arguments: '{"y":2}' },
        ],
      },
    },
  },
  {
    name: 'one-index-for-two',
    says: 'another id and another name under the same index are another call',
    policies: GUARDED,
    upstream: {
      chunks: [
        calls({ index: 0, id: 'a', ...called('sow', '{}') }),
        calls({ index: 0, id: 'b', ...called('reap', '{"y":') }),
        calls({ index: 0, function: { arguments: '2}' } }),
        FINISH,
      ],
    },
    expect: {
      '*': {
        calls: [
          { id: 'a', name: 'sow', arguments: '{}' },
          { id: 'b', name: 'reap', arguments: '{"y":2}' },
        ],
      },
    },
  },
  {
    name: 'arguments-as-object',
    says: 'arguments that are an object are its JSON, through the guard',
    policies: ['strict'],
    upstream: { chunks: [calls({ index: 0, id: 'a', ...called('mail', { to: MAIL }) }), FINISH] },
    expect: {
      '*': {
        absent: [MAIL],
        calls: [{ id: 'a', name: 'mail', arguments: '{"to":"[EMAIL_ADDRESS]"}' }],
      },
    },
  },
  {
    name: 'too-many-calls',
    says: 'more calls than any request asks for are an invalid stream',
    policies: GUARDED,
    upstream: {
      chunks: [
        calls(...Array.from({ length: 129 }, (_, i) => ({ id: `c-${i}`, ...called('f', '') }))),
        FINISH,
      ],
    },
    expect: { '*': { terminal: 'error', error: 'tool calls' } },
  },
]

const NAMES: readonly ServerCase[] = [
  {
    name: 'long-id',
    says: 'an id with a signature of kilobytes is kept whole',
    policies: GUARDED,
    upstream: { chunks: [calls({ index: 0, id: SIGNATURE, ...called('f', '{}') }), FINISH] },
    expect: { '*': { calls: [{ id: SIGNATURE, name: 'f', arguments: '{}' }] } },
  },
  {
    name: 'names-in-any-script',
    says: 'a name keeps its script',
    policies: GUARDED,
    upstream: {
      chunks: [calls({ index: 0, id: 'a', ...called('wetter_für_город', '{}') }), FINISH],
    },
    expect: { '*': { calls: [{ id: 'a', name: 'wetter_für_город', arguments: '{}' }] } },
  },
  {
    name: 'name-in-pieces',
    says: 'a name may come in pieces, and is judged as a whole',
    policies: ['standard', 'strict'],
    upstream: {
      chunks: [
        calls({ index: 0, id: 'a', ...called('find_', '') }),
        calls({ index: 0, function: { name: 'path', arguments: '{}' } }),
        calls({ index: 1, id: 'b', ...called('lena.brandt', '') }),
        calls({ index: 1, function: { name: '@example.net', arguments: '{}' } }),
        FINISH,
      ],
    },
    expect: {
      '*': {
        absent: [MAIL],
        calls: [
          { id: 'a', name: 'find_path', arguments: '{}' },
          { id: 'b', name: 'lena.brandt', arguments: '{}' },
        ],
      },
    },
  },
]

const EXTENSIONS: readonly ServerCase[] = [
  {
    name: 'fields-of-the-second-turn',
    says: 'what a provider wants back passes, with its opaque values whole',
    policies: GUARDED,
    upstream: {
      chunks: [
        {
          $delta: {
            reasoning_content: 'Look it up. ',
            extra_content: { google: { thought_signature: SIGNATURE } },
          },
        },
        {
          $delta: {
            reasoning_details: [{ type: 'reasoning.encrypted', data: 'ZXhhbXBsZQ==', index: 0 }],
          },
        },
        calls({
          index: 0,
          id: 'a',
          ...called('f', '{}'),
          extra_content: { google: { thought_signature: 'Rm9v' } },
        }),
        FINISH,
      ],
    },
    expect: {
      '*': {
        terminal: 'complete',
        thinking: 'Look it up. ',
        present: [SIGNATURE, 'ZXhhbXBsZQ==', 'Rm9v'],
      },
    },
  },
  {
    name: 'texts-of-extension-fields',
    says: 'a text in pieces inside an extension field goes through the guard as one',
    policies: ['standard', 'strict'],
    upstream: {
      chunks: [
        {
          $delta: {
            reasoning_details: [{ type: 'reasoning.text', index: 0, text: 'Write lena.bra' }],
          },
        },
        {
          $delta: {
            reasoning_details: [{ type: 'reasoning.text', index: 0, text: 'ndt@example.net' }],
          },
        },
        {
          $delta: { reasoning_details: [{ type: 'reasoning.summary', index: 1, summary: 'Done' }] },
        },
        { $text: 'Yes.' },
        { $finish: 'stop' },
      ],
    },
    expect: {
      '*': {
        terminal: 'complete',
        content: 'Yes.',
        absent: ['lena', '@example'],
        present: ['[EMAIL_ADDRESS]', 'Done'],
      },
    },
  },
  {
    name: 'numbers-of-extension-fields',
    says: 'no number goes around the guard in an extension field, whole or in pieces',
    policies: GUARDED,
    upstream: {
      chunks: [
        { $delta: { extra_content: { a: 4_111_111_111_111_111, b: '4111 1111', '4111-1111': 1 } } },
        { $delta: { extra_content: { b: '11111111' } } },
        { $text: 'Yes.' },
        { $finish: 'stop' },
      ],
    },
    expect: { '*': { terminal: 'complete', absent: ['4111', '1111'] } },
  },
  {
    name: 'a-field-of-the-operator',
    says: 'a field passes both ways if the operator names it, and only then',
    policies: ALL,
    settings: { SLUICE_UPSTREAM_EXTENSION_FIELDS: 'vendor_state' },
    request: {
      messages: [
        { role: 'user', content: 'go' },
        { role: 'assistant', content: 'gone', vendor_state: { step: 3 }, vendor_secret: 1 },
        { role: 'user', content: 'on' },
      ],
    },
    upstream: {
      chunks: [
        { $delta: { vendor_state: { step: 4, mark: 'omega' } } },
        { $text: 'On.' },
        { $finish: 'stop' },
      ],
    },
    expect: {
      '*': {
        present: ['omega'],
        body: { 'messages.1.vendor_state.step': 3, 'messages.1.vendor_secret': null },
      },
    },
  },
]

const noted = (text: string) => ({ id: 'c', choices: [], notes: { text } })
const NOTES = { SLUICE_UPSTREAM_EXTENSION_FIELDS: 'notes' }

const CHUNK_EXTENSIONS: readonly ServerCase[] = [
  {
    name: 'a-field-beside-the-choices',
    says: 'what the guard holds of it comes at the end',
    policies: ['seed', 'standard', 'strict'],
    settings: NOTES,
    upstream: { chunks: [{ $text: 'Yes.' }, noted('so mali'), { $finish: 'stop' }] },
    expect: { '*': { terminal: 'complete', content: 'Yes.', present: ['mali'] } },
  },
  {
    name: 'a-block-beside-the-choices',
    says: 'what the guard forbids in it ends the answer',
    policies: ['seed'],
    settings: NOTES,
    upstream: {
      chunks: [{ $text: 'Yes.' }, noted('so mali'), noted('cious'), { $finish: 'stop' }],
    },
    expect: { '*': { terminal: 'blocked', absent: ['cious'] } },
  },
]

export const TOOLS: readonly ServerCase[] = [
  ...NUMBERS,
  ...NAMES,
  ...EXTENSIONS,
  ...CHUNK_EXTENSIONS,
]
