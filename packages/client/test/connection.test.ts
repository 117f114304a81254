// The connection: when it is opened and left, how the client comes back, and how it notices that the network is dark.
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { WebSocket } from 'ws'
import { type ConnectionState, type ConnectOptions, connect } from '../src/index.ts'
import { delayAfter } from '../src/reconnect.ts'
import { ScriptedServer, WELCOME } from './scripted-server.ts'
import { until } from './until.ts'

const PAYLOAD = { modelId: 'm', messages: [{ role: 'user' as const, content: 'hi' }] }

async function setUp(options: Partial<ConnectOptions> = {}) {
  const server = await ScriptedServer.start()
  const client = connect({ url: server.url, reconnect: { minMs: 1, maxMs: 5 }, ...options })
  onTestFinished(() => client.close())
  return { server, client }
}

describe('the connection', () => {
  it.each(['http://localhost', 'localhost:8080', 'ws://', ''])(
    'is refused for the URL %j',
    (url) => {
      expect(() => connect({ url })).toThrow(TypeError)
    },
  )

  it('is opened when it is first needed, or asked for', async () => {
    const { server, client } = await setUp()
    const states: ConnectionState['status'][] = []
    const stop = client.onStateChange(({ status }) => states.push(status))
    expect(client.state).toEqual({ status: 'idle' })
    const opened = client.open()
    const peer = await server.connection()
    expect(await peer.welcome()).toEqual({ type: 'hello', client: '@sluice/client' })
    await opened
    await client.open()
    stop()
    client.close()
    expect(states).toEqual(['connecting', 'open'])
    expect(client.state).toEqual({ status: 'closed' })
  })

  it('says hello with the token that a function brings, for each connection', async () => {
    let count = 0
    const { server, client } = await setUp({
      token: async () => {
        count += 1
        return `token ${count}`
      },
    })
    void client.complete(PAYLOAD)
    const first = await server.connection()
    expect(await first.welcome()).toMatchObject({ token: 'token 1' })
    await first.frame()
    first.cut()
    expect(await (await server.connection()).welcome()).toMatchObject({ token: 'token 2' })
  })

  it('is tried once more with a fresh token after 4401, and no more', async () => {
    const { server, client } = await setUp({ token: () => 'never good' })
    const text = client.complete(PAYLOAD).text()
    for (let i = 0; i < 2; i += 1) (await server.connection()).close(4401, 'not valid')
    await expect(text).rejects.toMatchObject({ code: 'connection_refused', closeCode: 4401 })
    expect(server.connections).toBe(2)
  })

  it('is not tried again after 4401 with a token that stays the same', async () => {
    const { server, client } = await setUp({ token: 'bad' })
    const text = client.complete(PAYLOAD).text()
    ;(await server.connection()).close(4401, 'not valid')
    await expect(text).rejects.toMatchObject({ closeCode: 4401, retryable: false })
    expect(client.state.status).toBe('idle')
  })

  it('moves to a fresh token when the gateway says that it has expired', async () => {
    const { server, client } = await setUp({ token: () => 'token' })
    const text = client.complete(PAYLOAD).text()
    const old = await server.peer()
    const { id } = await old.frame()
    old.send({ type: 'error', id, code: 'unauthorized', message: 'expired', retryable: false })
    const next = await server.peer()
    const again = await next.frame()
    next.send({
      type: 'error',
      id: again.id,
      code: 'unauthorized',
      message: 'expired',
      retryable: false,
    })
    await expect(text).rejects.toMatchObject({ code: 'unauthorized' })
  })

  it('comes back after a token function that failed once', async () => {
    let count = 0
    const { server, client } = await setUp({
      token: () => {
        count += 1
        if (count === 1) throw new Error('the token service is away')
        return 'good'
      },
    })
    void client.complete(PAYLOAD)
    expect(await (await server.connection()).welcome()).toMatchObject({ token: 'good' })
  })

  it('is left alone when nothing needs it', async () => {
    const { server, client } = await setUp()
    await Promise.all([client.open(), server.peer().then((peer) => peer.close(1001))])
    await until(() => client.state.status === 'idle')
    expect(server.connections).toBe(1)
  })

  it('fails what waits after so much time without one', async () => {
    const { client } = await setUp({ url: 'ws://127.0.0.1:1', giveUpAfterMs: 1_000, WebSocket })
    await expect(client.complete(PAYLOAD).text()).rejects.toMatchObject({
      code: 'disconnected',
      retryable: true,
      message: expect.stringContaining('ECONNREFUSED'),
    })
  })

  it('waits longer each time for a gateway that welcomes and closes', async () => {
    const { server, client } = await setUp({ reconnect: { minMs: 1, maxMs: 60_000 } })
    const random = vi.spyOn(Math, 'random').mockReturnValue(0.5)
    onTestFinished(() => random.mockRestore())
    const waits: number[] = []
    client.onStateChange((state) => {
      if (state.status === 'waiting') waits.push(state.retryInMs)
    })
    void client.complete(PAYLOAD)
    for (let i = 0; i < 4; i += 1) (await server.peer()).close(1011)
    await until(() => waits.length === 4)
    expect(waits).toEqual([0.5, 1, 2, 4])
  })

  it('is given up at once where the runtime refuses the URL', async () => {
    class Refusing {
      constructor() {
        throw new Error('insecure')
      }
    }
    const { client } = await setUp({ WebSocket: Refusing as never })
    await expect(client.open()).rejects.toMatchObject({
      code: 'connection_refused',
      cause: { message: 'insecure' },
    })
  })

  it('fails what runs when the client is closed', async () => {
    const { server, client } = await setUp()
    const running = client.complete(PAYLOAD)
    await (await server.peer()).frame()
    client.close()
    await expect(running.text()).rejects.toMatchObject({ code: 'client_closed' })
    await expect(client.complete(PAYLOAD).text()).rejects.toMatchObject({ code: 'client_closed' })
    await expect(client.open()).rejects.toMatchObject({ code: 'client_closed' })
  })

  it('is let go of when the network is dark, and another one goes on', async () => {
    const heartbeat = { intervalMs: 30, timeoutMs: 1_000 }
    const { server, client } = await setUp({ heartbeat })
    const text = client.complete(PAYLOAD).text()
    const dark = await server.peer()
    const { id } = await dark.frame()
    dark.send({ type: 'handshake_ack', id, requestId: 'r1', epoch: 1 })
    dark.send({ type: 'chunk', id, seq: 1, text: 'Good ' })
    await dark.settled()
    dark.goDark()
    const next = await server.peer()
    const resume = await next.frame()
    expect(resume).toMatchObject({ type: 'resume', requestId: 'r1', after: 1 })
    next.send({ type: 'resumed', id: resume.id })
    next.send({ type: 'chunk', id: resume.id, seq: 2, text: 'day' })
    next.send({ type: 'complete', id: resume.id, seq: 3 })
    expect(await text).toBe('Good day')
  })

  it('stays while signs of life come, however long the answer takes', async () => {
    const heartbeat = { intervalMs: 10, timeoutMs: 5_000 }
    const { server, client } = await setUp({ heartbeat })
    const text = client.complete(PAYLOAD).text()
    const peer = await server.peer()
    const { id } = await peer.frame()
    peer.send({ type: 'handshake_ack', id, requestId: 'r1', epoch: 1 })
    await until(() => peer.pings >= 5)
    peer.send({ type: 'complete', id, seq: 1 })
    expect(await text).toBe('')
    expect(server.connections).toBe(1)
  })

  it('is tried at once when the browser is online again, and is asked for a sign of life', async () => {
    const listeners: (() => void)[] = []
    vi.stubGlobal('addEventListener', (type: string, listener: () => void) => {
      if (type === 'online') listeners.push(listener)
    })
    onTestFinished(() => void vi.unstubAllGlobals())
    // 1013 means to come back slowly: a minute and more.
    const { server, client } = await setUp({ reconnect: { maxMs: 120_000 } })
    void client.complete(PAYLOAD)
    const first = await server.peer()
    await first.frame()
    first.close(1013)
    await until(() => client.state.status === 'waiting')
    for (const listener of listeners) listener()
    const next = await server.peer()
    await next.frame()
    expect(next.pings).toBe(0)
    for (const listener of listeners) listener()
    await until(() => next.pings === 1)
  })

  it('does not wait for ever for a welcome', async () => {
    const { server, client } = await setUp({ openTimeoutMs: 1_000 })
    void client.complete(PAYLOAD)
    await server.connection()
    expect(await (await server.connection()).welcome()).toMatchObject({ type: 'hello' })
  })

  it('is closed, once empty, after a goaway, and what is new goes to another one', async () => {
    const { server, client } = await setUp()
    const running = client.complete(PAYLOAD).text()
    const old = await server.peer()
    const { id } = await old.frame()
    old.send({ type: 'handshake_ack', id, requestId: 'r1', epoch: 1 })
    old.send({ type: 'goaway', reason: 'restart', reconnectAfterMs: 0, graceMs: 60_000 })
    const next = await server.peer()
    const fresh = client.complete(PAYLOAD).text()
    const init = await next.frame()
    old.send({ type: 'chunk', id, seq: 1, text: 'old' })
    old.send({ type: 'complete', id, seq: 2 })
    next.send({ type: 'handshake_ack', id: init.id, requestId: 'r2', epoch: 1 })
    next.send({ type: 'chunk', id: init.id, seq: 1, text: 'new' })
    next.send({ type: 'complete', id: init.id, seq: 2 })
    expect(await Promise.all([running, fresh])).toEqual(['old', 'new'])
    await until(() => old.closeCode === 1000)
    expect(client.state.status).toBe('open')
  })

  it('sends an init again elsewhere that met a gateway which drains', async () => {
    const { server, client } = await setUp()
    void client.complete(PAYLOAD)
    const old = await server.peer()
    const { id, idempotencyKey } = await old.frame()
    old.send({ type: 'error', id, code: 'draining', message: 'bye', retryable: true })
    const next = await server.peer()
    expect(await next.frame()).toMatchObject({ type: 'init', idempotencyKey })
  })

  it('ignores what is no frame', async () => {
    const { server, client } = await setUp()
    const text = client.complete(PAYLOAD).text()
    const peer = await server.peer()
    const { id } = await peer.frame()
    for (const data of ['', '{', '[]', 'null', '"x"', '{"type":7}', '{"type":"chunk"}'])
      peer.raw(data)
    peer.raw(Buffer.from('{"type":"goaway"}'))
    peer.send({ ...WELCOME, limits: null })
    peer.send({ type: 'handshake_ack', id, requestId: 'r1', epoch: 1 })
    peer.send({ type: 'complete', id, seq: 1 })
    expect(await text).toBe('')
  })
})

