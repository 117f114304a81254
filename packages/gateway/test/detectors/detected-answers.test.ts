// Detectors on answers, over each way to ask: what they find is concealed while the answer streams, a verdict ends it, and
// one that fails or dawdles loses no text and lets none through. The laws are judged-answer.test.ts's.
import { describe, expect, it } from 'vitest'
import type { DetectorSettings } from '../../src/detectors/detector-settings.ts'
import { type Answer, detectorServer, namesIn } from '../harness/detector-server.ts'
import { gatewayOnSandbox } from '../harness/gateway-on-sandbox.ts'
import { metric } from '../harness/metric.ts'
import { TutorialClient, textOf } from '../harness/tutorial-client.ts'
import { eventsOf } from '../http/http-gateway.ts'
import { replyTo } from '../operations/http-reply.ts'

interface Setup {
  answer?: Answer
  rule?: object
  limits?: Partial<DetectorSettings>
  base?: string
}

async function running({ answer, rule, limits, base = 'standard' }: Setup = {}) {
  const server = await detectorServer(answer)
  const direction = 'output'
  const rules = [
    { id: 'names', entity: 'PERSON', action: { kind: 'redact' }, direction, ...rule },
    { entity: 'INSULT', action: { kind: 'block' }, category: 'safety', direction, ...rule },
  ]
  const names = {
    ...{ kind: 'http', url: server.url, headers: {}, apiKey: undefined, timeoutMs: 60_000 },
    ...{ entities: ['PERSON', 'INSULT'], language: undefined, concurrency: 4, queue: 10, cache: 0 },
    ...limits,
  } as DetectorSettings
  const { gateway } = await gatewayOnSandbox({
    gateway: {
      ...{ profile: 'openai', adminPort: 0, policy: 'own', detectors: { names } },
      policies: { own: { extends: base, detectors: ['names'], rules } },
    },
  })
  return { server, gateway }
}

/** What a client was told: the text, and how it ended. */
interface Told {
  text: string
  end: string
}
type Ask = (content: string) => Promise<Told>
type Running = Awaited<ReturnType<typeof running>>['gateway']

const WAYS: Record<string, (gateway: Running) => Ask> = {
  'dialect 1': (gateway) => async (content) => {
    const client = await TutorialClient.connect(gateway.url)
    const received = await client.ask('sandbox-echo', content)
    const { type, code = type } = received.at(-1) ?? { type: 'none' }
    return { text: textOf(received), end: String(code) }
  },
  'dialect 2': (gateway) => async (content) => {
    const client = await TutorialClient.connect(gateway.url, ['sluice.v2'])
    client.send({ type: 'hello' })
    const messages = [{ role: 'user', content }]
    client.send({ type: 'init', id: 'a', payload: { modelId: 'sandbox-echo', messages } })
    const frames = await client.turn()
    const { type, code = type } = frames.at(-1) ?? { type: 'none' }
    const chunks = frames.filter((frame) => frame.type === 'chunk')
    return { text: chunks.map(({ text = '' }) => text).join(''), end: String(code) }
  },
  HTTP: (gateway) => async (content) => {
    const messages = [{ role: 'user', content }]
    const reply = await replyTo(`http://127.0.0.1:${gateway.port}`, {
      ...{ method: 'POST', path: '/v1/chat/completions' },
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'sandbox-echo', messages, stream: true }),
    })
    if (reply.status !== 200) return { text: '', end: JSON.parse(reply.body).error.code }
    const events = eventsOf(reply.body).filter((event) => event !== '[DONE]')
    const choices = events.flatMap(({ choices: all = [] }) => all)
    const reason = choices.findLast(({ finish_reason: end }) => end !== null)?.finish_reason
    const failed = events.find(({ error }) => error !== undefined)?.error?.code
    const ends: Record<string, string> = { stop: 'complete', content_filter: 'blocked' }
    return {
      text: choices.map(({ delta }) => delta.content ?? '').join(''),
      end: failed ?? ends[String(reason)] ?? String(reason),
    }
  },
}

const INSULTED: Answer = (asked) =>
  /nitwit/.test(asked.body.text)
    ? { spans: [], moderation: [{ category: 'INSULT', score: 0.9 }] }
    : namesIn(asked)

