// The end of a gateway under load: what it has accepted is delivered whole, what it has not is refused, and goaway comes first.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Dialect2Client, ended, type Followed } from '../harness/dialect-2-client.ts'
import { gatewayForTest } from '../harness/gateway-on-sandbox.ts'
import { type PlayedRequest, playedUpstream } from '../harness/played-upstream.ts'
import { until } from '../harness/until.ts'
import { statusesOf } from '../operations/audit-records.ts'
import { runSluice } from '../operations/running-sluice.ts'

const SOCKETS = 3
const IDS = 4
const step = fc.record({
  do: fc.constantFrom('ask', 'ask', 'say', 'finish', 'join', 'wait'),
  who: fc.nat(SOCKETS - 1),
})
type Step = { do: string; who: number }

/** A gateway with an upstream that answers `<n> words of <prompt> ` until it is told to finish. */
class Load {
  readonly followed: Followed[] = []
  readonly clients: Dialect2Client[]
  readonly #requests: readonly PlayedRequest[]
  #said = 0
  #finished = 0

  constructor(clients: Dialect2Client[], requests: readonly PlayedRequest[]) {
    this.clients = clients
    this.#requests = requests
  }

  async perform({ do: what, who }: Step): Promise<void> {
    const client = this.clients[who] as Dialect2Client
    if (what === 'ask') this.followed.push(client.init('m'))
    else if (what === 'join') this.#join(client)
    else if (what === 'say') this.#say()
    else if (what === 'finish') this.#finish()
    else await client.settled()
  }

  /** Lets every answer end that the gateway has asked for, until `isOver`. */
  async finishAll(isOver: () => boolean): Promise<void> {
    await until('everything has ended', () => {
      this.#finish(this.#requests.length)
      return isOver()
    })
  }

  #join(client: Dialect2Client): void {
    const known = this.followed.find(({ requestId }) => requestId !== '')
    if (known !== undefined) this.followed.push(client.join(known.requestId))
  }

  #say(): void {
    for (const request of this.#requests.slice(this.#finished)) {
      this.#said += 1
      request.say(0, { content: `word ${this.#said} ` })
    }
  }

  #finish(upTo = this.#finished + 1): void {
    for (const request of this.#requests.slice(this.#finished, upTo)) {
      request.say(0, { content: 'the end' })
      request.finish(['stop'])
      this.#finished += 1
    }
  }
}

describe('a drain', () => {
  it('loses nothing that was accepted, for any load before and while it lasts', async () => {
    const law = async (before: readonly Step[], meanwhile: readonly Step[]): Promise<void> => {
      const upstream = await playedUpstream()
      const gateway = await gatewayForTest({ llmBaseUrl: upstream.url, policy: 'off' })
      const clients = await Promise.all(
        Array.from({ length: SOCKETS }, () => Dialect2Client.connect(gateway.url)),
      )
      const load = new Load(clients, upstream.requests)
      for (const one of before) await load.perform(one)
      let isDrained = false
      const drained = gateway.drain().then(() => {
        isDrained = true
      })
      for (const one of meanwhile) if (!isDrained) await load.perform(one)
      await load.finishAll(() => isDrained)
      await drained
      const closes = await Promise.all(clients.map(({ peer }) => peer.closed))
      expect(closes.map(({ code }) => code)).toEqual(clients.map(() => 1012))
      for (const { received } of clients)
        expect(received.filter(({ type }) => type === 'goaway')).toHaveLength(1)
      for (const { isAccepted, refusal, terminal, text } of load.followed) {
        // A frame that met the close was never looked at; its client sends it again elsewhere.
        if (refusal !== undefined) expect(['draining', 'not_found']).toContain(refusal.code)
        else if (isAccepted) {
          expect(terminal?.type).toBe('complete')
          expect(text.endsWith('the end')).toBe(true)
        }
      }
      const running = load.followed.filter(({ requestId }) => requestId !== '')
      expect(upstream.requests.length).toBe(new Set(running.map((one) => one.requestId)).size)
      expect(clients.flatMap(({ faults }) => faults)).toEqual([])
    }
    const steps = fc.array(step, { maxLength: 15 })
    await fc.assert(fc.asyncProperty(steps, steps, law), { numRuns: 30 })
  })
})

/** Words that the sandbox's echo says one by one. */
const words = (count: number) => Array.from({ length: count }, (_, i) => `word${i}`).join(' ¦')

describe('SIGTERM', () => {
  it('lets every answer of every socket end, and says goaway before any close', async () => {
    const sluice = await runSluice({}, { deltaIntervalMs: 15 })
    const clients = await Promise.all(
      Array.from({ length: 5 }, () => Dialect2Client.connect(sluice.url)),
    )
    const prompt = words(300)
    const all = clients.flatMap((client) =>
      Array.from({ length: IDS }, () => client.init('sandbox-echo', {}, prompt)),
    )
    await until('all stream', () => all.every(({ chunks }) => chunks > 0))
    expect(all.some(({ terminal }) => terminal === undefined)).toBe(true)
    sluice.process.kill('SIGTERM')
    for (const client of clients) await client.next('goaway')
    const [first] = clients as [Dialect2Client]
    const refused = first.init('sandbox-fast')
    expect(await ended(...all)).toEqual(all.map(() => 'complete'))
    expect(new Set(all.map(({ text }) => text))).toEqual(new Set([prompt.replaceAll('¦', '')]))
    for (const { peer } of clients) expect(await peer.closed).toMatchObject({ code: 1012 })
    expect(refused.refusal).toMatchObject({ code: 'draining', retryable: true })
    expect(clients.flatMap(({ faults }) => faults)).toEqual([])
    expect(await sluice.exited).toBe(0)
    expect(statusesOf(sluice.auditFile)).toEqual({ success: all.length })
  })

  it('ends at the deadline what has not ended, with a reader that takes nothing, too', async () => {
    const sluice = await runSluice({ SLUICE_DRAIN_DEADLINE_MS: '200' })
    const clients = await Promise.all(
      Array.from({ length: 4 }, () => Dialect2Client.connect(sluice.url)),
    )
    const all = clients.flatMap((client) =>
      Array.from({ length: IDS }, () => client.init('sandbox-stall-mid-stream')),
    )
    await until('all stream', () => all.every(({ chunks }) => chunks > 0))
    const [silent, ...reading] = clients as [Dialect2Client, Dialect2Client]
    silent.peer.socket.pause()
    sluice.process.kill('SIGTERM')
    for (const { peer } of reading) expect(await peer.closed).toMatchObject({ code: 1012 })
    expect(await sluice.exited).toBe(0)
    silent.peer.socket.resume()
    expect(new Set(await ended(...all))).toEqual(new Set(['cancelled']))
    for (const { terminal } of all) expect(terminal).toMatchObject({ by: 'deadline' })
    expect(clients.flatMap(({ faults }) => faults)).toEqual([])
    await until('the upstream is left', () => sluice.sandbox.stats().openStreams === 0)
  })
})
