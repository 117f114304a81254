// Floods of characters that count as nothing, long enough to outlast any hold: they neither hide what stands before them
// nor bring it out, and make no difference to what a cut changes.
import { describe, expect, it } from 'vitest'
import { compilePolicy, type Policy } from '../src/index.ts'
import { everyCut, pushed } from './support/split.ts'

const FLOOD = '\u200b'.repeat(400)
const BLOCK = { kind: 'block' } as const

const seed = compilePolicy('seed')
const strict = compilePolicy('strict')
const short = compilePolicy({ extends: 'strict', maxSpan: 32 })
const blocksOthers = compilePolicy({
  allow: ['x y', 'help@example.org'],
  rules: [{ entity: 'EMAIL_ADDRESS', action: BLOCK }],
})

/** The text shown and the rule that blocked, the same in pieces of one, of seventeen and in one. */
function outcome(policy: Policy, text: string): { shown: string; blocked: string | undefined } {
  const whole = policy.scan(text)
  for (const size of [1, 17]) {
    const cuts = everyCut(text).filter((cut) => cut % size === 0)
    const { text: shown, findings, blocked } = pushed(policy, text, { cuts })
    expect({ shown, findings, blocked }).toEqual({
      shown: whole.text,
      findings: whole.findings,
      blocked: whole.blocked,
    })
  }
  return { shown: whole.text.replaceAll('\u200b', ''), blocked: whole.blocked?.ruleId }
}

describe('a flood behind a value', () => {
  it.each([
    ['4111 1111 1111 1111', 'CREDIT_CARD'],
    ['jo.doe@example.org', 'EMAIL_ADDRESS'],
    ['123-45-6789', 'US_SSN'],
    ['AKIAIOSFODNN7EXAMPLE', 'AWS_ACCESS_KEY'],
    ['GB33BUKB20201555555555', 'IBAN_CODE'],
  ])('does not hide %s', (value, entity) => {
    const { shown } = outcome(strict, `x ${value}${FLOOD} bye`)
    expect(shown).toBe(`x [${entity}] bye`)
    expect(outcome(short, `x ${value}${FLOOD} bye`).shown).toBe(`x [${entity}] bye`)
  })

  it.each(['jo.doe@example.org', '123-45-6789', '123456789'])(
    'lets nothing of %s out before seed blocks it',
    (value) => {
      expect(outcome(seed, `x ${value}${FLOOD} bye`)).toMatchObject({ shown: 'x ' })
      expect(outcome(seed, `x ${value}${FLOOD} bye`).blocked).toBeDefined()
    },
  )

  it('lets nothing out that an allow-list might have covered', () => {
    const text = `jo.doe@example.org1.a${FLOOD} z`
    expect(outcome(blocksOthers, text)).toEqual({ shown: '', blocked: 'EMAIL_ADDRESS' })
    expect(outcome(blocksOthers, `help@example.org${FLOOD} z`)).toEqual({
      shown: 'help@example.org z',
      blocked: undefined,
    })
  })

  it('is no way to leave a private key or a link', () => {
    const key = `-----BEGIN PRIVATE KEY-----\nMIIB${FLOOD}CAQ\n-----END PRIVATE KEY----- z`
    expect(outcome(strict, key).shown).toBe('[PRIVATE_KEY] z')
    expect(outcome(strict, `https://example.org/a.${FLOOD}b?c z`).shown).toBe('[URL] z')
  })
})

describe('a flood inside a value', () => {
  it.each(['x exp|loit bye', 'x jo.doe@exam|ple.org bye', 'x 123-45-|6789 bye'])(
    'gives the same at every cut: %s',
    (text) => {
      for (const length of [7, 31, 32, 64, 400]) {
        outcome(seed, text.replace('|', '\u200b'.repeat(length)))
        outcome(strict, text.replace('|', '\u200b'.repeat(length)))
      }
    },
  )

  it('gives the same at every cut where short runs make a term longer than any hold', () => {
    const text = [...'x by pass the exploit bye'].join('\u200b'.repeat(31))
    expect(outcome(seed, text).blocked).toBe('safety')
    const terms = compilePolicy({
      rules: [
        { terms: ['the quick brown fox jumps'], category: 'long', action: BLOCK },
        { terms: ['brown fox jumps o'], match: 'substring', category: 'sub', action: BLOCK },
      ],
    })
    outcome(terms, [...'see the quick brown fox jumps over'].join('\u200b'.repeat(31)))
  })
})
