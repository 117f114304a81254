// Completions that go on without their connection: any cut, any place, the same text; nobody learns of another's.
import { request } from 'node:http'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { Scheduler } from '../../src/scheduler.ts'
import { until } from '../harness/until.ts'
import { replyTo } from '../operations/http-reply.ts'
import { keyFile } from '../operations/key-file.ts'
import { chunksOf, httpGateway, MESSAGES, textOf } from './http-gateway.ts'

const GO_ON = { 'x-sluice-on-disconnect': 'continue' }
const ID = /^id: (1-\d+)$/gm

type Running = Awaited<ReturnType<typeof httpGateway>>

/** Reads a stream until it has so many bytes, then breaks off; what came, and where it can be found. */
function cutOff(
  origin: string,
  asked: { path: string; body?: object; headers?: object },
  bytes: number,
) {
  const { path, body, headers } = asked
  return new Promise<{ text: string; location: string }>((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST'
    const all = { 'content-type': 'application/json', ...GO_ON, ...headers }
    const sent = request(new URL(path, origin), { method, headers: all, agent: false })
    sent.once('error', reject)
    sent.once('response', (response) => {
      let text = ''
      const end = () => {
        sent.destroy()
        resolve({ text, location: String(response.headers['content-location']) })
      }
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece
        if (text.length >= bytes) end()
      })
      response.once('close', end)
    })
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

/** Whole events alone: a client forgets the one that was cut. */
function whole(text: string): string {
  return text.slice(0, text.lastIndexOf('\n\n') + 2)
}

function contentOf(text: string): string {
  const data = [...text.matchAll(/^data: (\{.*\})$/gm)].map(([, json = '']) => JSON.parse(json))
  return textOf(data)
}

/** Follows to the end over any number of cuts. */
async function readOver({ origin }: Running, model: string, cuts: readonly number[]) {
  const body = { model, messages: MESSAGES, stream: true }
  const first = await cutOff(origin, { path: '/v1/chat/completions', body }, cuts[0] ?? 1e9)
  let seen = whole(first.text)
  const path = `${first.location}/stream`
  for (const bytes of [...cuts.slice(1), 1e9]) {
    const last = [...seen.matchAll(ID)].at(-1)?.[1] ?? '0'
    const next = await cutOff(origin, { path, headers: { 'last-event-id': last } }, bytes)
    seen += whole(next.text)
  }
  return seen
}

describe('a completion that goes on', () => {
  it('has the same text over any cuts', async () => {
    const running = await httpGateway({ sandbox: { deltaIntervalMs: 2 } })
    const model = 'sandbox-default'
    const expected = textOf(chunksOf((await running.complete({ model, stream: true })).body))
    const cut = fc.integer({ min: 1, max: 4_000 })
    await fc.assert(
      fc.asyncProperty(fc.array(cut, { minLength: 1, maxLength: 4 }), async (cuts) => {
        const seen = await readOver(running, model, cuts)
        expect(contentOf(seen)).toBe(expected)
        expect(seen.endsWith('data: [DONE]\n\n')).toBe(true)
        const ids = [...seen.matchAll(ID)].map(([, id = '']) => Number(id.slice(2)))
        expect(ids).toEqual(ids.map((_, i) => i + 1))
      }),
      { numRuns: 25 },
    )
    expect(running.sandbox.stats().abortedStreams).toBe(0)
  })

  it('is found after its end, by ?after= too', async () => {
    const { complete, origin } = await httpGateway()
    const { body, headers } = await complete({ stream: true }, GO_ON)
    const path = `${headers['content-location']}/stream`
    expect(path).toBe(`/sluice/v1/completions/${headers['x-request-id']}/stream`)
    const again = await replyTo(origin, { path: `${path}?after=5` })
    const all = textOf(chunksOf(body))
    const rest = textOf(chunksOf(again.body))
    expect(again.body).toMatch(/^data: .*\n\nid: 1-6\n/)
    expect(rest.length).toBeLessThan(all.length)
    expect(all.endsWith(rest)).toBe(true)
  })

  it('is read in the turns of its client, at the beginning and whenever a slow reader has taken what was written', async () => {
    const { complete, origin } = await httpGateway({ gateway: { bufferedBytes: 16_384 } })
    const { headers } = await complete({ stream: true, model: 'sandbox-long' }, GO_ON)
    const turns = vi.spyOn(Scheduler.prototype, 'task')
    const path = `${headers['content-location']}/stream`
    const again = await replyTo(origin, { path })
    expect(again.status).toBe(200)
    expect(turns.mock.calls.length).toBeGreaterThan(1)
    turns.mockRestore()
  })

  it('is forgotten when its time is over', async () => {
    const { complete, origin } = await httpGateway({ gateway: { retentionMs: 1 } })
    const { headers } = await complete({ stream: true }, GO_ON)
    const path = `${headers['content-location']}/stream`
    await until('it is forgotten', async () => (await replyTo(origin, { path })).status === 404)
  })

  it('is not unless it is asked for', async () => {
    const { complete, origin } = await httpGateway()
    const { body, headers } = await complete({ stream: true })
    expect(headers['content-location']).toBeUndefined()
    expect(body).not.toContain('id: ')
    const path = `/sluice/v1/completions/${headers['x-request-id']}/stream`
    expect((await replyTo(origin, { path })).status).toBe(404)
  })

  it('can be asked for as one object, and read as events', async () => {
    const { complete, origin } = await httpGateway()
    const { body, headers } = await complete({}, GO_ON)
    const events = await replyTo(origin, { path: `${headers['content-location']}/stream` })
    expect(textOf(chunksOf(events.body))).toBe(JSON.parse(body).choices[0].message.content)
  })

  it('is cancelled by its name, in any number of ways to say it', async () => {
    const { origin, sandbox } = await httpGateway()
    const body = { model: 'sandbox-slow', messages: MESSAGES, stream: true }
    const { location } = await cutOff(origin, { path: '/v1/chat/completions', body }, 1)
    expect(sandbox.stats().openStreams).toBe(1)
    const cancel = { method: 'POST', path: `${location}/cancel` }
    expect((await replyTo(origin, cancel)).status).toBe(200)
    await until('the upstream is left', () => sandbox.stats().abortedStreams === 1)
    expect((await replyTo(origin, cancel)).status).toBe(200)
    const [last] = chunksOf((await replyTo(origin, { path: `${location}/stream` })).body).slice(-2)
    expect(last?.choices[0]?.finish_reason, 'neither whole nor a failure').toBe('cancelled')
  })

  it('is cancelled by its name while it is read, and its reader keeps what came', async () => {
    const { origin, sandbox } = await httpGateway({ sandbox: { deltaIntervalMs: 5 } })
    const body = { model: 'sandbox-long', messages: MESSAGES, stream: true }
    const asked = { path: '/v1/chat/completions', body }
    const { location } = await cutOff(origin, asked, 2_000)
    const reading = replyTo(origin, { path: `${location}/stream` })
    await replyTo(origin, { method: 'POST', path: `${location}/cancel` })
    const chunks = chunksOf((await reading).body)
    expect(textOf(chunks)).not.toBe('')
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('cancelled')
    await until('the upstream is left', () => sandbox.stats().abortedStreams === 1)
  })

  it('is cancelled by its name while it is waited for as one object', async () => {
    const { complete, origin, sandbox } = await httpGateway({ sandbox: { deltaIntervalMs: 5 } })
    const key = { 'idempotency-key': 'order-7' }
    const body = { model: 'sandbox-long', messages: MESSAGES }
    const waiting = complete(body, { ...GO_ON, ...key })
    await until('it is asked', () => sandbox.stats().openStreams === 1)
    const asked = { path: '/v1/chat/completions', body: { ...body, stream: true }, headers: key }
    const { location } = await cutOff(origin, asked, 2_000)
    await replyTo(origin, { method: 'POST', path: `${location}/cancel` })
    const { status, body: answer } = await waiting
    const [choice] = JSON.parse(answer).choices
    expect([status, choice.finish_reason]).toEqual([200, 'cancelled'])
    expect(choice.message.content).not.toBe('')
  })

  it('shows nothing after a block', async () => {
    const { complete, origin } = await httpGateway({ gateway: { policy: 'seed' } })
    const messages = [{ role: 'user', content: 'this is ¦a mali¦cious ¦script' }]
    const { headers } = await complete({ model: 'sandbox-echo', messages, stream: true }, GO_ON)
    const again = await replyTo(origin, { path: `${headers['content-location']}/stream` })
    expect(textOf(chunksOf(again.body))).toBe('')
    expect(again.body).toContain('content_filter')
  })

  it('is one for any number of requests with the same key, and of no other body', async () => {
    const { complete, sandbox } = await httpGateway({ sandbox: { deltaIntervalMs: 2 } })
    const key = { 'idempotency-key': 'order-7' }
    const answers = await Promise.all([
      complete({}, key),
      complete({}, key),
      complete({ stream: true }, key),
    ])
    const last = await complete({ stream: true }, key)
    const text = JSON.parse(answers[0].body).choices[0].message.content
    expect(JSON.parse(answers[1].body).choices[0].message.content).toBe(text)
    expect(textOf(chunksOf(answers[2].body))).toBe(text)
    expect(textOf(chunksOf(last.body))).toBe(text)
    expect(sandbox.stats().chatRequests).toBe(1)
    const other = await complete({ model: 'sandbox-fast' }, key)
    expect([other.status, other.headers['x-should-retry']]).toEqual([409, 'false'])
    expect((await complete({}, { 'idempotency-key': 'x'.repeat(129) })).status).toBe(400)
  })

  it.each(['stream', 'cancel'])(
    'cannot be told from an absent one by others (%s)',
    async (what) => {
      const keys = keyFile()
      const [own, other] = [await keys.create(), await keys.create()]
      const { complete, origin } = await httpGateway({ gateway: { keysFile: keys.path } })
      const { headers } = await complete(
        { stream: true },
        { ...GO_ON, authorization: `Bearer ${own.key}` },
      )
      const ask = (location: string, key: string) =>
        replyTo(origin, {
          method: what === 'stream' ? 'GET' : 'POST',
          path: `${location}/${what}`,
          headers: { authorization: `Bearer ${key}` },
        })
      const location = String(headers['content-location'])
      expect((await ask(location, own.key)).status).toBe(200)
      const foreign = await ask(location, other.key)
      const absent = await ask(`/sluice/v1/completions/${'0'.repeat(32)}`, other.key)
      expect([foreign.status, foreign.body]).toEqual([404, absent.body])
      expect(absent.status).toBe(404)
    },
  )

  it.each(['x', '1-', '-1', '2-7', '01-7', '1-07', '1e3', '99999999999999999'])(
    'takes no position %j',
    async (after) => {
      const { complete, origin } = await httpGateway()
      const { headers } = await complete({ stream: true }, GO_ON)
      const path = `${headers['content-location']}/stream?after=${after}`
      expect((await replyTo(origin, { path })).status).toBe(400)
    },
  )
})
