import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { splitReply } from '../src/split-reply.ts'

const LIMITS = { maxCharacters: 100, maxMessages: 5 }
const words = (count: number, word = 'parcel') => Array(count).fill(word).join(' ')

describe('splitReply', () => {
  it('makes a message of each paragraph', () => {
    expect(splitReply('One.\n\nTwo.\n \nThree\nlines.\n', LIMITS)).toEqual([
      'One.',
      'Two.',
      'Three\nlines.',
    ])
  })

  it('makes none of an empty answer', () => {
    expect(splitReply(' \n\n ', LIMITS)).toEqual([])
  })

  it.each([
    ['a line', `${words(12)}\n${words(12)}`, words(12)],
    ['a sentence', `${words(9)}. ${words(12)}`, `${words(9)}.`],
    ['a word', words(30), words(14)],
    ['a character where there is no word', 'x'.repeat(150), 'x'.repeat(100)],
    ['a whole character', `${'x'.repeat(99)}🚚${'y'.repeat(50)}`, 'x'.repeat(99)],
  ])('cuts a long paragraph after %s', (_, text, first) => {
    expect(splitReply(text, LIMITS)[0]).toBe(first)
  })

  it('does not cut after a short first sentence', () => {
    expect(splitReply(`Hello. ${words(30)}`, LIMITS)[0]?.length).toBeGreaterThan(90)
  })

  it('lets neighbours share a message when there are too many', () => {
    const text = ['a', 'b', 'c', 'd', 'e', 'f'].join('\n\n')
    expect(splitReply(text, LIMITS)).toEqual(['a\n\nb\n\nc\n\nd\n\ne\n\nf'])
  })

  it('says by an ellipsis that something is left out', () => {
    const messages = splitReply(words(200), LIMITS)
    expect(messages).toHaveLength(5)
    expect(messages.map((text) => text.endsWith('…'))).toEqual([false, false, false, false, true])
  })

  it('keeps its bounds and loses nothing but spaces, whatever the text', () => {
    const text = fc
      .array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('. ', '\n', '\n\n', ' ')))
      .map((parts) => parts.join(''))
    const limits = fc.record({
      maxCharacters: fc.integer({ min: 100, max: 200 }),
      maxMessages: fc.integer({ min: 1, max: 8 }),
    })
    const visible = (parts: readonly string[]) => parts.join('').replace(/\s/g, '')
    fc.assert(
      fc.property(text, limits, fc.integer({ min: 1, max: 40 }), (part, bounds, times) => {
        const whole = part.repeat(times)
        const messages = splitReply(whole, bounds)
        expect(messages.length).toBeLessThanOrEqual(bounds.maxMessages)
        for (const message of messages) {
          expect(message.trim()).not.toBe('')
          expect(message.length).toBeLessThanOrEqual(bounds.maxCharacters)
          expect(message).not.toMatch(/\p{Surrogate}/u)
        }
        const shown = visible(messages)
        if (shown !== visible([whole])) {
          expect(shown.endsWith('…')).toBe(true)
          expect(visible([whole]).startsWith(shown.slice(0, -1))).toBe(true)
        }
      }),
    )
  })
})
