// The SDK against the gateway, over a proxy that cuts and goes silent: what a program reads is the answer, once.
import { createServer, connect as dial, type Socket } from 'node:net'
import { connect } from '@sluice/client'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { gatewayForTest } from '../harness/gateway-on-sandbox.ts'
import { type PlayedRequest, playedUpstream } from '../harness/played-upstream.ts'
import { until } from '../harness/until.ts'

/** A way to a gateway that can be cut, or go dark: open, and nothing comes through. */
class Way {
  url = ''
  readonly #pairs = new Set<[Socket, Socket]>()

  static async to(url: string): Promise<Way> {
    const way = new Way()
    const { port } = new URL(url)
    const server = createServer((client) => way.#join(client, dial(Number(port), '127.0.0.1')))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      server.close()
      way.cut()
    })
    way.url = `ws://127.0.0.1:${(server.address() as { port: number }).port}`
    return way
  }

  get connections(): number {
    return this.#pairs.size
  }

  #join(client: Socket, gateway: Socket): void {
    const pair: [Socket, Socket] = [client, gateway]
    this.#pairs.add(pair)
    client.pipe(gateway)
    gateway.pipe(client)
    for (const socket of pair) {
      socket.on('error', () => {})
      socket.once('close', () => this.#end(pair))
    }
  }

  #end(pair: [Socket, Socket]): void {
    this.#pairs.delete(pair)
    for (const socket of pair) socket.destroy()
  }

  cut(): void {
    for (const pair of this.#pairs) this.#end(pair)
  }

  goSilent(): void {
    for (const [client, gateway] of this.#pairs) {
      client.unpipe(gateway)
      gateway.unpipe(client)
      client.resume()
      gateway.resume()
    }
  }
}

const FAST = { reconnect: { minMs: 1, maxMs: 20 }, heartbeat: { intervalMs: 60, timeoutMs: 60 } }

async function played() {
  const upstream = await playedUpstream()
  const { url } = await gatewayForTest({ llmBaseUrl: upstream.url, policy: 'standard' })
  const way = await Way.to(url)
  const client = connect({ url: way.url, WebSocket, ...FAST })
  onTestFinished(() => client.close())
  return { upstream, way, client }
}

const request = { modelId: 'm', messages: [{ role: 'user' as const, content: 'hi' }] }

describe('a completion of the SDK', () => {
  it('is whole, for any cuts and silences of its way', async () => {
    const { upstream, way, client } = await played()
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.string({ minLength: 1, maxLength: 5 }) },
      { weight: 1, arbitrary: fc.constantFrom('cut' as const, 'silent' as const) },
    )
    const law = async (steps: readonly string[]) => {
      const before = upstream.requests.length
      const completion = client.complete(request)
      await until('it is asked', () => upstream.requests.length > before)
      const answer = upstream.requests[before] as PlayedRequest
      let expected = ''
      for (const [i, what] of steps.entries()) {
        if (what === 'cut') way.cut()
        else if (what === 'silent') way.goSilent()
        else {
          expected += `${i} word `
          answer.say(0, { content: `${i} word ` })
        }
        await new Promise(setImmediate)
      }
      answer.finish(['stop'])
      expect(await completion.text()).toBe(expected)
      expect(upstream.requests.length).toBe(before + 1)
    }
    const steps = fc.array(step, { minLength: 3, maxLength: 15 })
    await fc.assert(fc.asyncProperty(steps, law), { numRuns: 25 })
  })

  it('stops the model over a way that went silent, as soon as there is another', async () => {
    const { upstream, way, client } = await played()
    const completion = client.complete(request)
    await completion.acknowledged
    await until('it is asked', () => upstream.requests.length === 1)
    way.goSilent()
    completion.cancel()
    expect(await completion.finished).toMatchObject({ type: 'cancelled', by: 'client' })
    await until('the upstream is left', () => upstream.requests[0]?.isAborted === true)
  })

  it('is begun once, though its way was cut before the gateway could answer', async () => {
    const { upstream, way, client } = await played()
    const completion = client.complete(request)
    await until('it is asked', () => upstream.requests.length === 1)
    way.cut()
    upstream.requests[0]?.say(0, { content: 'once ' })
    upstream.requests[0]?.finish(['stop'])
    expect(await completion.text()).toBe('once ')
    expect(upstream.requests.length).toBe(1)
  })
})
