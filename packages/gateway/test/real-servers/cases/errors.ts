/** Errors inside streams and whole answers, in the shapes of many servers, and events that are no chunks. */
import type { Expected, ServerCase, Step } from '../server-case.ts'

const ALL = ['off', 'seed', 'standard', 'strict']
/** Where chunks do not pass as they came. */
const GUARDED = ['seed', 'standard', 'strict']
const DONE = 'data: [DONE]\n\n'
/** What no client may read. */
const WORDS = 'the prompt was SECRET'

interface ErrorShape {
  name: string
  event: unknown
  /** What is said of it. */
  error: string
  /** Worth another attempt if it comes first. */
  isRetried?: boolean
}

const SHAPES: readonly ErrorShape[] = [
  { name: 'fastapi', event: { detail: [{ loc: ['body'], msg: WORDS }] }, error: 'an error' },
  { name: 'code-and-msg', event: { code: 401, msg: WORDS }, error: 'an error 401' },
  {
    name: 'minimax',
    event: { base_resp: { status_code: 1004, status_msg: WORDS } },
    error: 'an error',
  },
  {
    name: 'minimax-no-choices',
    event: { choices: null, base_resp: { status_code: 1004 } },
    error: 'an error',
  },
  { name: 'qianfan', event: { error_code: 336_003, error_msg: WORDS }, error: 'an error' },
  {
    name: 'watsonx',
    event: { errors: [{ code: 'model_not_supported', message: WORDS }], status_code: 404 },
    error: 'an error 404 .*does not know this model',
  },
  {
    name: 'cloudflare',
    event: { success: false, errors: [{ code: 7003 }], result: null },
    error: 'an error',
  },
  {
    name: 'mistral',
    event: { object: 'error', message: { detail: WORDS }, code: null },
    error: 'an error',
  },
  {
    name: 'gemini',
    event: [{ error: { code: 429, message: WORDS, status: 'RESOURCE_EXHAUSTED' } }],
    error: 'an error 429 .*limits the rate',
    isRetried: true,
  },
  {
    name: 'google-by-number',
    event: { error: { code: 8, message: WORDS, status: 'RESOURCE_EXHAUSTED' } },
    error: 'limits the rate',
    isRetried: true,
  },
  {
    name: 'azure-gateway',
    event: { statusCode: 429, message: WORDS },
    error: 'error 429',
    isRetried: true,
  },
  {
    name: 'bedrock',
    event: { throttlingException: { message: WORDS } },
    error: 'limits the rate',
    isRetried: true,
  },
  {
    name: 'aws',
    event: { __type: 'ThrottlingException', message: WORDS },
    error: 'limits the rate',
    isRetried: true,
  },
  { name: 'groq', event: { choices: [], x_groq: { error: WORDS } }, error: 'an error' },
  { name: 'spark', event: { code: 11_200, message: WORDS, choices: [] }, error: 'an error' },
  { name: 'apigee', event: { fault: { faultstring: WORDS } }, error: 'an error' },
  {
    name: 'api-error-429',
    event: { error: { code: 429, type: 'api_error', message: WORDS } },
    error: 'an error 429',
    isRetried: true,
  },
  {
    name: 'server-error-401',
    event: { error: { code: '401', type: 'server_error' } },
    error: 'an error 401',
  },
]

const failed = (name: string, steps: readonly Step[], expect: Expected): ServerCase => ({
  name,
  says: 'an error is an error, in whatever shape, and its words are ours',
  policies: ALL,
  upstream: { steps },
  expect: { '*': { terminal: 'error', absent: ['SECRET'], ...expect } },
})

const INSIDE = SHAPES.flatMap(({ name, event, error, isRetried = false }) => {
  const step = { data: event }
  const text = { data: { choices: [{ index: 0, delta: { content: 'Hello. ' } }] } }
  return [
    failed(`error-first-${name}`, [step, DONE], {
      error,
      content: '',
      requests: isRetried ? 3 : 1,
    }),
    failed(`error-after-text-${name}`, [text, step, DONE], {
      error,
      content: 'Hello. ',
      requests: 1,
    }),
    failed(`error-whole-${name}`, [JSON.stringify(event)], { error, requests: isRetried ? 3 : 1 }),
  ]
})

/** Ways to say that there is no error. */
const NONE = [{}, [], 0, { code: 0, message: '' }, { code: null, message: null }].map((error) => ({
  name: `no-error-${JSON.stringify(error)}`,
  says: 'a field for an error in which there is none says nothing',
  policies: ALL,
  upstream: {
    steps: [
      {
        data: {
          error,
          choices: [{ index: 0, delta: { content: 'Hello.' }, finish_reason: 'stop' }],
        },
      },
      DONE,
    ],
  },
  expect: { '*': { terminal: 'complete' as const, content: 'Hello.', finish: 'stop' } },
}))

const FOREIGN = {
  ollama: { message: { role: 'assistant', content: 'Hello.' }, done: false },
  cloudflare: { response: 'Hello.' },
  gemini: { candidates: [{ content: { parts: [{ text: 'Hello.' }] }, finishReason: 'STOP' }] },
  anthropic: {
    type: 'content_block_delta',
    index: 0,
    delta: { type: 'text_delta', text: 'Hello.' },
  },
  responses: { type: 'response.output_text.delta', delta: 'Hello.' },
  tgi: { token: { id: 1, text: 'Hello.' }, generated_text: null },
  wrapped: { data: { choices: [{ index: 0, delta: { content: 'Hello.' } }] } },
}

/** Answers in the form of another interface. */
const OTHERS = Object.entries(FOREIGN).flatMap(([name, event]) =>
  [DONE, ''].map((end) => ({
    name: `other-interface-${name}${end === '' ? '-without-end' : ''}`,
    says: 'an answer in the form of another interface is no empty success',
    policies: GUARDED,
    upstream: { steps: [{ data: event }, end] },
    expect: { '*': { terminal: 'error' as const, error: 'no chunks', absent: ['Hello'] } },
  })),
)

/** Events beside the chunks, which say nothing of the answer. */
const BESIDE = [
  { type: 'ping' },
  { code: 0, msg: 'success' },
  { status: 'queued', message: 'one moment' },
  { hook_results: { before_request_hooks: [] } },
  { id: 'x' },
].map((event) => ({
  name: `beside-${Object.keys(event)}`,
  says: 'what is no chunk does not spoil the chunks',
  policies: ALL,
  upstream: { chunks: [event, { $text: 'Hello.' }, event, { $finish: 'stop' }] },
  expect: { '*': { terminal: 'complete' as const, content: 'Hello.', finish: 'stop' } },
}))

export const ERRORS: readonly ServerCase[] = [...INSIDE, ...NONE, ...OTHERS, ...BESIDE]
