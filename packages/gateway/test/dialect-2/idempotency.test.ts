// The law of idempotency keys: whoever asks, when and how often, the upstream is asked once.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Dialect2Client, ended, Followed } from '../harness/dialect-2-client.ts'
import { gatewayForTest } from '../harness/gateway-on-sandbox.ts'
import { type PlayedRequest, playedUpstream } from '../harness/played-upstream.ts'
import { until } from '../harness/until.ts'

const CLIENTS = 3
const step = fc.record({
  do: fc.constantFrom('ask', 'ask', 'ask', 'ask else', 'detach', 'say'),
  who: fc.nat(CLIENTS - 1),
})
const END = fc.constantFrom('finish' as const, 'cancel' as const, 'break' as const)
const TERMINALS = { finish: 'complete', cancel: 'cancelled', break: 'error' }

const payload = (content: string) => ({ modelId: 'm', messages: [{ role: 'user', content }] })

interface Asked {
  followed: Followed
  client: Dialect2Client
}

function ask(client: Dialect2Client, idempotencyKey: string, content = 'same'): Asked {
  const followed = new Followed()
  client.ask(followed, { payload: payload(content), idempotencyKey })
  return { followed, client }
}

describe('an idempotency key', () => {
  it('makes one request to the upstream, for any number of inits at any time', async () => {
    const upstream = await playedUpstream()
    const settings = {
      llmBaseUrl: upstream.url,
      policy: 'off',
      maxAttempts: 1,
    }
    const { url } = await gatewayForTest(settings)
    const clients = await Promise.all(
      Array.from({ length: CLIENTS }, () => Dialect2Client.connect(url)),
    )
    const clientAt = (i: number) => clients[i % CLIENTS] as Dialect2Client
    let runs = 0
    const law = async (
      early: readonly { do: string; who: number }[],
      late: typeof early,
      end: keyof typeof TERMINALS,
    ): Promise<void> => {
      runs += 1
      const key = `k${runs}`
      const before = upstream.requests.length
      const asked = [ask(clientAt(0), key)]
      const conflicts: Followed[] = []
      let said = ''
      let request: PlayedRequest | undefined
      const perform = (one: (typeof early)[number]) => {
        const client = clientAt(one.who)
        const own = asked.findIndex((other) => other.client === client)
        if (one.do === 'ask') asked.push(ask(client, key))
        else if (one.do === 'ask else') conflicts.push(ask(client, key, 'else').followed)
        else if (one.do === 'detach' && asked.length > 1 && own >= 0) {
          client.detach((asked[own] as Asked).followed)
          asked.splice(own, 1)
        } else if (one.do === 'say' && request !== undefined) {
          said += `${said.length} `
          request.say(0, { content: `${said.length} ` })
        }
      }
      for (const one of early) perform(one)
      await until('it is asked', () => upstream.requests.length > before)
      request = upstream.requests[before]
      for (const one of late) perform(one)
      await Promise.all(clients.map((client) => client.settled()))
      const last = asked[0] as Asked
      if (end === 'finish') request?.finish(['stop'])
      else if (end === 'break') request?.break()
      else last.client.send({ type: 'cancel', id: last.client.idOf(last.followed) })
      const all = asked.map(({ followed }) => followed)
      expect(new Set(await ended(...all))).toEqual(new Set([TERMINALS[end]]))
      await ended(...conflicts)
      for (const { refusal } of conflicts) expect(refusal).toMatchObject({ code: 'conflict' })
      expect(new Set(all.map(({ requestId }) => requestId)).size).toBe(1)
      expect(new Set(all.map(({ text }) => text)).size).toBe(1)
      expect(upstream.requests.length).toBe(before + 1)
      // A failure is not remembered; anything else is, with all of its answer.
      const again = ask(clientAt(1), key).followed
      if (end === 'break') {
        await until('it is a new attempt', () => upstream.requests.length === before + 2)
        upstream.requests[before + 1]?.finish(['stop'])
        expect(await ended(again)).toEqual(['complete'])
      } else {
        expect(await ended(again)).toEqual([TERMINALS[end]])
        expect([again.requestId, again.text]).toEqual([last.followed.requestId, last.followed.text])
      }
      expect(clients.flatMap(({ faults }) => faults)).toEqual([])
    }
    const steps = fc.array(step, { maxLength: 12 })
    await fc.assert(fc.asyncProperty(steps, steps, END, law), { numRuns: 60 })
  })
})
