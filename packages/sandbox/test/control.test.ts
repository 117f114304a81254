import { type RequestOptions, request } from 'node:http'
import { describe, expect, it } from 'vitest'
import { askToken, chat, freshToken, openaiChat, post, sandboxForTest, until } from './caller.ts'

/** With headers that `fetch` would not send as they are. */
function statusOf(url: string, options: RequestOptions): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(url, options, (answer) => resolve(answer.resume().statusCode))
    sent.once('error', reject).end()
  })
}

describe('the control endpoint', () => {
  it.each([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://127.0.0.1:1' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'http://rebound.example', host: 'rebound.example' },
    { 'sec-fetch-site': 'same-origin', host: 'rebound.example' },
  ])('refuses a page that sends %o, on every path of its own', async (headers) => {
    const { url, stats } = await sandboxForTest()
    await openaiChat(url)
    const asked = { GET: ['', '/stats', '/requests'], POST: ['/faults', '/revoke', '/reset'] }
    for (const [method, paths] of Object.entries(asked)) {
      for (const path of paths) {
        expect(await statusOf(`${url}/sandbox${path}`, { method, headers })).toBe(403)
      }
    }
    expect(stats().chatRequests).toBe(1)
  })

  it('serves programs, a person at the address line, and a page of its own', async () => {
    const { url } = await sandboxForTest()
    for (const headers of [{}, { 'sec-fetch-site': 'none' }, { origin: url }]) {
      expect(await statusOf(`${url}/sandbox/stats`, { method: 'GET', headers })).toBe(200)
    }
  })

  it('queues faults for the next requests, in order', async () => {
    const { url } = await sandboxForTest()
    await post(`${url}/sandbox/faults`, {
      chat: ['sandbox-503', 'sandbox-429-once'],
      token: ['500'],
    })
    const ask = async () => (await openaiChat(url)).status
    expect([await ask(), await ask(), await ask()]).toEqual([503, 429, 200])
    expect((await askToken(url)).status).toBe(500)
  })

  it.each([
    ['an unknown model', { chat: ['sandbox-typo'] }],
    ['an unknown token fault', { token: ['typo'] }],
    ['an unknown queue', { chats: [] }],
    ['no list', { chat: 'sandbox-503' }],
    ['no object', []],
    ['too many faults', { chat: Array(1_001).fill('sandbox-503') }],
  ])('refuses %s and queues nothing', async (_, body) => {
    const { url } = await sandboxForTest()
    const response = await post(`${url}/sandbox/faults`, body)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ code: 'bad.request' })
    expect((await openaiChat(url)).status).toBe(200)
  })

  it('throws for an unknown fault when it is called in the process', async () => {
    const { queueFaults } = await sandboxForTest()
    expect(() => queueFaults({ token: ['typo'] })).toThrow(
      expect.objectContaining({ code: 'invalid_fault' }),
    )
  })

  it('counts requests and streams, but not its own', async () => {
    const sandbox = await sandboxForTest()
    const { url } = sandbox
    const stats = async () => (await fetch(`${url}/sandbox/stats`)).json()
    await (await chat(url, await freshToken(url))).text()
    const leave = new AbortController()
    await openaiChat(url, { model: 'sandbox-stall-mid-stream' }, { signal: leave.signal })
    expect(await stats()).toMatchObject({
      requests: 3,
      tokenRequests: 1,
      tokensIssued: 1,
      chatRequests: 2,
      openStreams: 1,
      finishedStreams: 1,
    })
    leave.abort()
    await until(() => sandbox.stats().openStreams === 0)
    expect(await stats()).toMatchObject({ abortedStreams: 1 })
  })

  it('keeps the last requests without their secrets', async () => {
    const { url } = await sandboxForTest()
    const token = await freshToken(url)
    await chat(url, token, { temperature: 0.3 })
    const response = await fetch(`${url}/sandbox/requests`)
    const text = await response.text()
    expect(text).not.toContain(token)
    expect(text).not.toContain('sandbox-secret')
    const { requests } = JSON.parse(text)
    expect(requests).toMatchObject([
      {
        path: '/login/oauth2/token',
        body: { client_secret: '[redacted]', scope: 'ai:llm:write ai:llm:read' },
      },
      {
        method: 'POST',
        headers: { authorization: 'Bearer [redacted]' },
        body: { temperature: 0.3 },
      },
    ])
  })

  it('keeps no more than 200 requests and no body over 64 KiB', async () => {
    const { url, requests } = await sandboxForTest()
    for (let count = 0; count < 201; count += 1) await fetch(`${url}/nowhere`)
    await openaiChat(url, { padding: 'x'.repeat(70_000) })
    expect(requests()).toHaveLength(200)
    expect(requests().at(-1)).toMatchObject({ body: null })
    expect(requests().at(-1)?.bodyBytes).toBeGreaterThan(70_000)
  })

  it('forgets faults, counters and requests on reset, but keeps the tokens', async () => {
    const { url, stats, requests } = await sandboxForTest()
    const token = await freshToken(url)
    await post(`${url}/sandbox/faults`, { chat: ['sandbox-503'] })
    await post(`${url}/sandbox/reset`, {})
    expect(Object.values(stats()).every((count) => count === 0)).toBe(true)
    expect(requests()).toEqual([])
    expect((await chat(url, token)).status).toBe(200)
  })

  it('lists routes, models and token faults', async () => {
    const { url } = await sandboxForTest()
    const index = await (await fetch(`${url}/sandbox`)).json()
    expect(index).toMatchObject({
      routes: expect.arrayContaining([
        expect.objectContaining({ path: '/oauth/token', imitates: 'genesys' }),
      ]),
      models: expect.arrayContaining([expect.objectContaining({ model: 'sandbox-fast' })]),
      tokenFaults: expect.arrayContaining([expect.objectContaining({ fault: 'stall' })]),
    })
  })
})
