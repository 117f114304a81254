// The rules of a socket that are not about completions: sizes, encodings, subprotocols, heartbeats, origins, the end.
import { get } from 'node:http'
import { connect as connectTcp } from 'node:net'
import { describe, expect, it } from 'vitest'
import { gatewayForTest, gatewayOnSandbox } from '../harness/gateway-on-sandbox.ts'
import { shapeOf, TutorialClient } from '../harness/tutorial-client.ts'
import { until } from '../harness/until.ts'

const NOWHERE = { llmBaseUrl: 'http://127.0.0.1:1' }

const MASK = [0, 0, 0, 0]
const FRAGMENT = [0x01, 0x80, ...MASK]

describe('a socket', () => {
  it('is closed with 1003 for a binary frame', async () => {
    const gateway = await gatewayForTest(NOWHERE)
    const client = await TutorialClient.connect(gateway.url)
    client.socket.send(Buffer.from('{}'))
    expect(await client.closed).toEqual({ code: 1003, reason: 'send JSON as text frames' })
  })

  // RFC 6455 section 5.2: the first byte, the length with the mask's bit, the mask, the payload.
  it.each([
    ['1007 for text that is not UTF-8', [0x81, 0x83, ...MASK, 0x7b, 0xff, 0x7d]],
    ['1002 for a frame that is not masked', [0x81, 0x02, 0x7b, 0x7d]],
    ['1002 for a reserved bit', [0xc1, 0x80, ...MASK]],
    ['1002 for an unknown opcode', [0x83, 0x80, ...MASK]],
    ['1002 for a control frame in fragments', [0x09, 0x80, ...MASK]],
    [
      '1008 for too many fragments',
      [
        ...FRAGMENT,
        ...Array(17_000)
          .fill([0, 0x80, ...MASK])
          .flat(),
      ],
    ],
  ])('is closed with %s', async (what, bytes) => {
    const gateway = await gatewayForTest(NOWHERE)
    const client = await TutorialClient.connect(gateway.url)
    // @ts-expect-error: the library's own frames are always valid, so the bytes go to its connection.
    client.socket._socket.write(Buffer.from(bytes))
    expect((await client.closed).code).toBe(Number(what.slice(0, 4)))
  })

  it('is closed with 1009 for a message over the limit, and takes one of exactly the limit', async () => {
    const gateway = await gatewayForTest({ ...NOWHERE, maxMessageBytes: 2_000 })
    const client = await TutorialClient.connect(gateway.url)
    client.send(`{"type":"${'x'.repeat(1_989)}"}`.slice(0, 2_000))
    expect(await client.next()).toMatchObject({ type: 'error' })
    client.send('x'.repeat(2_001))
    expect((await client.closed).code).toBe(1009)
  })

  it('is closed with 4406 if it offers subprotocols and none is spoken', async () => {
    const gateway = await gatewayForTest(NOWHERE)
    const client = await TutorialClient.connect(gateway.url, ['graphql-ws']).catch(() => undefined)
    // A client library may refuse a server that selects none; what counts is that no other dialect is spoken.
    if (client !== undefined) expect((await client.closed).code).toBe(4406)
  })

  it('is closed with 4400 after too many malformed messages, not by one', async () => {
    const gateway = await gatewayForTest({ ...NOWHERE, malformedPerMinute: 20 })
    const client = await TutorialClient.connect(gateway.url)
    for (let i = 0; i < 21; i += 1) client.send('nonsense')
    expect((await client.closed).code).toBe(4400)
    expect(client.received).toHaveLength(21)
  })

  it('is pinged while it is silent, again when it has answered', async () => {
    const gateway = await gatewayForTest({ ...NOWHERE, pingIntervalMs: 30 })
    const client = await TutorialClient.connect(gateway.url)
    let pings = 0
    client.socket.on('ping', () => {
      pings += 1
    })
    await until('it is pinged again and again', () => pings >= 4)
    expect(client.socket.readyState).toBe(client.socket.OPEN)
  })

  it('is dropped when it does not answer a ping', async () => {
    const gateway = await gatewayForTest({ ...NOWHERE, pingIntervalMs: 30, pongTimeoutMs: 60 })
    const client = await TutorialClient.connect(gateway.url, [], { autoPong: false })
    expect((await client.closed).code).toBe(1006)
  })

  it('is closed with 1001 when nothing was asked on it for long, and not while a completion runs', async () => {
    const { connect } = await gatewayOnSandbox({ gateway: { idleSocketMs: 1_000 } })
    const busy = await connect()
    busy.init('sandbox-stall-mid-stream')
    await until('it gets text', () => busy.received.length > 3)
    const idle = await connect()
    expect(await idle.closed).toEqual({ code: 1001, reason: 'idle for 1000 ms' })
    expect(busy.socket.readyState).toBe(busy.socket.OPEN)
  })

  it('survives frames of any kind, and the gateway with it', async () => {
    const { gateway, connect } = await gatewayOnSandbox()
    const junk = [
      '',
      '\u0000',
      '[]',
      '{}',
      '"',
      '{"type":null}',
      '{"type":"init","payload":null}',
      '1e999',
      '{"__proto__":{"type":"init"}}',
      `${'['.repeat(100_000)}`,
    ]
    for (const text of junk) {
      const client = await TutorialClient.connect(gateway.url)
      client.send(text)
      expect(await client.next(), text.slice(0, 40)).toMatchObject({ type: 'error' })
    }
    const rough = connectTcp(gateway.port, '127.0.0.1')
    rough.on('error', () => {})
    rough.end(
      'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
    )
    expect(shapeOf(await (await connect()).ask('sandbox-fast'))).toBe(
      'handshake_ack chunk complete',
    )
  })
})

