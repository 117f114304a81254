import { describe, expect, it } from 'vitest'
import { askToken, chat, freshToken, post, sandboxForTest, until } from './caller.ts'

const basic = (id: string, secret: string) =>
  `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`

function askWithBasic(url: string, id: string, secret: string): Promise<Response> {
  return fetch(`${url}/oauth/token`, {
    method: 'POST',
    headers: { authorization: basic(id, secret) },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
}

const invalidClient = {
  error: 'invalid_client',
  description: 'authentication failed',
  error_description: 'authentication failed',
}

describe('the token endpoint', () => {
  it('issues a bearer token for credentials in the form body', async () => {
    const { url } = await sandboxForTest()
    const response = await askToken(url)
    expect(response.status).toBe(200)
    expect(response.headers.get('ININ-Correlation-Id')).toMatch(/^[0-9a-f-]{36}$/)
    expect(await response.json()).toEqual({
      access_token: expect.any(String),
      token_type: 'bearer',
      expires_in: 86_400,
    })
  })

  it('issues a token for credentials by HTTP Basic that the API accepts', async () => {
    const { url } = await sandboxForTest({ clientId: 'me', clientSecret: 'a:b' })
    const response = await askWithBasic(url, 'me', 'a:b')
    const { access_token: token } = (await response.json()) as { access_token: string }
    expect((await chat(url, token)).status).toBe(200)
  })

  it.each([
    ['a wrong secret', (url: string) => askToken(url, { client_secret: 'wrong' })],
    ['a wrong id', (url: string) => askToken(url, { client_id: 'wrong' })],
    ['wrong Basic credentials', (url: string) => askWithBasic(url, 'sandbox-client', 'wrong')],
  ])('answers 400 invalid_client to %s', async (_, ask) => {
    const { url } = await sandboxForTest()
    const response = await ask(url)
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual(invalidClient)
  })

  it('takes no JSON', async () => {
    const { url } = await sandboxForTest()
    const response = await post(`${url}/oauth/token`, { grant_type: 'client_credentials' })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: 'invalid_request' })
  })

  it('knows no other grant', async () => {
    const { url } = await sandboxForTest()
    const response = await askToken(url, { grant_type: 'password' })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: 'unsupported_grant_type' })
  })
})

describe('an access token', () => {
  it('dies at the end of its life', async () => {
    let now = 1_000_000
    const { url } = await sandboxForTest({ tokenLifeSeconds: 300, now: () => now })
    const token = await freshToken(url)
    now += 299_999
    expect((await chat(url, token)).status).toBe(200)
    now += 1
    expect((await chat(url, token)).status).toBe(401)
  })

  it('dies when it is revoked, alone or with all others', async () => {
    const { url, revoke } = await sandboxForTest()
    const [first, second] = [await freshToken(url), await freshToken(url)]
    expect(revoke(first)).toBe(1)
    expect((await chat(url, first)).status).toBe(401)
    expect((await chat(url, second)).status).toBe(200)
    const response = await post(`${url}/sandbox/revoke`, {})
    expect(await response.json()).toEqual({ revoked: 1 })
    expect((await chat(url, second)).status).toBe(401)
  })
})

describe('a fault of the token endpoint', () => {
  it.each([
    ['400', 400],
    ['429', 429],
    ['500', 500],
    ['503', 503],
    ['html', 200],
    ['html-502', 502],
  ])('%s answers %d once, then a token', async (fault, status) => {
    const { url, queueFaults } = await sandboxForTest()
    queueFaults({ token: [fault] })
    const response = await askToken(url)
    expect(response.status).toBe(status)
    expect(await response.text()).not.toContain('access_token')
    expect((await askToken(url)).status).toBe(200)
  })

  it.each([
    ['short-life', 1],
    ['text-life', 'soon'],
    ['negative-life', -1],
    ['no-expires-in', undefined],
    ['dies-early', 86_400],
  ])('%s claims the life %s', async (fault, life) => {
    const { url, queueFaults } = await sandboxForTest()
    queueFaults({ token: [fault] })
    expect(((await (await askToken(url)).json()) as { expires_in: unknown }).expires_in).toBe(life)
  })

  it('revoked hands out a token that the API refuses', async () => {
    const { url, queueFaults } = await sandboxForTest()
    queueFaults({ token: ['revoked'] })
    expect((await chat(url, await freshToken(url))).status).toBe(401)
  })

  it('no-token leaves the token out', async () => {
    const { url, queueFaults } = await sandboxForTest()
    queueFaults({ token: ['no-token'] })
    expect(await (await askToken(url)).json()).toEqual({ token_type: 'bearer', expires_in: 86_400 })
  })

  it('reset breaks the connection', async () => {
    const { url, queueFaults } = await sandboxForTest()
    queueFaults({ token: ['reset'] })
    await expect(askToken(url)).rejects.toThrow()
  })

  it('stall answers nothing, slow answers late', async () => {
    const { url, queueFaults, stats } = await sandboxForTest()
    queueFaults({ token: ['stall', 'slow'] })
    const leave = new AbortController()
    const stalled = fetch(`${url}/oauth/token`, { method: 'POST', signal: leave.signal })
    await until(() => stats().tokenRequests === 1)
    const order: string[] = []
    const slow = askToken(url).then(({ status }) => order.push(`slow ${status}`))
    await until(() => stats().tokenRequests === 2)
    order.push(`next ${(await askToken(url)).status}`)
    await slow
    expect(order).toEqual(['next 200', 'slow 200'])
    leave.abort()
    await expect(stalled).rejects.toThrow()
  })
})
