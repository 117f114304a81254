// What happens before a client is known: time, bytes, origin, host, path and method, on every route of both listeners.
import { once } from 'node:events'
import { copyFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { loadConfig } from '@sluice/gateway'
import { describe, expect, it } from 'vitest'
import { gatewayForTest, gatewayOnSandbox } from '../harness/gateway-on-sandbox.ts'
import { shapeOf, TutorialClient } from '../harness/tutorial-client.ts'
import { certificate, endedCertificate } from './certificate.ts'
import { replyTo, upgradeHeaders } from './http-reply.ts'
import { bearer, keyFile } from './key-file.ts'
import { logLines } from './log-lines.ts'
import { rawConnection } from './raw-socket.ts'
import { reloadable } from './reloadable.ts'
import { temporaryFolder } from './temporary-folder.ts'

const UPSTREAM = { llmBaseUrl: 'http://127.0.0.1:1', audit: 'off' } as const

describe('a client that is not known yet', () => {
  it('has some time for its hello and is then closed with 4408', async () => {
    const keysFile = keyFile()
    await keysFile.create()
    const options = { ...UPSTREAM, keysFile: keysFile.path, helloTimeoutMs: 30 }
    const { url } = await gatewayForTest(options)
    const client = await TutorialClient.connect(url)
    expect(await client.closed).toEqual({ code: 4408, reason: 'no credential within 30 ms' })
  })

  it.each([
    ['a hello that is too long', [JSON.stringify({ type: 'hello', token: 'x'.repeat(20_000) })]],
    ['a message that never ends', ['x'.repeat(3_000_000)]],
    ['a flood of small ones', Array.from({ length: 5_000 }, () => '{"type":"hello","token":""}')],
  ])('is closed once it has sent 16 KiB: %s', async (_, messages) => {
    const keysFile = keyFile()
    const { key } = await keysFile.create()
    const { gateway, sandbox } = await gatewayOnSandbox({
      gateway: { audit: 'off', keysFile: keysFile.path },
    })
    const client = await TutorialClient.connect(gateway.url)
    for (const message of messages) client.send(message)
    client.send({ type: 'hello', token: key })
    client.init('sandbox-fast')
    const { code } = await client.closed
    expect(messages.length === 1 ? [1009] : [1009, 4401]).toContain(code)
    expect(sandbox.stats().requests).toBe(0)
  })

  it('may send more than 16 KiB right after its hello', async () => {
    const keysFile = keyFile()
    const { key } = await keysFile.create()
    const { gateway } = await gatewayOnSandbox({
      gateway: { audit: 'off', keysFile: keysFile.path, maxContentCharacters: 100_000 },
    })
    const client = await TutorialClient.connect(gateway.url)
    client.send({ type: 'hello', token: key })
    expect(shapeOf(await client.ask('gpt-4o', 'word '.repeat(10_000)))).toContain('complete')
  })
})

describe('a connection that is refused', () => {
  const CLOSED = new Set(['ECONNRESET', 'EPIPE'])

  it.each([
    [
      'an upgrade from elsewhere',
      'GET / HTTP/1.1\r\nHost: evil\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
    ],
    ['no HTTP at all', 'garbage\r\n\r\n'],
  ])('is cut although its peer does not close it: %s', async (_, bytes) => {
    const { url } = await gatewayForTest(UPSTREAM)
    const peer = connect({ port: Number(new URL(url).port), allowHalfOpen: true })
    const cut = new Promise((resolve) => {
      peer.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code))
    })
    peer.write(bytes)
    peer.resume()
    await once(peer, 'end')
    const writing = setInterval(() => peer.write('x'), 20)
    expect(CLOSED).toContain(await cut)
    clearInterval(writing)
  })
})

