// The laws of dialect 2: whatever is cut, joined, left or read slowly, each watcher sees the same completion.
import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Dialect2Client, ended, Followed } from '../harness/dialect-2-client.ts'
import { gatewayForTest } from '../harness/gateway-on-sandbox.ts'
import { type PlayedRequest, playedUpstream } from '../harness/played-upstream.ts'
import { until } from '../harness/until.ts'

const delta = fc.oneof(
  fc.record({ content: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }) }),
  fc.record({ reasoning_content: fc.string({ minLength: 1, maxLength: 4 }) }),
  fc
    .record({ index: fc.nat(1), text: fc.string({ minLength: 1, maxLength: 4 }) })
    .map(({ index, text }) => ({ tool_calls: [{ index, function: { arguments: text } }] })),
)

const action = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('say'),
      choice: fc.nat(1),
      deltas: fc.array(delta, { minLength: 1, maxLength: 5 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('cut', 'leave', 'join', 'join here', 'detach', 'stop reading', 'read'),
      who: fc.nat(7),
    }),
  },
)
type Action = typeof action extends fc.Arbitrary<infer Value> ? Value : never

const PAYLOAD = { modelId: 'm', n: 2, messages: [{ role: 'user', content: 'hi' }] }

interface Watching {
  followed: Followed
  client: Dialect2Client
}

/** One completion and everybody who follows it; each watcher has a connection and may share it. */
class Schedule {
  request: PlayedRequest | undefined
  readonly watchers: Watching[] = []
  /** Those who are gone, with what they had, and come back after the end. */
  readonly away: Followed[] = []
  readonly clients: Dialect2Client[] = []
  readonly #url: string
  readonly #idempotencyKey = randomUUID()

  constructor(url: string) {
    this.#url = url
  }

  /** Asks for it, with so many cuts before anybody knows whether the `init` arrived. */
  async begin(cuts: readonly boolean[]): Promise<void> {
    const first = { followed: new Followed(), client: await this.#connect() }
    this.watchers.push(first)
    this.#goOn(first)
    for (const waits of cuts) {
      if (waits) await first.client.settled()
      await this.#cut(first.client)
    }
  }

  async perform(step: Action): Promise<void> {
    if (step.do === 'say') {
      for (const one of step.deltas) this.request?.say(step.choice, one)
      return
    }
    const index = step.who % this.watchers.length
    const watcher = this.watchers[index] as Watching
    if (step.do === 'cut') await this.#cut(watcher.client)
    else if (step.do === 'leave') this.away.push(watcher.followed.copy())
    else if (step.do === 'join') await this.#join(await this.#connect())
    else if (step.do === 'join here') await this.#join(watcher.client)
    else if (step.do === 'stop reading') watcher.client.peer.socket.pause()
    else if (step.do === 'read') watcher.client.peer.socket.resume()
    else if (this.watchers.length > 1) {
      watcher.client.detach(watcher.followed)
      this.watchers.splice(index, 1)
    }
  }

  /** After the terminal: who was away comes back, and somebody comes who was never there. */
  async comeBack(): Promise<Followed[]> {
    const back = [...this.away, new Followed()].map((followed) => {
      followed.requestId = this.#requestId
      return followed
    })
    const client = await this.#connect()
    for (const followed of back) client.resume(followed)
    return back
  }

  get #requestId(): string {
    return this.watchers.find(({ followed }) => followed.requestId !== '')?.followed.requestId ?? ''
  }

  /** All who shared the connection go on with another one, from where they are. */
  async #cut(client: Dialect2Client): Promise<void> {
    client.cut()
    const next = await this.#connect()
    for (const watcher of this.watchers) {
      if (watcher.client !== client) continue
      watcher.client = next
      this.#goOn(watcher)
    }
  }

  /** As PROTOCOL.md has it: without an ack the `init` is sent again with its key, else it is resumed. */
  #goOn({ client, followed }: Watching): void {
    const { requestId } = followed
    if (requestId !== '') client.resume(followed)
    else client.ask(followed, { payload: PAYLOAD, idempotencyKey: this.#idempotencyKey })
  }

  async #connect(): Promise<Dialect2Client> {
    const client = await Dialect2Client.connect(this.#url)
    this.clients.push(client)
    return client
  }

  /** The second device learns of the completion by its request id, or asks the same with the same key. */
  async #join(client: Dialect2Client): Promise<void> {
    const watcher = { followed: new Followed(), client }
    watcher.followed.requestId = this.#requestId
    this.watchers.push(watcher)
    this.#goOn(watcher)
  }
}

function expectedOf(actions: readonly Action[]): Record<string, string> {
  const visible: Record<string, string> = {}
  for (const { choice, ...said } of actions.flatMap((step) =>
    step.do === 'say' ? step.deltas.map((one) => ({ choice: step.choice, ...one })) : [],
  )) {
    const [[field, value] = ['', '']] = Object.entries(said)
    const call = 'tool_calls' in said ? said.tool_calls[0] : undefined
    const place =
      call === undefined
        ? `${field === 'content' ? 'content' : 'reasoning'} ${choice}`
        : `tool ${choice} ${call.index}`
    visible[place] = `${visible[place] ?? ''}${call?.function.arguments ?? value}`
  }
  return visible
}

describe('a completion', () => {
  it('looks the same to every watcher, for any schedule of cuts, joins, detaches and stops', async () => {
    const upstream = await playedUpstream()
    const { url } = await gatewayForTest({ llmBaseUrl: upstream.url, policy: 'off' })
    const law = async (early: readonly boolean[], actions: readonly Action[]): Promise<void> => {
      const before = upstream.requests.length
      const schedule = new Schedule(url)
      await schedule.begin(early)
      await until('it is asked', () => upstream.requests.length > before)
      schedule.request = upstream.requests[before] as PlayedRequest
      for (const step of actions) await schedule.perform(step)
      schedule.request.finish(['stop', 'length'])
      for (const one of schedule.clients) one.peer.socket.resume()
      const there = schedule.watchers.map((watcher) => watcher.followed)
      expect(await ended(...there)).toEqual(there.map(() => 'complete'))
      const back = await schedule.comeBack()
      expect(await ended(...back)).toEqual(back.map(() => 'complete'))
      const all = [...there, ...back]
      const expected = expectedOf(actions)
      for (const { visible, terminal } of all) {
        expect(visible).toEqual(expected)
        expect(terminal).toMatchObject({ finishReasons: ['stop', 'length'] })
      }
      expect(new Set(all.map(({ position }) => position)).size).toBe(1)
      expect(new Set(all.map(({ requestId }) => requestId)).size).toBe(1)
      // What comes after a terminal would come before this.
      const open = schedule.clients.filter(({ peer }) => peer.socket.readyState === 1)
      await Promise.all(open.map((client) => client.settled()))
      expect(schedule.clients.flatMap(({ faults }) => faults)).toEqual([])
      expect(upstream.requests.length).toBe(before + 1)
      for (const one of schedule.clients) one.cut()
    }
    const early = fc.array(fc.boolean(), { maxLength: 2 })
    const actions = fc.array(action, { minLength: 4, maxLength: 24 })
    await fc.assert(fc.asyncProperty(early, actions, law), { numRuns: 60 })
  })
})
