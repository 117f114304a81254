// Tokens for web pages: what a key can give away of itself, to whom, and how it ends.
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { BrowserTokens, readTokenParams } from '../../src/clients/browser-tokens.ts'
import type { Principal } from '../../src/clients/principal.ts'
import { replyTo } from '../operations/http-reply.ts'
import { keyFile } from '../operations/key-file.ts'
import { httpGateway } from './http-gateway.ts'

const PAGE = 'https://app.example'
const NOW = 1_800_000_000_000

type Attributes = Parameters<ReturnType<typeof keyFile>['create']>[0]

async function withKey(attributes: Attributes = {}) {
  const keys = keyFile()
  const { key, id } = await keys.create(attributes)
  const gateway = { keysFile: keys.path, allowedOrigins: [PAGE, 'https://other.example'] }
  const running = await httpGateway({ gateway })
  const mint = async (body: object, credential = key) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${credential}` }
    const asked = { method: 'POST', path: '/v1/tokens', headers, body: JSON.stringify(body) }
    const reply = await replyTo(running.origin, asked)
    return { ...reply, ...JSON.parse(reply.body) } as typeof reply & {
      token: string
      expiresAt: string
    }
  }
  const ask = (token: string, origin: string | undefined, body: object = {}) =>
    running.complete(
      { model: 'sandbox-fast', ...body },
      { authorization: `Bearer ${token}`, ...(origin === undefined ? {} : { origin }) },
    )
  return { ...running, keys, key, id, mint, ask }
}

describe('a token for a page', () => {
  it('is served on pages of its origin alone', async () => {
    const { mint, ask } = await withKey()
    const { token, expiresAt, headers } = await mint({ origin: PAGE })
    expect(headers['cache-control']).toBe('no-store')
    expect(Date.parse(expiresAt) - Date.now()).toBeLessThanOrEqual(900_000)
    expect((await ask(token, PAGE)).status).toBe(200)
    for (const origin of ['https://other.example', undefined]) {
      const { status, body } = await ask(token, origin)
      expect([status, JSON.parse(body).error.code]).toEqual([401, 'invalid_api_key'])
    }
  })

  it('has no role trusted that its key has: whoever reads the page can change what it sends', async () => {
    const { mint, ask, key, complete, sandbox } = await withKey({
      policy: 'standard',
      trustedRoles: ['system'],
    })
    const { token } = await mint({ origin: PAGE })
    const messages = [
      { role: 'system', content: '4111 1111 1111 1111' },
      { role: 'user', content: 'hi' },
    ]
    const shown = () => JSON.stringify(sandbox.requests().at(-1)?.body)
    await complete({ model: 'sandbox-fast', messages }, { authorization: `Bearer ${key}` })
    expect(shown()).toContain('4111 1111 1111 1111')
    await ask(token, PAGE, { messages })
    expect(shown()).toContain('[CREDIT_CARD]')
  })

  it('opens a socket, which ends when the key is revoked', async () => {
    const { mint, gateway, keys, id } = await withKey()
    const { token } = await mint({ origin: PAGE })
    const protocols = ['sluice.v2', `sluice.key.${Buffer.from(token).toString('base64url')}`]
    const socket = new WebSocket(gateway.url, protocols, { origin: PAGE })
    const closed = once(socket, 'close')
    const [welcome] = await once(socket, 'message')
    expect(JSON.parse(String(welcome)).type).toBe('welcome')
    await keys.revoke(id)
    await gateway.reloadKeys()
    const [code] = await closed
    expect(code).toBe(4401)
  })

  it('may do what it was made for, and no more than its key', async () => {
    const { mint, ask, origin } = await withKey({ allowedModels: ['sandbox-fast', 'sandbox-long'] })
    const { token } = await mint({ origin: PAGE, models: ['sandbox-fast'] })
    expect((await ask(token, PAGE)).status).toBe(200)
    expect((await ask(token, PAGE, { model: 'sandbox-long' })).status).toBe(403)
    const headers = { authorization: `Bearer ${token}`, origin: PAGE }
    const { body } = await replyTo(origin, { path: '/v1/models', headers })
    expect(JSON.parse(body).data.map(({ id }: { id: string }) => id)).toEqual(['sandbox-fast'])
    expect((await mint({ origin: PAGE, models: ['sandbox-slow'] })).status).toBe(403)
    expect((await mint({ origin: PAGE, policy: 'off' })).status).toBe(403)
    expect((await mint({ origin: PAGE, policy: 'standard' })).status).toBe(200)
  })

  it('makes no token itself, and neither does who has no key', async () => {
    const { mint } = await withKey()
    const { token } = await mint({ origin: PAGE })
    expect((await mint({ origin: PAGE }, token)).status).toBe(401)
    const open = await httpGateway()
    const asked = {
      method: 'POST',
      path: '/v1/tokens',
      headers: { 'content-type': 'application/json' },
    }
    const { status } = await replyTo(open.origin, { ...asked, body: `{"origin":"${PAGE}"}` })
    expect(status).toBe(403)
  })

  it('is made for origins alone whose pages may ask: the list and the gateway itself', async () => {
    const { mint, gateway } = await withKey()
    const { port } = gateway
    for (const origin of [PAGE, `http://127.0.0.1:${port}`, `http://localhost:${port}`])
      expect((await mint({ origin })).status, origin).toBe(200)
    const foreign = ['https://elsewhere.example', `${PAGE}:444`, 'http://app.example']
    for (const origin of [...foreign, `https://127.0.0.1:${port}`]) {
      const { status, body } = await mint({ origin })
      expect(status, origin).toBe(403)
      expect(JSON.parse(body).error.message).toBe('Pages of this origin are not allowed here')
    }
  })

  it('keeps what its subjects asked for apart', async () => {
    const { mint, complete, origin } = await withKey()
    const [ann, bob] = [
      await mint({ origin: PAGE, subject: 'ann' }),
      await mint({ origin: PAGE, subject: 'bob' }),
    ]
    const as = ({ token }: { token: string }) => ({
      authorization: `Bearer ${token}`,
      origin: PAGE,
    })
    const { headers } = await complete(
      { stream: true },
      { ...as(ann), 'x-sluice-on-disconnect': 'continue' },
    )
    const path = `${headers['content-location']}/stream`
    expect((await replyTo(origin, { path, headers: as(ann) })).status).toBe(200)
    expect((await replyTo(origin, { path, headers: as(bob) })).status).toBe(404)
  })

  it.each([
    {},
    { origin: 'app.example' },
    { origin: 'https://app.example/' },
    { origin: 'null' },
    { origin: 'javascript:alert(1)' },
    { origin: PAGE, ttlSeconds: 3_601 },
    { origin: PAGE, ttlSeconds: 0 },
    { origin: PAGE, models: [] },
    { origin: PAGE, unknown: true },
  ])('is not made for %j', async (asked) => {
    const { mint } = await withKey()
    const { status, body } = await mint(asked)
    expect(status).toBe(400)
    expect(JSON.parse(body).error.message).toMatch(/is not valid: \w/)
  })
})

