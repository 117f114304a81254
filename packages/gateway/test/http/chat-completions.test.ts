// The wire of `/v1/chat/completions`, byte by byte where clients look at bytes.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { replyTo } from '../operations/http-reply.ts'
import { chunksOf, eventsOf, httpGateway, MESSAGES, textOf } from './http-gateway.ts'

const IMAGE = [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }]

describe('a stream', () => {
  it('is events of chunks with one name, and ends with [DONE]', async () => {
    const { complete } = await httpGateway()
    const { status, headers, body } = await complete({ stream: true })
    expect(status).toBe(200)
    expect(headers['content-type']).toBe('text/event-stream')
    expect(headers['cache-control']).toBe('no-store')
    expect(headers['x-accel-buffering']).toBe('no')
    expect(headers['openai-processing-ms']).toMatch(/^\d+$/)
    const chunks = chunksOf(body)
    const names = new Set(
      chunks.map(({ id, object, created, model }) =>
        JSON.stringify({ id, object, created, model }),
      ),
    )
    expect(names.size).toBe(1)
    expect(chunks[0]).toMatchObject({
      id: `chatcmpl-${headers['x-request-id']}`,
      object: 'chat.completion.chunk',
      created: expect.any(Number),
      model: 'sandbox-default',
      choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }],
    })
    expect(
      chunks.every(({ choices }) => choices[0] !== undefined && 'finish_reason' in choices[0]),
    ).toBe(true)
    expect(body).toMatch(/\n\ndata: \[DONE\]\n\n$/)
  })

  it('says how many tokens it was to who asks, and to nobody else', async () => {
    const { complete } = await httpGateway()
    const without = chunksOf((await complete({ stream: true })).body)
    expect(without.some((chunk) => 'usage' in chunk)).toBe(false)
    for (const model of ['sandbox-usage', 'sandbox-no-usage']) {
      const asked = { model, stream: true, stream_options: { include_usage: true } }
      const last = chunksOf((await complete(asked)).body).at(-1)
      expect(last?.choices).toEqual([])
      const {
        prompt_tokens: prompt,
        completion_tokens: completion,
        total_tokens,
      } = last?.usage ?? {}
      expect(completion).toBeGreaterThan(5)
      expect(total_tokens).toBe((prompt ?? 0) + (completion ?? 0))
    }
  })

  it('has one finish reason for each choice, whatever the upstream says', async () => {
    const { complete } = await httpGateway()
    for (const model of [
      'sandbox-choices',
      'sandbox-no-done',
      'sandbox-role-only',
      'sandbox-text-after-finish',
      'sandbox-json-200',
    ]) {
      const chunks = chunksOf((await complete({ model, stream: true, n: 2 })).body)
      const choices = chunks.flatMap((chunk) => chunk.choices)
      for (const index of new Set(choices.map((choice) => choice.index))) {
        const own = choices.filter((choice) => choice.index === index)
        expect(
          own.filter(({ finish_reason: reason }) => reason !== null),
          model,
        ).toHaveLength(1)
        expect(own[0]?.delta.role, model).toBe('assistant')
        expect(
          own.slice(1).some(({ delta }) => delta.role !== undefined),
          model,
        ).toBe(false)
      }
    }
  })

  it('names a tool call once', async () => {
    const { complete } = await httpGateway()
    const chunks = chunksOf((await complete({ model: 'sandbox-tools', stream: true })).body)
    const parts = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])
    expect(parts.every(({ index }) => typeof index === 'number')).toBe(true)
    for (const index of [0, 1]) {
      const [first, ...rest] = parts.filter((part) => part.index === index)
      expect(first).toMatchObject({
        id: expect.any(String),
        type: 'function',
        function: { name: 'lookup_order' },
      })
      for (const part of rest) {
        expect(Object.keys(part).sort()).toEqual(['function', 'index'])
        expect(Object.keys(part.function ?? {})).toEqual(['arguments'])
      }
    }
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('tool_calls')
  })

  it('carries reasoning in a field of its own', async () => {
    const { complete } = await httpGateway()
    const asked = { model: 'sandbox-reasoning' }
    const chunks = chunksOf((await complete({ ...asked, stream: true })).body)
    const deltas = chunks.flatMap(({ choices }) => choices[0]?.delta ?? [])
    const thought = deltas.map((delta) => delta.reasoning_content ?? '').join('')
    expect(thought).toContain('The customer')
    const { message } = JSON.parse((await complete(asked)).body).choices[0]
    expect(message.reasoning_content).toBe(thought)
    expect(message.content).toBe(textOf(chunks))
  })
})

