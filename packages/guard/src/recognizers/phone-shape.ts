// Whether digits and what separates them have the shape of a telephone number: calling codes and their lengths, national
// habits of grouping (E.123 and what people do instead), and the shapes of dates, years and decimals, which it is not.
import { digitsOf } from '../checksum.ts'
import { CALLING_CODES } from './calling-codes.ts'
import { isInService } from './north-american-areas.ts'

const MAX_CODE_LENGTH = 3
const ZERO = 0x30
const NINE = 0x39
/** By calling code: a bit for each length that national numbers may have; 0 where there is no such code. */
const LENGTHS = new Int32Array(10 ** MAX_CODE_LENGTH)
for (const entry of CALLING_CODES.split(' ')) {
  const [code = '', lengths = ''] = entry.split(':')
  for (const length of lengths.split('.')) {
    LENGTHS[Number(code)] = (LENGTHS[Number(code)] ?? 0) | (1 << Number(length))
  }
}

function isDigitAt(text: string, at: number): boolean {
  const unit = text.charCodeAt(at)
  return unit >= ZERO && unit <= NINE
}

const EXTENSION = /\s*,?\s*[a-z#].*$/i
/** `089 1234-0` is the switchboard. */
const SWITCHBOARD = /(\d)-\d$/

/** `%` is what a percent escape in a link is read as: it separates. */
function withoutExtension(value: string): string {
  const number = isMereNumber(value) ? value : value.replace(EXTENSION, '').replaceAll('%', ' ')
  const isSwitchboard = number.charCodeAt(number.length - 2) === DASH
  return isSwitchboard ? number.replace(SWITCHBOARD, '$1') : number
}

/** Whether there is neither an extension nor a percent escape: most values have none, which shows at a glance. */
function isMereNumber(value: string): boolean {
  for (let i = 0; i < value.length; i += 1) {
    const unit = value.charCodeAt(i)
    if (unit >= CAPITAL_A || unit === NUMBER_SIGN || unit === PERCENT) return false
  }
  return true
}

const CAPITAL_A = 0x41
const NUMBER_SIGN = 0x23
const PERCENT = 0x25
const DASH = 0x2d

/** What follows `+` or an exit code, brackets and separators around it. */
function behindExitCode(value: string): string {
  const from = value.startsWith('(') ? 1 : 0
  const length = exitCodeLength(value, from)
  if (length === 0) return value
  let at = from + length
  while (isSeparator(value.charCodeAt(at))) at += 1
  return value.slice(value[at] === '(' ? at + 1 : at)
}

/** How many characters of `+`, `00` or `011` stand at an offset. */
function exitCodeLength(value: string, at: number): number {
  if (value[at] === '+') return 1
  if (value[at] !== '0') return 0
  if (value[at + 1] === '0') return 2
  return value.startsWith('11', at + 1) ? 3 : 0
}

function isSeparator(unit: number): boolean {
  return unit === 0x20 || unit === DASH || unit === 0x2e
}

/** A number with `+` or an exit code before it: a calling code and as many digits as may follow it. */
export function isInternational(value: string): boolean {
  return isNumberAbroad(value, behindExitCode(withoutExtension(value)))
}

function isNumberAbroad(value: string, number: string): boolean {
  if (isOpenBracket(value)) return false
  if (!hasCallingCode(number) || !endsInGroup(number)) return false
  return !ADDITION.test(value) && !DECIMAL.test(number)
}

/** The same behind an exit code. Behind that of North America in one piece, more than a number of Reading (0118) has. */
export function isDialledAbroad(value: string): boolean {
  if (!isInternational(value)) return false
  return !GLUED_EXIT_CODE.test(value) || digitsOf(withoutExtension(value)).length > MAX_READING
}

const GLUED_EXIT_CODE = /^\(?011\d/
const MAX_READING = 11

/**
 * A number with `+` and a length that no table has, since plans change and people err: a telephone number only where one
 * is announced, and not where one ends within it (`+1 212 555 0123 24/7`).
 */
export function mayBeInternational(value: string): boolean {
  const number = behindExitCode(withoutExtension(value))
  if (isOpenBracket(value) || ADDITION.test(value)) return false
  if (DECIMAL.test(number) || !endsInGroup(number)) return false
  const { length } = digitsOf(number)
  return length >= MIN_DIGITS && length <= MAX_DIGITS && !beginsWithNumber(number)
}

const MIN_DIGITS = 8
/** ITU-T E.164, section 6.1. */
const MAX_DIGITS = 15

function beginsWithNumber(number: string): boolean {
  for (const { index } of number.matchAll(/\D+/g)) {
    if (hasCallingCode(number.slice(0, index))) return true
  }
  return false
}

/** The bracket of `(+44 20 7946 0000)` belongs to the sentence. */
function isOpenBracket(value: string): boolean {
  if (!value.startsWith('(')) return false
  const closing = value.indexOf(')')
  const opening = value.indexOf('(', 1)
  return closing < 0 || (opening >= 0 && opening < closing)
}

/** `+` and a blank before digits in one piece are an addition. */
const ADDITION = /^\(?\+ \d+$/

/** A number with one point, as a registry of domains writes telephone numbers, too. */
const DECIMAL = /^\d+\.\d+$/

/** `+1.4155550123`, which is a telephone number only where one is announced. */
export function isRegistryNumber(value: string): boolean {
  return hasCallingCode(value)
}

/** A number of the North American Numbering Plan, with or without the 1 before it. */
export function isNorthAmerican(value: string): boolean {
  return isInService(digitsOf(withoutExtension(value)))
}

/** Digits in one piece, of which a hint says what they are: a number of North America, or of a mobile in other plans. */
export function isPlain(value: string): boolean {
  return isNorthAmerican(value) || (MOBILE.test(withoutExtension(value)) && isNational(value))
}

/** Nine digits in many plans, ten in India and Italy, eleven in China and Brazil. */
const MOBILE = /^(?:[5-9]\d{8}|(?:[6-9]\d|3[2-9])\d{8}|1[3-9]\d{9}|[1-9][1-9]9\d{8})$/

/**
 * Whether a number begins with a calling code, behind which it has as many digits as its plan has; what is no digit is
 * passed over. `0` between them is for callers at home: `+44 (0)20`. `1` was in the mobile numbers of Mexico until 2019
 * (ITU Operational Bulletin 1182), and is still written.
 */
function hasCallingCode(number: string): boolean {
  let code = 0
  let codeLength = 0
  let lengths = 0
  let national = 0
  let hasExtra = false
  for (let i = 0; i < number.length; i += 1) {
    if (!isDigitAt(number, i)) continue
    const digit = number.charCodeAt(i) - ZERO
    if (lengths === 0) {
      code = code * 10 + digit
      codeLength += 1
      lengths = LENGTHS[code] ?? 0
      if (code === 0 || (lengths === 0 && codeLength === MAX_CODE_LENGTH)) return false
      continue
    }
    if (national === 0) hasExtra = digit === 0 || (code === MEXICO && digit === 1)
    national += 1
  }
  return hasBit(lengths, national) || (hasExtra && hasBit(lengths, national - 1))
}

const MEXICO = 52

function hasBit(bits: number, bit: number): boolean {
  return bit >= 0 && bit < 32 && ((bits >> bit) & 1) === 1
}

/** A single digit at the end is that of a decimal, or of a list. */
function endsInGroup(number: string): boolean {
  const { length } = number
  const isLong = isDigitAt(number, length - 1) && isDigitAt(number, length - 2)
  return isLong || /^\d(?:\D\d)*$/.test(number)
}

/** A number as it is written at home, after a word that announces it. */
export function isNational(value: string): boolean {
  const number = withoutExtension(value)
  const digits = digitsOf(number)
  if (!hasNationalLength(digits, number)) return false
  return (
    hasBrackets(number) && hasSeparators(number) && !isDateOrPlace(number) && !isConstant(number)
  )
}

/** The same where a hint is all there is: nine to eleven digits in groups. */
export function isGroupedNational(value: string): boolean {
  return isTypicalNational(value) && GROUPED.test(value)
}

const GROUPED = /\d{2,}\)? ?[ .()/-] ?\d{2,}/

/** The same without a word, with a trunk prefix: ten or eleven digits, nine in groups, or twelve of a mobile of Germany or Indonesia. */
export function isTypicalNational(value: string): boolean {
  if (!isNational(value)) return false
  const number = withoutExtension(value)
  if (OF_YEAR.test(number)) return false
  const { length } = digitsOf(number)
  if (length === 12) return /^\(?0(?:1[567]\d?|8\d)\d\D/.test(number)
  return length === 10 || length === 11 || (length === 9 && GROUPED.test(number))
}

/** `0118204/2026` is a document's number. */
const OF_YEAR = /\d{7}\/(?:19|20)\d\d$/

/** More than ten digits: a trunk prefix before ten or more, a calling code, or the mobile numbers of Brazil and China. */
function hasNationalLength(digits: string, number: string): boolean {
  const { length } = digits
  if (length === 6) return /^\d{3} \d{3}$|^\d\d([ .])\d\d\1\d\d$/.test(number)
  if (digits.startsWith('00')) return isInternational(number)
  if (length <= 10 || hasCallingCode(digits)) return true
  if (/^0[1-9]/.test(digits)) return length <= 13
  return length === 11 && /^(?:8|1[3-9]|[1-9][1-9]9)/.test(digits)
}

/** One pair of brackets at most, around what is dialled first. */
function hasBrackets(number: string): boolean {
  const bracketed = number.replace(/^(\d{1,2}[ .-]?)?\([\d -]{1,6}\)/, '')
  return !/[()]/.test(bracketed)
}

/** Groups of two digits and more, but for the first, and for another one within a long number. */
function hasSeparators(number: string): boolean {
  const groups = number.split(/\D+/).filter((group) => group !== '')
  if (groups.length > MAX_GROUPS) return false
  const singles = groups.slice(1).filter((group) => group.length < 2).length
  if (singles > 1 || (singles === 1 && !mayHaveSingle(groups))) return false
  return !number.includes('.') || hasDots(number, groups)
}

function mayHaveSingle(groups: readonly string[]): boolean {
  return groups.join('').length > 9 && groups.at(-1)?.length !== 1
}

const MAX_GROUPS = 7
const IP_ADDRESS = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)$/

/** Dots stand between all groups or between none; a point with numbers on both sides of a blank is a vector's. */
const IS_MIXED = /\.\d.* \d|\d \d.*\.\d/

/** What has one dot is a decimal, unless it looks like nothing but a number (3600.1234) or has a trunk prefix. */
function hasDots(number: string, groups: readonly string[]): boolean {
  if (IS_MIXED.test(number)) return false
  if (groups.length === 2) return /^0\d|^[(]?\d{3,4}[.)]+\d{4}$/.test(number)
  if (groups.length === 3) return groups.every((group) => group.length > 1)
  return !IP_ADDRESS.test(number)
}

/** Postal codes of the United States and of Brazil. */
const ZIP_CODE = /^\d{5}-\d{3,4}$/

const YEAR = '(?:19|20)\\d\\d'
const MONTH = '(?:0?[1-9]|1[0-2])'
const DAY = '(?:0?[1-9]|[12]\\d|3[01])'
/** What may follow a date: an hour, or another date. */
const REST = '(?:[ /-].*)?'
const DATE = new RegExp(
  [
    `${YEAR}([ ./-]?)${MONTH}\\1${DAY}${REST}`,
    `${DAY}([ ./-])${DAY}\\2${YEAR}${REST}`,
    `${DAY}([./-])${DAY}\\3\\d\\d`,
    `${YEAR} ?[ /-] ?${YEAR}${REST}`,
    `${MONTH}[ ./-]${YEAR}`,
  ]
    .map((form) => `^${form}$`)
    .join('|'),
)

/** A date, a date with a time, a range of years, or a postal code. */
function isDateOrPlace(number: string): boolean {
  return DATE.test(number) || ZIP_CODE.test(number)
}

/** Powers of two are sizes and flags, round millions are quantities. */
function isConstant(number: string): boolean {
  if (!/^[1-9]\d{6,8}$/.test(number)) return false
  return Number.isInteger(Math.log2(Number(number))) || number.endsWith('00000')
}