describe('the delay after a close', () => {
  const delays = { minMs: 500, maxMs: 20_000 }
  const after = (code: number, fields: object = {}) =>
    delayAfter(
      { code, reason: '', wasOpen: true, attempt: 1, wasSecondChance: false, ...fields },
      delays,
    )

  it.each([1000, 1002, 1003, 1007, 1008, 1009, 4400, 4403, 4406])(
    'is none after %i: the client stays away',
    (code) => {
      expect(after(code)).toBeUndefined()
    },
  )

  it.each([1001, 1005, 1006, 1011, 3999])(
    'is random after %i, under a bound that doubles up to 20 s',
    (code) => {
      for (const [attempt, bound] of [
        [1, 500],
        [2, 1_000],
        [6, 16_000],
        [40, 20_000],
      ] as const) {
        const waits = Array.from({ length: 200 }, () => after(code, { attempt }) ?? Number.NaN)
        expect(Math.max(...waits)).toBeLessThanOrEqual(bound)
        expect(Math.max(...waits)).toBeGreaterThan(bound * 0.8)
        expect(Math.min(...waits)).toBeLessThan(bound * 0.2)
      }
    },
  )

  it.each([4401, 4408])('is nothing once after %i', (code) => {
    expect(after(code)).toBe(0)
    expect(after(code, { wasSecondChance: true })).toBeUndefined()
  })

  it('is long after 1013, also for the first failure', () => {
    for (let i = 0; i < 50; i += 1) expect(after(1013)).toBeGreaterThanOrEqual(10_000)
  })

  it.each([
    [1012, 'the gateway restarts; reconnect after 1000 ms', 1_000],
    [4429, 'too many sockets; try again in 2.5 s', 2_500],
    [4429, 'try again in 99999999 s', 600_000],
  ])('is what the reason of %i names in %j, and a little more', (code, reason, ms) => {
    const delay = after(code, { reason })
    expect(delay).toBeGreaterThanOrEqual(ms)
    expect(delay).toBeLessThanOrEqual(ms + 500)
  })
})