describe('Origin and Host', () => {
  const ROUTES = ['/', '/ws', '/healthz', '/readyz', '/elsewhere'] as const
  /** What is no address, or one of loopback in another form than a browser's. */
  const NOT_LOOPBACK = [
    ...['127.0.0.256', '127.0.0', '127.1', '2130706433', '0x7f.1', '0177.0.0.1', '127.0.0.01'],
    ...['localhost.', '127.0.0.1.', '::1', '[0:0:0:0:0:0:0:1]', '[::ffff:127.0.0.1]'],
    ...['[::ffff:7f00:1]', '127.0.0.1@evil.example', '127.0.0.1:80:80', '127.0.0.1:x', ':80'],
  ]
  const FOREIGN = [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://127.0.0.1:1' },
    { origin: 'not an origin' },
    { host: 'evil.example' },
    { host: '127.0.0.1.evil.example' },
    ...NOT_LOOPBACK.map((host) => ({ host })),
    { host: '127.0.0.256', origin: 'http://127.0.0.256' },
  ]

  it.each(ROUTES)('of somebody else are refused with 403 on %s, upgraded or not', async (path) => {
    const { url } = await gatewayForTest(UPSTREAM)
    for (const headers of FOREIGN) {
      const plain = await replyTo(url, { path, headers })
      const upgrade = await replyTo(url, { path, headers: upgradeHeaders(headers) })
      expect([plain.status, upgrade.status]).toEqual([403, 403])
      expect(upgrade.body).toBe(plain.body)
      const { message, type } = JSON.parse(plain.body).error
      expect(message).toMatch(/^This (Origin|Host) is not allowed here$/)
      expect(type).toBe('permission_error')
    }
  })

  it.each(['/metrics', '/healthz', '/readyz'])(
    'are refused on %s of the admin listener',
    async (path) => {
      const gateway = await gatewayForTest({ ...UPSTREAM, adminPort: 0 })
      const admin = `http://127.0.0.1:${gateway.adminPort}`
      for (const headers of [{ origin: 'http://127.0.0.1' }, ...FOREIGN]) {
        expect((await replyTo(admin, { path, headers })).status).toBe(403)
      }
      expect((await replyTo(admin, { path })).status).toBe(200)
    },
  )

  it("of the gateway's own and of the list may connect", async () => {
    const allowed = { allowedOrigins: ['https://desk.example'], allowedHosts: ['sluice.internal'] }
    const { url, port } = await gatewayForTest({ ...UPSTREAM, ...allowed })
    const host = `localhost:${port}`
    for (const headers of [
      { host, origin: `http://${host}` },
      { origin: 'https://desk.example' },
      { host: 'SLUICE.internal' },
      { host: '127.0.0.2:80' },
      { host: '[::1]' },
    ]) {
      expect((await replyTo(url, { headers: upgradeHeaders(headers) })).status).toBe(101)
    }
  })
})

describe('a request that can be read in two ways', () => {
  const subprotocol = (key: string) => `sluice.key.${Buffer.from(key).toString('base64url')}`
  const UPGRADE = Object.entries(upgradeHeaders())
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')

  async function statusOfBytes(port: number, bytes: string): Promise<number> {
    const connection = await rawConnection(port)
    connection.write(bytes)
    const [answer] = await once(connection, 'data')
    connection.destroy()
    return Number(String(answer).split(' ')[1])
  }

  it.each(['host', 'authorization', 'origin', 'content-type'])(
    'is refused with 400 for two %s headers, on every route of both listeners, upgraded or not',
    async (name) => {
      const gateway = await gatewayForTest({ ...UPSTREAM, adminPort: 0 })
      const { port, adminPort = 0 } = gateway
      for (const second of ['evil.example', '127.0.0.1']) {
        const twice = `${name}: 127.0.0.1\r\n${name}: ${second}\r\n`
        const host = name === 'host' ? '' : 'host: 127.0.0.1\r\n'
        for (const path of ['/', '/v1/models', '/healthz', '/elsewhere']) {
          expect(await statusOfBytes(port, `GET ${path} HTTP/1.1\r\n${host}${twice}\r\n`)).toBe(400)
          const upgraded = `GET ${path} HTTP/1.1\r\n${host}${twice}${UPGRADE}\r\n`
          expect(await statusOfBytes(port, upgraded)).toBe(400)
        }
        const asked = `GET /metrics HTTP/1.1\r\n${host}${twice}\r\n`
        expect(await statusOfBytes(adminPort, asked)).toBe(400)
      }
    },
  )

  it.each([
    ['a header and a subprotocol', { authorization: 'Bearer a', protocols: [subprotocol('b')] }],
    ['two subprotocols', { protocols: [subprotocol('a'), subprotocol('b')] }],
    ['one that is no credential', { authorization: 'Basic a', protocols: [subprotocol('a')] }],
  ])('is refused with 400 for two credentials that differ: %s', async (_, shown) => {
    const keysFile = keyFile()
    const { key } = await keysFile.create()
    const { logger, of } = logLines()
    const { url } = await gatewayForTest({ ...UPSTREAM, keysFile: keysFile.path, logger })
    const { protocols, ...more } = shown
    const offered = { 'sec-websocket-protocol': ['sluice.v2', ...protocols].join(', ') }
    const headers = upgradeHeaders({ ...offered, ...more })
    expect((await replyTo(url, { headers })).status).toBe(400)
    expect(of('refused')[0]).toMatchObject({ reason: 'two_credentials' })
    const same = { ...bearer(key).headers, 'sec-websocket-protocol': subprotocol(key) }
    expect((await replyTo(url, { headers: upgradeHeaders(same) })).status).toBe(101)
  })
})

