// Payment card numbers: ISO/IEC 7812-1 (12 to 19 digits, Luhn check digit) with the issuer ranges that the networks
// publish. A number outside these ranges that passes the check digit is reported with a lower score.
import { passesLuhn } from '../checksum.ts'
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

const ISSUER_DIGITS = 4

/** By the first four digits: a bit for each number of digits that a card of that issuer may have. */
const LENGTHS_BY_ISSUER = new Uint32Array(10 ** ISSUER_DIGITS)
for (const { prefixes, lengths } of NETWORKS) {
  const bits = lengths.reduce((sum, length) => sum | (1 << length), 0)
  for (const [first, last] of prefixes) {
    const scale = 10 ** (ISSUER_DIGITS - String(first).length)
    for (let issuer = first * scale; issuer < (last + 1) * scale; issuer += 1) {
      LENGTHS_BY_ISSUER[issuer] = (LENGTHS_BY_ISSUER[issuer] ?? 0) | bits
    }
  }
}

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
        return isOfKnownNetwork(value) ? KNOWN_NETWORK : UNKNOWN_NETWORK
      },
    },
  ],
}

function isOfKnownNetwork(value: string): boolean {
  let count = 0
  let issuer = 0
  for (let i = 0; i < value.length; i += 1) {
    const digit = value.charCodeAt(i) - 0x30
    if (digit < 0 || digit > 9) continue
    if (count < ISSUER_DIGITS) issuer = issuer * 10 + digit
    count += 1
  }
  return (((LENGTHS_BY_ISSUER[issuer] ?? 0) >> count) & 1) === 1
}
