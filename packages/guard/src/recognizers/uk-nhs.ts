// Numbers of the UK's National Health Service: ten digits, the last a check digit modulo 11 (NHS Data Dictionary,
// "NHS Number"). One ten-digit number in eleven passes, so alone it is weak.
import { digitsOf } from '../checksum.ts'
import type { Recognizer } from '../recognizer.ts'

export const ukNhs: Recognizer = {
  entity: 'UK_NHS',
  context: ['nhs', 'patient', 'health', 'hospital'],
  patterns: [
    {
      source: '(?<![\\d-])\\d{3}[ -]?\\d{3}[ -]?\\d{4}(?!\\d)',
      score: 0.4,
      contextScore: 0.9,
      check: (value) => (hasCheckDigit(digitsOf(value)) ? 0.4 : 0),
    },
  ],
}

function hasCheckDigit(digits: string): boolean {
  let sum = 0
  for (let i = 0; i < 9; i += 1) sum += Number(digits.charAt(i)) * (10 - i)
  return sum > 0 && (11 - (sum % 11)) % 11 === Number(digits.charAt(9))
}
