// One completion as a program uses it: reading, stopping, leaving, failing, and a reader that is slow.
import { getEventListeners } from 'node:events'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type ConnectOptions, connect, SluiceError } from '../src/index.ts'
import { type Peer, ScriptedServer } from './scripted-server.ts'
import { until } from './until.ts'

const PAYLOAD = { modelId: 'm', messages: [{ role: 'user' as const, content: 'hi' }] }
const USAGE = { promptTokens: 1, completionTokens: 2, estimated: false }

async function setUp(options: Partial<ConnectOptions> = {}) {
  const server = await ScriptedServer.start()
  const client = connect({ url: server.url, reconnect: { minMs: 1, maxMs: 5 }, ...options })
  onTestFinished(() => client.close())
  return { server, client }
}

/** Acknowledges the init that comes next. */
async function acknowledge(peer: Peer, fields: object = {}): Promise<string> {
  const { id } = await peer.frame()
  peer.send({
    type: 'handshake_ack',
    id,
    requestId: 'r1',
    epoch: 1,
    modelId: 'm',
    tokenCount: 3,
    ...fields,
  })
  return String(id)
}

const chunk = (id: string, seq: number, text: string) => ({ type: 'chunk', id, seq, text })
const complete = (id: string, seq: number) => ({
  type: 'complete',
  id,
  seq,
  finishReasons: ['stop'],
  usage: USAGE,
  audit: { timestamp: '2026-11-27T12:00:00Z', latencyMs: 5, piiConcealed: true },
})

