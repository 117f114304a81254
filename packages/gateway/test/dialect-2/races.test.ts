// What comes at the wrong moment: while a completion starts, after it has ended, from a socket that is gone.
import { describe, expect, it } from 'vitest'
import { Dialect2Client, ended } from '../harness/dialect-2-client.ts'
import { gatewayForTest } from '../harness/gateway-on-sandbox.ts'
import { playedUpstream } from '../harness/played-upstream.ts'
import { until } from '../harness/until.ts'
import { keyFile } from '../operations/key-file.ts'

async function played(settings: object = {}) {
  const upstream = await playedUpstream()
  const options = { llmBaseUrl: upstream.url, policy: 'off', maxAttempts: 1, ...settings }
  const gateway = await gatewayForTest(options)
  const client = await Dialect2Client.connect(gateway.url)
  return { upstream, gateway, client, url: gateway.url }
}

describe('an id', () => {
  it('is told nothing after a detach that came while it started, and is free', async () => {
    const { upstream, client } = await played()
    const init = (id: string) => ({
      type: 'init',
      id,
      payload: { modelId: 'm', messages: [{ role: 'user', content: 'hi' }] },
    })
    client.send(init('a'))
    client.send({ type: 'detach', id: 'a' })
    const second = client.follow('a')
    client.send(init('a'))
    await until('both are asked', () => upstream.requests.length === 2)
    for (const request of upstream.requests) {
      request.say(0, { content: 'text' })
      request.finish(['stop'])
    }
    expect(await ended(second)).toEqual(['complete'])
    await client.settled()
    expect([second.text, client.faults]).toEqual(['text', []])
    const types = client.received.map(({ type }) => type)
    expect(types).toEqual(['welcome', 'handshake_ack', 'chunk', 'complete', 'pong'])
  })

  it('whose init is refused after a detach does not end the next one of its name', async () => {
    const { upstream, client } = await played()
    const messages = [{ role: 'user', content: 'hi' }]
    const init = (modelId: string, idempotencyKey: string) =>
      client.send({ type: 'init', id: 'a', idempotencyKey, payload: { modelId, messages } })
    init('m', 'k')
    client.send({ type: 'detach', id: 'a' })
    init('other', 'k')
    client.send({ type: 'detach', id: 'a' })
    const third = client.follow('a')
    init('m', 'k')
    await until('it is asked', () => upstream.requests.length === 1)
    upstream.requests[0]?.finish(['stop'])
    expect(await ended(third)).toEqual(['complete'])
    expect(upstream.requests.length).toBe(1)
  })
})

describe('a cancel', () => {
  it('that comes with its init stops the completion', async () => {
    const { client } = await played()
    const followed = client.init('m')
    client.send({ type: 'cancel', id: client.idOf(followed) })
    expect(await ended(followed)).toEqual(['cancelled'])
    expect(followed.terminal).toMatchObject({ by: 'client' })
  })

  it.each(['headers', 'text'])('closes the upstream that waits for its %s', async (phase) => {
    const { upstream, client } = await played()
    const followed = client.init('m')
    await until('it is asked', () => upstream.requests.length === 1)
    if (phase === 'text') {
      upstream.requests[0]?.say(0, { content: 'a' })
      await until('text has come', () => followed.text === 'a')
    }
    client.send({ type: 'cancel', requestId: followed.requestId })
    expect(await ended(followed)).toEqual(['cancelled'])
    await until('the upstream is left', () => upstream.requests[0]?.isAborted === true)
  })

  it('is not answered for a completion that ended, also when it is not kept any more', async () => {
    const { upstream, client } = await played({ retentionMs: 1 })
    const followed = client.init('m')
    const id = client.idOf(followed)
    await until('it is asked', () => upstream.requests.length === 1)
    upstream.requests[0]?.finish(['stop'])
    await ended(followed)
    const before = client.received.length
    client.send({ type: 'cancel', id })
    client.send({ type: 'detach', id })
    await client.settled()
    expect(client.received.slice(before).map(({ type }) => type)).toEqual(['pong'])
  })
})

