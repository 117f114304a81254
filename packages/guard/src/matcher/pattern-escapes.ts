// What a backslash and what follows it mean in RegExp source, and which characters a pattern may name.
import { PolicyError } from '../policy-error.ts'
import { ASTRAL, type CharSet, charSetMatching, complementOf, DIGIT, SPACE } from './char-set.ts'
import type { SourceCursor } from './source-cursor.ts'

/** `t`, `n`, `v`, `f`, `r`, a letter with control, and zero. */
const CONTROL = /[tnvfr]|c([A-Za-z])|0(?!\d)/y
const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, 0: 0 }
const HEXADECIMAL = /x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})/y
const BRACED = /u\{([0-9A-Fa-f]+)\}/y
const PROPERTY = /[pP]\{\w+(?:=\w+)?\}/y
/** What the flag `u` leaves of the characters that stand for themselves behind a backslash. */
const ESCAPABLE = /[\\^$.*+?()[\]{}|/-]/

/** How escapes are to be read. */
export interface EscapeReading {
  /** Whether the flag `u` is set. */
  readonly isUnicode: boolean
  /** What `\w` means. */
  readonly word: CharSet
}

/**
 * Reads the escape sequence whose backslash is right before the cursor: one character or a set of them.
 * @throws PolicyError `pattern_syntax` or `pattern_unsupported` with the position of the backslash.
 */
export function readEscape(cursor: SourceCursor, reading: EscapeReading): number | CharSet {
  const start = cursor.at - 1
  const letter = cursor.take()
  const set = setOf(letter, reading.word)
  if (set !== undefined) return set
  if (ESCAPABLE.test(letter)) return codeOf(letter, start)
  cursor.at = start + 1
  return readNamed(cursor, start, reading.isUnicode)
}

/** An escape sequence that names a character, or by the flag `u` a property. */
function readNamed(cursor: SourceCursor, start: number, isUnicode: boolean): number | CharSet {
  const control = cursor.match(CONTROL)
  if (control !== null) {
    const [name, letter] = control
    return letter === undefined ? (CONTROLS[name] ?? 0) : letter.charCodeAt(0) % 32
  }
  const number = cursor.match(HEXADECIMAL) ?? (isUnicode ? cursor.match(BRACED) : null)
  if (number !== null) return checked(Number.parseInt(number[1] ?? number[2] ?? '', 16), start)
  const property = isUnicode ? cursor.match(PROPERTY) : null
  if (property !== null) return propertySet(`\\${property[0]}`, start)
  const letter = cursor.take()
  if (letter === '') throw syntaxError('there is nothing behind a backslash', start)
  if (/[\dck]/.test(letter)) throw unsupported('a back-reference or an octal escape', start)
  if (isUnicode) throw syntaxError(`"${letter}" means nothing behind a backslash`, start)
  return codeOf(letter, start)
}

function setOf(letter: string, word: CharSet): CharSet | undefined {
  switch (letter) {
    case 'd':
      return DIGIT
    case 'D':
      return complementOf(DIGIT)
    case 'w':
      return word
    case 'W':
      return complementOf(word)
    case 's':
      return SPACE
    case 'S':
      return complementOf(SPACE)
    default:
      return undefined
  }
}

/** The engine knows the properties and their values. */
function propertySet(source: string, position: number): CharSet {
  try {
    return charSetMatching(source)
  } catch (error) {
    if (error instanceof SyntaxError) throw syntaxError('there is no such property', position)
    throw error
  }
}

/** The code of a character of the source. */
export function codeOf(character: string, position: number): number {
  return checked(character.charCodeAt(0), position)
}

function checked(code: number, position: number): number {
  if (code <= 0xffff && code >> 11 !== ASTRAL >> 11) return code
  throw unsupported('a character beyond U+FFFF', position)
}

export function syntaxError(message: string, position: number): PolicyError {
  return new PolicyError('pattern_syntax', message, { position })
}

export function unsupported(what: string, position: number): PolicyError {
  const message = `${what} is not possible here: a pattern must be one a finite automaton can decide`
  return new PolicyError('pattern_unsupported', message, { position })
}