describe.each(Object.entries(WAYS))('an answer over %s', (_way, open) => {
  it('comes without the names in it, segment by segment', async () => {
    const { gateway, server } = await running()
    const told = await open(gateway)('I am Ad¦a Lovela¦ce. Call Ada¦ Lovelace, ada@example.org')
    expect(told).toEqual({
      text: 'I am [PERSON]. Call [PERSON], [EMAIL_ADDRESS]',
      end: 'complete',
    })
    expect(server.asked.map(({ body }) => body.text)).toEqual([
      'I am Ada Lovelace. ',
      'Call Ada Lovelace, [EMAIL_ADDRESS]',
    ])
  })

  it('ends with a verdict of moderation, and has nothing of what it is about', async () => {
    const { gateway } = await running({ answer: INSULTED })
    const { text, end } = await open(gateway)('Hello there. You are a nitwit. And so on.')
    expect(end).toBe('blocked')
    expect('Hello there. ').toContain(text)
  })

  it('ends with an error where a detector fails, and has nothing that was not judged', async () => {
    const answer: Answer = (asked) => (/Call/.test(asked.body.text) ? 'nonsense' : namesIn(asked))
    const { gateway } = await running({ answer })
    const { text, end } = await open(gateway)('I am Ada Lovelace. Call Ada Lovelace.')
    expect(end).toBe('overloaded')
    expect('I am [PERSON]. ').toContain(text)
  })

  it('ends with an error where a detector does not answer in time', async () => {
    const answer: Answer = (asked) => (/Call/.test(asked.body.text) ? new Promise(() => {}) : {})
    const { gateway } = await running({
      answer: (asked, response) => answer(asked, response) ?? { spans: [] },
      limits: { timeoutMs: 200 },
    })
    const { text, end } = await open(gateway)('It is so. Call Ada Lovelace.')
    expect(end).toBe('overloaded')
    expect('It is so. ').toContain(text)
  })

  it('goes on where the rules let pass what was not judged, and that is counted', async () => {
    const answer: Answer = (asked) => (/Call/.test(asked.body.text) ? 'nonsense' : namesIn(asked))
    const { gateway } = await running({ answer, rule: { onFailure: 'pass' } })
    const told = await open(gateway)('I am Ada Lovelace. Call Ada Lovelace.')
    expect(told).toEqual({ text: 'I am [PERSON]. Call Ada Lovelace.', end: 'complete' })
    const labels = 'entity="unjudged:names",direction="output",action="pass"'
    const counted = `sluice_findings_total{${labels}}`
    await expect.poll(() => metric(gateway, counted).catch(() => 0)).toBe(1)
  })

  it('is whole however long it is, and its detector is not asked for more than its places', async () => {
    const { gateway, server } = await running()
    const content = Array.from({ length: 120 }, (_, i) => `Line ${i} of Ada Lovelace.`).join('\n')
    const told = await open(gateway)(content)
    expect(told).toEqual({ text: content.replaceAll('Ada Lovelace', '[PERSON]'), end: 'complete' })
    expect(server.asked).toHaveLength(120)
    expect(server.mostOpen).toBeLessThanOrEqual(4)
  })
})

it('values come back in an answer whose names are concealed', async () => {
  const answer: Answer = (asked) => (/[[{]/.test(asked.body.text) ? { spans: [] } : namesIn(asked))
  const { gateway } = await running({ answer, base: 'private' })
  const ask = WAYS['dialect 1']?.(gateway)
  const told = await ask?.('To ada@example.org: Ada Lovelace is here, +46 8 928 571 38.')
  expect(told).toEqual({
    text: 'To ada@example.org: [PERSON] is here, +46 8 928 571 38.',
    end: 'complete',
  })
})

it('an answer that is cancelled while a detector dawdles ends at once', async () => {
  const { gateway, server } = await running({ answer: () => new Promise(() => {}) })
  const client = await TutorialClient.connect(gateway.url, ['sluice.v2'])
  client.send({ type: 'hello' })
  const messages = [{ role: 'user', content: 'I am Ada Lovelace. So it is.' }]
  client.send({ type: 'init', id: 'a', payload: { modelId: 'sandbox-echo', messages } })
  await expect.poll(() => server.open).toBeGreaterThan(0)
  client.send({ type: 'cancel', id: 'a' })
  for (;;) {
    const frame = await client.next()
    expect(frame.type).not.toBe('chunk')
    if (frame.type === 'cancelled') break
  }
  await expect.poll(() => server.open).toBe(0)
})

it('how long detectors take is told, and what waits for them', async () => {
  const { gateway } = await running()
  await WAYS.HTTP?.(gateway)('I am Ada Lovelace.')
  const name = 'sluice_detector_duration_seconds_count{detector="names",outcome="judged"}'
  await expect.poll(() => metric(gateway, name).catch(() => 0)).toBe(1)
  expect(await metric(gateway, 'sluice_detector_queue{detector="names"}')).toBe(0)
})