describe('the end of a connection', () => {
  it('cancels nothing that goes on, and at once what should not, also while it starts', async () => {
    const { upstream, client, url } = await played()
    client.init('m', { onDisconnect: 'cancel' })
    client.peer.socket.close()
    const other = await Dialect2Client.connect(url)
    const stays = other.init('m', { onDisconnect: 'continue' })
    const goes = other.init('m', { onDisconnect: 'cancel' })
    await until('both run', () => stays.requestId !== '' && goes.requestId !== '')
    await until('both are asked', () => upstream.requests.length >= 2)
    other.cut()
    await until('one is left', () => upstream.requests.filter((one) => one.isAborted).length > 0)
    const third = await Dialect2Client.connect(url)
    const again = third.join(stays.requestId)
    for (const request of upstream.requests) if (!request.isAborted) request.finish(['stop'])
    expect(await ended(again)).toEqual(['complete'])
    const gone = third.join(goes.requestId)
    await ended(gone)
    expect(gone.terminal).toMatchObject({ type: 'cancelled', by: 'disconnect' })
  })
})

describe('an idempotency key', () => {
  it('is one completion for any number of inits, and costs no place of the client', async () => {
    const upstream = await playedUpstream()
    const keys = keyFile()
    const { key } = await keys.create({ limits: { completions: 1 } })
    const { url } = await gatewayForTest({ llmBaseUrl: upstream.url, keysFile: keys.path })
    const clients = await Promise.all([1, 2, 3].map(() => Dialect2Client.connect(url, key)))
    const followed = clients.flatMap((client) =>
      [1, 2, 3].map(() => client.init('m', { idempotencyKey: 'k' })),
    )
    await until('all are acknowledged', () => followed.every(({ requestId }) => requestId !== ''))
    const refused = clients[0]?.init('m', { idempotencyKey: 'another' })
    await until('it is refused', () => refused?.refusal !== undefined)
    expect(refused?.refusal).toMatchObject({ code: 'too_many_completions' })
    upstream.requests[0]?.say(0, { content: 'for all ' })
    upstream.requests[0]?.finish(['stop'])
    expect(new Set(await ended(...followed))).toEqual(new Set(['complete']))
    expect(new Set(followed.map(({ requestId }) => requestId)).size).toBe(1)
    expect(new Set(followed.map(({ text }) => text))).toEqual(new Set(['for all ']))
    expect(upstream.requests.length).toBe(1)
  })

  it('belongs to what was asked, in whatever order its fields come', async () => {
    const { client } = await played()
    const tool = (parameters: object) => [{ type: 'function', function: { name: 'f', parameters } }]
    const messages = [{ role: 'user', content: 'hi' }]
    const ask = (parameters: object) =>
      client.init('m', {
        idempotencyKey: 'k',
        payload: { messages, modelId: 'm', tools: tool(parameters) },
      })
    const first = ask({ type: 'object', required: ['a'] })
    const same = ask({ required: ['a'], type: 'object' })
    const other = ask({ type: 'object', required: ['b'] })
    await until('all are answered', () => same.requestId !== '' && other.refusal !== undefined)
    expect(same.requestId).toBe(first.requestId)
    expect(other.refusal).toMatchObject({ code: 'conflict' })
  })
})

describe('a socket that says nothing', () => {
  it('is welcome after a while where everybody is served', async () => {
    const { url } = await gatewayForTest({ llmBaseUrl: 'http://127.0.0.1:1', helloTimeoutMs: 20 })
    const client = await Dialect2Client.open(url)
    await client.next('welcome')
    client.send({ type: 'hello' })
    expect(await client.next('error')).toMatchObject({ code: 'invalid_request' })
  })

  it('is told goodbye after its welcome when the gateway drains', async () => {
    const { gateway, client, url } = await played({ helloTimeoutMs: 600_000 })
    const running = client.init('m')
    await until('it runs', () => running.requestId !== '')
    const late = await Dialect2Client.open(url)
    void gateway.drain()
    await client.next('goaway')
    late.send({ type: 'ping', t: 1 })
    await late.next('pong')
    expect(late.received.map(({ type }) => type)).toEqual(['welcome', 'goaway', 'pong'])
  })
})

describe('a revoked key', () => {
  it('ends its completions, tells their watchers, and then closes', async () => {
    const upstream = await playedUpstream()
    const keys = keyFile()
    const { id, key } = await keys.create()
    const gateway = await gatewayForTest({ llmBaseUrl: upstream.url, keysFile: keys.path })
    const client = await Dialect2Client.connect(gateway.url, key)
    const followed = client.init('m')
    await until('it is asked', () => upstream.requests.length === 1)
    await keys.revoke(id)
    await gateway.reloadKeys()
    expect(await client.peer.closed).toMatchObject({ code: 4401 })
    expect(followed.terminal).toMatchObject({ type: 'cancelled', by: 'operator' })
    await until('the upstream is left', () => upstream.requests[0]?.isAborted === true)
  })
})
