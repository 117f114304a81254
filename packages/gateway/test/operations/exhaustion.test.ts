// What one client can make the gateway hold and do with large messages: memory is bounded, and nothing is read for a client that may not ask.
import { SUBPROTOCOL_V2 } from '@sluice/protocol'
import { describe, expect, it } from 'vitest'
import { gatewayOnSandbox } from '../harness/gateway-on-sandbox.ts'
import { shapeOf, TutorialClient } from '../harness/tutorial-client.ts'
import { until } from '../harness/until.ts'
import { samplesOf, sumOf } from './exported-metrics.ts'
import { bearer, keyFile } from './key-file.ts'
import { runSluice } from './running-sluice.ts'

const MEBIBYTE = 1_048_576
const LARGE_WORDS = 'word '.repeat(60_000)
/** Large, and no JSON: whoever reads it says so. */
const JUNK = 'x'.repeat(100_000)
const MODELS = { 'sandbox-stall-before-headers': { contextWindow: 1_000_000 } }

const SETTINGS = { audit: 'off', adminPort: 0, maxContentCharacters: 10_000_000 } as const

/** A gateway with two keys; `connect` takes the first one's. */
async function withKeys(options: object = {}, limits: object = {}) {
  const keys = keyFile()
  const { key } = await keys.create({ limits })
  const { key: strangers } = await keys.create()
  const running = await gatewayOnSandbox({
    gateway: { ...SETTINGS, keysFile: keys.path, ...options },
  })
  const open = (own: string, protocols: string[] = []) =>
    TutorialClient.connect(running.gateway.url, protocols, bearer(own))
  const connect = (protocols?: string[]) => open(key, protocols)
  return { ...running, connect, stranger: () => open(strangers) }
}

describe('prompts that wait for a silent upstream', () => {
  it('are held within the budget, of which one client has no more than half', async () => {
    const { gateway, connect, stranger } = await withKeys({
      memoryBudgetBytes: 8 * MEBIBYTE,
      models: MODELS,
    })
    const held = async () => sumOf(await samplesOf(gateway), 'sluice_log_bytes')
    const clients = await Promise.all(Array.from({ length: 20 }, () => connect()))
    const answers = []
    for (const client of clients) {
      client.init('sandbox-stall-before-headers', LARGE_WORDS)
      answers.push(await client.next())
    }
    const refused = answers.filter(({ type }) => type === 'error')
    expect(refused.length).toBeGreaterThan(5)
    expect(refused.length).toBeLessThan(20)
    for (const { message } of refused) expect(message).toMatch(/memory .*; try again in 1 s$/)
    expect(await held()).toBeGreaterThan(LARGE_WORDS.length)
    expect(await held()).toBeLessThan(4 * MEBIBYTE)
    expect(shapeOf(await (await stranger()).ask('sandbox-fast'))).toContain('complete')
    for (const client of clients) client.socket.terminate()
    await until('all of it is given back', async () => (await held()) === 0)
  })
})

describe('prompts full of findings', () => {
  it('are counted as they come: six of 4 MB at once fit into a small heap', async () => {
    const sluice = await runSluice({
      // The findings themselves, 440,000 of each prompt, would take several times as much.
      NODE_OPTIONS: '--max-old-space-size=256',
      SLUICE_POLICY: 'standard',
      SLUICE_MAX_CONTENT_CHARACTERS: '5000000',
    })
    const clients = await Promise.all(
      Array.from({ length: 6 }, () => TutorialClient.connect(sluice.url)),
    )
    const prompt = 'ann@a.io '.repeat(440_000)
    const answers = await Promise.all(clients.map((client) => client.ask('gpt-4', prompt)))
    // Guarded, and then too long for the model.
    for (const [answer] of answers) expect(answer?.code).toBe('context_window_exceeded')
  })
})

describe('a message that never ends', () => {
  it('is held within the budget: its socket is closed with 1013', async () => {
    const { gateway, connect, stranger } = await withKeys({ memoryBudgetBytes: MEBIBYTE })
    const client = await connect()
    client.socket.send('x'.repeat(300_000), { fin: false })
    const held = async () => sumOf(await samplesOf(gateway), 'sluice_log_bytes')
    await until('it is counted', async () => (await held()) > 300_000)
    client.socket.send('x'.repeat(300_000), { fin: false })
    expect((await client.closed).code).toBe(1013)
    expect(shapeOf(await (await stranger()).ask('sandbox-fast'))).toContain('complete')
    await until('all of it is given back', async () => (await held()) === 0)
  })

  it('is not taken for one by pings between its pieces', async () => {
    const { gateway, connect } = await withKeys()
    const client = await connect()
    for (let i = 0; i < 10; i += 1) {
      client.socket.send('x'.repeat(10_000), { fin: false })
      client.socket.ping('are you there?')
    }
    const held = async () => sumOf(await samplesOf(gateway), 'sluice_log_bytes')
    await until('its pieces are counted', async () => (await held()) > 200_000)
    // Twice, with something for each piece.
    expect(await held()).toBeLessThan(215_000)
  })
})

