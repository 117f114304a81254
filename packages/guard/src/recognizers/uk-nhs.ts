// Numbers of the UK's National Health Service: ten digits, the last a check digit modulo 11 (NHS Data Dictionary,
// "NHS Number"), written 3-3-4 (NHS, "Common User Interface: NHS Number"). One ten-digit number in eleven passes, so
// without a word it is none.
import { digitsOf } from '../checksum.ts'
import type { Recognizer } from '../recognizer.ts'

export const ukNhs: Recognizer = {
  entity: 'UK_NHS',
  context: ['nhs*', 'patient', 'patients', 'health', 'hospital'],
  patterns: [
    {
      source: '(?<![\\d.+])\\d{3}[ -]?\\d{3}[ -]?\\d{4}(?!\\d)',
      score: 0.2,
      contextScore: 0.9,
      check: (value) => (hasCheckDigit(digitsOf(value)) ? 0.2 : 0),
    },
  ],
}

function hasCheckDigit(digits: string): boolean {
  let sum = 0
  for (let i = 0; i < 9; i += 1) sum += Number(digits.charAt(i)) * (10 - i)
  return sum > 0 && (11 - (sum % 11)) % 11 === Number(digits.charAt(9))
}
