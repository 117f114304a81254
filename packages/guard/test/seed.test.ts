// The tutorial's policy: what it blocks, at which character, and that a block gives nothing of the match away.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compilePolicy } from '../src/index.ts'

const seed = compilePolicy('seed')

/** Pushes the text in pieces that end at the given offsets. */
function pushed(text: string, cuts: readonly number[]) {
  const stream = seed.open({ direction: 'output' })
  const places = [...new Set([0, ...cuts, text.length])].sort((a, b) => a - b)
  const pieces = places.slice(1).map((to, i) => text.slice(places[i], to))
  const results = [...pieces.map((piece) => stream.push(piece)), stream.end()]
  return {
    text: results.map((result) => result.text).join(''),
    findings: results.flatMap((result) => result.findings),
    blocked: results.find((result) => result.blocked)?.blocked,
  }
}

const BLOCKED = [
  ['a number with dashes', 'Her number is 123-45-6789.', 'Her number is ', 'US_SSN'],
  ['a number with dots', 'It is 123.45.6789 then', 'It is ', 'US_SSN'],
  ['nine digits', 'It is 123456789', 'It is ', 'US_SSN'],
  ['an e-mail address', 'Write to jo.doe@example.org today', 'Write to ', 'EMAIL_ADDRESS'],
  ['a term in any case', 'This is an ExPloit of it', 'This is an ', 'terms'],
  ['a term inside a word, which might have become an address', 'so unharmfully', 'so ', 'terms'],
  ['a term in full-width letters', 'a ｂｙｐａｓｓ!', 'a ', 'terms'],
  ['a term with invisible characters', 'a by\u200bpa\u00adss', 'a ', 'terms'],
] as const

describe('policy seed', () => {
  it.each(BLOCKED)('blocks %s at every split', (...[, text, shown, what]) => {
    for (let cut = 0; cut <= text.length; cut += 1) {
      const result = pushed(text, [cut])
      expect(result.text).toBe(shown)
      const expected = what === 'terms' ? 'safety' : 'pii'
      expect(result.blocked?.category).toBe(expected)
    }
    expect(
      pushed(
        text,
        [...text].map((_, i) => i),
      ).text,
    ).toBe(shown)
  })

  it('passes what only resembles a match', () => {
    for (const text of ['1234-45-6789', '12345678', 'a@b', 'by pass', 'x'.repeat(1000), '']) {
      expect(seed.scan(text)).toEqual({ text, findings: [] })
    }
  })

  it('emits nothing after a block and does not throw', () => {
    const stream = seed.open({ direction: 'output' })
    expect(stream.push('malicious').blocked).toEqual({
      ruleId: 'safety',
      entity: 'safety',
      category: 'safety',
    })
    expect(stream.push('more')).toMatchObject({ text: '', findings: [], held: 0 })
    expect(stream.end()).toMatchObject({ text: '', blocked: { ruleId: 'safety' } })
  })

  it('looks at the output only', () => {
    expect(seed.applies({ direction: 'input' })).toBe(false)
    expect(seed.applies({ direction: 'output' })).toBe(true)
    expect(seed.scan('123-45-6789', { direction: 'input' }).text).toBe('123-45-6789')
  })

  it('gives the same for every way of cutting a text', () => {
    const piece = fc.constantFrom(
      ...[
        '123-45-6789',
        '123',
        '-',
        '.',
        '@',
        'a',
        'b.co',
        ' ',
        'exploi',
        't',
        '\u200b',
        '😀',
        '\ud800',
      ],
    )
    const texts = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''))
    fc.assert(
      fc.property(texts, fc.array(fc.nat(60), { maxLength: 8 }), (text, cuts) => {
        expect(pushed(text, cuts)).toEqual({ blocked: undefined, ...seed.scan(text) })
      }),
      { numRuns: 2000 },
    )
  })
})
