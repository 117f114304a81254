// Payment card numbers: ISO/IEC 7812-1 (12 to 19 digits, Luhn check digit). Which issuers' numbers have which lengths is
// issuers.ts's; here is how people write them.
import { digitsOf, passesLuhn } from '../checksum.ts'
import type { Recognizer } from '../recognizer.ts'
import { isIssued, mayBeIssued } from './card-issuers.ts'
import { SHIPPING_UNIT } from './other-numbers.ts'

const CERTAIN = 1
/** A valid number that no network is known to issue: enough for `strict`. */
const UNKNOWN_NETWORK = 0.4
/** Enough for no policy without a word. */
const NEEDS_WORD = 0.2

/** Digits of a decimal, of a telephone number with `+` and of hexadecimal numbers, which have no groups, are not looked at. */
const SOLID = '(?<![\\da-fA-F.+])[1-9]\\d{12,18}(?![\\da-fA-F])'

/** The groups as they are printed: 4-4-4-4 and its shorter and longer kin, 4-6-5 (American Express), 4-6-4 (Diners Club). */
function grouped(separator: string): string {
  const s = `(?:${separator})`
  return `[1-9]\\d{3}${s}(?:\\d{4}${s}\\d{4}(?:${s}\\d{1,4}){0,2}|\\d{6}${s}\\d{4,5})`
}

/** Blank (in links and forms `%` and `+`, too), dash, dot, slash, two blanks, a dash between blanks, and groups that are bold each (`**4111** **1111**`). */
const SEPARATOR = '[ %+./]|  | ?[-\\u2014] ?|\\*\\*[ -]?\\*\\*'
/** What else stands between groups in a table, a list or a picture of a card. */
const ANY_SEPARATOR = '[ \\t\\r\\n./*_|-]{1,5}'

const CARD_WORDS = (
  'card cards cardnum* cardno credit creditcard* debit debitcard* cc ccn pan visa mastercard* amex americanexpress ' +
  'maestro uatp unionpay rupay jcb diners discover karte karten kartennummer kreditkart* debitkart* girocard carte ' +
  'cartes bancaire tarjeta* credito debito cartao cartoes carta kaart kaartnummer creditcard* karta karty karte kart ' +
  'kartim* kort kortnummer* kortti* kartu карт*'
).split(' ')

export const creditCard: Recognizer = {
  entity: 'CREDIT_CARD',
  // Five groups of four are more digits than a card has.
  lookalikes: [SHIPPING_UNIT, '(?<![\\w-])\\d{4}(?:-\\d{4}){4,9}(?![\\w-])'],
  context: CARD_WORDS,
  patterns: [
    {
      source: `${SOLID}|(?<![\\d.+])${grouped(SEPARATOR)}(?!\\d)`,
      score: CERTAIN,
      check: scoreAlone,
    },
    {
      // Digit by digit, as speech is written down.
      source: '(?<![\\w.,+-])[2-6](?: \\d){12,18}(?!\\w)',
      score: CERTAIN,
      check: (value) => (isKnown(digitsOf(value)) ? CERTAIN : 0),
    },
    {
      // Track 1 of a magnetic stripe (ISO/IEC 7813): %B4539731826405914^DOE/JO^2905. `%B4` is read as a percent escape.
      source: "[%B]\\d{11,19}\\^[A-Za-z /.'-]{2,26}\\^\\d{4}",
      score: CERTAIN,
    },
    {
      // 4.539731826405914e15, as programs write large numbers
      source: '(?<![\\w.,+-])[1-9]\\.\\d{11,18}[eE]\\+?1[1-8](?![\\w.])',
      score: CERTAIN,
      check: (value) => scoreAlone(withoutExponent(value)),
    },
    {
      source: `(?<![\\d+])(?:[1-9]\\d{11,18}|${grouped(ANY_SEPARATOR)})(?!\\d)`,
      score: NEEDS_WORD,
      contextScore: CERTAIN,
      check: scoreAfterWord,
    },
    {
      // In groups of any length, or digit by digit with commas.
      source: '(?<![\\d+.])[2-6](?:[ ,-]{0,2}\\d){12,18}(?!\\d)',
      score: NEEDS_WORD,
      contextScore: CERTAIN,
      check: (value) => (isKnown(digitsOf(value)) ? NEEDS_WORD : 0),
    },
  ],
}

function scoreAlone(value: string): number {
  if (!passesLuhn(value)) return 0
  const digits = digitsOf(value)
  if (isIssued(digits)) return CERTAIN
  return digits.length === 16 && isNoOther(digits) ? UNKNOWN_NETWORK : 0
}

function scoreAfterWord(value: string): number {
  if (!passesLuhn(value)) return 0
  const digits = digitsOf(value)
  const isPlausible = mayBeIssued(digits) || (digits.length > 12 && isNoOther(digits))
  return isPlausible ? NEEDS_WORD : 0
}

function isKnown(digits: string): boolean {
  return passesLuhn(digits) && isIssued(digits)
}

/**
 * Times in milliseconds to nanoseconds since 1970 begin with 1, times such as 20260131123059 with 2, and SIM cards with 89
 * (ITU-T E.118).
 */
function isNoOther(digits: string): boolean {
  return digits.charAt(0) > '2' && !digits.startsWith('89')
}

/** The digits of a whole number with an exponent; none if it is no whole number. */
function withoutExponent(value: string): string {
  const [number = '', exponent = ''] = value.toLowerCase().split('e')
  const digits = digitsOf(number)
  return digits.length <= Number(exponent) + 1 ? digits.padEnd(Number(exponent) + 1, '0') : ''
}
