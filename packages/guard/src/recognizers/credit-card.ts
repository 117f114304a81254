// Payment card numbers: ISO/IEC 7812-1 (12 to 19 digits, Luhn check digit) with the issuer ranges that the networks
// publish. A number outside these ranges that passes the check digit is reported with a lower score.
import { digitsOf, passesLuhn } from '../checksum.ts'
import type { Recognizer } from '../recognizer.ts'

interface Network {
  /** First and last issuer prefix, of equal length. */
  readonly prefixes: readonly (readonly [number, number])[]
  readonly lengths: readonly number[]
}

/** Visa, Mastercard, American Express, Diners, Discover, JCB with its legacy ranges, UnionPay, Maestro, RuPay, Mir, UATP. */
const NETWORKS: readonly Network[] = [
  { prefixes: [[4, 4]], lengths: [13, 16, 19] },
  {
    prefixes: [
      [51, 55],
      [2221, 2720],
    ],
    lengths: [16],
  },
  {
    prefixes: [
      [34, 34],
      [37, 37],
    ],
    lengths: [15],
  },
  {
    prefixes: [
      [300, 305],
      [3095, 3095],
      [36, 36],
      [38, 39],
    ],
    lengths: [14, 15, 16, 17, 18, 19],
  },
  {
    prefixes: [
      [6011, 6011],
      [644, 649],
      [65, 65],
    ],
    lengths: [16, 17, 18, 19],
  },
  { prefixes: [[3528, 3589]], lengths: [16, 17, 18, 19] },
  {
    prefixes: [
      [2131, 2131],
      [1800, 1800],
    ],
    lengths: [15],
  },
  {
    prefixes: [
      [62, 62],
      [81, 81],
    ],
    lengths: [16, 17, 18, 19],
  },
  {
    prefixes: [
      [50, 50],
      [56, 69],
    ],
    lengths: [12, 13, 14, 15, 16, 17, 18, 19],
  },
  { prefixes: [[2200, 2204]], lengths: [16, 17, 18, 19] },
  { prefixes: [[1, 1]], lengths: [15] },
]

const LONGEST_PREFIX = 4
const MAX_DIGITS = 19

/** By count of digits: the first number of a range of issuers and the one after its last, by their first four digits. */
const RANGES_BY_LENGTH: readonly (readonly (readonly [number, number])[])[] = Array.from(
  { length: MAX_DIGITS + 1 },
  (_, length) =>
    NETWORKS.filter(({ lengths }) => lengths.includes(length)).flatMap(({ prefixes }) =>
      prefixes.map(([first, last]): [number, number] => {
        const scale = 10 ** (LONGEST_PREFIX - String(first).length)
        return [first * scale, (last + 1) * scale]
      }),
    ),
)

const KNOWN_NETWORK = 1
const UNKNOWN_NETWORK = 0.4

export const creditCard: Recognizer = {
  entity: 'CREDIT_CARD',
  context: [
    'card',
    'cards',
    'credit',
    'debit',
    'visa',
    'mastercard',
    'amex',
    'cc',
    'maestro',
    'pan',
  ],
  patterns: [
    {
      source: '(?<!\\d)[1-9]\\d{3}(?:[ .-]?\\d){8,15}(?!\\d)',
      score: KNOWN_NETWORK,
      check: (value) => {
        if (!passesLuhn(value)) return 0
        const digits = digitsOf(value)
        const issuer = Number(digits.slice(0, LONGEST_PREFIX))
        const isKnown = RANGES_BY_LENGTH[digits.length]?.some(
          ([first, end]) => first <= issuer && issuer < end,
        )
        return isKnown === true ? KNOWN_NETWORK : UNKNOWN_NETWORK
      },
    },
  ],
}
