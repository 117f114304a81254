// The guard through the whole gateway: whatever the split into deltas, the match is never seen and one `blocked` ends it.
import { describe, expect, it } from 'vitest'
import { gatewayOnSandbox } from '../harness/gateway-on-sandbox.ts'
import { shapeOf, textOf } from '../harness/tutorial-client.ts'
import { until } from '../harness/until.ts'

const PII = 'PII detected'
const SAFETY = 'Safety guardrail violation'

const CASES = [
  ['a social security number', 'Your number is ', '078-05-1120', ' as I see', PII],
  ['nine digits', 'It is ', '123456789', '.', PII],
  ['an e-mail address', 'Write to ', 'jane.doe@example.com', ' please', PII],
  ['a blocked term', 'this is a ', 'malicious', ' script', SAFETY],
  ['a term in capitals', 'you can ', 'EXPLOIT', ' it', SAFETY],
  ['a term inside a word', 'so un', 'harmful', 'ly', SAFETY],
] as const

describe('a block', () => {
  it.each(CASES)(
    'comes for %s, split at every position',
    async (...[, before, match, after, reason]) => {
      const { connect, sandbox } = await gatewayOnSandbox({
        sandbox: { rateLimitPerMinute: 1_000 },
      })
      const client = await connect()
      for (let at = 0; at <= match.length; at += 1) {
        const text = `${before}${match.slice(0, at)}¦${match.slice(at)}${after}`
        const messages = await client.ask('sandbox-echo', text)
        expect(messages.at(-1), `split at ${at}`).toMatchObject({ type: 'blocked', reason })
        const shown = textOf(messages)
        expect(before.startsWith(shown), `shown: ${shown}`).toBe(true)
        expect(shapeOf(messages)).toMatch(/^handshake_ack( chunk)? blocked$/)
      }
      const single = `${before}${[...match].join('¦')}${after}`
      expect((await client.ask('sandbox-echo', single)).at(-1)).toMatchObject({
        type: 'blocked',
        reason,
      })
      await until('the upstream has no open stream', () => sandbox.stats().openStreams === 0)
    },
  )

  it('shows everything that stands before the match', async () => {
    const { connect } = await gatewayOnSandbox()
    const client = await connect()
    const messages = await client.ask('sandbox-echo', 'first ¦second ¦mali¦cious third')
    expect(textOf(messages)).toBe('first second ')
  })

  it('ends the stream of the upstream', async () => {
    const { connect, sandbox } = await gatewayOnSandbox({ sandbox: { deltaIntervalMs: 20 } })
    const client = await connect()
    const words = Array.from({ length: 300 }, (_, i) => `word${i} `).join('¦')
    const messages = await client.ask('sandbox-echo', `bypass ¦${words}`)
    expect(messages.at(-1)?.type).toBe('blocked')
    await until('the stream was aborted', () => sandbox.stats().abortedStreams === 1)
    expect(sandbox.stats().openStreams).toBe(0)
  })

  it('lets what only looks like a match pass, unchanged, at every split', async () => {
    const { connect } = await gatewayOnSandbox({ sandbox: { rateLimitPerMinute: 1_000 } })
    const client = await connect()
    const text = 'call 555-0104 or 1234 5678, mali cious, 12-345-678, jane@home, 07805112'
    for (let at = 0; at <= text.length; at += 3) {
      const messages = await client.ask('sandbox-echo', `${text.slice(0, at)}¦${text.slice(at)}`)
      expect(messages.at(-1)?.type, `split at ${at}`).toBe('complete')
      expect(textOf(messages)).toBe(text)
    }
  })

  it('comes before any of the personal data that a model splits over deltas', async () => {
    const { connect } = await gatewayOnSandbox()
    const messages = await (await connect()).ask('sandbox-pii')
    expect(messages.at(-1)).toEqual({
      type: 'blocked',
      reason: PII,
      category: 'pii',
      direction: 'output',
    })
    expect(textOf(messages)).not.toContain('078')
  })

  it('passes everything with policy off', async () => {
    const { connect } = await gatewayOnSandbox({ gateway: { policy: 'off' } })
    const messages = await (await connect()).ask('sandbox-unsafe')
    expect(messages.at(-1)?.type).toBe('complete')
    expect(textOf(messages)).toContain('malicious')
  })
})