describe('a refusal', () => {
  const HOST = 'host: 127.0.0.1\r\n'
  const UPGRADE = `${HOST}connection: upgrade\r\nupgrade: websocket\r\n`
  const KEY = `sec-websocket-key: ${Buffer.alloc(16).toString('base64')}\r\n`

  /** All that comes until the connection ends. */
  async function answerTo(port: number, bytes: string) {
    const connection = await rawConnection(port)
    connection.write(bytes)
    const [head = '', body = ''] = (await text(connection)).split('\r\n\r\n')
    const [status = '', ...lines] = head.split('\r\n')
    const headers = Object.fromEntries(lines.map((line) => line.toLowerCase().split(': ', 2)))
    return { status: Number(status.split(' ')[1]), headers, body }
  }

  const refused: [string, number, string][] = [
    ['no HTTP at all', 400, 'garbage\r\n\r\n'],
    [
      'two lengths',
      400,
      `POST /v1/models HTTP/1.1\r\n${HOST}content-length: 1\r\ncontent-length: 2\r\n\r\n`,
    ],
    [
      'headers that are too long',
      431,
      `GET /v1/models HTTP/1.1\r\n${HOST}x: ${'x'.repeat(20_000)}\r\n\r\n`,
    ],
    [
      'chunk extensions that are too long',
      413,
      `POST /v1/tokens HTTP/1.1\r\n${HOST}transfer-encoding: chunked\r\n\r\n1;${'x'.repeat(20_000)}\r\n`,
    ],
    ['no Host', 400, 'GET /v1/models HTTP/1.1\r\nconnection: close\r\n\r\n'],
    ['another Host', 403, 'GET /v1/models HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'],
    ['another path', 404, `GET /v1/x HTTP/1.1\r\n${HOST}connection: close\r\n\r\n`],
    ['another method', 405, `PUT /v1/models HTTP/1.1\r\n${HOST}connection: close\r\n\r\n`],
    [
      'an expectation',
      417,
      `GET /v1/models HTTP/1.1\r\n${HOST}expect: x\r\nconnection: close\r\n\r\n`,
    ],
    ['an upgrade under /v1', 404, `GET /v1/responses HTTP/1.1\r\n${UPGRADE}${KEY}\r\n`],
    [
      'an upgrade from elsewhere',
      403,
      `GET / HTTP/1.1\r\n${UPGRADE}${KEY}origin: http://x\r\n\r\n`,
    ],
    ['an upgrade of a POST', 405, `POST / HTTP/1.1\r\n${UPGRADE}${KEY}\r\n`],
    [
      'an upgrade without a key',
      400,
      `GET / HTTP/1.1\r\n${UPGRADE}sec-websocket-version: 13\r\n\r\n`,
    ],
    [
      'an upgrade of another version',
      400,
      `GET / HTTP/1.1\r\n${UPGRADE}${KEY}sec-websocket-version: 7\r\n\r\n`,
    ],
  ]

  it.each(refused)("is OpenAI's error object with a request id: %s", async (_, status, bytes) => {
    const { port } = await gatewayForTest(UPSTREAM)
    const answer = await answerTo(port, bytes)
    expect(answer.status).toBe(status)
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(answer.body)),
      'x-request-id': expect.stringMatching(/^[0-9a-f]{32}$/),
    })
    const type = status === 403 ? 'permission_error' : 'invalid_request_error'
    const error = { message: expect.stringMatching(/\w/), type, param: null, code: null }
    expect(JSON.parse(answer.body)).toEqual({ error })
  })

  it('has a request id elsewhere, too: of what is no WebSocket, and of the admin listener', async () => {
    const { port, adminPort = 0 } = await gatewayForTest({ ...UPSTREAM, adminPort: 0 })
    const id = { 'x-request-id': expect.stringMatching(/^[0-9a-f]{32}$/) }
    const plain = `GET /ws HTTP/1.1\r\n${HOST}connection: close\r\n\r\n`
    expect(await answerTo(port, plain)).toMatchObject({ status: 426, headers: id })
    const more = `connection: close\r\n\r\n`
    for (const [status, bytes] of [
      [400, 'garbage\r\n\r\n'],
      [400, `GET /metrics HTTP/1.1\r\n${more}`],
      [403, `GET /metrics HTTP/1.1\r\nhost: x\r\n${more}`],
      [404, `GET /x HTTP/1.1\r\n${HOST}${more}`],
      [417, `GET /metrics HTTP/1.1\r\n${HOST}expect: x\r\n${more}`],
    ] as const)
      expect(await answerTo(adminPort, bytes)).toMatchObject({ status, headers: id })
  })
})