describe('an upgrade', () => {
  it.each([
    ['a foreign origin', { origin: 'https://evil.example' }, 403],
    ['the origin null', { origin: 'null' }, 403],
    ['a foreign host (DNS rebinding)', { headers: { host: 'evil.example' } }, 403],
  ])('is refused for %s', async (_name, options, status) => {
    const gateway = await gatewayForTest(NOWHERE)
    await expect(TutorialClient.connect(gateway.url, [], options)).rejects.toThrow(String(status))
  })

  it("passes from the gateway's own origin and from those on the list", async () => {
    const gateway = await gatewayForTest({ ...NOWHERE, allowedOrigins: ['https://desk.example'] })
    const own = gateway.url.replace('ws:', 'http:')
    for (const origin of [own, 'https://desk.example']) {
      const client = await TutorialClient.connect(gateway.url, [], { origin })
      expect(client.socket.readyState).toBe(client.socket.OPEN)
    }
  })

  it('is refused on other paths', async () => {
    const gateway = await gatewayForTest(NOWHERE)
    await expect(TutorialClient.connect(`${gateway.url}/admin`)).rejects.toThrow('404')
  })
})

describe('health', () => {
  const status = (url: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      get(url, (response) => resolve(response.resume().statusCode)).on('error', reject)
    })

  it('is told over HTTP', async () => {
    const gateway = await gatewayForTest(NOWHERE)
    const url = gateway.url.replace('ws:', 'http:')
    expect(await status(`${url}/healthz`)).toBe(200)
    expect(await status(`${url}/readyz`)).toBe(200)
    expect(await status(`${url}/`)).toBe(426)
    expect(await status(`${url}/nothing`)).toBe(404)
  })
})

describe('a drain', () => {
  it('lets a running completion end, refuses new ones, then closes with 1012', async () => {
    const { gateway, connect } = await gatewayOnSandbox({ sandbox: { deltaIntervalMs: 5 } })
    const [running, idle] = [await connect(), await connect()]
    running.init('sandbox-default', 'Where is my order?')
    await until('it streams', () => running.received.length > 3)
    const drained = gateway.drain()
    expect((await idle.ask('sandbox-fast')).at(-1)?.message).toMatch(
      /^The gateway is shutting down/,
    )
    expect((await running.turn()).at(-1)?.type).toBe('complete')
    await drained
    for (const client of [running, idle]) {
      expect(await client.closed).toEqual({
        code: 1012,
        reason: expect.stringContaining('reconnect after'),
      })
    }
    await expect(TutorialClient.connect(gateway.url)).rejects.toThrow()
  })

  it('ends what does not end by the deadline', async () => {
    const { gateway, connect, sandbox } = await gatewayOnSandbox({
      gateway: { drainDeadlineMs: 100 },
    })
    const client = await connect()
    client.init('sandbox-stall-mid-stream')
    await until('it streams', () => client.received.length > 3)
    await gateway.drain()
    expect((await client.turn()).at(-1)).toMatchObject({
      type: 'error',
      message: 'The completion was cancelled (deadline)',
      code: 'cancelled',
    })
    expect((await client.closed).code).toBe(1012)
    await until('the upstream is let go', () => sandbox.stats().openStreams === 0)
  })
})
