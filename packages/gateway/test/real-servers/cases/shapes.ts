/** What an answer's chunks look like: text in every form, choices, what follows a finish, finish reasons, usage. */
import type { ServerCase } from '../server-case.ts'

const ALL = ['off', 'seed', 'standard', 'strict']
const GUARDED = ['seed', 'standard', 'strict']
const MAIL = 'lena.brandt@example.net'

const think = (text: unknown) => ({ $delta: { content: [{ type: 'thinking', thinking: text }] } })
const numbered = (index: number, content: string) => ({
  $choice: { index, delta: { content }, finish_reason: null },
})

const CONTENT: readonly ServerCase[] = [
  {
    name: 'parts-of-all-kinds',
    says: 'text, thoughts, summaries and refusals in parts are what they say',
    policies: ALL,
    upstream: {
      chunks: [
        { $role: 1 },
        think('First '),
        think([{ type: 'text', text: 'the tea. ' }]),
        { $delta: { content: [{ type: 'reasoning', summary: [{ text: 'Then milk.' }] }] } },
        { $delta: { content: [{ type: 'output_text', text: 'Pour ' }, { text: 'slowly' }] } },
        { $delta: { content: { type: 'text', text: { value: '.' } } } },
        { $finish: 'stop' },
      ],
    },
    expect: {
      off: { verbatim: true },
      ...Object.fromEntries(
        GUARDED.map((policy) => [
          policy,
          { content: 'Pour slowly.', thinking: 'First the tea. Then milk.', finish: 'stop' },
        ]),
      ),
    },
  },
  {
    name: 'parts-guarded-as-one',
    says: 'an address that is split over parts of several kinds is found in each channel',
    policies: ['standard', 'strict'],
    upstream: {
      chunks: [
        { $delta: { content: [{ type: 'text', text: 'Write lena.' }] } },
        { $text: 'brandt@exam' },
        { $delta: { content: [{ type: 'text', text: 'ple.net.' }] } },
        think('Is it lena.brandt'),
        think('@example.net?'),
        { $finish: 'stop' },
      ],
    },
    expect: {
      '*': { terminal: 'complete', absent: [MAIL, 'lena'], content: 'Write [EMAIL_ADDRESS].' },
    },
  },
  {
    name: 'parts-that-are-no-text',
    says: 'an answer that is a picture alone is no empty success',
    policies: GUARDED,
    upstream: {
      chunks: [
        { $delta: { content: [{ type: 'image_url', image_url: { url: 'x' } }] } },
        { $finish: 'stop' },
      ],
    },
    expect: { '*': { terminal: 'error', error: 'cannot be shown' } },
  },
  {
    name: 'parts-metered',
    says: 'what is in parts counts against the longest answer, thoughts too',
    policies: ALL,
    upstream: { chunks: [think('y'.repeat(1_500)), { $finish: 'stop' }] },
    settings: { SLUICE_MAX_ANSWER_CHARACTERS: 1_000 },
    expect: { '*': { terminal: 'error', error: 'the answer is longer than' } },
  },
  {
    name: 'reasoning-in-an-object',
    says: 'reasoning with its text inside an object is reasoning',
    policies: GUARDED,
    upstream: {
      chunks: [
        { $delta: { reasoning: { content: 'Two and ' } } },
        { $delta: { reasoning: { text: 'two.' } } },
        { $text: '4' },
        { $finish: 'stop' },
      ],
    },
    expect: { '*': { terminal: 'complete', thinking: 'Two and two.', content: '4' } },
  },
  {
    name: 'text-of-old-completions',
    says: 'the text of a choice that has no delta is its text',
    policies: GUARDED,
    upstream: {
      chunks: [
        { $choice: { index: 0, text: 'Old ' } },
        { $choice: { index: 0, text: 'form.', finish_reason: 'stop' } },
      ],
    },
    expect: { '*': { terminal: 'complete', content: 'Old form.' } },
  },
  {
    name: 'whole-message-after-deltas',
    says: 'the whole text once more as a message in the last chunk is not said twice',
    policies: GUARDED,
    upstream: {
      chunks: [
        { $text: 'Once' },
        { $text: ' only.' },
        {
          $choice: {
            index: 0,
            message: { role: 'assistant', content: 'Once only.' },
            finish_reason: 'stop',
          },
        },
      ],
    },
    expect: { '*': { terminal: 'complete', content: 'Once only.' } },
  },
]

