// How a text is read character by character: escape sequences, and the law that both directions agree.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  boundaryBefore,
  characterAt,
  characterStart,
  codePointOf,
  unfinishedUnits,
  unitsOf,
} from '../src/characters.ts'

const PARTS = [
  ...[
    '\\',
    '\\\\',
    '\\'.repeat(7),
    '\\'.repeat(9),
    'u',
    'x',
    'n',
    'b',
    '0',
    '34',
    'd835',
    'udfdc',
    '%',
    '"',
    '_',
  ],
  ...[
    '\\u0034',
    '\\ud835',
    '\\udfdc',
    '\\\\ud835\\\\udfdc',
    '\\x41',
    '%20',
    ' ',
    'é',
    '\ud83d',
    '\ude00',
    '😀',
  ],
]
const texts = fc.array(fc.constantFrom(...PARTS), { maxLength: 14 }).map((parts) => parts.join(''))

function starts(text: string): number[] {
  const found: number[] = []
  for (let at = 0; at < text.length; at += unitsOf(characterAt(text, at))) found.push(at)
  return found
}

describe('an escape sequence', () => {
  it.each([
    ['\\n', '\n'],
    ['\\\\t', '\t'],
    ['\\r', '\r'],
    ['\\u003c', '<'],
    ['\\\\\\\\u0034', '4'],
    ['\\x41', 'A'],
    ['\\"', '"'],
    ['\\/', '/'],
    ['\\_', '_'],
    ['\\ud835\\udfdc', '𝟜'],
    ['%2B', '+'],
    ['%40', '@'],
    ['%20', '%'],
    ['\\\\', '\\'],
  ])('%s is one character', (text, character) => {
    const read = characterAt(`${text}z`, 0)
    expect(String.fromCodePoint(codePointOf(read))).toBe(character)
    expect(unitsOf(read)).toBe(text.length)
  })

  it.each(['\\d{3}', '\\u00g1', '\\xg', '%2', '%zz', '\\'])(
    'is not what %s begins with',
    (text) => {
      expect(unitsOf(characterAt(text, 0))).toBe(1)
    },
  )
})

describe('reading', () => {
  it('finds the same characters backwards as forwards', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const backwards: number[] = []
        for (let at = text.length; at > 0; ) {
          at = characterStart(text, at)
          backwards.unshift(at)
        }
        expect(backwards).toEqual(starts(text))
      }),
      { numRuns: 5000 },
    )
  })

  it('finds the same backwards when what came before has been let go of', () => {
    fc.assert(
      fc.property(texts, fc.nat(20), (text, nth) => {
        const from = starts(text)[nth] ?? 0
        const rest = text.slice(from)
        expect(starts(rest)).toEqual(
          starts(text)
            .filter((at) => at >= from)
            .map((at) => at - from),
        )
      }),
      { numRuns: 2000 },
    )
  })

  it('reads a prefix as it reads the whole, once what may go on is left out', () => {
    fc.assert(
      fc.property(texts, texts, (text, more) => {
        const known = text.length - unfinishedUnits(text)
        const whole = starts(text + more)
        expect(whole.filter((at) => at < known)).toEqual(starts(text).filter((at) => at < known))
        if (known < text.length + more.length) expect(whole).toContain(known)
      }),
      { numRuns: 5000 },
    )
  })

  it('goes back to where a character begins', () => {
    fc.assert(
      fc.property(texts, fc.nat(60), (text, at) => {
        const inside = Math.min(at, text.length)
        const boundary = [...starts(text), text.length].filter((start) => start <= inside).at(-1)
        expect(boundaryBefore(text, inside)).toBe(boundary ?? 0)
      }),
      { numRuns: 2000 },
    )
  })
})
