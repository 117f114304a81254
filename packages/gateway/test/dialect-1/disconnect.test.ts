// A dropped socket is a cancel in dialect 1: at once and in every phase, nothing is left at the upstream.
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { gatewayOnSandbox } from '../harness/gateway-on-sandbox.ts'
import { PHASES } from '../harness/phases.ts'
import { shapeOf, TutorialClient } from '../harness/tutorial-client.ts'
import { until } from '../harness/until.ts'

/**
 * "At once" is counted in round trips of somebody else and not in time: all of them are in this process, and whatever waits
 * for a timer comes later.
 */
const ROUND_TRIPS = 20

async function meanwhile({ socket }: TutorialClient): Promise<void> {
  for (let i = 0; i < ROUND_TRIPS; i += 1) {
    socket.ping()
    await once(socket, 'pong')
  }
}

describe('a disconnect', () => {
  it.each(PHASES)('ends the request at the upstream while $phase', async (phase) => {
    const stack = await gatewayOnSandbox(
      phase.gateway === undefined ? {} : { gateway: phase.gateway },
    )
    await phase.prepare?.(stack)
    const client = await stack.connect()
    client.init(phase.model)
    await until(`${phase.phase}`, () => phase.isReached(stack, client.received))
    const other = await stack.connect()
    client.socket.terminate()
    await meanwhile(other)
    expect(stack.sandbox.stats().openStreams).toBe(0)
    if (phase.gateway === undefined && phase.phase !== 'the token is fetched') {
      expect(shapeOf(await other.ask('sandbox-fast'))).toBe('handshake_ack chunk complete')
      expect(stack.sandbox.stats().chatRequests).toBe(phase.requests + 1)
    } else {
      expect(stack.sandbox.stats().chatRequests).toBe(phase.requests)
    }
  })

  it('frees the place in the queue', async () => {
    const { connect, sandbox } = await gatewayOnSandbox({
      gateway: { requestsPerMinute: 1, queueLength: 1 },
    })
    await (await connect()).ask('sandbox-fast')
    const leaving = await connect()
    leaving.init('sandbox-fast')
    await leaving.next()
    const isRefused = async () => {
      const messages = await (await connect()).ask('sandbox-fast')
      expect(messages.at(-1)?.message).toMatch(/^1 requests already wait for the upstream/)
    }
    await isRefused()
    leaving.socket.terminate()
    await leaving.closed
    const next = await connect()
    next.init('sandbox-fast')
    await next.next()
    await isRefused()
    expect(next.received, 'it has the place and waits').toHaveLength(1)
    expect(sandbox.stats().chatRequests).toBe(1)
  })

  it('of many at once leaves nothing open and others unharmed', async () => {
    const { gateway, connect, sandbox } = await gatewayOnSandbox({
      sandbox: { deltaIntervalMs: 10, rateLimitPerMinute: 10_000 },
      gateway: { requestsPerMinute: 0 },
    })
    const leaving = await Promise.all(
      Array.from({ length: 40 }, () => TutorialClient.connect(gateway.url)),
    )
    const staying = await connect()
    for (const client of leaving) client.init('sandbox-long')
    staying.init('sandbox-default', 'Where is my order?')
    await until('all of them stream', () => leaving.every(({ received }) => received.length > 2))
    for (const client of leaving) client.socket.terminate()
    expect((await staying.turn()).at(-1)?.type).toBe('complete')
    await until('no stream is open', () => sandbox.stats().openStreams === 0)
    expect(sandbox.stats()).toMatchObject({ abortedStreams: 40, finishedStreams: 1 })
  })
})
