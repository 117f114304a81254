// Who gets in and what they may do then: keys and tokens through a whole gateway, over real sockets.
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  AuditReader,
  checkConfiguration,
  type GatewayOptions,
  gatewayConfig,
} from '@sluice/gateway'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { describe, expect, it, onTestFinished } from 'vitest'
import { fakeDate } from '../harness/clock.ts'
import { gatewayOnSandbox } from '../harness/gateway-on-sandbox.ts'
import { shapeOf, TutorialClient, textOf } from '../harness/tutorial-client.ts'
import { until } from '../harness/until.ts'
import { bearer, keyFile, keyProtocol } from './key-file.ts'
import { logLines } from './log-lines.ts'
import { reloadable } from './reloadable.ts'

const SAFE = { audit: 'off' } as const satisfies GatewayOptions

/** A gateway that asks for keys of a file with one key. */
async function gatewayWithKey(
  attributes: Parameters<ReturnType<typeof keyFile>['create']>[0] = {},
  options: GatewayOptions = {},
) {
  const keys = keyFile()
  const { key, id } = await keys.create(attributes)
  const running = await reloadable({ keysFile: keys.path, ...options })
  const withKey = () => TutorialClient.connect(running.gateway.url, [], bearer(key))
  return { ...running, keys, key, id, withKey }
}