describe('a refused Host, Origin or path', () => {
  it('leaves one warning that names value and setting, and each counts in the metric', async () => {
    const { logger, of, text } = logLines()
    const gateway = await gatewayForTest({ ...UPSTREAM, adminPort: 0, logger })
    const ask = (path: string, headers: Record<string, string>) =>
      replyTo(gateway.url, { path, headers: upgradeHeaders(headers) })
    for (let n = 0; n < 5; n += 1) {
      await ask('/', { origin: 'https://desk.example' })
      await ask('/', { host: 'rebound.example' })
      await ask('/chat?key=qzSECRETqz', {})
    }
    const address = '127.0.0.1'
    const once = { address, count: 1 }
    expect(of('refused').map(({ level: _, time: __, msg: ___, ...fields }) => fields)).toEqual([
      {
        ...once,
        reason: 'origin',
        value: 'https://desk.example',
        setting: 'SLUICE_ALLOWED_ORIGINS',
      },
      { ...once, reason: 'host', value: 'rebound.example', setting: 'SLUICE_ALLOWED_HOSTS' },
      { ...once, reason: 'path', value: '/chat' },
    ])
    expect(text()).not.toContain('qzSECRETqz')
    const admin = `http://127.0.0.1:${gateway.adminPort}`
    const { body } = await replyTo(admin, { path: '/metrics' })
    for (const reason of ['origin', 'host', 'path']) {
      expect(body).toContain(`sluice_refused_connections_total{reason="${reason}"} 5`)
    }
  })

  it('floods neither log nor memory, whatever pages make up', async () => {
    const { logger, of } = logLines()
    const gateway = await gatewayForTest({ ...UPSTREAM, logger })
    for (let n = 0; n < 150; n += 1) {
      const origin = `https://${n}.example`
      await replyTo(gateway.url, { headers: upgradeHeaders({ origin }) })
    }
    await replyTo(gateway.url, {
      headers: upgradeHeaders({ origin: `x\u009b${'y'.repeat(9_000)}` }),
    })
    expect(of('refused')).toHaveLength(100)
  })
})

