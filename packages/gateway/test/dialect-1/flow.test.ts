// Slow readers: the upstream waits for them, memory stays bounded, nothing is lost, and those who never read are let go.
import { getDefaultHighWaterMark, setDefaultHighWaterMark } from 'node:stream'
import { describe, expect, it, onTestFinished } from 'vitest'
import { gatewayForTest, gatewayOnSandbox } from '../harness/gateway-on-sandbox.ts'
import { metric } from '../harness/metric.ts'
import {
  chunkEvent,
  FINISH_EVENTS,
  scriptedUpstream,
  USAGE_EVENT,
} from '../harness/scripted-upstream.ts'
import { TutorialClient, textOf } from '../harness/tutorial-client.ts'
import { until, untilSteady } from '../harness/until.ts'

const PIECES = 12_000
const PIECE = 'x'.repeat(1_000)
const TOTAL_BYTES = PIECES * Buffer.byteLength(chunkEvent(`00000 ${PIECE}`))
/** The default of SLUICE_SOCKET_BUFFER_BYTES. */
const MARK_BYTES = 65_536

/** 13 MB, which no buffers of the operating system on the way can take. */
function* flood(): Iterable<string> {
  yield USAGE_EVENT
  for (let i = 0; i < PIECES; i += 1) yield chunkEvent(`${i} ${PIECE}`)
  yield FINISH_EVENTS
}

async function floodedGateway(options: object = {}) {
  const upstream = await scriptedUpstream(flood)
  const generous = { maxAnswerCharacters: 67_108_864, policy: 'off', adminPort: 0 } as const
  const gateway = await gatewayForTest({ llmBaseUrl: upstream.url, ...generous, ...options })
  return { upstream, gateway }
}

describe('a reader that stops', () => {
  it.each(['off', 'seed'])(
    'makes the upstream wait, and misses nothing when it reads on (policy %s)',
    async (policy) => {
      const { upstream, gateway } = await floodedGateway({ policy })
      const client = await TutorialClient.connect(gateway.url)
      client.init('m')
      await until('the stream begins', () => client.received.length > 5)
      client.socket.pause()
      expect(await untilSteady(() => upstream.sentBytes)).toBeLessThan(TOTAL_BYTES * 0.9)
      client.socket.resume()
      const messages = await client.turn()
      expect(messages.at(-1)?.type).toBe('complete')
      const expected = Array.from({ length: PIECES }, (_, i) => `${i} ${PIECE}`).join('')
      expect(textOf(messages) === expected, 'every byte is there, in order').toBe(true)
    },
  )

  it('costs a bounded amount of memory', async () => {
    const { gateway, upstream } = await floodedGateway()
    const clients = await Promise.all(
      Array.from({ length: 5 }, () => TutorialClient.connect(gateway.url)),
    )
    for (const client of clients) {
      client.init('m')
      client.socket.pause()
    }
    await untilSteady(() => upstream.sentBytes)
    expect(await metric(gateway, 'sluice_completions')).toBe(5)
    // A write is begun below the mark and has 16 KiB; a read of the upstream is 64 KiB at most.
    expect(await metric(gateway, 'sluice_buffered_bytes')).toBeLessThan(5 * 2 * MARK_BYTES)
    expect(await metric(gateway, 'sluice_log_bytes')).toBeLessThan(5 * 8 * MARK_BYTES)
  })

  it('is closed with 1013 after the stall time, and the upstream is let go', async () => {
    const { upstream, gateway } = await floodedGateway({ stallTimeoutMs: 200 })
    const client = await TutorialClient.connect(gateway.url)
    client.init('m')
    client.socket.pause()
    await until('the upstream is let go', () => upstream.requests === 1 && upstream.open === 0)
    client.socket.resume()
    // The close stands behind what was not read, and nothing of the answer comes after it.
    expect(await client.closed).toEqual({
      code: 1013,
      reason: 'slow consumer: nothing was read for 200 ms',
    })
    expect(client.received.at(-1)?.type).toBe('chunk')
  })

  it.each([
    [16_384, 16_384],
    [20_000, 16_384],
    [1_000_000, 16_384],
    // Node's own mark since version 22: a write below it is never told to have drained.
    [16_384, 65_536],
    [65_536, 65_536],
  ])(
    'is served with a socket buffer of %d bytes, whatever the mark of Node: %d',
    async (bufferedBytes, mark) => {
      const before = getDefaultHighWaterMark(false)
      setDefaultHighWaterMark(false, mark)
      onTestFinished(() => setDefaultHighWaterMark(false, before))
      const { gateway, upstream } = await floodedGateway({ bufferedBytes })
      const client = await TutorialClient.connect(gateway.url)
      client.init('m')
      client.socket.pause()
      await untilSteady(() => upstream.sentBytes)
      client.socket.resume()
      expect((await client.turn()).at(-1)?.type).toBe('complete')
    },
  )
})

describe('a client that does not read refusals', () => {
  it('is closed with 1013 before they fill the memory', async () => {
    const { gateway, connect } = await gatewayOnSandbox({ gateway: { adminPort: 0 } })
    const client = await connect()
    client.init('sandbox-stall-mid-stream')
    client.socket.pause()
    const another = JSON.stringify({
      type: 'init',
      payload: { modelId: 'm', messages: [{ role: 'user', content: '' }] },
    })
    let buffered = 0
    for (let round = 0; round < 100; round += 1) {
      for (let i = 0; i < 500; i += 1) client.send(another)
      buffered = Math.max(buffered, await metric(gateway, 'sluice_buffered_bytes'))
    }
    expect(buffered).toBeGreaterThan(MARK_BYTES)
    expect(buffered).toBeLessThan(4 * MARK_BYTES)
    client.socket.resume()
    expect(await client.closed).toMatchObject({ code: 1013 })
  })
})
