// The official client of OpenAI, which nobody here wrote, against the gateway: what its users do passes unchanged.
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { until } from '../harness/until.ts'
import { keyFile } from '../operations/key-file.ts'
import { httpGateway, MESSAGES } from './http-gateway.ts'

async function openAi(options: Parameters<typeof httpGateway>[0] = {}, apiKey = 'none') {
  const running = await httpGateway(options)
  return { ...running, client: new OpenAI({ apiKey, baseURL: running.baseUrl }) }
}

describe('the official OpenAI client', () => {
  it('streams an answer, and its own accumulation of it is the unary one', async () => {
    const { client } = await openAi()
    const asked = { model: 'sandbox-default', messages: MESSAGES }
    const whole = await client.chat.completions.create(asked)
    const stream = client.chat.completions.stream({
      ...asked,
      stream_options: { include_usage: true },
    })
    const gathered = await stream.finalChatCompletion()
    const text = whole.choices[0]?.message.content
    expect(text?.length).toBeGreaterThan(20)
    expect(gathered.choices[0]?.message.content).toBe(text)
    expect(gathered.choices[0]?.finish_reason).toBe('stop')
    expect(gathered.usage).toEqual(whole.usage)
  })

  it.each([1, 3])('gets %i choices, each with a finish reason', async (n) => {
    const { client } = await openAi()
    const asked = { model: 'sandbox-choices', messages: MESSAGES, n }
    const gathered = await client.chat.completions.stream(asked).finalChatCompletion()
    const whole = await client.chat.completions.create(asked)
    const texts = (answer: typeof whole) => answer.choices.map(({ message }) => message.content)
    expect(texts(gathered)).toHaveLength(n)
    expect(texts(gathered)).toEqual(texts(whole))
  })

  it('runs tools until the model answers', async () => {
    const { client, sandbox } = await openAi()
    const called: string[] = []
    const lookup = (parameters: string) => {
      called.push(parameters)
      return 'on its way'
    }
    const parameters = { type: 'object', properties: {} }
    const tool = { name: 'lookup_order', description: 'Where it is', parameters, function: lookup }
    const runner = client.chat.completions.runTools({
      model: 'sandbox-tools',
      messages: MESSAGES,
      stream: true,
      tools: [{ type: 'function', function: tool }],
    })
    expect((await runner.finalContent())?.length).toBeGreaterThan(20)
    expect(called.map((text) => JSON.parse(text).orderId)).toEqual(['A-10234', 'A-10235'])
    const messages = ['user', 'assistant', 'tool', 'tool'].map((role) => ({ role }))
    expect(sandbox.requests().at(-1)?.body).toMatchObject({ messages })
  })

  it('sends back the message that it got', async () => {
    const { client } = await openAi()
    const first = await client.chat.completions.create({
      model: 'sandbox-default',
      messages: MESSAGES,
    })
    const message = first.choices[0]?.message
    if (message === undefined) throw new Error('no message')
    const messages = [...MESSAGES, { ...message, tool_calls: [] }, ...MESSAGES]
    const second = await client.chat.completions.create({ model: 'sandbox-default', messages })
    expect(second.choices).toHaveLength(1)
  })

  it('parses structured output', async () => {
    const { client } = await openAi()
    const answer = await client.chat.completions.parse({
      model: 'sandbox-echo',
      messages: [{ role: 'user', content: '{"city":"Oslo","days":3}' }],
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'trip', strict: true, schema: { type: 'object' } },
      },
    })
    expect(JSON.parse(answer.choices[0]?.message.content ?? '')).toEqual({ city: 'Oslo', days: 3 })
  })

  it.each(['stream', 'unary'])('cancels the upstream when a %s request is aborted', async (how) => {
    const { client, sandbox } = await openAi()
    const abort = new AbortController()
    const asked = { model: 'sandbox-slow', messages: MESSAGES, stream: how === 'stream' }
    const answer = client.chat.completions.create(asked, { signal: abort.signal })
    const ended = Promise.resolve(answer).then(async (stream) => {
      for await (const _ of stream as AsyncIterable<unknown>);
    })
    await until('the upstream answers', () => sandbox.stats().openStreams === 1)
    abort.abort()
    await ended.catch(() => {})
    await until('it is cancelled', () => sandbox.stats().openStreams === 0)
    expect(sandbox.stats().abortedStreams).toBe(1)
  })

  it.each([
    ['sandbox-429-absurd', OpenAI.RateLimitError, 'rate_limit_exceeded'],
    ['sandbox-503', OpenAI.InternalServerError, 'upstream_unavailable'],
    ['sandbox-400', OpenAI.InternalServerError, 'upstream_rejected'],
    ['sandbox-reset-before-headers', OpenAI.InternalServerError, 'upstream_unavailable'],
  ])(
    'gets its own error class for %s, and leaves the retries to the gateway',
    async (model, kind, code) => {
      const { client, sandbox } = await openAi()
      const failed = await client.chat.completions
        .create({ model, messages: MESSAGES })
        .catch((error: unknown) => error)
      expect(failed).toBeInstanceOf(kind)
      expect(failed).toMatchObject({ code })
      const requests = sandbox.stats().chatRequests
      expect(requests, 'its own two retries would make three times as many').toBeLessThan(4)
    },
  )

  it('throws what breaks off in the middle', async () => {
    const { client } = await openAi()
    const asked = { model: 'sandbox-reset-mid-stream', messages: MESSAGES, stream: true as const }
    let text = ''
    const read = async () => {
      for await (const chunk of await client.chat.completions.create(asked))
        text += chunk.choices[0]?.delta.content ?? ''
    }
    await expect(read()).rejects.toMatchObject({ code: 'stream_interrupted' })
    expect(text).not.toBe('')
  })

  it('shows a key, and lists the models that it may use', async () => {
    const keys = keyFile()
    const { key } = await keys.create({ allowedModels: ['sandbox-fast', 'sandbox-long'] })
    const models = { 'sandbox-fast': { contextWindow: 9_000 }, 'sandbox-slow': {} }
    const { client } = await openAi({ gateway: { keysFile: keys.path, models } }, key)
    const names: string[] = []
    for await (const model of client.models.list()) names.push(model.id)
    expect(names).toEqual(['sandbox-fast'])
    expect(await client.models.retrieve('sandbox-fast')).toMatchObject({ context_window: 9_000 })
    await expect(client.models.retrieve('sandbox-slow')).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
    })
    const forbidden = client.chat.completions.create({ model: 'sandbox-slow', messages: MESSAGES })
    await expect(forbidden).rejects.toBeInstanceOf(OpenAI.PermissionDeniedError)
  })

  it('is refused without a key where one is needed', async () => {
    const keys = keyFile()
    await keys.create()
    const { client } = await openAi({ gateway: { keysFile: keys.path } })
    const asked = client.chat.completions.create({ model: 'sandbox-fast', messages: MESSAGES })
    await expect(asked).rejects.toBeInstanceOf(OpenAI.AuthenticationError)
  })

  it('waits as long as it is told when its minute is used up', async () => {
    const keys = keyFile()
    const { key } = await keys.create({ limits: { requestsPerMinute: 1 } })
    const { client } = await openAi({ gateway: { keysFile: keys.path } }, key)
    const once = client.withOptions({ maxRetries: 0 })
    const asked = { model: 'sandbox-fast', messages: MESSAGES }
    const { response } = await once.chat.completions.create(asked).withResponse()
    expect(response.headers.get('x-ratelimit-limit-requests')).toBe('1')
    expect(response.headers.get('x-ratelimit-remaining-requests')).toBe('0')
    expect(response.headers.get('x-ratelimit-reset-requests')).toMatch(/^\d+s$|^1m0s$/)
    const refused = await once.chat.completions.create(asked).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(OpenAI.RateLimitError)
    const { headers } = refused as InstanceType<typeof OpenAI.RateLimitError>
    expect(headers?.get('x-should-retry')).toBe('true')
    expect(Number(headers?.get('retry-after'))).toBeGreaterThan(0)
    expect(Number(headers?.get('retry-after-ms'))).toBeLessThanOrEqual(60_000)
  })
})
