// Whether digits and what separates them have the shape of a telephone number: calling codes and their lengths, national
// habits of grouping (E.123 and what people do instead), and the shapes of dates, years and decimals, which it is not.
import { digitsOf } from '../checksum.ts'
import { CALLING_CODES } from './calling-codes.ts'

/** By calling code: a bit for each length that national numbers may have. */
const LENGTHS = new Map<string, number>()
for (const entry of CALLING_CODES.split(' ')) {
  const [code = '', lengths = ''] = entry.split(':')
  LENGTHS.set(
    code,
    lengths.split('.').reduce((bits, length) => bits | (1 << Number(length)), 0),
  )
}
const MAX_CODE_LENGTH = 3

const EXTENSION = /\s*,?\s*[a-z#].*$/i
const EXIT_CODE = /^\(?(?:\+|00|011)[ .-]*\(?/

/** A number with `+` or an exit code before it: a calling code and as many digits as may follow it. */
export function isInternational(value: string): boolean {
  const number = value.replace(EXTENSION, '').replace(EXIT_CODE, '')
  if (ADDITION.test(value)) return false
  return hasCallingCode(digitsOf(number)) && endsInGroup(number)
}

/** `+` and a blank before digits in one piece are an addition. */
const ADDITION = /^\(?\+ \d+$/

/** `0` between calling code and number is for callers at home: `+44 (0)20`. */
function hasCallingCode(digits: string): boolean {
  for (let length = 1; length <= MAX_CODE_LENGTH; length += 1) {
    const lengths = LENGTHS.get(digits.slice(0, length))
    if (lengths === undefined) continue
    const national = digits.length - length
    return hasBit(lengths, national) || (digits[length] === '0' && hasBit(lengths, national - 1))
  }
  return false
}

function hasBit(bits: number, bit: number): boolean {
  return bit >= 0 && bit < 32 && ((bits >> bit) & 1) === 1
}

/** A single digit at the end is that of a decimal, or of a list. */
function endsInGroup(number: string): boolean {
  return /\d\d$/.test(number) || /^\d(?:\D\d)*$/.test(number)
}

/** A number as it is written at home, after a word that announces it. */
export function isNational(value: string): boolean {
  const number = value.replace(EXTENSION, '')
  const digits = digitsOf(number)
  if (!hasNationalLength(digits, number)) return false
  return hasBrackets(number) && hasSeparators(number) && !isDate(number) && !isConstant(number)
}

/**
 * The same where a hint is all there is: with the trunk prefix 0, or ten digits as in North America, and grouped unless
 * that makes ten or eleven.
 */
export function isTypicalNational(value: string): boolean {
  if (!isNational(value)) return false
  const number = value.replace(EXTENSION, '')
  const { length } = digitsOf(number)
  const isGrouped = /\d{2,} ?[ .()/-] ?\d{2,}/.test(number)
  return length === 10 || length === 11 || (length === 9 && isGrouped)
}

/** More than ten digits: a trunk prefix before ten or more, a calling code, or the mobile numbers of Brazil and China. */
function hasNationalLength(digits: string, number: string): boolean {
  const { length } = digits
  if (length === 6) return /^\d{3} \d{3}$|^\d\d \d\d \d\d$/.test(number)
  if (length <= 10) return true
  if (hasCallingCode(digits)) return true
  if (/^0[1-9]/.test(digits)) return length <= 13
  return length === 11 && /^(?:8|1[3-9]|[1-9][1-9]9)/.test(digits)
}

/** One pair of brackets at most, around what is dialled first. */
function hasBrackets(number: string): boolean {
  const bracketed = number.replace(/^(\d{1,2}[ .-]?)?\([\d-]{1,6}\)/, '')
  return !/[()]/.test(bracketed)
}

/** Groups of two digits and more, but for the first. */
function hasSeparators(number: string): boolean {
  const groups = number.split(/\D+/).filter((group) => group !== '')
  if (groups.length > MAX_GROUPS || groups.slice(1).some((group) => group.length < 2)) return false
  return !number.includes('.') || hasDots(number, groups)
}

const MAX_GROUPS = 7
const IP_ADDRESS = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)$/

/** What has one dot is a decimal, unless it looks like nothing but a number (3600.1234) or has a trunk prefix. */
function hasDots(number: string, groups: readonly string[]): boolean {
  if (groups.length === 2) return /^0\d|^[(]?\d{3,4}[.)]+\d{4}$/.test(number)
  if (groups.length === 3) return groups.every((group) => group.length > 1)
  return !IP_ADDRESS.test(number)
}

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

/** A date, a date with a time, or a range of years. */
function isDate(number: string): boolean {
  return DATE.test(number)
}

/** Powers of two are sizes and flags, round millions are quantities. */
function isConstant(number: string): boolean {
  if (!/^[1-9]\d{6,8}$/.test(number)) return false
  return Number.isInteger(Math.log2(Number(number))) || number.endsWith('00000')
}
