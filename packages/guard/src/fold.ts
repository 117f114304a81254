// Folding: what a character counts as while detectors look at it. Each code point folds by itself, without context, so
// that folding cannot depend on where a text was cut. The text that is sent on is never folded.
import { beginsEscape, characterAt, codePointOf, unitsOf } from './characters.ts'
import { ASTRAL, type CharSet, contains } from './matcher/char-set.ts'
import { UnitTable } from './unit-table.ts'

/** The fold of a character that counts as nothing: it neither matches nor separates. U+FFFF is a noncharacter. */
export const IGNORED = 0xffff

/** What each UTF-16 unit folds to; surrogates are ASTRAL here and folded by pairs with `foldAstral`. */
export type FoldTable = UnitTable

/**
 * What counts as nothing, wherever it stands: control and format characters (general categories Cc and Cf), combining
 * marks (Mn, Me), and what Unicode lets be invisible: fillers, variation selectors, tags (Default_Ignorable_Code_Point).
 */
const INVISIBLE = '[\\p{Cc}\\p{Cf}\\p{Mn}\\p{Me}\\p{DI}]'
const IS_INVISIBLE = new RegExp(INVISIBLE, 'u')
const IS_DIGIT = /\p{Nd}/u
/** Control characters that are white space. */
const WHITE_SPACE_CONTROLS = [0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x85]

/**
 * Look-alikes of the separators that identifiers are written with. Keys are the ASCII character they count as. The em dash
 * is none: it stands between the parts of a sentence, often without blanks.
 */
const SEPARATORS: Readonly<Record<string, CharSet>> = {
  '-': [
    0x2010, 0x2013, 0x2043, 0x2043, 0x2212, 0x2212, 0x2e3a, 0x2e3b, 0xfe58, 0xfe58, 0xfe63, 0xfe63,
  ],
  ' ': [
    0x00a0, 0x00a0, 0x1680, 0x1680, 0x2000, 0x200a, 0x202f, 0x202f, 0x205f, 0x205f, 0x3000, 0x3000,
  ],
  '.': [0x2024, 0x2024, 0x3002, 0x3002, 0xfe52, 0xfe52, 0xff61, 0xff61],
  '@': [0xfe6b, 0xfe6b],
  ':': [0xfe55, 0xfe55],
}

/**
 * The folding for identifiers: digits of every script, full-width forms and separators become ASCII, invisible
 * characters become nothing. Letters of other scripts stay: `é` is not part of an ASCII word.
 */
export const IDENTIFIER_FOLDS: FoldTable = new UnitTable((unit) => {
  if (unit >= 0x20 && unit < 0x7f) return unit
  if (WHITE_SPACE_CONTROLS.includes(unit)) return unit
  if (unit >= 0xd800 && unit < 0xe000) return ASTRAL
  if (unit >= 0xff01 && unit <= 0xff5e) return unit - 0xfee0
  for (const [to, set] of Object.entries(SEPARATORS)) {
    if (contains(set, unit)) return to.charCodeAt(0)
  }
  const character = String.fromCharCode(unit)
  if (IS_INVISIBLE.test(character)) return IGNORED
  return IS_DIGIT.test(character) ? foldDigit(unit) : unit
})

/** Decimal digits (general category Nd) come in runs of ten that start with zero (Unicode Standard, section 4.6). */
function foldDigit(codePoint: number): number {
  let zero = codePoint
  while (IS_DIGIT.test(String.fromCodePoint(zero - 1))) zero -= 1
  return ASCII_ZERO + ((codePoint - zero) % 10)
}

const ASCII_ZERO = 0x30

const ASTRAL_START = 0x10000
const ASTRAL_END = 0x20000
/** Mathematical, Arabic mathematical and enclosed letters: the planes' compatibility forms of ASCII. */
const COMPATIBILITY: CharSet = [0x1d400, 0x1d7ff, 0x1ee00, 0x1eeff, 0x1f100, 0x1f1ff]

/** By code point beyond U+FFFF, less U+10000. */
const ASTRAL_FOLDS = new UnitTable((offset) => {
  const codePoint = ASTRAL_START + offset
  const character = String.fromCodePoint(codePoint)
  if (IS_INVISIBLE.test(character)) return IGNORED
  if (IS_DIGIT.test(character)) return foldDigit(codePoint)
  if (!contains(COMPATIBILITY, codePoint)) return ASTRAL
  const plain = character.normalize('NFKC')
  return plain.length === 1 && plain < '\x80' ? plain.charCodeAt(0) : ASTRAL
})

/**
 * Folds a character beyond U+FFFF or a lone surrogate: digits of every script and compatibility letters to ASCII,
 * invisible characters to nothing, all else to ASTRAL.
 */
