import { describe, expect, it } from 'vitest'
import { createRandom } from '../guard/random.mjs'
import { card, cardNeedingAWord, iban } from '../guard/rates/account-numbers.mjs'
import { HARMLESS } from '../guard/rates/harmless.mjs'
import { concealment } from '../guard/rates/measure-rates.mjs'
import { PERSONAL } from '../guard/rates/personal.mjs'

function passesLuhn(value: string): boolean {
  const digits = [...value.replace(/\D/g, '')].reverse().map(Number)
  const sum = digits.reduce((total, digit, i) => {
    const doubled = i % 2 === 0 ? digit : digit * 2
    return total + (doubled > 9 ? doubled - 9 : doubled)
  }, 0)
  return sum % 10 === 0
}

function passesMod97(value: string): boolean {
  const compact = value.replaceAll(' ', '')
  const rotated = compact.slice(4) + compact.slice(0, 4)
  return BigInt(rotated.replace(/[A-Z]/g, (l) => String(l.charCodeAt(0) - 55))) % 97n === 1n
}

describe('the texts of the rates', () => {
  it('makes card numbers and IBANs with valid check digits', () => {
    const random = createRandom(3)
    for (let i = 0; i < 500; i += 1) {
      for (const number of [card(random), cardNeedingAWord(random)])
        expect(passesLuhn(number), number).toBe(true)
      const account = iban(random)
      expect(passesMod97(account), account).toBe(true)
    }
  })

  it('puts each personal value into its text', () => {
    const random = createRandom(4)
    for (const { make, kind } of PERSONAL) {
      for (let i = 0; i < 200; i += 1) {
        const { text, value } = make(random)
        expect(text, kind).toContain(value)
        expect(text, kind).not.toContain('%')
      }
    }
  })

  it('makes the same texts from the same seed', () => {
    for (const { make } of [...HARMLESS, ...PERSONAL]) {
      const [one, other] = [createRandom(9), createRandom(9)]
      for (let i = 0; i < 20; i += 1) expect(make(one)).toEqual(make(other))
    }
  })
})

describe('concealment', () => {
  const text = 'call (030) 12 now'
  const value = { start: 5, end: 13 }
  it.each([
    ['whole', [value]],
    [
      'whole',
      [
        { start: 6, end: 9 },
        { start: 11, end: 13 },
      ],
    ],
    ['half', [{ start: 6, end: 12 }]],
    ['shown', [{ start: 0, end: 6 }]],
    ['shown', []],
  ])('is %s by the letters and digits that a reader sees', (expected, spans) => {
    expect(concealment(text, value, spans)).toBe(expected)
  })
})
