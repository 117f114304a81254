// Reads a text character by character, forwards and backwards. An escape sequence counts as the one character that it
// stands for, so that in code or JSON that is shown as text `\n` separates and `\u0034` is a digit. What a character
// counts as is fold.ts's.

/** A character as a number: its code point times 32, plus how many UTF-16 units it takes. */
export type Character = number

const UNITS_BITS = 5
const UNITS_MASK = 31

const BACKSLASH = 0x5c
const PERCENT = 0x25
/**
 * JSON that is quoted in JSON has its backslashes doubled; so many in a row, which are three levels, belong to the escape
 * sequence that they introduce.
 */
const MAX_BACKSLASHES = 8

const HEX = 1
const PUNCTUATION = 2
const KIND = new Uint8Array(0x80)
for (let unit = 0x21; unit < 0x7f; unit += 1) {
  const character = String.fromCharCode(unit)
  if (/[0-9a-fA-F]/.test(character)) KIND[unit] = HEX
  else if (/[^\w\\]|_/.test(character)) KIND[unit] = PUNCTUATION
}

/** What a backslash before a character stands for, 0 if nothing: JSON, C-like languages, and CommonMark's punctuation. */
const SIMPLE = new Uint8Array(0x80)
for (const [unit, kind] of KIND.entries()) if (kind === PUNCTUATION) SIMPLE[unit] = unit
for (const [letter, value] of Object.entries({ b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 })) {
  SIMPLE[letter.charCodeAt(0)] = value
}

const LETTER_U = 0x75
const LETTER_X = 0x78

export function codePointOf(character: Character): number {
  return character >> UNITS_BITS
}

export function unitsOf(character: Character): number {
  return character & UNITS_MASK
}

function characterOf(codePoint: number, units: number): Character {
  return (codePoint << UNITS_BITS) | units
}

/** Whether an escape sequence may begin with a unit. */
export function beginsEscape(unit: number): boolean {
  return unit === BACKSLASH || unit === PERCENT
}

/** What a percent escape stands for, by its value: `@` and `+`, which addresses and telephone numbers have in links. */
const PERCENT_DECODED = new Uint8Array(0x100)
for (const unit of [0x2b, 0x40]) PERCENT_DECODED[unit] = unit

/** The character that begins at an offset. Most percent escapes count as `%`: they separate, and stay part of an address. */
export function characterAt(text: string, at: number): Character {
  const unit = text.charCodeAt(at)
  if (unit === BACKSLASH) return escapeAt(text, at)
  if (unit === PERCENT) return percentEscapeAt(text, at)
  const codePoint = text.codePointAt(at) ?? 0
  return characterOf(codePoint, codePoint > 0xffff ? 2 : 1)
}

function percentEscapeAt(text: string, at: number): Character {
  if (!isHexAt(text, at + 1, 2)) return characterOf(PERCENT, 1)
  const value = Number.parseInt(text.slice(at + 1, at + 3), 16)
  return characterOf(PERCENT_DECODED[value] || PERCENT, 3)
}

function escapeAt(text: string, at: number): Character {
  const first = singleEscapeAt(text, at)
  const high = codePointOf(first)
  if (!isHighSurrogate(high)) return first
  const end = at + unitsOf(first)
  const second = text.charCodeAt(end) === BACKSLASH ? singleEscapeAt(text, end) : 0
  const low = codePointOf(second)
  if (!isLowSurrogate(low)) return first
  const pair = ((high - 0xd800) << 10) + (low - 0xdc00) + 0x10000
  return characterOf(pair, unitsOf(first) + unitsOf(second))
}

/** An escape sequence alone, even if it is the first half of a surrogate pair. */
function singleEscapeAt(text: string, at: number): Character {
  const backslashes = backslashesFrom(text, at)
  if (backslashes > MAX_BACKSLASHES) return characterOf(BACKSLASH, 2)
  const from = at + backslashes + 1
  const letter = text.charCodeAt(from - 1)
  const digits = hexDigitsAfter(letter)
  if (digits > 0 && isHexAt(text, from, digits)) {
    const value = Number.parseInt(text.slice(from, from + digits), 16)
    return characterOf(value, backslashes + 1 + digits)
  }
  const value = SIMPLE[letter] ?? 0
  if (value > 0) return characterOf(value, backslashes + 1)
  return characterOf(BACKSLASH, Math.min(backslashes, 2))
}

/** How many characters a text has. */
export function countCharacters(text: string): number {
  let count = 0
  for (let at = 0; at < text.length; at += unitsOf(characterAt(text, at))) count += 1
  return count
}

/** Where the character begins that ends at an offset, which is more than 0. */
export function characterStart(text: string, end: number): number {
  const last = text.charCodeAt(end - 1)
  if (last >= 0x80) return end - (end > 1 && (text.codePointAt(end - 2) ?? 0) > 0xffff ? 2 : 1)
  if (last === BACKSLASH) return end - (backslashesBefore(text, end) % 2 === 1 ? 1 : 2)
  if (KIND[last] === HEX) {
    const start = hexEscapeStart(text, end)
    if (start >= 0) return start
  }
  if ((SIMPLE[last] ?? 0) === 0 || text.charCodeAt(end - 2) !== BACKSLASH) return end - 1
  return runStart(text, end - 1)
}