const CHOICES: readonly ServerCase[] = [
  {
    name: 'index-counts-tokens',
    says: 'one choice was asked for: whatever its numbers, it is one, before one guard',
    policies: ['off', 'standard', 'strict'],
    upstream: {
      chunks: ['SSN ', '078', '-05', '-11', '20', ' ok.']
        .map((text, index) => numbered(index, text))
        .concat([
          {
            $choice: {
              index: 6,
              delta: {} as { content: string },
              finish_reason: 'stop' as unknown as null,
            },
          },
        ]),
    },
    expect: {
      '*': { terminal: 'complete' },
      off: { verbatim: true },
      standard: { content: 'SSN [US_SSN] ok.', absent: ['078'], finish: 'stop' },
      strict: { absent: ['078', '1120'] },
    },
  },
  {
    name: 'second-answer-unasked',
    says: 'a second answer that nobody asked for is not mixed into the first',
    policies: GUARDED,
    upstream: {
      chunks: [
        { $choice: { index: 0, delta: { role: 'assistant', content: 'Le' }, finish_reason: null } },
        { $choice: { index: 1, delta: { role: 'assistant', content: 'No' }, finish_reason: null } },
        numbered(1, 'pe'),
        numbered(0, 'ft'),
        { $choice: { index: 1, delta: {}, finish_reason: 'stop' } },
        { $choice: { index: 0, delta: {}, finish_reason: 'length' } },
      ],
    },
    expect: { '*': { terminal: 'complete', content: 'Left', finish: 'length', absent: ['No'] } },
  },
  {
    name: 'more-choices-than-asked',
    says: 'three answers where two were asked for are an invalid stream',
    policies: GUARDED,
    request: { n: 2 },
    upstream: {
      chunks: [numbered(0, 'a'), numbered(1, 'b'), numbered(2, 'c'), { $finish: 'stop' }],
    },
    expect: {
      '*': {
        terminal: 'error',
        error: 'a choice beyond those that were asked for',
        body: { n: 2 },
      },
    },
  },
  {
    name: 'index-as-text',
    says: 'an index in quotation marks is the number',
    policies: GUARDED,
    upstream: {
      chunks: [
        { $choice: { index: '0', delta: { content: 'So it is.' }, finish_reason: null } },
        {
          $delta: {
            tool_calls: [{ index: '0', id: 't', function: { name: 'look', arguments: '{}' } }],
          },
        },
        { $finish: 'tool_calls' },
      ],
    },
    expect: {
      '*': {
        terminal: 'complete',
        content: 'So it is.',
        calls: [{ id: 't', name: 'look', arguments: '{}' }],
      },
    },
  },
  {
    name: 'index-is-no-number',
    says: 'a choice with half an index is an invalid stream',
    policies: GUARDED,
    upstream: { chunks: [numbered(0.5, 'a'), { $finish: 'stop' }] },
    expect: { '*': { terminal: 'error', error: 'index' } },
  },
]