describe('any text, in any pieces, under any policy', () => {
  it('is the same as events and as one object', async () => {
    const sandbox = { rateLimitPerMinute: 1_000_000 }
    const gateways = [
      await httpGateway({ sandbox, gateway: { policy: 'standard' } }),
      await httpGateway({ sandbox, gateway: { policy: 'off' } }),
    ]
    const piece = fc.oneof(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
      fc.constantFrom('4111 1111 ', '1111 1111', 'jane@', 'example.com', '"', '\\', '\n', '😀'),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { minLength: 1, maxLength: 12 }),
        fc.nat(1),
        async (pieces, which) => {
          const complete = gateways[which]?.complete
          if (complete === undefined) throw new Error('no gateway')
          const messages = [
            { role: 'user', content: pieces.map((text) => text.replaceAll('¦', '')).join('¦') },
          ]
          const asked = { model: 'sandbox-echo', messages }
          const [whole, streamed] = await Promise.all([
            complete(asked),
            complete({ ...asked, stream: true }),
          ])
          expect([whole.status, streamed.status]).toEqual([200, 200])
          expect(textOf(chunksOf(streamed.body))).toBe(
            JSON.parse(whole.body).choices[0].message.content,
          )
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('a block', () => {
  it('of the answer is a finish reason, and nothing of the match is shown', async () => {
    const { complete } = await httpGateway({ gateway: { policy: 'seed' } })
    const messages = [{ role: 'user', content: 'this is ¦a mali¦cious ¦script' }]
    const asked = { model: 'sandbox-echo', messages }
    const { body } = await complete({ ...asked, stream: true })
    const chunks = chunksOf(body)
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('content_filter')
    expect(textOf(chunks)).toBe('this is a ')
    const whole = JSON.parse((await complete(asked)).body).choices[0]
    expect(whole).toMatchObject({ message: { content: '' }, finish_reason: 'content_filter' })
  })

  it('of the prompt is an error', async () => {
    const block = { kind: 'block' } as const
    const wombat = { terms: ['wombat'], match: 'word', category: 'safety' } as const
    const rules = [{ ...wombat, direction: 'input', action: block } as const]
    const policies = { own: { rules } }
    const { complete } = await httpGateway({ gateway: { policy: 'own', policies } })
    const messages = [{ role: 'user', content: 'Where is my wombat?' }]
    for (const stream of [true, false]) {
      const { status, body } = await complete({ messages, stream, model: 'sandbox-fast' })
      expect([status, JSON.parse(body).error.code]).toEqual([400, 'content_filter'])
    }
  })
})

describe('a body', () => {
  it.each([
    { store: true, metadata: { a: 'b' }, user: 'u', service_tier: 'auto' },
    { parallel_tool_calls: true, max_completion_tokens: 100, reasoning_effort: 'low' },
    {
      prompt_cache_key: 'k',
      safety_identifier: 's',
      stream_options: { include_obfuscation: false },
    },
    { response_format: { type: 'json_object' }, seed: 7, logprobs: false, top_logprobs: 0, n: 1 },
    {
      response_format: { type: 'text' },
      tools: [],
      tool_choice: 'none',
      stop: null,
      logit_bias: {},
    },
    { modalities: ['text'], functions: null, temperature: null, stream: null, max_tokens: 5 },
    { messages: [{ role: 'developer', content: 'Be brief.' }, ...MESSAGES] },
    {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Where?' },
            { type: 'text', text: 'When?' },
          ],
        },
      ],
    },
    {
      messages: [
        ...MESSAGES,
        { role: 'assistant', content: 'Here.', refusal: null, tool_calls: null, annotations: [] },
        ...MESSAGES,
      ],
    },
    { an_unknown_field: { of: 'tomorrow' } },
  ])('is taken with %j', async (fields) => {
    const { complete } = await httpGateway()
    expect(await complete(fields)).toMatchObject({ status: 200 })
  })

  it.each([
    [{ messages: [{ role: 'user', content: IMAGE }] }, 'messages.0.content'],
    [{ modalities: ['audio'] }, 'modalities'],
    [{ functions: [{ name: 'f' }] }, 'functions'],
    [{ logit_bias: { 50256: -100 } }, 'logit_bias'],
    [{ logprobs: true }, 'logprobs'],
    [{ logprobs: false, top_logprobs: 3 }, 'top_logprobs'],
    [{ stream: 'yes' }, 'stream'],
    [{ messages: [] }, 'messages'],
    [{ model: 7 }, 'failed: model: '],
    [{ model: undefined }, 'failed: model: '],
    [{ max_completion_tokens: 0 }, 'failed: max_completion_tokens: '],
    [{ tool_choice: 7 }, 'failed: tool_choice: '],
    [
      { max_tokens: 5, max_completion_tokens: 6 },
      'max_completion_tokens: is given under two names',
    ],
  ])('is refused with %j', async (fields, named) => {
    const { complete, sandbox } = await httpGateway()
    const { status, body, headers } = await complete(fields)
    const { error } = JSON.parse(body)
    expect([status, error.type, error.param]).toEqual([400, 'invalid_request_error', null])
    expect(error.message).toContain(named)
    expect(headers['x-should-retry']).toBe('false')
    expect(sandbox.stats().chatRequests).toBe(0)
  })

  it.each([
    [{ 'x-sluice-on-overflow': 'cut' }],
    [{ 'x-sluice-on-disconnect': 'go on' }],
    [{ 'x-sluice-conversation-id': 'c'.repeat(129) }],
    [{ 'idempotency-key': 'k'.repeat(129) }],
  ])('is refused by the name of its header with %j', async (headers) => {
    const { complete } = await httpGateway()
    const { status, body } = await complete({}, headers)
    expect(status).toBe(400)
    expect(JSON.parse(body).error.message).toContain(`failed: ${Object.keys(headers)[0]}: `)
  })

  it('of a length that the profile does not take exceeds the context', async () => {
    const { complete } = await httpGateway({ gateway: { maxContentCharacters: 100 } })
    for (const content of ['x'.repeat(101), [{ type: 'text', text: 'x'.repeat(101) }]]) {
      const { status, body } = await complete({ messages: [{ role: 'user', content }] })
      expect([status, JSON.parse(body).error.code]).toEqual([400, 'context_length_exceeded'])
    }
  })

  it.each([
    ['no JSON', '{"model":', 'application/json', 400],
    ['no object', '[]', 'application/json', 400],
    ['nested too deep', `{"a":${'['.repeat(100)}${']'.repeat(100)}}`, 'application/json', 400],
    ['a form', 'model=m', 'application/x-www-form-urlencoded', 415],
    ['text that pretends', '{}', 'text/plain; application/json', 415],
    ['too large', `{"model":"${'m'.repeat(70_000)}"}`, 'application/json; charset=utf-8', 413],
  ])('is refused that is %s', async (...[, body, type, expected]) => {
    const { origin } = await httpGateway({ gateway: { maxMessageBytes: 65_536 } })
    const asked = {
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { 'content-type': type },
      body,
    }
    const reply = await replyTo(origin, asked)
    expect(reply.status).toBe(expected)
    expect(JSON.parse(reply.body).error.type).toBe('invalid_request_error')
  })
})

describe('a failure', () => {
  const MODELS = [
    'sandbox-401-once',
    'sandbox-403',
    'sandbox-404',
    'sandbox-413',
    'sandbox-422',
    'sandbox-429-absurd',
    'sandbox-500',
    'sandbox-504',
    'sandbox-redirect',
    'sandbox-echo-secrets',
    'sandbox-html-200',
    'sandbox-error-first',
    'sandbox-invalid-json',
    'sandbox-truncated',
    'sandbox-huge-event',
    'sandbox-error-event',
  ]
  it.each(MODELS)('has neutral words, whatever %s says', async (model) => {
    const gateway = { llmApiKey: 'sk-of-the-operator', policy: 'standard', retryMaxDelayMs: 10 }
    const { complete, sandbox } = await httpGateway({ gateway })
    const messages = [{ role: 'user', content: 'a very private prompt' }]
    for (const stream of [false, true]) {
      const { status, body } = await complete({ model, messages, stream })
      for (const secret of [
        'SLUICE_',
        'sk-of',
        sandbox.url.slice(7),
        'private prompt',
        'upstream answered',
      ])
        expect(body).not.toContain(secret)
      if (status === 200) continue
      expect(JSON.parse(body)).toEqual({
        error: {
          message: expect.any(String),
          type: expect.any(String),
          param: null,
          code: expect.anything(),
        },
      })
    }
  })

  it('after the first text is an event without a finish reason, and no [DONE]', async () => {
    const { complete } = await httpGateway()
    const { status, body } = await complete({ model: 'sandbox-reset-mid-stream', stream: true })
    const events = eventsOf(body)
    expect(status).toBe(200)
    expect(body).not.toContain('event:')
    expect(events.at(-1)).toEqual({
      error: {
        message: 'The answer broke off',
        type: 'server_error',
        param: null,
        code: 'stream_interrupted',
      },
    })
    expect(body).not.toContain('"finish_reason":"')
  })
})

describe('silence', () => {
  const SILENT = { model: 'sandbox-stall-before-headers' }
  const settings = { httpKeepAliveMs: 20, firstByteTimeoutMs: 300, maxAttempts: 1 }

  it('is filled with comments, and a failure after it is an event', async () => {
    const { complete } = await httpGateway({ gateway: settings })
    const { status, body } = await complete({ ...SILENT, stream: true })
    expect(status).toBe(200)
    expect(body).toMatch(/^(: ping\n\n)+data: \{"error":\{.*"code":"upstream_timeout"\}\}\n\n$/)
  })

  it('is filled with white space before an object, and a failure after it is in the object', async () => {
    const { complete } = await httpGateway({ gateway: settings })
    const { status, body } = await complete(SILENT)
    expect(status).toBe(200)
    expect(body).toMatch(/^ +\{/)
    expect(JSON.parse(body).error.code).toBe('upstream_timeout')
  })

  it('is filled with white space before an object that comes late', async () => {
    const { complete } = await httpGateway({ gateway: { httpKeepAliveMs: 20 } })
    const slow = await complete({ model: 'sandbox-slow' })
    expect(slow.body).toMatch(/^ +\{/)
    expect(JSON.parse(slow.body).choices[0].finish_reason).toBe('stop')
  })

  it('that is short leaves a failure its status', async () => {
    const { complete } = await httpGateway({ gateway: { ...settings, httpKeepAliveMs: 60_000 } })
    for (const stream of [true, false])
      expect((await complete({ ...SILENT, stream })).status).toBe(504)
  })
})

describe('a page', () => {
  const PAGE = 'https://app.example'
  const PREFLIGHT = {
    origin: PAGE,
    'access-control-request-method': 'POST',
    'access-control-request-headers':
      'authorization, content-type, x-stainless-os, x-sluice-on-disconnect, x-evil',
  }

  it('of an allowed origin may ask and read', async () => {
    const { origin, complete } = await httpGateway({ gateway: { allowedOrigins: [PAGE] } })
    const asked = { method: 'OPTIONS', path: '/v1/chat/completions', headers: PREFLIGHT }
    const preflight = await replyTo(origin, asked)
    expect(preflight.status).toBe(204)
    expect(preflight.headers).toMatchObject({
      'access-control-allow-origin': PAGE,
      'access-control-allow-headers':
        'authorization, content-type, x-stainless-os, x-sluice-on-disconnect',
    })
    const { status, headers } = await complete({}, { origin: PAGE })
    expect([status, headers['access-control-allow-origin']]).toEqual([200, PAGE])
    expect(headers['access-control-expose-headers']).toContain('x-request-id')
    const failed = await complete({ model: 7 }, { origin: PAGE })
    expect([failed.status, failed.headers['access-control-allow-origin']]).toEqual([400, PAGE])
  })

  it('of another origin is refused before anything is asked', async () => {
    const { origin, complete, sandbox } = await httpGateway({ gateway: { allowedOrigins: [PAGE] } })
    const headers = { ...PREFLIGHT, origin: 'https://evil.example' }
    const preflight = await replyTo(origin, { method: 'OPTIONS', path: '/v1/models', headers })
    expect([preflight.status, preflight.headers['access-control-allow-origin']]).toEqual([
      403,
      undefined,
    ])
    expect((await complete({}, { origin: 'null' })).status).toBe(403)
    expect(sandbox.stats().chatRequests).toBe(0)
  })
})
