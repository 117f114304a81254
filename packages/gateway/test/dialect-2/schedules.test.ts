// The laws of dialect 2: whatever is cut, joined, left or read slowly, each watcher sees the same completion.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Dialect2Client, ended, type Followed } from '../harness/dialect-2-client.ts'
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
      do: fc.constantFrom('cut', 'join', 'join here', 'detach', 'stop reading', 'read'),
      who: fc.nat(7),
    }),
  },
)
type Action = typeof action extends fc.Arbitrary<infer Value> ? Value : never

/** One completion and everybody who follows it; each watcher has a connection and may share it. */
class Schedule {
  readonly #url: string
  readonly #request: PlayedRequest
  readonly watchers: { followed: Followed; client: Dialect2Client }[]
  readonly clients: Dialect2Client[]

  constructor(url: string, request: PlayedRequest, first: Schedule['watchers'][number]) {
    this.#url = url
    this.#request = request
    this.watchers = [first]
    this.clients = [first.client]
  }

  async perform(step: Action): Promise<void> {
    if (step.do === 'say') {
      for (const one of step.deltas) this.#request.say(step.choice, one)
      return
    }
    const index = step.who % this.watchers.length
    const watcher = this.watchers[index] as Schedule['watchers'][number]
    if (step.do === 'cut') await this.#cut(watcher.client)
    else if (step.do === 'join') await this.#join(await this.#connect())
    else if (step.do === 'join here') await this.#join(watcher.client)
    else if (step.do === 'stop reading') watcher.client.peer.socket.pause()
    else if (step.do === 'read') watcher.client.peer.socket.resume()
    else if (this.watchers.length > 1) {
      watcher.client.detach(watcher.followed)
      this.watchers.splice(index, 1)
    }
  }

  /** All who shared the connection go on with another one, from where they are. */
  async #cut(client: Dialect2Client): Promise<void> {
    client.cut()
    const next = await this.#connect()
    for (const watcher of this.watchers) {
      if (watcher.client !== client) continue
      watcher.client = next
      next.resume(watcher.followed)
    }
  }

  async #connect(): Promise<Dialect2Client> {
    const client = await Dialect2Client.connect(this.#url)
    this.clients.push(client)
    return client
  }

  async #join(client: Dialect2Client): Promise<void> {
    const { requestId } = (this.watchers[0] as Schedule['watchers'][number]).followed
    this.watchers.push({ followed: client.join(requestId), client })
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
    const law = async (actions: readonly Action[]): Promise<void> => {
      const before = upstream.requests.length
      const client = await Dialect2Client.connect(url)
      const followed = client.init('m', {
        payload: { modelId: 'm', n: 2, messages: [{ role: 'user', content: 'hi' }] },
      })
      await until('it is asked', () => upstream.requests.length > before)
      const request = upstream.requests[before] as PlayedRequest
      const schedule = new Schedule(url, request, { followed, client })
      for (const step of actions) await schedule.perform(step)
      request.finish(['stop', 'length'])
      for (const one of schedule.clients) one.peer.socket.resume()
      const all = schedule.watchers.map((watcher) => watcher.followed)
      expect(await ended(...all)).toEqual(all.map(() => 'complete'))
      const expected = expectedOf(actions)
      for (const { visible, terminal } of all) {
        expect(visible).toEqual(expected)
        expect(terminal).toMatchObject({ finishReasons: ['stop', 'length'] })
      }
      expect(new Set(all.map(({ position }) => position)).size).toBe(1)
      expect(schedule.clients.flatMap(({ faults }) => faults)).toEqual([])
      expect(upstream.requests.length).toBe(before + 1)
      for (const one of schedule.clients) one.cut()
    }
    await fc.assert(fc.asyncProperty(fc.array(action, { minLength: 4, maxLength: 24 }), law), {
      numRuns: 60,
    })
  }, 120_000)
})
