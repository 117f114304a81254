// The text alone decides where segments end, none is too long, and together they are the text.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_SEGMENT_LENGTH, Segmenter } from '../src/index.ts'

function segmentsOf(text: string, cuts: readonly number[] = []): string[] {
  const places = [0, ...new Set(cuts.filter((cut) => cut < text.length)), text.length]
  places.sort((a, b) => a - b)
  const segmenter = new Segmenter()
  const segments = places.slice(1).flatMap((to, i) => segmenter.push(text.slice(places[i], to)))
  const last = segmenter.end()
  return last === '' ? segments : [...segments, last]
}

const pieces = fc.constantFrom(
  ...[
    'Ada ',
    'Dr. ',
    'so it is. ',
    'is it?" ',
    'J. ',
    '3.14 ',
    '1. ',
    '\n',
    '\r\n',
    '。',
    '…',
    ' ',
  ],
  ...['x'.repeat(90), '😀', '\ud83d', 'né', '!', '. ', '.', '\u3000', '東京'],
)
const texts = fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join(''))
const cutLists = fc.array(fc.nat(600), { maxLength: 20 })

describe('segments', () => {
  it('are the text, the same for every cut, and bounded', () => {
    fc.assert(
      fc.property(texts, cutLists, (text, cuts) => {
        const whole = segmentsOf(text)
        expect(whole.join('')).toBe(text)
        expect(segmentsOf(text, cuts)).toEqual(whole)
        for (const segment of whole) expect(segment.length).toBeLessThanOrEqual(MAX_SEGMENT_LENGTH)
      }),
      { numRuns: 2_000 },
    )
  })

  it('do not cut a character in two', () => {
    const segments = segmentsOf(`x${'😀'.repeat(500)}`)
    expect(segments.map(({ length }) => length)).toEqual([239, 240, 240, 240, 42])
    for (const segment of segments) expect(encodeURIComponent(segment)).toBeTypeOf('string')
  })

  it.each([
    ['a sentence', 'Ask Ada. She knows.', ['Ask Ada. ', 'She knows.']],
    ['a sentence in quotes', '"Who?" she asked.', ['"Who?" ', 'she asked.']],
    ['a line', 'Ada\nBob\n\nEve', ['Ada\n', 'Bob\n', '\n', 'Eve']],
    ['a sentence without a blank behind it', '东京。大阪', ['东京。', '大阪']],
    ['no title, initial or number', 'Dr. J. Smith, 3. May', ['Dr. J. Smith, 3. May']],
    ['no full stop within a word', 'see example.org now', ['see example.org now']],
  ])('end with %s', (_what, text, segments) => {
    expect(segmentsOf(text)).toEqual(segments)
  })

  it('end at the last blank where no sentence does', () => {
    const [first, second] = segmentsOf(`${'word '.repeat(60)}`)
    expect(first).toBe('word '.repeat(48))
    expect(second).toBe('word '.repeat(12))
  })

  it('end where a text gives way to another', () => {
    const segmenter = new Segmenter()
    expect(segmenter.push('Ask ')).toEqual([])
    expect(segmenter.held).toBe(4)
    expect(segmenter.end()).toBe('Ask ')
    expect(segmenter.push('Ada. ')).toEqual(['Ada. '])
    expect(segmenter.end()).toBe('')
  })
})
