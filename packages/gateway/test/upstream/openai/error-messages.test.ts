// What servers say of their errors in words alone, as they word it: which of our codes it is, and that no word is kept.
import { describe, expect, it } from 'vitest'
import { errorObjectFailure, statusFailure } from '../../../src/upstream/failures.ts'
import { codeInWords } from '../../../src/upstream/formats/openai/error-messages.ts'
import { openAiFormat } from '../../../src/upstream/formats/openai/openai-format.ts'
import { providerErrorOf } from '../../../src/upstream/formats/openai/provider-error.ts'

const failureOf = (status: number, body: unknown) =>
  statusFailure({
    status,
    headers: {},
    correlationId: undefined,
    error: openAiFormat.errorOf(typeof body === 'string' ? body : JSON.stringify(body)),
    now: 0,
  })

/** A body in OpenAI's form that says no more than that the request is bad. */
const bad = (message: string) => ({ error: { message, type: 'invalid_request_error', code: null } })

const CONTEXT = {
  openai:
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 9041 tokens.",
  newest: 'Your input exceeds the context window of this model. Please adjust your input.',
  vllm: "'max_tokens' is too large: 900. This model's maximum context length is 4096 tokens and your request has 4001.",
  decoder: 'The decoder prompt (length 5000) is longer than the maximum model length of 4096.',
  sglang: "The input (5000 tokens) is longer than the model's context length (4096 tokens).",
  llamaCpp: 'the request exceeds the available context size, try increasing it',
  llamaCppPython: 'Requested tokens (2083) exceed context window of 2048',
  lmStudio:
    'Trying to keep the first 6547 tokens when context the overflows. However, the model is loaded with',
  lmStudioOld:
    'The number of tokens to keep from the initial prompt is greater than the context length.',
  lmStudioMlx: 'Cannot truncate prompt with n_keep (15028) >= n_ctx (7424)',
  ollama: 'prompt too long; exceeded max context length by 12 tokens',
  tgi: 'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4000 `inputs` tokens',
  tgiInputs:
    'Input validation error: `inputs` must have less than 1024 tokens. Given: 2000 `inputs` tokens',
  anthropic: 'prompt is too long: 213462 tokens > 200000 maximum',
  anthropicBoth: 'input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000',
  bedrock: 'Input is too long for requested model.',
  groq: 'Please reduce the length of the messages or completion.',
  mistral:
    'Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
  gemini: 'The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).',
  xai: "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
  kimi: 'Invalid request: Your request exceeded model token limit: 8192 (requested: 9000)',
  minimax: 'invalid params, context window exceeds limit (2013)',
  cohere: 'too many tokens: total number of tokens in the prompt cannot exceed 4081',
  dashScope:
    '<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 98304]',
  watsonx:
    'the number of input tokens 5000 cannot exceed the total tokens limit 4096 for this model',
  copilot: 'prompt token count of 70000 exceeds the limit of 64000',
  cloudflare:
    '5021: The estimated number of input and maximum output tokens (9) exceeded this model context window limit (8).',
  zhipu: 'Prompt 超长',
  litellm:
    'litellm.ContextWindowExceededError: litellm.BadRequestError: ContextWindowExceededError: VllmException - This ' +
    "model's maximum context length is 4096 tokens",
}

const MODEL = {
  openai: 'The model `gpt-9` does not exist or you do not have access to it.',
  vllm: 'The model `m-1` does not exist.',
  deepseek: 'Model Not Exist',
  ollama: 'model "m-1" not found, try pulling it first',
  cohere: "model 'm-1' not found, make sure the correct model ID was used",
  fireworks: 'Model not found, inaccessible, and/or not deployed',
  gemini:
    'models/m-1 is not found for API version v1main, or is not supported for generateContent.',
  mistral: 'Invalid model: m-1',
  litellm: '/chat/completions: Invalid model name passed in model=m-1. Call `/v1/models` to view',
  perplexity: "Invalid model 'm-1'. Permitted models can be found in the documentation at",
  openRouter: 'm-1 is not a valid model ID',
  openRouterGone: 'No endpoints found for vendor/m-1.',
  together: 'Unable to access model m-1. Please visit the list of supported models.',
  azure: 'The API deployment for this resource does not exist. If you created the deployment',
  databricks: 'The given endpoint does not exist, please retry after checking the specified model',
  bedrock: 'The provided model identifier is invalid.',
  huggingFace: "The requested model 'm-1' is not supported by any provider you have enabled.",
  moonshot: 'Not found the model m-1 or Permission denied',
  lmStudio: 'No models loaded. Please load a model in the developer page',
  newApi: 'No available channel for model m-1 under group default (distributor)',
  zhipu: '模型不存在，请检查模型代码。',
}