describe('BrowserTokens', () => {
  const KEY: Principal = { kind: 'key', id: 'abc' }
  const make = (secret = 'a', principalOf = (): Principal | undefined => KEY) => {
    const clock = { now: NOW }
    const tokens = new BrowserTokens({
      secret: Buffer.from(secret),
      principalOf,
      now: () => clock.now,
    })
    return { tokens, clock }
  }
  const params = readTokenParams({ origin: PAGE, ttlSeconds: 60 })

  it('refuses what was changed, cut, signed by another secret, or is over', () => {
    const { tokens, clock } = make()
    const { token } = tokens.mint(KEY, params)
    expect(tokens.check(token, PAGE)).toMatchObject({
      ok: true,
      principal: { kind: 'key', id: 'abc' },
    })
    for (let at = 10; at < token.length; at += 1) {
      const changed = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
      expect(tokens.check(changed, PAGE).ok, `changed at ${at}`).toBe(false)
      expect(tokens.check(token.slice(0, at), PAGE).ok, `cut at ${at}`).toBe(false)
    }
    expect(make('b').tokens.check(token, PAGE)).toMatchObject({ reason: 'invalid_token' })
    clock.now += 60_000
    expect(tokens.check(token, PAGE)).toMatchObject({ reason: 'expired_token' })
  })

  it.each(['=', '==', '.', '.x', '!', ' ', '\n', '%', '-'])(
    'has one form: none with %j',
    (more) => {
      const { tokens } = make()
      const { token } = tokens.mint(KEY, params)
      for (const at of [token.length, token.indexOf('.'), 10]) {
        const changed = token.slice(0, at) + more + token.slice(at)
        expect(tokens.check(changed, PAGE)).toMatchObject({ reason: 'invalid_token' })
      }
    },
  )

  it('asks the key each time', () => {
    const { token } = make().tokens.mint(KEY, params)
    expect(make('a', () => undefined).tokens.check(token, PAGE)).toMatchObject({
      reason: 'revoked_key',
    })
    const ended = { ...KEY, expiresAt: NOW }
    expect(make('a', () => ended).tokens.check(token, PAGE)).toMatchObject({
      reason: 'expired_key',
    })
    const narrower = { ...KEY, allowedModels: ['a'] }
    expect(make('a', () => narrower).tokens.check(token, PAGE)).toMatchObject({
      principal: { allowedModels: ['a'] },
    })
  })
})
