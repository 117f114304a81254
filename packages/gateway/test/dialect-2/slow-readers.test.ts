// Watchers that do not read: who waits for them, what they miss, and how many share one socket.
import { EventEmitter, once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { Dialect2Client, ended } from '../harness/dialect-2-client.ts'
import { gatewayForTest } from '../harness/gateway-on-sandbox.ts'
import { metric } from '../harness/metric.ts'
import { playedUpstream } from '../harness/played-upstream.ts'
import {
  chunkEvent,
  FINISH_EVENTS,
  scriptedUpstream,
  USAGE_EVENT,
} from '../harness/scripted-upstream.ts'
import { until, untilSteady } from '../harness/until.ts'

const PIECE = 'x'.repeat(10_000)
/** More than a socket and its peer's operating system take together. */
const PIECES = 1_600
const LENGTH = PIECE.length * PIECES
const ROOM = { policy: 'off', maxAnswerCharacters: LENGTH + 100 }

function* flood() {
  yield USAGE_EVENT
  for (let i = 0; i < PIECES; i += 1) yield chunkEvent(PIECE)
  yield FINISH_EVENTS
}

describe('the only watcher', () => {
  it('holds the upstream up while it does not read, and gets everything when it reads again', async () => {
    const upstream = await scriptedUpstream(flood)
    const settings = { ...ROOM, ringBytes: 65_536, idleTimeoutMs: 600_000 }
    const { url } = await gatewayForTest({ llmBaseUrl: upstream.url, ...settings })
    const client = await Dialect2Client.connect(url)
    const followed = client.init('m')
    await until('it has begun', () => followed.chunks > 0)
    client.peer.socket.pause()
    const sent = await untilSteady(() => upstream.sentBytes)
    expect(sent, 'the upstream waits').toBeLessThan(LENGTH)
    client.peer.socket.resume()
    expect(await ended(followed)).toEqual(['complete'])
    expect(followed.text.length).toBe(LENGTH)
    expect(client.faults).toEqual([])
  })
})

describe('a watcher beside one that reads', () => {
  it('finds a gap after the ring has moved on, and does not hold the other one up', async () => {
    const gate = new EventEmitter()
    const upstream = await scriptedUpstream(async function* () {
      yield USAGE_EVENT + chunkEvent('First ')
      await once(gate, 'open')
      yield* flood()
    })
    const { url } = await gatewayForTest({ llmBaseUrl: upstream.url, ...ROOM, ringBytes: 65_536 })
    const reader = await Dialect2Client.connect(url)
    const followed = reader.init('m')
    await until('text has come', () => followed.text === 'First ')
    const stalled = await Dialect2Client.connect(url)
    const missed = stalled.join(followed.requestId)
    await stalled.settled()
    stalled.peer.socket.pause()
    gate.emit('open')
    expect(await ended(followed)).toEqual(['complete'])
    expect(followed.text.length).toBe(LENGTH + 'First '.length)
    stalled.peer.socket.resume()
    await ended(missed)
    expect(missed.refusal).toMatchObject({ code: 'gap' })
    expect(Number(missed.refusal?.from)).toBeGreaterThan(missed.position + 1)
    expect([...reader.faults, ...stalled.faults]).toEqual([])
  })
})

describe('watchers that never read', () => {
  const RING = 131_072
  const MARK = 65_536

  it('cost the ring of their completion and what waits in their socket, and hold nobody else up', async () => {
    const upstream = await scriptedUpstream(flood)
    const settings = { ...ROOM, ringBytes: RING, bufferedBytes: MARK, adminPort: 0 } as const
    const gateway = await gatewayForTest({ llmBaseUrl: upstream.url, ...settings })
    const stalled = await Promise.all(
      Array.from({ length: 8 }, () => Dialect2Client.connect(gateway.url)),
    )
    for (const client of stalled) {
      const followed = client.init('m')
      await until('it has begun', () => followed.requestId !== '')
      client.peer.socket.pause()
    }
    await untilSteady(() => upstream.sentBytes)
    expect(await metric(gateway, 'sluice_completions')).toBe(stalled.length)
    // Over the ring is what one read of the upstream brings, 64 KiB, and segments may be half empty; over the mark is one turn.
    const log = 2 * (RING + 65_536)
    expect(await metric(gateway, 'sluice_log_bytes')).toBeLessThan(stalled.length * log)
    expect(await metric(gateway, 'sluice_buffered_bytes')).toBeLessThan(stalled.length * 2 * MARK)
    const readers = await Promise.all([1, 2].map(() => Dialect2Client.connect(gateway.url)))
    const read = readers.map((client) => client.init('m'))
    expect(await ended(...read)).toEqual(['complete', 'complete'])
    expect(read.map(({ text }) => text.length)).toEqual([LENGTH, LENGTH])
    for (const client of stalled) client.cut()
  })

  it('are closed with 1013 after a while, and their completions go on without them', async () => {
    const upstream = await scriptedUpstream(flood)
    const settings = { ...ROOM, ringBytes: RING, stallTimeoutMs: 500, adminPort: 0 } as const
    const gateway = await gatewayForTest({ llmBaseUrl: upstream.url, ...settings })
    const client = await Dialect2Client.connect(gateway.url)
    const followed = client.init('m')
    await until('it has begun', () => followed.requestId !== '')
    client.peer.socket.pause()
    await until('it has ended', async () => (await metric(gateway, 'sluice_completions')) === 0)
    expect(upstream.open).toBe(0)
    client.peer.socket.resume()
    expect(await client.peer.closed).toMatchObject({ code: 1013 })
    expect(followed.terminal).toBeUndefined()
    const back = await Dialect2Client.connect(gateway.url)
    back.resume(followed)
    await until('it is answered', () => followed.refusal !== undefined)
    expect(followed.refusal).toMatchObject({ code: 'gap' })
    const rest = back.join(followed.requestId, Number(followed.refusal?.from) - 1)
    expect(await ended(rest)).toEqual(['complete'])
    expect(PIECE.repeat(PIECES).endsWith(rest.text)).toBe(true)
    expect([...client.faults, ...back.faults]).toEqual([])
  })
})

describe('completions on one socket', () => {
  it('take turns when each has more than the socket takes', async () => {
    const upstream = await scriptedUpstream(function* () {
      yield USAGE_EVENT
      for (let i = 0; i < 80; i += 1) yield chunkEvent(PIECE)
      yield FINISH_EVENTS
    })
    const settings = { llmBaseUrl: upstream.url, ...ROOM, ringBytes: 2_000_000 }
    const { url } = await gatewayForTest(settings)
    const client = await Dialect2Client.connect(url)
    const started = Array.from({ length: 8 }, () => client.init('m'))
    await ended(...started)
    const order: string[] = []
    const again = await Dialect2Client.connect(url)
    again.peer.socket.on('message', (data) => {
      const { type, id } = JSON.parse(String(data))
      if (type === 'chunk') order.push(id)
    })
    const replays = started.map(({ requestId }) => again.join(requestId))
    await ended(...replays)
    expect(replays.map(({ text }) => text.length)).toEqual(started.map(() => 800_000))
    const last = again.idOf(replays[7] as (typeof replays)[number])
    expect(order.indexOf(last)).toBeLessThan(order.lastIndexOf(order[0] ?? ''))
    // 80 frames each; every one has had a turn within two rounds of the socket.
    expect(new Set(order.slice(0, 80)).size).toBe(8)
  })
})

describe('a block', () => {
  const BLOCKED = { policy: 'seed' }

  it('withdraws what was shown from all, and gives nothing of it to who comes later or was behind', async () => {
    const upstream = await playedUpstream()
    const { url } = await gatewayForTest({ llmBaseUrl: upstream.url, ...BLOCKED })
    const reader = await Dialect2Client.connect(url)
    const followed = reader.init('m')
    await until('it is asked', () => upstream.requests.length === 1)
    upstream.requests[0]?.say(0, { content: 'Your file is open. ' })
    await until('text has come', () => followed.text !== '')
    const silent = await Dialect2Client.connect(url)
    silent.peer.socket.pause()
    const nothingYet = silent.join(followed.requestId)
    upstream.requests[0]?.say(0, { content: 'The number is 078-05-1120. ' })
    await ended(followed)
    expect(followed.terminal).toMatchObject({ type: 'blocked', retracted: true })
    silent.peer.socket.resume()
    const late = reader.join(followed.requestId)
    expect(await ended(nothingYet, late)).toEqual(['blocked', 'blocked'])
    expect([late.text, late.terminal?.seq, late.terminal?.from]).toEqual(['', followed.position, 1])
    expect(late.terminal).toMatchObject({ retracted: true })
    expect(JSON.stringify([reader.received, silent.received])).not.toContain('078')
  })

  it('withdraws nothing where nothing was shown', async () => {
    const upstream = await playedUpstream()
    const { url } = await gatewayForTest({ llmBaseUrl: upstream.url, ...BLOCKED })
    const client = await Dialect2Client.connect(url)
    const followed = client.init('m')
    await until('it is asked', () => upstream.requests.length === 1)
    upstream.requests[0]?.say(0, { content: '078-05-1120 ' })
    upstream.requests[0]?.say(0, { content: 'and so on' })
    await ended(followed)
    expect(followed.terminal).toMatchObject({ type: 'blocked', retracted: false, seq: 1 })
  })
})