const FILTER = {
  azure:
    "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
  openai: 'Your request was rejected as a result of our safety system.',
  usage: 'Invalid prompt: your prompt was flagged as potentially violating our usage policy.',
  anthropic: 'Output blocked by content filtering policy',
  xai: 'Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_BIO',
  deepseek: 'Content Exists Risk',
  dashScope: 'Input data may contain inappropriate content.',
  moonshot: 'The request was rejected because it was considered high risk',
  zhipu: '系统检测到输入或生成内容可能包含不安全或敏感内容',
}

const QUOTA = {
  openai: 'You exceeded your current quota, please check your plan and billing details.',
  deepseek: 'Insufficient Balance',
  openRouter: 'Insufficient credits. Add more using https://openrouter.ai/settings/credits',
  anthropic: 'Your credit balance is too low to access the API. Please go to Plans & Billing',
  xai: 'Your team 4f has either used all available credits or reached its monthly spending limit.',
  huggingFace: 'You have exceeded your monthly included credits for Inference Providers.',
  litellm: 'Budget has been exceeded! Current cost: 10.2, Max budget: 10.0',
  zhipu: '余额不足或无可用资源包,请充值。',
  newApi: '用户额度不足, 剩余额度: 0',
}

const KEY = {
  gemini: 'API key not valid. Please pass a valid API key.',
  xai: 'Incorrect API key provided: ab***cd. You can obtain an API key from the console.',
}

const all = (rows: Record<string, string>) => Object.entries(rows)

describe('a message alone', () => {
  it.each(all(CONTEXT))('of %s says that the prompt is too long: %s', (_server, message) => {
    for (const body of [bad(message), { error: message }, { message }, { detail: message }])
      expect(failureOf(400, body)).toMatchObject({
        code: 'context_window_exceeded',
        isRetryable: false,
      })
    expect(failureOf(500, bad(message)).code).toBe('context_window_exceeded')
    expect(errorObjectFailure(providerErrorOf({ error: { message } })).code).toBe(
      'context_window_exceeded',
    )
  })

  it.each(all(MODEL))('of %s says that the model is unknown: %s', (_server, message) => {
    for (const status of [400, 403, 404, 503])
      expect(failureOf(status, bad(message))).toMatchObject({
        code: 'unknown_model',
        isRetryable: false,
      })
  })

  it.each(all(FILTER))('of %s says that a filter refused the prompt: %s', (_server, message) => {
    expect(failureOf(400, bad(message))).toMatchObject({ code: 'input_blocked' })
    expect(failureOf(403, { error: message })).toMatchObject({ code: 'input_blocked' })
  })

  it.each(all(QUOTA))('of %s says that nothing is left to spend: %s', (_server, message) => {
    for (const status of [400, 402, 403, 429])
      expect(failureOf(status, bad(message))).toMatchObject({
        code: 'upstream_rate_limited',
        isRetryable: false,
      })
  })

  it.each(all(KEY))('of %s says that the key is wrong: %s', (_server, message) => {
    expect(failureOf(400, bad(message)).code).toBe('upstream_unauthorized')
  })

  it.each([
    'Rate limit reached for m-1 on tokens per min (TPM): Limit 10000, Used 9000, Requested 2000.',
    'Requests to the operation have exceeded call rate limit of your current pricing tier. Please retry after 24 seconds.',
    'Service tier capacity exceeded for this model.',
    'Your account request reached organization max concurrency: 1, please try again after 1 seconds',
    'Request rate increased too quickly. To ensure system stability, please adjust your client logic',
    'Tokens per minute limit exceeded - too many tokens processed.',
    '您当前使用该API的并发数过高，请降低并发',
  ])('says that a rate is limited, which passes: %s', (message) => {
    for (const status of [400, 429, 500])
      expect(failureOf(status, bad(message))).toMatchObject({
        code: 'upstream_rate_limited',
        isRetryable: true,
      })
  })

  it.each([
    'The model is overloaded. Please try again later.',
    "We're experiencing high traffic right now! Please try again soon.",
    'server busy, please try again. maximum pending requests exceeded',
    'Model m-1 is currently loading',
  ])('says that the server is overloaded, which passes: %s', (message) => {
    const first = errorObjectFailure(providerErrorOf({ error: { message } }))
    expect(first).toMatchObject({ code: 'upstream_unavailable', isRetryable: true })
  })

  it.each([
    'messages.0.content: Input should be a valid string',
    "Unknown parameter: 'foo'.",
    'max_tokens is too large: 10000. This model supports at most 4096 completion tokens',
    'tools.0.function.name: string does not match pattern',
    '404 page not found',
    'The tool look does not exist',
    'SECRET',
  ])('says nothing that is known: %s', (message) => {
    expect(codeInWords(bad(message))).toBeUndefined()
    expect(failureOf(400, bad(message)).code).toBe('upstream_rejected')
  })
})

