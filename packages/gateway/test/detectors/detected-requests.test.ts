// Names in a request: found by a detector before the request leaves, concealed like anything else, and what happens to the
// request when the detector does not answer. The sandbox echoes what it was sent.
import { describe, expect, it } from 'vitest'
import type { DetectorSettings } from '../../src/detectors/detector-settings.ts'
import { type Answer, detectorServer } from '../harness/detector-server.ts'
import { gatewayOnSandbox } from '../harness/gateway-on-sandbox.ts'
import { metric } from '../harness/metric.ts'
import { textOf } from '../harness/tutorial-client.ts'

const NEVER: Answer = () => new Promise(() => {})

interface Setup {
  answer?: Answer
  /** What the rules say besides. */
  rule?: object
  timeoutMs?: number
}

async function gatewayWith({ answer, rule, timeoutMs = 60_000 }: Setup = {}) {
  const server = await detectorServer(answer)
  const rules = [
    { entity: 'PERSON', action: { kind: 'redact' }, ...rule },
    { entity: 'INSULT', action: { kind: 'block' }, category: 'safety', ...rule },
  ]
  const names: DetectorSettings = {
    ...{ url: server.url, headers: {}, apiKey: undefined, timeoutMs },
    ...{ entities: ['PERSON', 'INSULT'], language: undefined, concurrency: 4, queue: 10, cache: 0 },
    kind: 'http',
  }
  const { connect, gateway } = await gatewayOnSandbox({
    gateway: {
      adminPort: 0,
      policy: 'own',
      policies: { own: { extends: 'standard', detectors: ['names'], rules } },
      detectors: { names },
    },
  })
  return { server, gateway, client: await connect() }
}

describe('a request with a name in it', () => {
  it('leaves without it, and with what patterns find concealed, too', async () => {
    const { client, server } = await gatewayWith()
    const said = `write to Ada Lovelace, ada@example.org, card 4111 1111 1111 1111`
    const answer = await client.ask('sandbox-echo', said)
    expect(textOf(answer)).toContain('write to [PERSON], [EMAIL_ADDRESS], card [CREDIT_CARD]')
    expect(server.asked.map(({ body }) => body.text)).toEqual([said])
  })

  it('leaves without it however long it is', async () => {
    const { client } = await gatewayWith()
    const answer = await client.ask('sandbox-echo', `${'so '.repeat(1_300)}Ada Lovelace`)
    expect(answer.at(-1)).toMatchObject({ type: 'complete' })
    expect(JSON.stringify(answer)).not.toContain('Lovelace')
  })

  it('has every message and tool result looked at, each text once', async () => {
    const { client, server } = await gatewayWith()
    const call = { name: 'crm', arguments: '{"name":"Ada Lovelace"}' }
    const messages = [
      { role: 'system', content: 'Serve Ada Lovelace' },
      { role: 'user', content: 'Who is it?' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c1', type: 'function', function: call }],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'Found: Ada Lovelace' },
      { role: 'user', content: 'Who is it?' },
    ]
    await client.ask('sandbox-echo', '', { messages })
    expect(server.asked.map(({ body }) => body.text).sort()).toEqual([
      'Found: Ada Lovelace',
      'Serve Ada Lovelace',
      'Who is it?',
      '{"name":"Ada Lovelace"}',
    ])
  })

  it('is blocked by a verdict of moderation', async () => {
    const { client } = await gatewayWith({
      answer: () => ({ spans: [], moderation: [{ category: 'INSULT', score: 0.9 }] }),
    })
    const answer = await client.ask('sandbox-echo', 'you ...')
    expect(answer.at(-1)).toMatchObject({ type: 'blocked' })
  })
})

it('a name that was found leaves as a stand-in and comes back in the answer', async () => {
  const server = await detectorServer()
  const names: DetectorSettings = {
    ...{ url: server.url, headers: {}, apiKey: undefined, timeoutMs: 60_000 },
    ...{ entities: ['PERSON'], language: undefined, concurrency: 4, queue: 10, cache: 0 },
    kind: 'http',
  }
  const rules = [{ entity: 'PERSON', action: { kind: 'pseudonymize' } }]
  const { connect, sandbox } = await gatewayOnSandbox({
    gateway: {
      policy: 'own',
      policies: { own: { extends: 'private', detectors: ['names'], rules } },
      detectors: { names },
    },
  })
  const said = 'Is Ada Lovelace in? Ada Lovelace, ada@example.org'
  const answer = await (await connect()).ask('sandbox-echo', said)
  expect(textOf(answer)).toContain(said)
  const sent = JSON.stringify(sandbox.requests().map(({ body }) => body))
  expect(sent).not.toMatch(/Lovelace|ada@example/)
  const standIns = sent.match(/PERSON_[A-Z0-9]{4,8}/g) ?? []
  expect(standIns).toHaveLength(2)
  expect(new Set(standIns).size).toBe(1)
})

describe('a detector that does not answer', () => {
  it('has the request refused, and nothing of it leaves', async () => {
    const { client } = await gatewayWith({ answer: NEVER, timeoutMs: 50 })
    const answer = await client.ask('sandbox-echo', 'to Ada Lovelace')
    expect(answer.at(-1)).toMatchObject({ type: 'error' })
    expect(textOf(answer)).toBe('')
    expect(JSON.stringify(answer)).not.toContain('Lovelace')
  })

  it.each<[string, Answer]>([
    ['answers with nonsense', () => ({ spans: 'none' })],
    [
      'names places that are not in the text',
      () => ({
        spans: [{ entity: 'PERSON', start: 0, end: 10_000, score: 1 }],
      }),
    ],
  ])('counts as one that %s', async (_name, answer) => {
    const { client } = await gatewayWith({ answer })
    expect((await client.ask('sandbox-echo', 'to Ada')).at(-1)).toMatchObject({ type: 'error' })
  })

  it('lets the request pass if the rules say so, guarded by patterns', async () => {
    const rule = { onFailure: 'pass' }
    const { client, gateway } = await gatewayWith({ answer: NEVER, rule, timeoutMs: 50 })
    const answer = await client.ask('sandbox-echo', 'to Ada Lovelace, ada@example.org')
    expect(textOf(answer)).toContain('to Ada Lovelace, [EMAIL_ADDRESS]')
    const labels = 'entity="unjudged:names",direction="input",action="pass"'
    const counted = `sluice_findings_total{${labels}}`
    await expect.poll(() => metric(gateway, counted).catch(() => 0)).toBe(1)
  })
})