describe('a large message', () => {
  it('is not read while a completion runs on its socket', async () => {
    const { connect } = await withKeys()
    const client = await connect()
    client.init('sandbox-stall-mid-stream')
    await client.next()
    client.send(JUNK)
    await until('it is answered', () => client.received.some(({ type }) => type === 'error'))
    expect(client.received.find(({ type }) => type === 'error')?.message).toMatch(
      /^A completion is already running/,
    )
  })

  it('is not read when the minute of its client is over', async () => {
    const { connect } = await withKeys({}, { requestsPerMinute: 1 })
    const client = await connect()
    await client.ask('sandbox-fast')
    client.send(JUNK)
    expect((await client.next()).message).toMatch(/^Rate limit exceeded: 1 requests a minute/)
  })

  it('is refused under its id in dialect 2, if that stands first', async () => {
    const { connect } = await withKeys({}, { requestsPerMinute: 1 })
    const client = await connect([SUBPROTOCOL_V2])
    expect((await client.next()).type).toBe('welcome')
    client.send('no JSON')
    await client.next()
    for (const start of ['{"type":"init","id":"a\\u0062c",', ' { "id" : "abc" , "type":"init",']) {
      client.send(`${start}${JUNK}`)
      expect(await client.next()).toMatchObject({ code: 'rate_limited', id: 'abc' })
    }
    client.send(`{"payload":{"id":"abc"},${JUNK}`)
    expect(await client.next()).not.toHaveProperty('id')
  })

  it('keeps its place among small ones', async () => {
    const { connect } = await withKeys()
    const client = await connect()
    client.init('sandbox-stall-mid-stream', 'word '.repeat(5_000))
    client.send('no JSON')
    client.send(JUNK)
    await until('all are answered', () => client.received.length > 2)
    const told = client.received.map(({ type, message }) => (type === 'error' ? message : type))
    const errors = told.filter((text) => text !== 'handshake_ack' && text !== 'chunk')
    expect(errors).toEqual([
      'The message is not valid JSON',
      expect.stringMatching(/^A completion is already running/),
    ])
  })

  it('is asked for with a leading hello, and read after it', async () => {
    const keys = keyFile()
    const { key } = await keys.create()
    const { connect } = await gatewayOnSandbox({
      gateway: { ...SETTINGS, keysFile: keys.path },
    })
    const client = await connect()
    client.send({ type: 'hello', token: key })
    client.init('sandbox-fast', 'word '.repeat(5_000))
    expect(shapeOf(await client.turn())).toBe('handshake_ack chunk complete')
  })
})

describe('messages that are refused', () => {
  it.each([
    ['no JSON', 'x'],
    ['no request', '{"type":"init","payload":{}}'],
    ['of another type', '{"type":"other"}'],
    ['large and no JSON', JUNK],
  ])('because they are %s take from the minute like requests', async (_, text) => {
    const { connect } = await withKeys({}, { requestsPerMinute: 3 })
    const client = await connect()
    for (let i = 0; i < 3; i += 1) {
      client.send(text)
      expect((await client.next()).message).not.toMatch(/^Rate limit/)
    }
    client.init('sandbox-fast')
    expect((await client.next()).message).toMatch(/^Rate limit exceeded: 3 requests a minute/)
  })
})

describe('bodies over HTTP', () => {
  it('are not read when the minute of their client is over, which refused ones take from, too', async () => {
    const keys = keyFile()
    const { key } = await keys.create({ limits: { requestsPerMinute: 2 } })
    const { gateway } = await gatewayOnSandbox({ gateway: { ...SETTINGS, keysFile: keys.path } })
    const post = (body: string) =>
      fetch(`http://127.0.0.1:${gateway.port}/v1/chat/completions`, {
        method: 'POST',
        body,
        headers: { ...bearer(key).headers, 'content-type': 'application/json' },
      })
    const statuses = []
    for (const body of ['no JSON', JUNK, JUNK, '{}']) statuses.push((await post(body)).status)
    expect(statuses).toEqual([400, 400, 429, 429])
  })
})

describe('whatever is refused over HTTP', () => {
  it.each([
    ['POST', '/v1/chat/completions'],
    ['POST', '/v1/tokens'],
    ['POST', '/sluice/v1/completions/absent/cancel'],
    ['GET', '/sluice/v1/completions/absent/stream'],
    ['GET', '/v1/models/absent'],
  ])('takes from the minute: %s %s', async (method, path) => {
    const keys = keyFile()
    const { key } = await keys.create({ limits: { requestsPerMinute: 3 } })
    const { gateway } = await gatewayOnSandbox({ gateway: { ...SETTINGS, keysFile: keys.path } })
    const ask = async (...[how, where]: [string, string]) => {
      const headers = { ...bearer(key).headers, 'content-type': 'application/json' }
      const body = how === 'GET' ? {} : { body: '{}' }
      return fetch(`http://127.0.0.1:${gateway.port}${where}`, { method: how, headers, ...body })
    }
    for (let i = 0; i < 3; i += 1) expect((await ask(method, path)).status).toBeLessThan(429)
    expect((await ask('POST', '/v1/chat/completions')).status).toBe(429)
  })
})
