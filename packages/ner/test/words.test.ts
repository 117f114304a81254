import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { windowsOf } from '../src/windows.ts'
import { wordsOf } from '../src/words.ts'

describe('words', () => {
  it('are runs of letters and digits, and signs by themselves, each at its place', () => {
    const text = "Zoë 🦊 O'Neil-5, 北京"
    const words = wordsOf(text)
    expect(words.map((word) => word.text)).toEqual([
      ...['Zoë', '🦊', 'O', "'", 'Neil', '-', '5', ',', '北京'],
    ])
    for (const { text: word, start, end } of words) expect(text.slice(start, end)).toBe(word)
  })
})

describe('windows of tokens', () => {
  it('judge each word once, in order, with no more tokens than fit', () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 400 })
    fc.assert(
      fc.property(lengths, fc.integer({ min: 40, max: 300 }), (words, size) => {
        const windows = windowsOf(words, { size, overlap: Math.floor(size / 4) })
        const judged = windows.flatMap(({ judgedFrom, judgedTo }) =>
          Array.from({ length: judgedTo - judgedFrom }, (_, i) => judgedFrom + i),
        )
        expect(judged).toEqual(words.map((_, i) => i))
        for (const { from, to, judgedFrom, judgedTo } of windows) {
          expect(from).toBeLessThanOrEqual(judgedFrom)
          expect(judgedTo).toBeLessThanOrEqual(to)
          const tokens = words.slice(from, to).reduce((sum, length) => sum + length, 0)
          expect(tokens).toBeLessThanOrEqual(size)
        }
      }),
    )
  })
})
