import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { neutralise, printableJson } from '../src/terminal.ts'

/** What a terminal obeys: C0 but tab and newline, DEL, C1 and the bidirectional overrides. */
const OBEYED = /[^\P{Cc}\t\n]|[\u202a-\u202e\u2066-\u2069]/u

describe('text for a terminal', () => {
  it('has nothing left that a terminal obeys', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(neutralise(text)).not.toMatch(OBEYED)
      }),
    )
  })

  it('is unchanged where there was nothing to make harmless', () => {
    expect(neutralise('Grüße, 漢字 😀\n\tend')).toBe('Grüße, 漢字 😀\n\tend')
  })
})

describe('a line of JSON for a terminal', () => {
  it('says the same and has nothing that a terminal obeys', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const line = printableJson({ text })
        expect(line).not.toMatch(OBEYED)
        expect(JSON.parse(line)).toEqual({ text })
      }),
    )
  })
})