describe('SLUICE_ALLOWED_HOSTS', () => {
  const reachable = { ...UPSTREAM, host: '0.0.0.0', adminHost: '0.0.0.0', allowAnonymous: true }
  const statusOf = async (url: string, headers: Record<string, string>) =>
    (await replyTo(url.replace('0.0.0.0', '127.0.0.1'), { path: '/healthz', headers })).status

  it('holds wherever it is set, on both listeners', async () => {
    const allowedHosts = ['sluice.example']
    const gateway = await gatewayForTest({ ...reachable, allowedHosts, adminPort: 0 })
    for (const url of [gateway.url, `http://127.0.0.1:${gateway.adminPort}`]) {
      expect(await statusOf(url, { host: 'SLUICE.example:8080' })).toBe(200)
      expect(await statusOf(url, { host: '127.0.0.1' })).toBe(200)
      for (const host of ['evil.example', 'x', 'sluice.example.evil', '192.0.2.7']) {
        expect(await statusOf(url, { host })).toBe(403)
      }
    }
  })

  it('is what makes a name our own: a page whose name was rebound to us is not', async () => {
    const open = await gatewayForTest(reachable)
    const rebound = { host: 'evil.example:80', origin: 'http://evil.example:80' }
    expect(await statusOf(open.url, { host: 'evil.example' })).toBe(200)
    expect(await statusOf(open.url, rebound)).toBe(403)
    const named = await gatewayForTest({ ...reachable, allowedHosts: ['desk.example'] })
    const own = { host: 'desk.example', origin: 'http://desk.example' }
    expect(await statusOf(named.url, own)).toBe(200)
  })
})

describe('a request that is no upgrade', () => {
  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])(
    'is answered 405 for %s, whatever its content type',
    async (method) => {
      const { url } = await gatewayForTest(UPSTREAM)
      for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded']) {
        const headers = { 'content-type': type, 'content-length': '2' }
        const reply = await replyTo(url, { method, path: '/ws', headers, body: '{}' })
        expect(reply).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } })
      }
    },
  )

  it.each(['/metrics', '/healthz', '/readyz'])(
    'reads %s of the admin listener by GET and HEAD alone',
    async (path) => {
      const { adminPort } = await gatewayForTest({ ...UPSTREAM, adminPort: 0 })
      const admin = `http://127.0.0.1:${adminPort}`
      const asked = (method: string) => replyTo(admin, { method, path })
      const [got, head] = [await asked('GET'), await asked('HEAD')]
      expect([got.status, head.status, head.body]).toEqual([200, 200, ''])
      for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE'])
        expect(await asked(method)).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } })
    },
  )

  it('learns where WebSockets are', async () => {
    const { url } = await gatewayForTest(UPSTREAM)
    expect((await replyTo(url, { path: '/ws' })).status).toBe(426)
    expect((await replyTo(url, { path: '/v1' })).status).toBe(404)
    const upgrade = await replyTo(url, { path: '/v1', headers: upgradeHeaders() })
    expect(upgrade.status).toBe(404)
    expect(JSON.parse(upgrade.body).error.message).toBe('WebSockets are at / and /ws')
  })
})

describe('listening beyond loopback', () => {
  const open = { ...UPSTREAM, host: '0.0.0.0' } as const

  it('is refused without keys, tokens or an explicit permission', async () => {
    await expect(gatewayForTest(open)).rejects.toMatchObject({
      code: 'configuration',
      message: expect.stringMatching(
        /^SLUICE_HOST=0\.0\.0\.0 is reachable by others.*sluice keys create.*SLUICE_ALLOW_ANONYMOUS=true/,
      ),
    })
  })

  it('works with keys, or when anonymous clients are allowed', async () => {
    const keys = keyFile()
    await keys.create()
    await gatewayForTest({ ...open, keysFile: keys.path })
    await gatewayForTest({ ...open, allowAnonymous: true })
  })

  it('needs a credential on loopback, too, where anonymous clients are forbidden', async () => {
    await expect(gatewayForTest({ ...UPSTREAM, allowAnonymous: false })).rejects.toThrow(
      'SLUICE_ALLOW_ANONYMOUS is false',
    )
  })
})