describe('a key', () => {
  it('opens by the header Authorization', async () => {
    const { withKey } = await gatewayWithKey()
    const client = await withKey()
    expect(shapeOf(await client.ask('sandbox-fast'))).toBe('handshake_ack chunk complete')
  })

  it('opens by a hello as the first message', async () => {
    const { gateway, key } = await gatewayWithKey()
    const client = await TutorialClient.connect(gateway.url)
    client.send({ type: 'hello', token: key })
    expect(shapeOf(await client.ask('sandbox-fast'))).toBe('handshake_ack chunk complete')
  })

  it('opens by a subprotocol, and only the name of the dialect is echoed', async () => {
    const { gateway, key } = await gatewayWithKey()
    const client = await TutorialClient.connect(gateway.url, ['sluice.v1', keyProtocol(key)])
    expect(client.socket.protocol).toBe('sluice.v1')
    expect(shapeOf(await client.ask('sandbox-fast'))).toBe('handshake_ack chunk complete')
  })

  const other = `sluice_sk_${'0'.repeat(12)}_${'0'.repeat(40)}`
  it.each([
    ['unknown, by header', [], bearer(other), 'The key is not known'],
    ['unknown, by subprotocol', ['sluice.v1', keyProtocol(other)], {}, 'The key is not known'],
    ['of no known form', [], bearer('hunter2'), 'The credential is neither'],
    ['by another scheme', [], { headers: { authorization: 'Basic YTpi' } }, 'The credential is'],
    ['no base64url', ['sluice.v1', 'sluice.key.%'], {}, 'The credential is neither'],
  ])(
    'is accepted and then closed with 4401 if it is bad: %s',
    async (...[, protocols, options, why]) => {
      const { gateway } = await gatewayWithKey()
      const client = await TutorialClient.connect(gateway.url, protocols, options)
      expect(client.socket.protocol).toBe(protocols.length > 0 ? 'sluice.v1' : '')
      const closed = await client.closed
      expect(closed.code).toBe(4401)
      expect(closed.reason).toContain(why)
      expect(client.received).toEqual([])
    },
  )

  it('is asked for: anything but a hello as the first message closes with 4401', async () => {
    const { gateway, sandbox } = await gatewayWithKey()
    const client = await TutorialClient.connect(gateway.url)
    client.init('sandbox-fast')
    expect(await client.closed).toMatchObject({ code: 4401, reason: /"type":"hello"/ })
    expect(sandbox.stats().requests).toBe(0)
  })

  it('does nothing after its socket was told to close', async () => {
    const { gateway, sandbox, key } = await gatewayWithKey()
    const client = await TutorialClient.connect(gateway.url, [], bearer('bad'))
    client.send({ type: 'hello', token: key })
    client.init('sandbox-fast')
    expect(await client.closed).toMatchObject({ code: 4401 })
    expect(sandbox.stats().requests).toBe(0)
  })

  it('may use its models and hears which for another one', async () => {
    const { withKey, sandbox } = await gatewayWithKey({ allowedModels: ['sandbox-fast'] })
    const client = await withKey()
    client.init('sandbox-slow')
    const message = 'This client may not use that model; allowed: sandbox-fast'
    expect(await client.next()).toMatchObject({ type: 'error', message })
    expect(sandbox.stats().chatRequests).toBe(0)
    expect(shapeOf(await client.ask('sandbox-fast'))).toBe('handshake_ack chunk complete')
  })

  it('has the policy that it names', async () => {
    const { gateway, withKey, keys, reload } = await gatewayWithKey({ policy: 'off' })
    const ssn = 'My number is 123-45-6789.'
    const free = await withKey()
    expect(shapeOf(await free.ask('sandbox-echo', ssn))).toBe('handshake_ack chunk complete')
    const guarded = await keys.create({ policy: 'seed' })
    await reload()
    const client = await TutorialClient.connect(gateway.url, [], bearer(guarded.key))
    expect((await client.ask('sandbox-echo', ssn)).at(-1)?.type).toBe('blocked')
  })

  it('has the roles trusted that it names, beside those of the policy, in requests alone', async () => {
    const policies = { desk: { extends: 'standard', trustedRoles: ['developer'] } } as const
    const attributes = { policy: 'desk', trustedRoles: ['system', 'assistant'] } as const
    const { gateway, keys, withKey, reload, sandbox } = await gatewayWithKey(
      { ...attributes, trustedRoles: [...attributes.trustedRoles] },
      { policies },
    )
    const plain = await keys.create({ policy: 'desk' })
    await reload()
    const roles = ['system', 'developer', 'assistant', 'user'] as const
    const payload = {
      modelId: 'sandbox-echo',
      messages: roles.map((role) => ({ role, content: `${role} 4111 1111 1111 1111` })),
    }
    const seen = async (client: TutorialClient) => {
      client.send({ type: 'init', payload })
      const answer = textOf(await client.turn())
      const { messages } = (sandbox.requests().at(-1)?.body ?? payload) as typeof payload
      const passed = messages.filter(({ content }) => content.includes('4111'))
      return { passed: passed.map(({ role }) => role), answer }
    }
    const trusted = await seen(await withKey())
    expect(trusted.passed).toEqual(['system', 'developer', 'assistant'])
    expect(trusted.answer).toBe('user [CREDIT_CARD]')
    const other = await TutorialClient.connect(gateway.url, [], bearer(plain.key))
    expect((await seen(other)).passed).toEqual(['developer'])
  })

  it('with a policy that does not exist is refused alone, and the log says so', async () => {
    const log = logLines()
    const keys = keyFile()
    const wrong = await keys.create({ policy: 'stricter' })
    const { gateway } = await reloadable({ keysFile: keys.path, logger: log.logger })
    const right = await keys.create()
    await gateway.reloadKeys()
    const refused = await TutorialClient.connect(gateway.url, [], bearer(wrong.key))
    refused.init('sandbox-fast')
    expect(await refused.next()).toMatchObject({
      type: 'error',
      message: "This client cannot be served; the gateway's operator has to correct that",
    })
    const served = await TutorialClient.connect(gateway.url, [], bearer(right.key))
    expect(shapeOf(await served.ask('sandbox-fast'))).toBe('handshake_ack chunk complete')
    const problem = `key ${wrong.id}: no policy is called "stricter"; allowed: seed, standard, strict, private, off`
    const warnings = log.of('the requests of a key are refused')
    expect(warnings.map((line) => line.problem)).toEqual([problem, problem])
  })

  it('with a policy that does not exist is found by a check of the configuration', async () => {
    const keys = keyFile()
    const { id } = await keys.create({ policy: 'stricter' })
    const config = gatewayConfig({ llmBaseUrl: 'http://127.0.0.1:1', keysFile: keys.path })
    await expect(checkConfiguration(config)).rejects.toMatchObject({
      code: 'configuration',
      message: `key ${id}: no policy is called "stricter"; allowed: seed, standard, strict, private, off`,
    })
  })

  it('that expires during the life of a socket is refused at its next request', async () => {
    const date = fakeDate()
    const expiresAt = new Date(Date.now() + 60_000).toISOString()
    const { withKey } = await gatewayWithKey({ expiresAt })
    const client = await withKey()
    expect(shapeOf(await client.ask('sandbox-fast'))).toBe('handshake_ack chunk complete')
    date.advance(60_001)
    client.init('sandbox-fast')
    expect((await client.next()).message).toContain('credential of this connection has expired')
  })

  it('that is revoked closes its sockets with 4401, also in the middle of an answer', async () => {
    const { gateway, withKey, keys, id, reload, sandbox } = await gatewayWithKey()
    const other = await keys.create()
    await reload()
    const busy = await withKey()
    const idle = await withKey()
    const foreign = await TutorialClient.connect(gateway.url, [], bearer(other.key))
    busy.init('sandbox-slow')
    await busy.next()
    await keys.revoke(id)
    await reload()
    const closed = { code: 4401, reason: 'The key has been revoked' }
    expect(await Promise.all([busy.closed, idle.closed])).toEqual([closed, closed])
    await until('the upstream is left', () => sandbox.stats().openStreams === 0)
    expect(shapeOf(await foreign.ask('sandbox-fast'))).toBe('handshake_ack chunk complete')
  })

  it('whose rights are changed has the new ones from the next request on', async () => {
    const { withKey, keys, id, reload } = await gatewayWithKey()
    const client = await withKey()
    await client.ask('sandbox-fast')
    const file = JSON.parse(readFileSync(keys.path, 'utf8'))
    file.keys.find((key: { id: string }) => key.id === id).allowedModels = ['sandbox-lf']
    writeFileSync(keys.path, JSON.stringify(file))
    await reload()
    client.init('sandbox-fast')
    expect((await client.next()).message).toContain('allowed: sandbox-lf')
    expect(shapeOf(await client.ask('sandbox-lf'))).toBe('handshake_ack chunk complete')
  })
})

