import { describe, expect, it } from 'vitest'
import { chat, chunksFrom, freshToken, openaiChat, post, sandboxForTest, textOf } from './caller.ts'

const path = '/api/v2/ai/llm/chat/completions'

describe("a chat request on the tutorial's path", () => {
  it('streams a role, text and a finish reason, and ends with [DONE]', async () => {
    const { url } = await sandboxForTest()
    const response = await chat(url, await freshToken(url), { model: 'gpt-4-1106-preview' })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    expect(response.headers.get('ININ-Correlation-Id')).toBeTruthy()
    const again = response.clone()
    const chunks = await chunksFrom(response)
    expect(chunks[0]?.choices[0]?.delta.role).toBe('assistant')
    expect(textOf(chunks)).toContain('parcel')
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop')
    expect(chunks.every((chunk) => chunk.object === 'chat.completion.chunk')).toBe(true)
    expect((await again.text()).endsWith('data: [DONE]\n\n')).toBe(true)
  })

  it('says the same to the same prompt and seed', async () => {
    const [one, two] = [await sandboxForTest({ seed: 7 }), await sandboxForTest({ seed: 7 })]
    const messages = [{ role: 'user', content: 'hi' }]
    const first = await chunksFrom(await openaiChat(one.url, { messages }))
    const second = await chunksFrom(await openaiChat(two.url, { messages }))
    expect(textOf(first)).toBe(textOf(second))
    expect(textOf(first)).not.toBe('')
  })

  it('answers one completion when no stream is asked for', async () => {
    const { url } = await sandboxForTest()
    const token = await freshToken(url)
    const streamed = textOf(await chunksFrom(await chat(url, token)))
    const response = await chat(url, token, { stream: false })
    expect(await response.json()).toMatchObject({
      object: 'chat.completion',
      choices: [{ message: { role: 'assistant', content: streamed }, finish_reason: 'stop' }],
    })
  })

  it('refuses a request without a token and one with a wrong token', async () => {
    const { url } = await sandboxForTest()
    const without = await post(url + path, {})
    expect(without.status).toBe(401)
    expect(await without.json()).toMatchObject({ code: 'authentication.required', status: 401 })
    const wrong = await chat(url, 'wrong')
    expect(wrong.status).toBe(401)
    expect(await wrong.json()).toEqual({
      message: 'Invalid login credentials.',
      code: 'bad.credentials',
      status: 401,
      contextId: wrong.headers.get('ININ-Correlation-Id'),
      details: [],
      errors: [],
    })
  })

  it('limits the requests a minute of each token', async () => {
    let now = 1_000_000
    const { url, stats } = await sandboxForTest({ rateLimitPerMinute: 2, now: () => now })
    const token = await freshToken(url)
    expect(
      [await chat(url, token), await chat(url, token)].map((response) => response.status),
    ).toEqual([200, 200])
    now += 18_000
    const limited = await chat(url, token)
    expect(limited.status).toBe(429)
    expect(limited.headers.get('Retry-After')).toBe('42')
    expect(await limited.json()).toEqual({
      message: 'Rate limit exceeded the maximum. Retry the request in [42] seconds',
      code: 'too.many.requests.retry.after',
      status: 429,
      contextId: limited.headers.get('ININ-Correlation-Id'),
      details: [],
      errors: [],
    })
    expect((await chat(url, await freshToken(url))).status).toBe(200)
    now += 42_000
    expect((await chat(url, token)).status).toBe(200)
    expect(stats().rateLimited).toBe(1)
  })

  it.each([
    ['no JSON', 'nonsense', 400],
    ['no object', '[]', 400],
    ['no model', '{"messages":[{"role":"user","content":"hi"}]}', 400],
    ['no messages', '{"model":"sandbox-default","messages":[]}', 400],
    ['a message without a role', '{"model":"sandbox-default","messages":[{"content":"hi"}]}', 400],
    ['an unknown model of ours', '{"model":"sandbox-typo","messages":[{"role":"user"}]}', 404],
  ])('refuses a body with %s', async (_, body, status) => {
    const { url } = await sandboxForTest()
    const headers = {
      authorization: `Bearer ${await freshToken(url)}`,
      'content-type': 'application/json',
    }
    const response = await fetch(url + path, { method: 'POST', headers, body })
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ status })
  })

  it('takes nothing but JSON', async () => {
    const { url } = await sandboxForTest()
    const headers = {
      authorization: `Bearer ${await freshToken(url)}`,
      'content-type': 'text/plain',
    }
    expect((await fetch(url + path, { method: 'POST', headers, body: '{}' })).status).toBe(415)
  })

  it('reports usage only if the option allows it and the request asks for it', async () => {
    const asking = { stream_options: { include_usage: true } }
    for (const tutorialUsage of [false, true]) {
      const { url } = await sandboxForTest({ tutorialUsage })
      const token = await freshToken(url)
      const asked = await chunksFrom(await chat(url, token, asking))
      const unasked = await chunksFrom(await chat(url, token))
      expect(asked.some((chunk) => chunk.usage)).toBe(tutorialUsage)
      expect(unasked.some((chunk) => chunk.usage)).toBe(false)
    }
  })
})

describe("a chat request on OpenAI's path", () => {
  it('needs no key unless one is set', async () => {
    const open = await sandboxForTest()
    expect((await openaiChat(open.url)).status).toBe(200)
    const locked = await sandboxForTest({ apiKey: 'sk-test' })
    const refused = await openaiChat(locked.url)
    expect(refused.status).toBe(401)
    expect(await refused.json()).toMatchObject({ error: { code: 'invalid_api_key' } })
    const headers = { authorization: 'Bearer sk-test' }
    expect((await openaiChat(locked.url, {}, { headers })).status).toBe(200)
  })

  it('ends with a usage chunk without choices when asked, and carries null usage before', async () => {
    const { url } = await sandboxForTest()
    const chunks = await chunksFrom(
      await openaiChat(url, { stream_options: { include_usage: true } }),
    )
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { total_tokens: expect.any(Number) },
    })
    expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true)
  })

  it('lists its models', async () => {
    const { url } = await sandboxForTest()
    const { data } = (await (await fetch(`${url}/v1/models`)).json()) as { data: { id: string }[] }
    expect(data.map(({ id }) => id)).toContain('sandbox-429-once')
  })
})