describe('TLS', () => {
  it('carries sockets, and takes a new certificate at a reload', async () => {
    const { certFile, keyFile, pem, renew } = certificate()
    const tls = { tlsCertFile: certFile, tlsKeyFile: keyFile }
    const { gateway, reload } = await reloadable(tls)
    expect(gateway.url).toMatch(/^wss:/)
    const early = await TutorialClient.connect(gateway.url, [], { ca: pem() })
    expect(shapeOf(await early.ask('sandbox-fast'))).toBe('handshake_ack chunk complete')
    renew()
    await reload()
    const late = await TutorialClient.connect(gateway.url, [], { ca: pem() })
    expect(shapeOf(await late.ask('sandbox-fast'))).toBe('handshake_ack chunk complete')
    expect(shapeOf(await early.ask('sandbox-fast'))).toBe('handshake_ack chunk complete')
  })

  it('knows its own Origin by https', async () => {
    const { certFile: tlsCertFile, keyFile: tlsKeyFile } = certificate()
    const { url, port } = await gatewayForTest({ ...UPSTREAM, tlsCertFile, tlsKeyFile })
    const from = (origin: string) => replyTo(url, { headers: upgradeHeaders({ origin }) })
    expect((await from(`https://127.0.0.1:${port}`)).status).toBe(101)
    expect((await from(`http://127.0.0.1:${port}`)).status).toBe(403)
  })

  it.each([
    ['a key without its certificate', {}, 'are needed together'],
    ['a file that is absent', { tlsCertFile: '/nowhere.pem' }, 'Cannot use /nowhere.pem (ENOENT)'],
    ['a file that is no certificate', { tlsCertFile: '/etc/hostname' }, 'Cannot use /etc/hostname'],
  ])('does not start with %s', async (_, wrong, message) => {
    const options = { ...UPSTREAM, tlsKeyFile: certificate().keyFile, ...wrong }
    await expect(gatewayForTest(options)).rejects.toMatchObject({
      code: 'configuration',
      message: expect.stringContaining(message),
    })
  })

  it.each(['rsa', 'ed25519', 'ec'] as const)(
    'does not start with a key of type %s that is not the one of an EC certificate',
    async (type) => {
      const { certFile: tlsCertFile } = certificate()
      const { keyFile: tlsKeyFile } = certificate({ type })
      await expect(gatewayForTest({ ...UPSTREAM, tlsCertFile, tlsKeyFile })).rejects.toThrow(
        'check SLUICE_TLS_CERT_FILE and SLUICE_TLS_KEY_FILE',
      )
    },
  )

  it('refuses a reload to a key of another type, and takes and logs a renewal', async () => {
    const { logger, of } = logLines()
    const first = certificate()
    const files = { tlsCertFile: first.certFile, tlsKeyFile: first.keyFile }
    const { gateway, reload } = await reloadable({ ...files, logger, adminPort: 0 })
    const before = first.pem()
    const other = certificate({ type: 'rsa' })
    copyFileSync(other.keyFile, first.keyFile)
    await expect(reload()).rejects.toThrow('check SLUICE_TLS_CERT_FILE')
    await TutorialClient.connect(gateway.url, [], { ca: before })
    copyFileSync(other.certFile, first.certFile)
    await reload()
    expect(of('certificate renewed')).toHaveLength(1)
    await TutorialClient.connect(gateway.url, [], { ca: other.pem() })
    await reload()
    expect(of('certificate renewed')).toHaveLength(1)
  })

  it('warns of a certificate that has ended, at the start and at a renewal, and serves', async () => {
    const { logger, of } = logLines()
    const { certFile, keyFile: tlsKeyFile } = endedCertificate('20250101')
    const files = { tlsCertFile: certFile, tlsKeyFile }
    const { gateway, reload } = await reloadable({ ...files, logger })
    expect((await replyTo(gateway.url, { path: '/readyz' })).status).toBe(200)
    const warnings = () => of('clients refuse the certificate')
    expect(String(warnings()[0]?.problem)).toMatch(/^it expired at \d{4}-/)
    const next = endedCertificate('20250202')
    copyFileSync(next.certFile, certFile)
    copyFileSync(next.keyFile, tlsKeyFile)
    await reload()
    expect(warnings()).toHaveLength(2)
  })

  it('refuses a reload while certificate and key do not fit, and then changes nothing but keys', async () => {
    const first = certificate()
    const second = certificate()
    const keys = keyFile()
    const { key } = await keys.create()
    const revoked = await keys.create()
    const { certFile: tlsCertFile, keyFile: tlsKeyFile, pem } = first
    const settings = { tlsCertFile, tlsKeyFile, keysFile: keys.path }
    const { gateway, reload } = await reloadable(settings)
    const ca = pem()
    copyFileSync(second.certFile, first.certFile)
    await keys.revoke(revoked.id)
    await expect(reload({ maxMessages: 1 })).rejects.toThrow(
      'check SLUICE_TLS_CERT_FILE and SLUICE_TLS_KEY_FILE',
    )
    const client = await TutorialClient.connect(gateway.url, [], { ca, ...bearer(key) })
    const messages = ['one', 'two'].map((content) => ({ role: 'user', content }))
    expect(shapeOf(await client.ask('sandbox-fast', '', { messages }))).toContain('complete')
    const other = await TutorialClient.connect(gateway.url, [], { ca, ...bearer(revoked.key) })
    expect(await other.closed).toEqual({ code: 4401, reason: 'The key has been revoked' })
  })
})

