/** How the stream itself behaves: its end, keep-alives, labels, compression, and errors inside it. */
import { type Attempt, chunkOf, type ServerCase, type Step } from '../server-case.ts'

const ALL = ['off', 'seed', 'standard', 'strict']
const HELLO = { data: chunkOf({ $text: 'Hello ' }) }
const THERE = { data: chunkOf({ $text: 'there.' }) }
const FINISH = { data: chunkOf({ $finish: 'stop' }) }
const DONE = 'data: [DONE]\n\n'
const WHOLE = { terminal: 'complete', content: 'Hello there.', finish: 'stop' } as const

const endsWell = (name: string, says: string, steps: readonly Step[]): ServerCase => ({
  name,
  says,
  policies: ALL,
  upstream: { steps },
  expect: { '*': { ...WHOLE, requests: 1 } },
})

/** The same under a label that is not true. */
const labelled = (type: string, given: ServerCase): ServerCase => ({
  ...given,
  upstream: { ...(given.upstream as Attempt), headers: { 'content-type': type } },
})

const breaks = (name: string, says: string, steps: readonly Step[]): ServerCase => ({
  name,
  says,
  policies: ALL,
  upstream: { steps: [HELLO, ...steps] },
  expect: { '*': { terminal: 'error', content: 'Hello ', requests: 1 } },
})

const json = JSON.stringify
const event = (step: Step) => (typeof step === 'object' && 'data' in step ? json(step.data) : '')

export const STREAMS: readonly ServerCase[] = [
  endsWell('done-then-reset', 'a connection that breaks after [DONE] broke too late', [
    HELLO,
    THERE,
    FINISH,
    DONE,
    { wait: 20 },
    { reset: 1 },
  ]),
  endsWell('done-then-open', 'a connection that stays open after [DONE] is not waited for', [
    HELLO,
    THERE,
    FINISH,
    DONE,
    { hang: 1 },
  ]),
  endsWell('done-then-more', 'what follows [DONE] is nothing', [
    HELLO,
    THERE,
    FINISH,
    DONE,
    { data: chunkOf({ $text: ' And?' }) },
    'data: {"error":{"code":500}}\n\n',
  ]),
  endsWell('done-before-finish', 'one packet with everything, and blanks around the end', [
    `data: ${event(HELLO)}\n\ndata: ${event(THERE)}\n\ndata: ${event(FINISH)}\n\ndata:\t[DONE] \n\n`,
  ]),
  ...['\n\n', '\n', ''].map((end, i) =>
    endsWell(`no-blank-lines-${i}`, 'events with no blank lines between them are events', [
      `data: ${event(HELLO)}\ndata: ${event(THERE)}\ndata: ${event(FINISH)}\ndata: [DONE]${end}`,
    ]),
  ),
  ...['data: "[DONE]"\n\n', 'data: [done]\n\n'].map((done, i) =>
    endsWell(`done-spelled-${i}`, 'the end in quotation marks or small letters', [
      HELLO,
      THERE,
      FINISH,
      done,
      { hang: 1 },
    ]),
  ),
  endsWell('no-reason-as-text', 'a text that says there is no finish reason yet is none', [
    {
      data: chunkOf({ $choice: { index: 0, delta: { content: 'Hello ' }, finish_reason: 'null' } }),
    },
    THERE,
    { data: chunkOf({ $finish: 'FINISH_REASON_UNSPECIFIED' }) },
    FINISH,
    DONE,
  ]),
  endsWell('silence-after-finish', 'silence after the finish is an end', [
    HELLO,
    THERE,
    FINISH,
    { hang: 1 },
  ]),
  endsWell('reset-after-finish', 'a connection that breaks after the finish broke too late', [
    HELLO,
    THERE,
    FINISH,
    { wait: 20 },
    { reset: 1 },
  ]),
  endsWell('keep-alives', 'nothing that keeps a connection alive is part of an answer', [
    'data:\n\n',
    'event: ping\ndata: still here\n\n',
    HELLO,
    'data:   \n\ndata: null\n\n',
    'event: keep-alive\n\n',
    'data: : waiting in line\n\n',
    THERE,
    'event: heartbeat\ndata: {"n":1}\n\n',
    FINISH,
    DONE,
  ]),
  labelled(
    'application/json',
    endsWell('events-as-json', 'an event stream that is labelled as JSON', [
      HELLO,
      THERE,
      FINISH,
      DONE,
    ]),
  ),
  labelled(
    'text/html',
    endsWell('events-as-html', 'an event stream that is labelled as a web page', [
      ': hi\n\n',
      HELLO,
      THERE,
      FINISH,
      DONE,
    ]),
  ),
  endsWell('json-as-events', 'a whole answer that is labelled as an event stream', [
    '\n\n  ',
    json({
      id: 'w',
      object: 'chat.completion',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hello there.' },
          finish_reason: 'stop',
        },
      ],
    }),
  ]),
  ...(['gzip', 'br', 'deflate'] as const).map((encoding) => ({
    ...endsWell(`compressed-${encoding}`, 'compression that nobody asked for is undone', [
      HELLO,
      THERE,
      FINISH,
      DONE,
    ]),
    upstream: { encoding, steps: [HELLO, { wait: 20 }, THERE, FINISH, DONE] },
  })),
  {
    name: 'compressed-unknown',
    says: 'a compression that nobody knows is named as one',
    policies: ['standard'],
    upstream: { headers: { 'content-encoding': 'lzw' }, steps: [HELLO] },
    expect: { '*': { terminal: 'error', error: 'compressed', requests: 1 } },
  },
  {
    name: 'web-page',
    says: 'a web page is no answer, whatever its label',
    policies: ALL,
    upstream: { steps: ['\n<!doctype html><title>Sorry</title>'] },
    expect: { '*': { terminal: 'error', error: 'HTML', requests: 1 } },
  },
  breaks('error-field', 'an error as a field of the event stream', [
    'error: {"message":"no","code":500}\n\n',
    DONE,
  ]),
  breaks('error-in-choice', 'an error in a choice', [
    { data: { choices: [{ index: 0, delta: {}, error: { code: 503 } }] } },
    DONE,
  ]),
  breaks('error-as-text', 'an error that is only words', [{ data: { error: 'it broke' } }, DONE]),
  breaks('error-of-the-framework', 'an error body in place of a chunk', [
    { data: { detail: 'it broke' } },
    DONE,
  ]),
  breaks('error-event-without-json', 'an event called error with words as data', [
    'event: error\ndata: it broke\n\n',
    DONE,
  ]),
  {
    name: 'held-text-before-an-error',
    says: 'an error swallows nothing that the guard lets go of, and nothing else is let go',
    policies: ['standard', 'strict'],
    upstream: {
      steps: [
        { data: chunkOf({ $text: 'Ask ole.berg@example.com or ann' }) },
        { data: { error: { code: 500 } } },
      ],
    },
    expect: {
      '*': { terminal: 'error', content: 'Ask [EMAIL_ADDRESS] or ann', absent: ['ole.berg'] },
    },
  },
  {
    name: 'silent-chunks',
    says: 'chunks that never bring text do not go on for ever',
    policies: ['off', 'standard'],
    upstream: { steps: [`data: ${json(chunkOf({ $delta: {} }))}\n\n`.repeat(10_002), DONE] },
    expect: { '*': { terminal: 'error', error: 'without text' } },
  },
]
