// Five hundred streams at once: every byte right, and those that leave leave nothing behind.
import { describe, expect, it } from 'vitest'
import { gatewayOnSandbox } from './harness/gateway-on-sandbox.ts'
import { type TutorialClient, textOf } from './harness/tutorial-client.ts'
import { until } from './harness/until.ts'

const STREAMS = 500
const CANCELLED = 100

/** A text that only this stream has. */
function textFor(i: number): string {
  return Array.from({ length: 40 }, (_, word) => `s${i}w${word}é `).join('')
}

describe('a crowd', () => {
  it('of 500 streams gets every byte, 100 of them cancelled leave no upstream stream open', async () => {
    const { connect, sandbox, gateway } = await gatewayOnSandbox({
      gateway: { requestsPerMinute: 0, addressSockets: 0, clientSockets: 0 },
      sandbox: { rateLimitPerMinute: Number.POSITIVE_INFINITY, deltaIntervalMs: 1 },
    })
    const clients: TutorialClient[] = []
    while (clients.length < STREAMS) {
      clients.push(...(await Promise.all(Array.from({ length: 50 }, () => connect()))))
    }
    clients.forEach((client, i) => {
      const isLeaving = i % (STREAMS / CANCELLED) === 0
      client.init(isLeaving ? 'sandbox-stall-mid-stream' : 'sandbox-echo', textFor(i))
    })
    const leaving = clients.filter((_, i) => i % (STREAMS / CANCELLED) === 0)
    await until('those who leave have some text', () =>
      leaving.every(({ received }) => received.length > 3),
    )
    for (const client of leaving) client.socket.terminate()
    const staying = [...clients.entries()].filter(([, client]) => !leaving.includes(client))
    const answers = await Promise.all(
      staying.map(async ([i, client]) => ({ i, messages: await client.turn() })),
    )
    for (const { i, messages } of answers) {
      expect(messages.at(-1)?.type).toBe('complete')
      expect(textOf(messages)).toBe(textFor(i))
    }
    await until('no stream is open', () => sandbox.stats().openStreams === 0)
    expect(sandbox.stats()).toMatchObject({
      chatRequests: STREAMS,
      finishedStreams: STREAMS - CANCELLED,
      abortedStreams: CANCELLED,
      tokenRequests: 1,
    })
    await gateway.drain()
  })
})