export function foldAstral(codePoint: number): number {
  if (codePoint >= 0xe0000 && codePoint <= 0xe0fff) return IGNORED
  if (codePoint < ASTRAL_START || codePoint >= ASTRAL_END) return ASTRAL
  return ASTRAL_FOLDS.at(codePoint - ASTRAL_START)
}

/** Letters of other scripts that look like ASCII ones (a selection of Unicode TR 39, confusables.txt), lower case. */
const LOOKALIKES: Readonly<Record<string, string>> = {
  a: 'аɑα',
  b: 'Ьʙ',
  c: 'сϲ',
  d: 'ԁ',
  e: 'еҽ℮',
  g: 'ɡց',
  h: 'һհ',
  i: 'іıɩι',
  j: 'јϳ',
  k: 'кκ',
  l: 'ӏⅼ',
  m: 'мⅿ',
  n: 'ոп',
  o: 'оοօσ',
  p: 'рρ',
  q: 'ԛգ',
  r: 'гᴦ',
  s: 'ѕꜱ',
  t: 'тτ',
  u: 'υսᴜ',
  v: 'νѵ',
  w: 'ԝѡ',
  x: 'хχ',
  y: 'уүγ',
  z: 'ᴢ',
}

/** Latin, Greek, Cyrillic and Armenian letters: the scripts with accents and with two cases. */
const CASED: CharSet = [0x41, 0x5a, 0xc0, 0x24f, 0x370, 0x58f, 0x1e00, 0x1fff]
const DOTLESS_I = 0x131

/** The folding for context words: that for identifiers, without case and accents (`Teléfono` is `telefono`). */
export const WORD_FOLDS: FoldTable = new UnitTable((unit) => {
  const symbol = IDENTIFIER_FOLDS.at(unit)
  if (symbol === DOTLESS_I) return 0x69
  return contains(CASED, symbol) ? baseLetter(symbol) : symbol
})

/** By unit: the letter that it is taken for. */
const LETTER_LIKE = new Map<number, number>()
for (const [letter, others] of Object.entries(LOOKALIKES)) {
  for (const other of others) {
    LETTER_LIKE.set(other.charCodeAt(0), letter.charCodeAt(0))
    const upper = other.toUpperCase()
    if (upper.length === 1) LETTER_LIKE.set(upper.charCodeAt(0), letter.charCodeAt(0))
  }
}
const WHITE_SPACE = [...WHITE_SPACE_CONTROLS, 0x2028, 0x2029]
/** Characters of Chinese, Japanese and Korean, surrogates and what is for private use. */
const WITHOUT_BASE: CharSet = [0x3400, 0x9fff, 0xac00, 0xf8ff]

/**
 * The folding for deny terms, which goes further than that for identifiers: case, accents, compatibility forms and
 * look-alike letters are dropped, all white space is a space.
 */
export const TERM_FOLDS: FoldTable = new UnitTable((unit) => {
  if (WHITE_SPACE.includes(unit)) return 0x20
  const letter = LETTER_LIKE.get(unit)
  if (letter !== undefined) return letter
  const symbol = IDENTIFIER_FOLDS.at(unit)
  return symbol === IGNORED || contains(WITHOUT_BASE, unit) ? symbol : baseLetter(symbol)
})

function baseLetter(unit: number): number {
  const base = String.fromCharCode(unit).normalize('NFKD').charAt(0).toLowerCase()
  return base.length === 1 ? base.charCodeAt(0) : unit
}

/** A text as the identifier detectors see it. */
export function foldIdentifiers(text: string): string {
  let folded = ''
  let from = 0
  for (let at = 0; at < text.length; ) {
    if (foldsToItself(text.charCodeAt(at))) {
      at += 1
      continue
    }
    const character = characterAt(text, at)
    const symbol = symbolOf(codePointOf(character), IDENTIFIER_FOLDS)
    folded += text.slice(from, at)
    if (symbol !== IGNORED) folded += String.fromCharCode(symbol)
    at += unitsOf(character)
    from = at
  }
  return from === 0 ? text : folded + text.slice(from)
}

/** Whether a unit is a character by itself that no folding of identifiers changes. */
export function foldsToItself(unit: number): boolean {
  if (unit >= 0x20 && unit < 0x7f) return !beginsEscape(unit)
  const isSurrogate = unit >> 11 === ASTRAL >> 11
  return IDENTIFIER_FOLDS.at(unit) === unit && unit !== IGNORED && !isSurrogate
}

/** The symbols of a text under a folding. */
export function symbolsOf(text: string, folds: FoldTable): number[] {
  const symbols: number[] = []
  for (let at = 0; at < text.length; ) {
    const character = characterAt(text, at)
    const symbol = symbolOf(codePointOf(character), folds)
    if (symbol !== IGNORED) symbols.push(symbol)
    at += unitsOf(character)
  }
  return symbols
}

function symbolOf(codePoint: number, folds: FoldTable): number {
  return codePoint > 0xffff ? foldAstral(codePoint) : folds.at(codePoint)
}