/** Where an escape sequence begins that ends in hexadecimal digits; -1 if there is none. */
function hexEscapeStart(text: string, end: number): number {
  const introducer = text.charCodeAt(end - 3)
  const isIntroduced =
    introducer === PERCENT || introducer === LETTER_X || text.charCodeAt(end - 5) === LETTER_U
  if (!isIntroduced || !isHexAt(text, end - 2, 2)) return -1
  if (introducer === PERCENT && text.charCodeAt(end - 4) !== BACKSLASH) return end - 3
  if (introducer === LETTER_X && text.charCodeAt(end - 4) === BACKSLASH) {
    return runStart(text, end - 3)
  }
  if (!isUnicodeEscape(text, end)) return -1
  const start = runStart(text, end - 5)
  return isLowSurrogate(unitBefore(text, end)) ? pairStart(text, start) : start
}

function isUnicodeEscape(text: string, end: number): boolean {
  const isIntroduced =
    text.charCodeAt(end - 5) === LETTER_U && text.charCodeAt(end - 6) === BACKSLASH
  return isIntroduced && isHexAt(text, end - 4, 4)
}

function unitBefore(text: string, end: number): number {
  return Number.parseInt(text.slice(end - 4, end), 16)
}

/** Where those backslashes begin that belong to an escape sequence and end at an offset. */
function runStart(text: string, end: number): number {
  return end - kept(backslashesBefore(text, end))
}

/** No character takes more units: two escape sequences of eight backslashes each. */
export const MAX_UNITS = 26

/** The last offset at or before `at` that lies between two characters of a text that begins with a whole one. */
export function boundaryBefore(text: string, at: number): number {
  if (!mayBeCut(text, at)) return at
  let start = 0
  for (let end = 0; end <= at; end += unitsOf(characterAt(text, end))) start = end
  return start
}

function mayBeCut(text: string, at: number): boolean {
  for (let i = at - 1; i >= 0 && i > at - MAX_UNITS; i -= 1) {
    const unit = text.charCodeAt(i)
    if (unit === BACKSLASH || unit === PERCENT || isHighSurrogate(unit)) return true
  }
  return false
}

/** Of a longer run of backslashes, these are not paired off. */
function kept(backslashes: number): number {
  return backslashes <= MAX_BACKSLASHES ? backslashes : MAX_BACKSLASHES - (backslashes % 2)
}

/** How many units at the end of a text can be the beginning of a longer character, so that they have to wait. */
export function unfinishedUnits(text: string): number {
  const end = text.length
  const last = text.charCodeAt(end - 1)
  if (last >= 0x80) return isHighSurrogate(last) ? 1 : 0
  if (MAY_GO_ON[last] !== 1) return 0
  for (let at = end - 1; at >= end - MAX_BEGINNING && at >= 0; at -= 1) {
    if (beginsEscape(text.charCodeAt(at))) return end - unfinishedStart(text)
  }
  return 0
}

/** By unit: 1 for what an escape sequence can have come to without being whole. */
const MAY_GO_ON = new Uint8Array(0x80)
for (const character of '\\%ux0123456789abcdefABCDEF') MAY_GO_ON[character.charCodeAt(0)] = 1

/** Of the second half of a pair only the backslashes may have come; of an escape sequence, all but its last digit. */
const MAX_BEGINNING = 6

function unfinishedStart(text: string): number {
  const end = text.length
  let letter = end - 1
  while (letter >= end - 4 && KIND[text.charCodeAt(letter)] === HEX) letter -= 1
  const digits = end - 1 - letter
  const unit = text.charCodeAt(letter)
  if (unit === BACKSLASH) {
    return digits === 0 ? pairStart(text, end - kept(backslashesBefore(text, end))) : end
  }
  if (unit === PERCENT) {
    return digits < 2 && text.charCodeAt(letter - 1) !== BACKSLASH ? letter : end
  }
  if (text.charCodeAt(letter - 1) !== BACKSLASH || digits > hexDigitsAfter(unit)) return end
  const start = runStart(text, letter)
  if (digits < hexDigitsAfter(unit)) return pairStart(text, start)
  return digits === 4 && isHighSurrogate(unitBefore(text, end)) ? start : end
}

/** Where a pair begins whose second half begins at `start`; that offset itself if no first half comes before it. */
function pairStart(text: string, start: number): number {
  const isSecond = isUnicodeEscape(text, start) && isHighSurrogate(unitBefore(text, start))
  return isSecond ? runStart(text, start - 5) : start
}

function hexDigitsAfter(letter: number): number {
  if (letter === LETTER_U) return 4
  return letter === LETTER_X ? 2 : 0
}

function isHexAt(text: string, at: number, count: number): boolean {
  for (let i = at; i < at + count; i += 1) if (KIND[text.charCodeAt(i)] !== HEX) return false
  return true
}

function isHighSurrogate(unit: number): boolean {
  return unit >> 10 === 0xd800 >> 10
}

function isLowSurrogate(unit: number): boolean {
  return unit >> 10 === 0xdc00 >> 10
}

function backslashesFrom(text: string, at: number): number {
  let end = at
  while (end - at <= MAX_BACKSLASHES && text.charCodeAt(end) === BACKSLASH) end += 1
  return end - at
}

function backslashesBefore(text: string, end: number): number {
  let start = end
  while (start > 0 && text.charCodeAt(start - 1) === BACKSLASH) start -= 1
  return end - start
}
