import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { pino } from 'pino'
import { describe, expect, it, onTestFinished } from 'vitest'
import { TokenVerifier, type TokenVerifierOptions } from '../../src/clients/token-verifier.ts'

const NOW = Date.UTC(2026, 0, 1)
const ISSUER = 'https://issuer.example'
const AUDIENCE = 'sluice'

/** A claim may be undefined: then the token has none. */
type Claims = { readonly [claim in 'iss' | 'sub' | 'aud' | 'exp' | 'nbf']?: unknown }

type Answer = { status: number; body: string } | 'hang' | 'hang up'

/** An issuer on loopback: publishes keys, signs tokens, and can fail in several ways. */
class Issuer {
  readonly url: string
  requests = 0
  algorithm = 'ES256'
  answer: Answer | undefined
  readonly #keys = new Map<string, Awaited<ReturnType<typeof generateKeyPair>>>()

  private constructor(port: number) {
    this.url = `http://127.0.0.1:${port}/jwks`
  }

  static async start(): Promise<Issuer> {
    const server = createServer(async (_, response) => {
      issuer.requests += 1
      const answer = issuer.answer ?? { status: 200, body: await issuer.#published() }
      if (answer === 'hang') return
      if (answer === 'hang up') return void response.destroy()
      response.writeHead(answer.status, { location: '/elsewhere' }).end(answer.body)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const issuer = new Issuer((server.address() as AddressInfo).port)
    onTestFinished(() => {
      server.close()
      server.closeAllConnections()
    })
    await issuer.rotate('key-1')
    return issuer
  }

  /** Publishes a new key instead of the old ones. */
  async rotate(kid: string): Promise<void> {
    this.#keys.clear()
    this.#keys.set(kid, await generateKeyPair(this.algorithm, { extractable: true }))
  }

  async sign(claims: Claims = {}, header: { kid?: string; alg?: string } = {}): Promise<string> {
    const [kid = '', pair] = [...this.#keys][0] ?? []
    if (pair === undefined) throw new Error('no key')
    const payload: JWTPayload = { iss: ISSUER, aud: AUDIENCE, sub: 'alice', exp: NOW / 1_000 + 60 }
    return new SignJWT(Object.assign(payload, claims))
      .setProtectedHeader({ alg: this.algorithm, kid, ...header })
      .sign(pair.privateKey)
  }

  async publicPem(): Promise<string> {
    const [pair] = this.#keys.values()
    if (pair === undefined) throw new Error('no key')
    return exportSPKI(pair.publicKey)
  }

  async #published(): Promise<string> {
    const keys = [...this.#keys].map(async ([kid, { publicKey }]) => ({
      ...(await exportJWK(publicKey)),
      kid,
    }))
    return JSON.stringify({ keys: await Promise.all(keys) })
  }
}

function verifier(issuer: Issuer, options: Partial<TokenVerifierOptions> = {}): TokenVerifier {
  return new TokenVerifier({
    jwksUrl: issuer.url,
    issuer: ISSUER,
    audience: AUDIENCE,
    now: () => NOW,
    monotonic: () => 0,
    logger: pino({ level: 'silent' }),
    ...options,
  })
}

function unsigned(header: object, claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part(header)}.${part(claims)}.`
}

describe('TokenVerifier', () => {
  it('makes the subject of a good token the principal, until it ends', async () => {
    const issuer = await Issuer.start()
    expect(await verifier(issuer).check(await issuer.sign())).toEqual({
      ok: true,
      principal: { kind: 'token', id: 'alice', subject: 'alice', expiresAt: NOW + 70_000 },
    })
  })

  it('has one form: other alphabets, padding, blanks and bits left over are not decoded', async () => {
    const issuer = await Issuer.start()
    const token = await issuer.sign()
    const tokens = verifier(issuer)
    for (const more of ['=', '==', '.', ' ', '\n', '\t', '!']) {
      for (const at of [token.length, token.indexOf('.'), token.lastIndexOf('.')]) {
        const changed = token.slice(0, at) + more + token.slice(at)
        expect(await tokens.check(changed)).toMatchObject({ reason: 'invalid_token' })
      }
    }
    const last = token.slice(-1)
    const spare = String.fromCharCode(last.charCodeAt(0) + 1)
    const others = [token.slice(0, -1) + spare]
    if (/[-_]/.test(token)) others.push(token.replaceAll('-', '+').replaceAll('_', '/'))
    for (const other of others)
      expect(await tokens.check(other)).toMatchObject({ reason: 'invalid_token' })
    expect((await tokens.check(token)).ok).toBe(true)
  })

  it.each(['RS256', 'PS512', 'EdDSA'])('takes a token signed with %s', async (algorithm) => {
    const issuer = await Issuer.start()
    issuer.algorithm = algorithm
    await issuer.rotate('key-2')
    expect((await verifier(issuer).check(await issuer.sign())).ok).toBe(true)
  })

  it('takes several audiences when one is this gateway', async () => {
    const issuer = await Issuer.start()
    const token = await issuer.sign({ aud: ['other', AUDIENCE] })
    expect((await verifier(issuer).check(token)).ok).toBe(true)
  })

  const seconds = NOW / 1_000
  it.each<[string, Claims, string]>([
    ['an expired token', { exp: seconds - 11 }, 'expired_token'],
    ['a token without expiry', { exp: undefined }, 'invalid_token'],
    ['a token that is not valid yet', { nbf: seconds + 11 }, 'early_token'],
    ['another issuer', { iss: 'https://evil.example' }, 'wrong_issuer'],
    ['no issuer', { iss: undefined }, 'wrong_issuer'],
    ['another audience', { aud: 'other' }, 'wrong_audience'],
    ['no audience', { aud: undefined }, 'wrong_audience'],
    ['no subject', { sub: undefined }, 'invalid_token'],
    ['an empty subject', { sub: '' }, 'invalid_token'],
    ['a subject that is too long', { sub: 'a'.repeat(257) }, 'invalid_token'],
  ])('refuses %s', async (_, claims, reason) => {
    const issuer = await Issuer.start()
    const result = await verifier(issuer).check(await issuer.sign(claims))
    expect(result).toMatchObject({ ok: false, reason, isRetryable: false })
  })

  it.each([
    ['expired', { exp: seconds - 9 }],
    ['not valid yet', { nbf: seconds + 9 }],
  ])('allows for clocks that differ: %s by less than the tolerance', async (_, claims) => {
    const issuer = await Issuer.start()
    expect((await verifier(issuer).check(await issuer.sign(claims))).ok).toBe(true)
  })

  it('refuses a token without signature', async () => {
    const issuer = await Issuer.start()
    const claims = { iss: ISSUER, aud: AUDIENCE, sub: 'alice', exp: seconds + 60 }
    for (const alg of ['none', 'None', 'NONE']) {
      const token = unsigned({ alg, kid: 'key-1' }, claims)
      expect(await verifier(issuer).check(token)).toMatchObject({ reason: 'invalid_token' })
    }
  })

  it('refuses a token that is signed with the public key as a shared secret', async () => {
    const issuer = await Issuer.start()
    const secret = new TextEncoder().encode(await issuer.publicPem())
    const token = await new SignJWT({ iss: ISSUER, aud: AUDIENCE, sub: 'alice', exp: seconds + 60 })
      .setProtectedHeader({ alg: 'HS256', kid: 'key-1' })
      .sign(secret)
    expect(await verifier(issuer).check(token)).toMatchObject({ reason: 'invalid_token' })
  })

  it('refuses a token whose claims were changed', async () => {
    const issuer = await Issuer.start()
    const [header, , signature] = (await issuer.sign()).split('.')
    const claims = { iss: ISSUER, aud: AUDIENCE, sub: 'mallory', exp: seconds + 60 }
    const forged = Buffer.from(JSON.stringify(claims)).toString('base64url')
    const result = await verifier(issuer).check(`${header}.${forged}.${signature}`)
    expect(result).toMatchObject({ reason: 'invalid_token' })
  })

  it.each(['', 'a', 'a.b', 'a.b.c', '...', 'eyJhbGciOiJSUzI1NiJ9.e30.x'])(
    'refuses %j',
    async (token) => {
      const issuer = await Issuer.start()
      expect(await verifier(issuer).check(token)).toMatchObject({ reason: 'invalid_token' })
    },
  )

  it('refuses an algorithm that is not on the list, though the key fits', async () => {
    const issuer = await Issuer.start()
    const result = await verifier(issuer, { algorithms: ['RS256'] }).check(await issuer.sign())
    expect(result).toMatchObject({ reason: 'invalid_token' })
  })

  it('asks the issuer by the way that it is given', async () => {
    const issuer = await Issuer.start()
    const asked: unknown[] = []
    const tokens = verifier(issuer, {
      jwksUrl: 'https://keys.example/jwks',
      fetch: (url) => {
        asked.push(url)
        return fetch(issuer.url)
      },
    })
    expect((await tokens.check(await issuer.sign())).ok).toBe(true)
    expect(asked).toEqual(['https://keys.example/jwks'])
  })

  it('fetches the keys once for many tokens', async () => {
    const issuer = await Issuer.start()
    const tokens = verifier(issuer)
    const token = await issuer.sign()
    await Promise.all(Array.from({ length: 20 }, () => tokens.check(token)))
    expect(issuer.requests).toBe(1)
  })

  it('takes a token of a new key after a rotation, and no longer one of the old key', async () => {
    const issuer = await Issuer.start()
    const tokens = verifier(issuer, { cooldownMs: 0 })
    const old = await issuer.sign()
    expect((await tokens.check(old)).ok).toBe(true)
    await issuer.rotate('key-2')
    expect((await tokens.check(await issuer.sign())).ok).toBe(true)
    expect(await tokens.check(old)).toMatchObject({ reason: 'invalid_token' })
  })

  it('does not let unknown key ids make it fetch again and again', async () => {
    const issuer = await Issuer.start()
    const tokens = verifier(issuer)
    await tokens.check(await issuer.sign())
    for (let n = 0; n < 10; n += 1) {
      expect(await tokens.check(await issuer.sign({}, { kid: `unknown-${n}` }))).toMatchObject({
        reason: 'invalid_token',
      })
    }
    expect(issuer.requests).toBe(1)
  })

  it.each<[string, Answer]>([
    ['answers with an error', { status: 503, body: 'busy' }],
    ['answers with a redirect', { status: 302, body: '' }],
    ['answers with something else', { status: 200, body: '<html>' }],
    ['answers with no key set', { status: 200, body: '{"keys": 1}' }],
    ['hangs up', 'hang up'],
    ['never answers', 'hang'],
  ])('says that a token may be tried again when the issuer %s', async (_, answer) => {
    const issuer = await Issuer.start()
    const token = await issuer.sign()
    issuer.answer = answer
    const result = await verifier(issuer, { timeoutMs: 50 }).check(token)
    expect(result).toMatchObject({ reason: 'issuer_unavailable', isRetryable: true })
    expect(JSON.stringify(result)).not.toContain(token)
  })

  it('leaves an issuer in trouble alone for a while, says so once, and recovers', async () => {
    const issuer = await Issuer.start()
    const lines: string[] = []
    let elapsed = 0
    const tokens = verifier(issuer, {
      monotonic: () => elapsed,
      logger: pino({}, { write: (line) => void lines.push(line) }),
    })
    const token = await issuer.sign()
    issuer.answer = { status: 503, body: '' }
    for (let n = 0; n < 10; n += 1) await tokens.check(token)
    expect(issuer.requests).toBe(1)
    expect(lines).toHaveLength(1)
    expect(lines.join()).not.toContain(token)

    issuer.answer = undefined
    expect(await tokens.check(token)).toMatchObject({ reason: 'issuer_unavailable' })
    elapsed += 5_000
    expect((await tokens.check(token)).ok).toBe(true)
  })

  it('survives a clock that steps back: neither a pause nor a cache lasts as long as the step', async () => {
    const issuer = await Issuer.start()
    let now = NOW
    const tokens = verifier(issuer, { now: () => now })
    expect((await tokens.check(await issuer.sign())).ok).toBe(true)
    await issuer.rotate('key-2')
    const claims = { exp: NOW / 1_000 }
    expect((await tokens.check(await issuer.sign(claims))).ok).toBe(false)
    now -= 3_600_000
    expect((await tokens.check(await issuer.sign(claims))).ok).toBe(true)
    expect(issuer.requests).toBe(2)
  })

  it('goes by the last published keys while the issuer is in trouble, for an hour', async () => {
    const issuer = await Issuer.start()
    let elapsedMs = 0
    const tokens = verifier(issuer, { monotonic: () => elapsedMs, cacheMaxAgeMs: 0, cooldownMs: 0 })
    const token = await issuer.sign()
    expect((await tokens.check(token)).ok).toBe(true)
    issuer.answer = { status: 503, body: '' }
    elapsedMs = 3_000_000
    expect((await tokens.check(token)).ok).toBe(true)
    expect((await tokens.check(token)).ok).toBe(true)
    expect(issuer.requests, 'and leaves it alone').toBe(2)
    elapsedMs = 3_700_000
    expect(await tokens.check(token)).toMatchObject({ reason: 'issuer_unavailable' })
  })

  it('reads no more of an answer than a key set needs', async () => {
    const issuer = await Issuer.start()
    const token = await issuer.sign()
    issuer.answer = { status: 200, body: `{"keys":[],"more":"${'x'.repeat(1_000_000)}"}` }
    expect(await verifier(issuer).check(token)).toMatchObject({ reason: 'issuer_unavailable' })
  })

  it.each([
    ['a shared-secret algorithm', { algorithms: ['RS256', 'HS256'] }],
    ['none', { algorithms: ['none'] }],
    ['no algorithm', { algorithms: [] }],
    ['keys over plain HTTP', { jwksUrl: 'http://issuer.example/jwks' }],
    ['keys in a file', { jwksUrl: 'file:///etc/jwks' }],
    ['no URL', { jwksUrl: 'issuer' }],
  ])('cannot be set to %s', async (_, options) => {
    const issuer = await Issuer.start()
    expect(() => verifier(issuer, options)).toThrow(
      expect.objectContaining({ code: 'configuration' }),
    )
  })
})