const ENDS: readonly ServerCase[] = [
  {
    name: 'text-after-finish',
    says: 'text and another reason after a finish: all of the text, and the last reason, once',
    policies: ALL,
    upstream: {
      chunks: [{ $text: 'One. ' }, { $finish: 'stop' }, { $text: 'Two.' }, { $finish: 'length' }],
    },
    expect: {
      '*': { terminal: 'complete', content: 'One. Two.', finish: 'length' },
      off: { verbatim: true },
    },
  },
  {
    name: 'number-over-a-finish',
    says: 'a number that an early finish cuts in two is still one number',
    policies: ['standard', 'strict'],
    upstream: {
      chunks: [
        { $text: 'Card 4111 1111 ' },
        { $finish: 'stop' },
        { $text: '1111 1111.' },
        { $finish: 'stop' },
      ],
    },
    expect: { '*': { terminal: 'complete', absent: ['4111', '1111'] } },
  },
  {
    name: 'call-after-finish',
    says: 'a tool call after a finish is kept',
    policies: GUARDED,
    upstream: {
      chunks: [
        { $text: 'Wait.' },
        { $finish: 'stop' },
        {
          $delta: {
            tool_calls: [{ index: 0, id: 't', function: { name: 'look', arguments: '{}' } }],
          },
        },
        { $finish: 'tool_calls' },
      ],
    },
    expect: {
      '*': {
        terminal: 'complete',
        finish: 'tool_calls',
        calls: [{ id: 't', name: 'look', arguments: '{}' }],
      },
    },
  },
  ...['MODEL_LENGTH', 'Length', 2, 'max-tokens', 'maxTokens'].map((reason) => ({
    name: `finish-${reason}`,
    says: 'a spelling of a limit that was reached is length',
    policies: GUARDED,
    upstream: { chunks: [{ $text: 'Cut' }, { $finish: reason }] },
    expect: { '*': { terminal: 'complete' as const, finish: 'length' } },
  })),
  {
    name: 'finish-COMPLETE',
    says: 'a spelling of an end is stop',
    policies: GUARDED,
    upstream: { chunks: [{ $text: 'All.' }, { $finish: 'COMPLETE' }] },
    expect: { '*': { terminal: 'complete', finish: 'stop' } },
  },
  {
    name: 'finish-unknown',
    says: "a server's own reason passes",
    policies: GUARDED,
    upstream: { chunks: [{ $text: 'Gone.' }, { $finish: 'out_of_tea' }] },
    expect: { '*': { terminal: 'complete', finish: 'out_of_tea' } },
  },
  {
    name: 'finish-with-data',
    says: 'a reason that is personal data does not pass',
    policies: ['standard', 'strict'],
    upstream: { chunks: [{ $text: 'Gone.' }, { $finish: MAIL }] },
    expect: { '*': { terminal: 'complete', absent: [MAIL], finish: 'other' } },
  },
  {
    name: 'finish-error',
    says: 'a finish for an error is an error, after the text',
    policies: ALL,
    upstream: { chunks: [{ $text: 'Half ' }, { $finish: 'error' }] },
    expect: { '*': { terminal: 'error', content: 'Half ' } },
  },
]

const USAGE: readonly ServerCase[] = [
  {
    name: 'usage-in-a-choice',
    says: 'usage inside the choice, its numbers as text',
    policies: GUARDED,
    upstream: {
      chunks: [
        { $text: 'Tea.' },
        {
          $choice: {
            index: 0,
            delta: {},
            finish_reason: 'stop',
            usage: { prompt_tokens: '5', completion_tokens: '9', total_tokens: 14 },
          },
        },
      ],
    },
    expect: {
      '*': {
        terminal: 'complete',
        tokenCount: 9,
        usage: { prompt_tokens: 5, completion_tokens: 9 },
      },
    },
  },
  {
    name: 'usage-of-zero',
    says: 'zero tokens beside text are no count',
    policies: ALL,
    upstream: {
      chunks: [
        { $text: 'Six of one.' },
        { $finish: 'stop' },
        { $usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 } },
      ],
    },
    expect: { '*': { terminal: 'complete', tokenCount: 4 } },
  },
  {
    name: 'numbers-as-long-as-cards',
    says: 'no number of usage, and no fraction of one, is as long as a card number',
    policies: GUARDED,
    upstream: {
      chunks: [
        {
          id: 'c',
          created: 1_760_000_000.75,
          choices: [{ index: 0, delta: { content: 'Tea.' }, finish_reason: 'stop' }],
        },
        {
          id: 'c',
          choices: [],
          usage: {
            prompt_tokens: 4_111_111_111_111_111,
            completion_tokens: 2,
            cost: 0.411_111_111_111_111_1,
          },
        },
      ],
    },
    expect: {
      '*': {
        terminal: 'complete',
        tokenCount: 2,
        usage: { cost: 0.411111 },
        absent: ['41111111', '000.75'],
      },
    },
  },
]

export const SHAPES: readonly ServerCase[] = [...CONTENT, ...CHOICES, ...ENDS, ...USAGE]
