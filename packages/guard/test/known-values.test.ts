// Values that have a stand-in are found as whole words wherever they stand, beside a search that tries every place.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KnownValues } from '../src/pseudonyms/known-values.ts'

const WORD = /[\p{L}\p{N}\p{M}_]/u
const pieces = fc.constantFrom('Ann', 'Lee', 'A', 'b', '1', '23456', ' ', ' ', '-', '@', 'é', '"')
const text = fc.array(pieces, { maxLength: 24 }).map((parts) => parts.join(''))
const values = fc.array(text, { minLength: 1, maxLength: 8 })

/** The characters that some value covers as a whole word. */
function coveredByAny(all: readonly string[], within: string): boolean[] {
  const covered = Array.from(within, () => false)
  for (const value of all.filter(isTelling)) {
    for (let at = within.indexOf(value); at >= 0; at = within.indexOf(value, at + 1)) {
      const end = at + value.length
      const first = at + value.search(/[\p{L}\p{N}]/u)
      const goesOn = (place: number) => WORD.test(within.charAt(place)) && place < within.length
      const isCut = (place: number) => place > 0 && goesOn(place - 1) && goesOn(place)
      if (!isCut(first) && !isCut(end)) covered.fill(true, at, end)
    }
  }
  return covered
}

function isTelling(value: string): boolean {
  const digits = value.replace(/\D/g, '').length
  return value.length >= 2 && (/\p{L}/u.test(value) || digits >= 5)
}

function coveredBySpans(known: KnownValues, within: string, step = within.length): boolean[] {
  const covered = Array.from(within, () => false)
  for (let from = 0; from < within.length; from += step) {
    for (const { start, end } of known.spansIn(within, from, from + step))
      covered.fill(true, start, end)
  }
  return covered
}

const known = (all: readonly string[]) =>
  new KnownValues(all.map((value) => ({ entity: 'X', value })))

describe('values that are known', () => {
  it('are found wherever they stand as whole words', () => {
    fc.assert(
      fc.property(values, text, (all, within) => {
        const found = coveredBySpans(known(all), within)
        // Where two overlap, the one that begins first is found; a value alone is found everywhere.
        const [one = ''] = all
        const alone = coveredBySpans(known([one]), within)
        coveredByAny([one], within).forEach((isCovered, at) => {
          if (isCovered && !overlapsItself(one)) expect(alone[at]).toBe(true)
        })
        coveredByAny(all, within).forEach((isCovered, at) => {
          if (found[at]) expect(isCovered || all.some((value) => startsInside(value))).toBe(true)
        })
      }),
      { numRuns: 2_000 },
    )
  })

  it('are found the same in slices', () => {
    fc.assert(
      fc.property(values, text, fc.integer({ min: 1, max: 9 }), (all, within, step) => {
        const whole = coveredBySpans(known(all), within)
        const inSlices = coveredBySpans(known(all), within, step)
        whole.forEach((isCovered, at) => {
          if (isCovered) expect(inSlices[at]).toBe(true)
        })
      }),
      { numRuns: 2_000 },
    )
  })

  it.each([
    {
      what: 'the longest at a place',
      all: ['Ann', 'Ann Lee'],
      within: 'Ann Lee, Ann',
      found: ['Ann Lee', 'Ann'],
    },
    {
      what: 'a shorter one where the longer goes on',
      all: ['Ann', 'Ann Lee'],
      within: 'Ann Leeds',
      found: ['Ann'],
    },
    { what: 'none within a word', all: ['Ann'], within: 'Anna Joann Ann_x Ann\u0301', found: [] },
    { what: 'none in another spelling', all: ['Will'], within: 'will WILL Will', found: ['Will'] },
    {
      what: 'what begins with a mark',
      all: ['+46 8 12'],
      within: 'at +46 8 12.',
      found: ['+46 8 12'],
    },
    { what: 'scripts without spaces', all: ['王小明'], within: '我是王小明吗', found: ['王小明'] },
    { what: 'no single character', all: ['A', '7'], within: 'A 7', found: [] },
    { what: 'no number of few digits', all: ['12', '12345'], within: '12 12345', found: ['12345'] },
  ])('are $what', ({ all, within, found }) => {
    const spans = known(all).spansIn(within)
    expect(spans.map(({ start, end }) => within.slice(start, end))).toEqual(found)
  })
})

/** Whether a value can begin within itself, so that the second of two occurrences is none of its own. */
function overlapsItself(value: string): boolean {
  for (let at = 1; at < value.length; at += 1) if (value.startsWith(value.slice(at))) return true
  return false
}

/** A mark before the first letter or digit is not looked at. */
function startsInside(value: string): boolean {
  return /^[^\p{L}\p{N}]/u.test(value)
}
