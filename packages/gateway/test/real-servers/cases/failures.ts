/** How servers fail before they stream, and what another attempt is worth. */
import type { ServerCase } from '../server-case.ts'

const ANSWER = { chunks: [{ $text: 'Welcome.' }, { $finish: 'stop' }] }
const WELCOME = { terminal: 'complete', content: 'Welcome.' } as const
const OAUTH = {
  LLM_BASE_URL: null,
  GENESYS_CLOUD_BASE_URL: '$MOCK',
  GENESYS_CLOUD_CLIENT_ID: 'client',
  GENESYS_CLOUD_CLIENT_SECRET: 'secret',
}

export const FAILURES: readonly ServerCase[] = [
  ...[521, 524, 529].map((status) => ({
    name: `status-${status}`,
    says: 'the statuses of a proxy before the server pass',
    policies: ['standard'],
    upstream: [{ status, steps: ['<html>'] }, ANSWER],
    expect: { '*': { ...WELCOME, requests: 2 } },
  })),
  {
    name: 'status-530',
    says: 'a name that the proxy cannot find stays unknown',
    policies: ['standard'],
    upstream: { status: 530, steps: [] },
    expect: { '*': { terminal: 'error', error: '530', requests: 1 } },
  },
  {
    name: 'retry-after-ms',
    says: 'the finer header counts, not the coarse one beside it',
    policies: ['standard'],
    upstream: [
      { status: 429, headers: { 'retry-after-ms': '250.5', 'retry-after': '600' }, json: {} },
      ANSWER,
    ],
    expect: { '*': { ...WELCOME, requests: 2 } },
  },
  {
    name: 'fixed-key-refused',
    says: 'a fixed key that is refused is not tried again',
    policies: ['standard'],
    upstream: { status: 401, json: { error: { message: 'no' } } },
    settings: { LLM_API_KEY: 'fixed' },
    expect: { '*': { terminal: 'error', error: '401', requests: 1 } },
  },
  ...[
    { error: { code: 'context_length_exceeded', message: 'SECRET' }, says: 'context window' },
    { error: { type: 'exceed_context_size_error', code: 400 }, says: 'context window' },
    { error: { code: 'model_not_found' }, says: 'does not know this model' },
    { error: { code: 'content_filter', message: 'SECRET' }, says: 'content filter' },
    { error: { message: 'SECRET', type: 'invalid_request_error' }, says: 'unknown model, prompt' },
    { error: 'SECRET', says: 'unknown model, prompt' },
  ].map(({ error, says }, i) => ({
    name: `refusal-${i}`,
    says: `a 400 says: ${says}`,
    policies: ['standard'],
    upstream: { status: 400, json: { error } },
    expect: { '*': { terminal: 'error' as const, error: says, requests: 1, absent: ['SECRET'] } },
  })),
  ...[
    { status: 400, json: { code: 'DataInspectionFailed' }, says: 'content filter' },
    {
      status: 400,
      json: { error: { type: 'ContextWindowExceededError' } },
      says: 'context window',
    },
    { status: 400, json: { error: { type: 'budget_exceeded', code: '400' } }, says: 'used up' },
    { status: 429, json: { error: { type: 'exceeded_current_quota_error' } }, says: 'used up' },
    {
      status: 404,
      json: { errors: [{ code: 'model_not_supported' }] },
      says: 'not know this model',
    },
    { status: 400, json: { error: { code: 'model_decommissioned' } }, says: 'not know this model' },
    {
      status: 400,
      json: { error: { innererror: { code: 'ResponsibleAIPolicyViolation' } } },
      says: 'content filter',
    },
    { status: 404, json: [{ error: { code: 404, message: 'SECRET' } }], says: 'no such path' },
    { status: 400, json: { error: { type: 'api_error' } }, says: 'unknown model, prompt' },
    { status: 401, json: { error: { type: 'server_error' } }, says: 'credentials were refused' },
  ].map(({ status, json, says }, i) => ({
    name: `word-${i}`,
    says: `a ${status} says: ${says}`,
    policies: ['standard'],
    upstream: { status, json },
    expect: { '*': { terminal: 'error' as const, error: says, requests: 1, absent: ['SECRET'] } },
  })),
  ...[
    { status: 409, json: {} },
    { status: 424, json: { error: 'x', error_type: 'generation' } },
    { status: 498, json: {} },
    { status: 400, json: { __type: 'ThrottlingException' } },
    { status: 429, json: { code: 'Throttling.RateQuota' } },
    { status: 429, json: { error: 'x', error_type: 'overloaded' } },
  ].map((failure, i) => ({
    name: `passing-${i}`,
    says: 'what is no fault of the request passes',
    policies: ['standard'],
    upstream: [failure, ANSWER],
    expect: { '*': { ...WELCOME, requests: 2 } },
  })),
  {
    name: 'quota-used-up',
    says: 'a quota that is used up is not asked again, though its status is 429',
    policies: ['standard'],
    upstream: { status: 429, json: { error: { code: 'insufficient_quota' } } },
    expect: { '*': { terminal: 'error', error: 'used up', requests: 1 } },
  },
  {
    name: 'overloaded-inside',
    says: 'overload as the first event of a stream passes',
    policies: ['standard'],
    upstream: [{ steps: [{ data: { error: { type: 'overloaded_error' } } }] }, ANSWER],
    expect: { '*': { ...WELCOME, requests: 2 } },
  },
  {
    name: 'token-refused',
    says: 'a token that is refused is fetched again, once',
    policies: ['standard'],
    upstream: [{ status: 401, json: {} }, ANSWER],
    settings: OAUTH,
    token: [{ json: { access_token: 'a' } }, { json: { access_token: 'b' } }],
    expect: { '*': { ...WELCOME, requests: 2, tokens: 2, headers: { authorization: 'Bearer b' } } },
  },
  {
    name: 'token-life-in-words',
    says: 'a life that is no number is no life of zero',
    policies: ['standard'],
    upstream: ANSWER,
    rounds: 2,
    settings: OAUTH,
    token: [{ json: { access_token: 'a', expires_in: 'a day' } }],
    expect: { '*': { ...WELCOME, tokens: 1 } },
  },
  {
    name: 'token-life-as-text',
    says: 'a life that is a number in a string is one',
    policies: ['standard'],
    upstream: ANSWER,
    rounds: 2,
    settings: OAUTH,
    token: [{ json: { access_token: 'a', expires_in: ' 7200 ' } }],
    expect: { '*': { ...WELCOME, tokens: 1 } },
  },
]
