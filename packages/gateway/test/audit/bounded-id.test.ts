import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { boundedId, MAX_ID_LENGTH } from '../../src/audit/bounded-id.ts'

describe('boundedId', () => {
  it.each([
    ['keeps an ordinary id', 'conversation-7f3a', 'conversation-7f3a'],
    ['keeps letters of any script', 'Gespräch-会話', 'Gespräch-会話'],
    ['drops line ends that would forge a log line', 'a\r\nb', 'ab'],
    ['drops escape sequences', '\u001b[31mred\u009b0m', '[31mred0m'],
    ['drops characters that reorder text', 'a\u202eb\u2066c\u200b', 'abc'],
    ['drops line separators', 'a\u2028b\u2029c', 'abc'],
    ['drops half of a surrogate pair', 'a\ud800b', 'ab'],
    ['trims', '  a b ', 'a b'],
  ])('%s', (_, value, expected) => {
    expect(boundedId(value)).toBe(expected)
  })

  it.each(['', '   ', '\u0000\u0007', '\u200b'])('has nothing to keep of %j', (value) => {
    expect(boundedId(value)).toBeUndefined()
  })

  it('tells two long ids with one beginning apart', () => {
    const beginning = 'x'.repeat(200)
    expect(boundedId(`${beginning}1`)).not.toBe(boundedId(`${beginning}2`))
  })

  it('is bounded, printable and stable for any text', () => {
    const anyText = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.string({ minLength: 129 }),
    )
    fc.assert(
      fc.property(anyText, (value) => {
        const id = boundedId(value)
        if (id === undefined) return
        expect(id.length).toBeLessThanOrEqual(MAX_ID_LENGTH)
        expect(id).not.toMatch(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u)
        expect(boundedId(id)).toBe(id)
      }),
    )
  })
})