describe('a completion', () => {
  it('gives its text, what the gateway acknowledged, and how it ended', async () => {
    const { server, client } = await setUp()
    const completion = client.complete(PAYLOAD)
    expect(completion.requestId).toBeUndefined()
    const text = completion.text()
    const peer = await server.peer()
    const id = await acknowledge(peer, { dropped: 2, contextWindow: 10, expiresAt: 'soon' })
    expect(await completion.acknowledged).toEqual({
      requestId: 'r1',
      modelId: 'm',
      tokenCount: 3,
      contextWindow: 10,
      dropped: 2,
      durable: undefined,
      expiresAt: 'soon',
    })
    peer.send(chunk(id, 1, 'Good '))
    peer.send({ type: 'chunk', id, seq: 2, text: 'hidden', channel: 'reasoning' })
    peer.send({ type: 'chunk', id, seq: 3, text: 'other', choice: 1 })
    peer.send(chunk(id, 4, 'day'))
    peer.send(complete(id, 5))
    expect(await text).toBe('Good day')
    expect(await completion.finished).toMatchObject({
      type: 'complete',
      usage: USAGE,
      audit: { piiConcealed: true },
    })
    expect([completion.requestId, completion.position]).toEqual(['r1', { epoch: 1, seq: 4 }])
  })

  it('can be read once', async () => {
    const { client } = await setUp()
    const completion = client.complete(PAYLOAD)
    void completion.text().catch(() => {})
    expect(() => completion[Symbol.asyncIterator]()).toThrow(TypeError)
  })

  it('sends what the options say', async () => {
    const { server, client } = await setUp()
    const options = { idempotencyKey: 'k', onDisconnect: 'cancel', conversationId: 'c' } as const
    client.complete(PAYLOAD, options)
    const peer = await server.peer()
    expect(await peer.frame()).toMatchObject({ type: 'init', payload: PAYLOAD, ...options })
  })

  it('is cancelled without a word to anybody before it was sent', async () => {
    const { server, client } = await setUp()
    const completion = client.complete(PAYLOAD)
    completion.cancel()
    expect(await completion.finished).toMatchObject({ type: 'cancelled', by: 'client' })
    expect(server.connections).toBeLessThanOrEqual(1)
  })

  it('sends a cancel again that the connection has lost', async () => {
    const { server, client } = await setUp()
    const completion = client.complete(PAYLOAD)
    const peer = await server.peer()
    await acknowledge(peer)
    await peer.settled()
    peer.cut()
    await until(() => client.state.status !== 'open')
    completion.cancel()
    const next = await server.peer()
    const { id } = await next.frame()
    expect(await next.frame()).toEqual({ type: 'cancel', id })
    next.send({ type: 'cancelled', id, seq: 1, by: 'client', usage: USAGE })
    await expect(completion.text()).rejects.toMatchObject({ code: 'cancelled', requestId: 'r1' })
  })

  it.each([true, false])(
    'is whole where its end crosses a cancel (read before: %s)',
    async (early) => {
      const { server, client } = await setUp({ maxBufferedCharacters: 10 })
      const completion = client.complete(PAYLOAD)
      const before = early ? completion.text() : undefined
      const peer = await server.peer()
      const id = await acknowledge(peer)
      await completion.acknowledged
      completion.cancel()
      expect(await peer.frame()).toEqual({ type: 'cancel', id })
      // The gateway had written all of it before the cancel came.
      peer.send(chunk(id, 1, 'Good '))
      peer.send(chunk(id, 2, 'morning'))
      peer.send(complete(id, 3))
      expect(await completion.finished).toMatchObject({ type: 'complete' })
      expect(await (before ?? completion.text())).toBe('Good morning')
    },
  )

  it('stops reading at once when its signal is aborted, and stops the model', async () => {
    const { server, client } = await setUp()
    const abort = new AbortController()
    const completion = client.complete(PAYLOAD, { signal: abort.signal })
    const peer = await server.peer()
    const id = await acknowledge(peer)
    peer.send(chunk(id, 1, 'never read'))
    await peer.settled()
    const reason = new Error('the user left')
    abort.abort(reason)
    await expect(completion.text()).rejects.toBe(reason)
    await expect(completion.finished).rejects.toBe(reason)
    expect(await peer.frame()).toEqual({ type: 'cancel', id })
  })

  it('leaves a signal alone that outlives it', async () => {
    const { server, client } = await setUp()
    const { signal } = new AbortController()
    const completion = client.complete(PAYLOAD, { signal })
    const peer = await server.peer()
    const id = await acknowledge(peer)
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    peer.send(complete(id, 1))
    await completion.finished
    await until(() => getEventListeners(signal, 'abort').length === 0)
  })

  it('is not begun with a signal that is aborted already', async () => {
    const { client } = await setUp()
    const completion = client.complete(PAYLOAD, { signal: AbortSignal.abort(new Error('no')) })
    await expect(completion.text()).rejects.toThrow('no')
  })

  it('stops the model when the loop is left early, and only the watching of an attached one', async () => {
    const { server, client } = await setUp()
    const leave = async (completion: AsyncIterable<unknown>) => {
      for await (const _event of completion) break
    }
    const own = leave(client.complete(PAYLOAD))
    const peer = await server.peer()
    const id = await acknowledge(peer)
    peer.send(chunk(id, 1, 'x'))
    await own
    expect(await peer.frame()).toEqual({ type: 'cancel', id })
    const attached = leave(client.attach('r9', { after: 4, epoch: 1 }))
    const resume = await peer.frame()
    expect(resume).toMatchObject({ type: 'resume', requestId: 'r9', after: 4, epoch: 1 })
    peer.send({
      type: 'resumed',
      id: resume.id,
      requestId: 'r9',
      epoch: 1,
      state: 'running',
      from: 5,
    })
    peer.send(chunk(String(resume.id), 5, 'x'))
    await attached
    expect(await peer.frame()).toEqual({ type: 'detach', id: resume.id })
  })

  it('withdraws what nobody has read yet when the guard retracts it', async () => {
    const { server, client } = await setUp()
    const completion = client.complete(PAYLOAD)
    const peer = await server.peer()
    const id = await acknowledge(peer)
    peer.send(chunk(id, 1, 'secret'))
    peer.send({
      type: 'blocked',
      id,
      seq: 2,
      reason: 'PII detected',
      direction: 'output',
      retracted: true,
    })
    await completion.finished
    const events = []
    for await (const event of completion) events.push(event.type)
    expect(events).toEqual(['blocked'])
  })

  it('tells the code, the request and when to try again of a failure, after what came before it', async () => {
    const { server, client } = await setUp()
    const completion = client.complete(PAYLOAD)
    const peer = await server.peer()
    const id = await acknowledge(peer)
    peer.send(chunk(id, 1, 'Good '))
    peer.send({
      type: 'error',
      id,
      seq: 2,
      code: 'overloaded',
      message: 'later',
      retryable: true,
      retryAfterMs: 9,
    })
    const texts: string[] = []
    const reading = (async () => {
      for await (const event of completion) if (event.type === 'text') texts.push(event.text)
    })()
    const error = await reading.catch((caught) => caught)
    expect(error).toBeInstanceOf(SluiceError)
    expect(error).toMatchObject({
      code: 'overloaded',
      message: 'later',
      requestId: 'r1',
      retryable: true,
      retryAfterMs: 9,
    })
    expect(texts).toEqual(['Good '])
  })

  it('refuses a request that is larger than the gateway takes, and the connection lives', async () => {
    const { server, client } = await setUp()
    await Promise.all([client.open(), server.peer()])
    const messages = [{ role: 'user' as const, content: 'é'.repeat(40_000) }]
    const large = client.complete({ modelId: 'm', messages })
    await expect(large.text()).rejects.toMatchObject({ code: 'message_too_big' })
    expect(client.state.status).toBe('open')
  })

  it('gives up on a gateway that leaves entries out again and again', async () => {
    const { server, client } = await setUp()
    const text = client.complete(PAYLOAD).text()
    const peer = await server.peer()
    let id = await acknowledge(peer)
    peer.send(chunk(id, 2, 'without the first'))
    for (let i = 0; i < 3; i += 1) {
      expect(await peer.frame()).toEqual({ type: 'detach', id })
      id = String((await peer.frame()).id)
      peer.send({
        type: 'resumed',
        id,
        requestId: 'r1',
        epoch: 1,
        state: 'running',
        from: 1,
        top: 2,
      })
      peer.send(chunk(id, 2, 'without the first'))
    }
    await expect(text).rejects.toMatchObject({ code: 'protocol_violation' })
  })

  it('leaves the rest with the gateway while its reader is slow, and fetches it later', async () => {
    const { server, client } = await setUp({ maxBufferedCharacters: 1_000 })
    const completion = client.complete(PAYLOAD)
    const events = completion[Symbol.asyncIterator]()
    const peer = await server.peer()
    const id = await acknowledge(peer)
    for (let seq = 1; seq <= 5; seq += 1) peer.send(chunk(id, seq, 'x'.repeat(300)))
    // The fourth is one too many; what was sent behind it comes too late to be taken.
    expect(await peer.frame()).toEqual({ type: 'detach', id })
    expect(await events.next()).toMatchObject({ value: { text: 'x'.repeat(900), seq: 3 } })
    const resume = await peer.frame()
    expect(resume).toMatchObject({ type: 'resume', requestId: 'r1', after: 3 })
    peer.send({
      type: 'resumed',
      id: resume.id,
      requestId: 'r1',
      epoch: 1,
      state: 'ended',
      from: 4,
    })
    peer.send({ type: 'chunk', id: resume.id, from: 4, seq: 5, text: 'y' })
    peer.send(complete(String(resume.id), 6))
    expect(await events.next()).toMatchObject({ value: { text: 'y', seq: 5 } })
    expect(await events.next()).toMatchObject({ value: { type: 'complete' } })
    expect(await events.next()).toMatchObject({ done: true })
  })
})
