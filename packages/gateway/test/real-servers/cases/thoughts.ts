/** Thoughts that stand in the content, as Gemini's endpoint marks them. */
import type { ChunkForm, Expected, ServerCase } from '../server-case.ts'

const ALL = ['off', 'seed', 'standard', 'strict']
const GUARDED = ['seed', 'standard', 'strict']
const MAIL = 'lena.brandt@example.net'
const MARK = { extra_content: { google: { thought: true } } }
const STOP = { $finish: 'stop' }

const marked = (content: unknown): ChunkForm => ({ $delta: { content, ...MARK } })
const flagged = (content: unknown): ChunkForm => ({ $delta: { content, thought: true } })
interface Shape {
  name: string
  says: string
  chunks: readonly ChunkForm[]
  expect: Expected
}

const split = (given: Shape): ServerCase => ({
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

const PLAN = { thinking: 'First the tea.', content: 'Pour slowly.', finish: 'stop' }

const MARKED: readonly ServerCase[] = [
  {
    name: 'thoughts-with-tags',
    says: 'a mark makes content reasoning, and tags around it are no text',
    chunks: [
      { $text: '' },
      marked('<thought>First '),
      marked('the tea.'),
      { $text: '</thought>Pour ' },
      { $text: 'slowly.' },
      STOP,
    ],
    expect: PLAN,
  },
  {
    name: 'thoughts-with-another-tag',
    says: 'the tag is the one that was opened',
    chunks: [
      marked('<think>First </thought>'),
      marked('the tea.'),
      { $text: '</think>Pour slowly.' },
      STOP,
    ],
    expect: { ...PLAN, thinking: 'First </thought>the tea.' },
  },
  {
    name: 'thoughts-without-tags',
    says: 'a mark is enough, in either place',
    chunks: [flagged('First '), marked('the tea.'), { $text: 'Pour slowly.' }, STOP],
    expect: PLAN,
  },
  {
    name: 'thoughts-closed-under-the-mark',
    says: 'what follows the closing tag is the answer, marked or not',
    chunks: [marked('<thought>First the tea.</thought>Pour '), { $text: 'slowly.' }, STOP],
    expect: PLAN,
  },
  {
    name: 'thoughts-twice',
    says: 'thoughts may begin again behind a text that is like the answer to come',
    chunks: [
      { $text: 'Pour ' },
      marked('<thought>First '),
      { $text: '</thought>slow' },
      marked('<thought>the tea.'),
      { $text: '</thought>ly.' },
      STOP,
    ],
    expect: PLAN,
  },
  {
    name: 'thoughts-then-a-call',
    says: 'a closing tag beside a call is no text',
    chunks: [
      marked('<thought>Look.'),
      {
        $delta: {
          content: '</thought>',
          tool_calls: [{ id: 'a', function: { name: 'look', arguments: '{}' } }],
        },
      },
      STOP,
    ],
    expect: {
      content: '',
      thinking: 'Look.',
      finish: 'tool_calls',
      calls: [{ id: 'a', name: 'look', arguments: '{}' }],
    },
  },
  {
    name: 'thoughts-in-parts',
    says: 'a part that is marked is a thought, and so are the parts of a marked delta',
    chunks: [
      { $delta: { content: [{ type: 'text', text: 'First ', thought: true }] } },
      marked([{ type: 'text', text: 'the tea.' }]),
      { $delta: { content: [{ type: 'text', text: 'Pour slowly.', thought: false }] } },
      STOP,
    ],
    expect: PLAN,
  },
  {
    name: 'thoughts-beside-reasoning',
    says: 'where a field for reasoning is used, the mark is about it',
    chunks: [
      { $delta: { content: 'Pour slowly.', reasoning_content: 'First the tea.', ...MARK } },
      STOP,
    ],
    expect: PLAN,
  },
  {
    name: 'tags-without-a-mark',
    says: 'tags that nothing marks are text',
    chunks: [{ $text: '<thought>So.</thought>' }, { $text: 'Yes.' }, STOP],
    expect: { content: '<thought>So.</thought>Yes.', thinking: '' },
  },
].map(split)

const WHOLE: ServerCase = {
  name: 'thoughts-in-a-whole-answer',
  says: 'thoughts and answer in one text are taken apart at the closing tag',
  policies: GUARDED,
  upstream: {
    json: {
      choices: [
        {
          index: 0,
          message: { content: '<thought>First the tea.</thought>Pour slowly.', ...MARK },
          finish_reason: 'stop',
        },
      ],
    },
  },
  expect: { '*': { terminal: 'complete', ...PLAN } },
}

const GUARDED_THOUGHTS: ServerCase = {
  name: 'thoughts-guarded',
  says: 'an address over several thoughts is found, and one that tags stand before',
  policies: ['standard', 'strict'],
  upstream: {
    chunks: [
      marked('<thought>lena.brandt@exam'),
      marked('ple.net it is.'),
      { $text: `</thought>${MAIL}` },
      { $text: ' then.' },
      STOP,
    ],
  },
  expect: {
    '*': {
      terminal: 'complete',
      thinking: '[EMAIL_ADDRESS] it is.',
      content: '[EMAIL_ADDRESS] then.',
    },
  },
}

export const THOUGHTS: readonly ServerCase[] = [...MARKED, WHOLE, GUARDED_THOUGHTS]