describe("a client's address", () => {
  async function addressOf(trustedProxies: string[], forwarded: string): Promise<unknown> {
    const { logger, of } = logLines()
    const keys = keyFile()
    await keys.create()
    const options = { ...UPSTREAM, keysFile: keys.path, trustedProxies, logger }
    const { url } = await gatewayForTest(options)
    const headers = { authorization: 'Bearer wrong', 'x-forwarded-for': forwarded }
    const client = await TutorialClient.connect(url, [], { headers })
    await client.closed
    return of('refused')[0]?.address
  }

  it.each([
    ['is the peer, whatever it says of others', [], '203.0.113.9', '127.0.0.1'],
    ['is what a trusted proxy says', ['127.0.0.0/8'], '203.0.113.9', '203.0.113.9'],
    [
      'is the last one no proxy of ours wrote',
      ['127.0.0.1'],
      '1.1.1.1, 203.0.113.9',
      '203.0.113.9',
    ],
    ['goes through several proxies', ['127.0.0.1', '10.0.0.0/8'], '2.2.2.2, 10.1.2.3', '2.2.2.2'],
    ['is unknown where a proxy says nonsense', ['127.0.0.1'], '<script>', 'unknown'],
    ['is unknown where a proxy says so', ['127.0.0.1'], 'unknown', 'unknown'],
    ['is unknown where a proxy says nothing', ['127.0.0.1'], '', 'unknown'],
    ['is never this machine behind a proxy', ['127.0.0.1'], '127.0.0.1', 'unknown'],
    ['may come with a port', ['127.0.0.1'], '203.0.113.9:50123', '203.0.113.9'],
    ['may be IPv6 with a port', ['127.0.0.1'], '[2001:db8::7]:443', '2001:db8::7'],
    ['may be IPv6 in brackets', ['127.0.0.1'], '[2001:db8::7]', '2001:db8::7'],
  ])('%s', async (...[, trusted, forwarded, address]) => {
    expect(await addressOf(trusted, forwarded)).toBe(address)
  })

  it('is read after any number of other headers', async () => {
    const { gateway } = await gatewayOnSandbox({
      gateway: { audit: 'off', trustedProxies: ['127.0.0.1'], addressSockets: 1 },
    })
    const junk = Array.from({ length: 2_100 }, (_, i) => [i.toString(36), ''])
    const headers = {
      ...upgradeHeaders(),
      ...Object.fromEntries(junk),
      'x-forwarded-for': '203.0.113.9',
    }
    const client = await TutorialClient.connect(gateway.url, [], {
      headers: { 'x-forwarded-for': '203.0.113.9' },
    })
    expect((await replyTo(gateway.url, { headers })).status).toBe(429)
    client.socket.terminate()
  })
})

describe('a secret', () => {
  it('may come from the file that its _FILE variable names, and is never in a message', async () => {
    const file = join(temporaryFolder(), 'secret')
    writeFileSync(file, 'from-a-file\n')
    const env = { LLM_BASE_URL: 'http://127.0.0.1:1', LLM_API_KEY_FILE: file }
    expect(loadConfig(env, temporaryFolder()).settings.llmApiKey).toBe('from-a-file')
    const wrong = { ...env, SLUICE_WEBHOOK_SECRET_FILE: '/nowhere', WS_PORT: 'x' }
    expect(() => loadConfig(wrong, temporaryFolder())).toThrow(
      'SLUICE_WEBHOOK_SECRET_FILE: cannot read /nowhere (ENOENT)',
    )
  })
})