describe('the place of a message', () => {
  const message = CONTEXT.openai
  it.each([
    message,
    { message },
    { error: { message: JSON.stringify({ error: { message } }) } },
    {
      error: { message: 'Provider returned error', metadata: { raw: JSON.stringify({ message }) } },
    },
    { detail: [{ loc: ['body'], msg: message }] },
    { detail: { error: { message } } },
    { errors: [{ message }] },
    { errors: [message] },
    { base_resp: { status_code: 2013, status_msg: message } },
    { error_code: 'BAD_REQUEST', message },
    [{ error: { message } }],
    { validationException: { message } },
  ])('is found: %j', (body) => {
    expect(failureOf(400, body).code).toBe('context_window_exceeded')
  })

  it.each([
    { error: { message: 'invalid' }, request: { message } },
    { detail: [{ msg: 'invalid', input: message }] },
    { error: { message: `${'x'.repeat(1_024)} ${message}` } },
    `<html>${message}</html>`,
    { messages: [{ content: message }] },
  ])('is none where the request is repeated, nor far behind: %j', (body) => {
    expect(failureOf(400, body).code).toBe('upstream_rejected')
  })
})

describe('a message beside a code', () => {
  it('says less than the code', () => {
    const error = { message: CONTEXT.openai, code: 'rate_limit_exceeded' }
    expect(failureOf(429, { error })).toMatchObject({ code: 'upstream_rate_limited' })
  })

  it('says more than that something failed', () => {
    const error = { message: CONTEXT.ollama, type: 'api_error', code: 'internal_error' }
    expect(failureOf(500, { error })).toMatchObject({
      code: 'context_window_exceeded',
      isRetryable: false,
    })
  })

  it('is not tried again if the request alone is too large for the rate', () => {
    const text =
      'Request too large for model m-1 on tokens per minute (TPM): Limit 6000, Requested 7000'
    const error = { message: text, type: 'tokens', code: 'rate_limit_exceeded' }
    expect(failureOf(413, { error })).toMatchObject({
      code: 'upstream_rate_limited',
      isRetryable: false,
    })
  })
})

describe('what is told', () => {
  it('is never a word of the message', () => {
    for (const message of [CONTEXT, MODEL, FILTER, QUOTA, KEY].flatMap(Object.values)) {
      const failure = failureOf(400, bad(`${message} for lena SECRET`))
      expect(JSON.stringify({ ...failure, message: failure.message })).not.toMatch(
        /lena|SECRET|m-1/,
      )
      expect(failure.upstreamError).toMatch(/^invalid_request_error message:[a-z_]+$/)
    }
  })

  it('takes no longer for hostile words than for others', () => {
    const hostile = ['model ', 'exceeds the ', 'input token count ', 'requested model '].map(
      (part) => part.repeat(100_000),
    )
    const before = process.cpuUsage()
    for (const message of hostile)
      for (let i = 0; i < 20; i += 1)
        codeInWords({ error: { message }, detail: [message, message] })
    const { user } = process.cpuUsage(before)
    expect(user / 1_000 / 80).toBeLessThan(20)
  })
})
