import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { signatureOf, verifySignature } from '../../src/webhook/signature.ts'

const NOW = Date.UTC(2026, 0, 1)
const SIGNED = { secret: 'secret', timestamp: String(NOW / 1_000), body: '{"events":[]}' }
const GOOD = { ...SIGNED, signature: signatureOf(SIGNED), now: () => NOW }

describe('verifySignature', () => {
  it('accepts what the documented formula gives', () => {
    const digest = createHmac('sha256', 'secret')
      .update(`${SIGNED.timestamp}.{"events":[]}`)
      .digest('hex')
    expect(verifySignature({ ...GOOD, signature: `v1=${digest}` })).toBe(true)
  })

  it('accepts the body as bytes', () => {
    expect(verifySignature({ ...GOOD, body: Buffer.from(SIGNED.body) })).toBe(true)
  })

  it.each([
    ['another body', { body: '{"events":[ ]}' }],
    ['another secret', { secret: 'Secret' }],
    ['another timestamp', { timestamp: String(NOW / 1_000 + 1) }],
    ['no version', { signature: GOOD.signature.slice(3) }],
    ['a shorter signature', { signature: GOOD.signature.slice(0, -1) }],
    ['no signature', { signature: '' }],
    ['a timestamp that is no number', { timestamp: 'now' }],
    ['an empty timestamp', { timestamp: '' }],
    ['an old delivery', { now: () => NOW + 301_000 }],
    ['a delivery from the future', { now: () => NOW - 301_000 }],
    ['one older than asked for', { now: () => NOW + 11_000, toleranceSeconds: 10 }],
  ])('refuses %s', (_, change) => {
    expect(verifySignature({ ...GOOD, ...change })).toBe(false)
  })

  it.each([300_000, -300_000])(
    'accepts a delivery at the edge of the tolerance (%d ms)',
    (ageMs) => {
      expect(verifySignature({ ...GOOD, now: () => NOW + ageMs })).toBe(true)
    },
  )

  it('accepts any signed body and refuses it with any other signature', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (body, signature) => {
        const signed = { ...SIGNED, body }
        const right = signatureOf(signed)
        expect(verifySignature({ ...signed, signature: right, now: () => NOW })).toBe(true)
        expect(verifySignature({ ...signed, signature, now: () => NOW })).toBe(signature === right)
      }),
    )
  })
})