describe('a token', () => {
  const ISSUER = 'https://login.example'
  const AUDIENCE = 'sluice'

  async function issuer() {
    const { publicKey, privateKey } = await generateKeyPair('ES256')
    const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }] }
    const server = createServer((_, response) => response.end(JSON.stringify(jwks)))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const sign = (claims: { exp?: number } & Record<string, unknown>) =>
      new SignJWT({ iss: ISSUER, aud: AUDIENCE, sub: 'agent-7', ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: 'one' })
        .setExpirationTime(claims.exp ?? '5m')
        .sign(privateKey)
    return { jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`, sign }
  }

  async function gatewayWithIssuer(options: GatewayOptions = {}) {
    const { jwksUrl, sign } = await issuer()
    const tokens = { jwksUrl, jwtIssuer: ISSUER, jwtAudience: AUDIENCE }
    const { gateway } = await gatewayOnSandbox({ gateway: { ...SAFE, ...tokens, ...options } })
    return { gateway, sign }
  }

  it('of the issuer opens by header and by hello, and its subject is who asked', async () => {
    const audit = `${keyFile().path}.db`
    const { gateway, sign } = await gatewayWithIssuer({ audit })
    const byHeader = await TutorialClient.connect(gateway.url, [], bearer(await sign({})))
    await byHeader.ask('sandbox-fast')
    const byHello = await TutorialClient.connect(gateway.url)
    byHello.send({ type: 'hello', token: await sign({ sub: 'agent-8' }) })
    await byHello.ask('sandbox-fast')
    await gateway.stop()
    const reader = new AuditReader(audit)
    const subjects = [...reader.list()].map(({ subject }) => subject)
    reader.close()
    expect(subjects.sort()).toEqual(['agent-7', 'agent-8'])
  })

  it.each([
    ['of another issuer', { iss: 'https://else.example' }, 'The token comes from another issuer'],
    ['for another audience', { aud: 'else' }, 'The token is meant for another audience'],
    ['that has expired', { exp: 1 }, 'The token has expired'],
  ])('%s is closed with 4401', async (_, claims, reason) => {
    const { gateway, sign } = await gatewayWithIssuer()
    const client = await TutorialClient.connect(gateway.url, [], bearer(await sign(claims)))
    expect(await client.closed).toEqual({ code: 4401, reason })
  })

  it('may use the models and the policy that its claims choose among those that are listed', async () => {
    const { gateway, sign } = await gatewayWithIssuer({
      jwtModels: ['sandbox-fast', 'sandbox-pii'],
      jwtModelsClaim: 'models',
      jwtPolicies: ['off'],
      jwtPolicyClaim: 'policy',
      policy: 'standard',
    })
    const connect = async (claims: object) =>
      TutorialClient.connect(gateway.url, [], bearer(await sign({ ...claims })))
    const plain = await connect({})
    expect(JSON.stringify(await plain.ask('sandbox-pii'))).toContain('[CREDIT_CARD]')
    expect(shapeOf(await plain.ask('gpt-4o'))).toBe('error')
    const chosen = await connect({ models: ['sandbox-pii', 'gpt-4o'], policy: 'off' })
    expect(JSON.stringify(await chosen.ask('sandbox-pii'))).not.toContain('[CREDIT_CARD]')
    expect(shapeOf(await chosen.ask('gpt-4o'))).toBe('error')
    expect(shapeOf(await chosen.ask('sandbox-fast'))).toBe('error')
    const wider = await connect({ policy: 'seed' })
    expect(await wider.closed).toMatchObject({ code: 4401 })
  })

  it('has limits of its own in its tenant: another tenant with the same subject takes nothing of them', async () => {
    const { gateway, sign } = await gatewayWithIssuer({
      jwtTenantClaim: 'org',
      clientRequestsPerMinute: 1,
    })
    const of = async (org: string) =>
      TutorialClient.connect(gateway.url, [], bearer(await sign({ org })))
    const [acme, again, globex] = [await of('acme'), await of('acme'), await of('globex')]
    expect(shapeOf(await acme.ask('sandbox-fast'))).toBe('handshake_ack chunk complete')
    expect((await again.ask('sandbox-fast')).at(-1)).toMatchObject({ code: 'rate_limited' })
    expect(shapeOf(await globex.ask('sandbox-fast'))).toBe('handshake_ack chunk complete')
  })

  it('without the tenant that the configuration asks for is closed with 4401, and the log says where to look', async () => {
    const log = logLines()
    const { gateway, sign } = await gatewayWithIssuer({
      jwtTenantClaim: 'org',
      logger: log.logger,
    })
    const refused = await TutorialClient.connect(gateway.url, [], bearer(await sign({})))
    expect(await refused.closed).toEqual({
      code: 4401,
      reason: 'A claim of the token is missing or has a form that this gateway does not take',
    })
    const logged = log.of('A token was refused for one of its claims')
    expect(logged.map(({ setting }) => setting)).toEqual(['clients.jwt.claims.tenant'])
    const client = await TutorialClient.connect(
      gateway.url,
      [],
      bearer(await sign({ org: 'acme' })),
    )
    expect(shapeOf(await client.ask('sandbox-fast'))).toBe('handshake_ack chunk complete')
  })

  it('that nobody signed is closed with 4401', async () => {
    const { gateway, sign } = await gatewayWithIssuer()
    const [head, body] = (await sign({})).split('.')
    const forged = `${head}.${body}.${Buffer.alloc(64, 1).toString('base64url')}`
    const client = await TutorialClient.connect(gateway.url, [], bearer(forged))
    expect(await client.closed).toEqual({ code: 4401, reason: 'The token cannot be verified' })
  })
})
