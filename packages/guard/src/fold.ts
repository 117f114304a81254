// Folding: what a character counts as while detectors look at it. Each code point folds by itself, without context, so
// that folding cannot depend on where a text was cut. The text that is sent on is never folded.
import { beginsEscape, characterAt, codePointOf, unitsOf } from './characters.ts'
import { ASTRAL, astralSetMatching, type CharSet, charSetMatching } from './matcher/char-set.ts'

/** The fold of a character that counts as nothing: it neither matches nor separates. U+FFFF is a noncharacter. */
export const IGNORED = 0xffff

/** A fold for every UTF-16 unit; surrogates are ASTRAL here and folded by pairs with `foldAstral`. */
export type FoldTable = Uint16Array

/**
 * What counts as nothing, wherever it stands: control and format characters (general categories Cc and Cf), combining
 * marks (Mn, Me), and what Unicode lets be invisible: fillers, variation selectors, tags (Default_Ignorable_Code_Point).
 */
const INVISIBLE = '[\\p{Cc}\\p{Cf}\\p{Mn}\\p{Me}\\p{DI}]'
/** Control characters that are white space. */
const WHITE_SPACE_CONTROLS = [0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x85]

/** Look-alikes of the separators that identifiers are written with. Keys are the ASCII character they count as. */
const SEPARATORS: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
  '-': [
    [0x2010, 0x2015],
    [0x2043, 0x2043],
    [0x2212, 0x2212],
    [0x2e3a, 0x2e3b],
    [0xfe58, 0xfe58],
    [0xfe63, 0xfe63],
  ],
  ' ': [
    [0x00a0, 0x00a0],
    [0x1680, 0x1680],
    [0x2000, 0x200a],
    [0x202f, 0x202f],
    [0x205f, 0x205f],
    [0x3000, 0x3000],
  ],
  '.': [
    [0x2024, 0x2024],
    [0x3002, 0x3002],
    [0xfe52, 0xfe52],
    [0xff61, 0xff61],
  ],
  '@': [[0xfe6b, 0xfe6b]],
  ':': [[0xfe55, 0xfe55]],
}

let identifierFolds: FoldTable | undefined

/**
 * The folding for identifiers: digits of every script, full-width forms and separators become ASCII, invisible
 * characters become nothing. Letters of other scripts stay: `é` is not part of an ASCII word.
 */
export function identifierFoldTable(): FoldTable {
  if (identifierFolds !== undefined) return identifierFolds
  const table = new Uint16Array(0x10000)
  for (let unit = 0; unit < table.length; unit += 1) table[unit] = unit
  forEachInSet(charSetMatching('\\p{Nd}'), (low, high) => foldDigits(table, low, high))
  for (let unit = 0xff01; unit <= 0xff5e; unit += 1) table[unit] = unit - 0xfee0
  for (const [to, ranges] of Object.entries(SEPARATORS)) {
    for (const [low, high] of ranges) table.fill(to.charCodeAt(0), low, high + 1)
  }
  forEachInSet(charSetMatching(INVISIBLE), (low, high) => table.fill(IGNORED, low, high + 1))
  for (const unit of WHITE_SPACE_CONTROLS) table[unit] = unit
  table.fill(ASTRAL, 0xd800, 0xe000)
  identifierFolds = table
  return table
}

function forEachInSet(set: CharSet, visit: (low: number, high: number) => void): void {
  for (let i = 0; i < set.length; i += 2) visit(set[i] ?? 0, set[i + 1] ?? 0)
}

/** Decimal digits (general category Nd) come in runs of ten that start with zero (Unicode Standard, section 4.6). */
function foldDigits(table: FoldTable, low: number, high: number): void {
  for (let unit = low; unit <= high; unit += 1) table[unit] = 0x30 + ((unit - low) % 10)
}

const ASTRAL_START = 0x10000
const ASTRAL_END = 0x20000
/** Mathematical, Arabic mathematical and enclosed letters: the planes' compatibility forms of ASCII. */
const COMPATIBILITY = [0x1d400, 0x1d7ff, 0x1ee00, 0x1eeff, 0x1f100, 0x1f1ff]

let astralFolds: FoldTable | undefined

/**
 * Folds a character beyond U+FFFF or a lone surrogate: digits of every script and compatibility letters to ASCII,
 * invisible characters to nothing, all else to ASTRAL. The table is made when the first such character comes.
 */
export function foldAstral(codePoint: number): number {
  if (codePoint >= 0xe0000 && codePoint <= 0xe0fff) return IGNORED
  if (codePoint < ASTRAL_START || codePoint >= ASTRAL_END) return ASTRAL
  astralFolds ??= astralFoldTable()
  return astralFolds[codePoint - ASTRAL_START] ?? ASTRAL
}

function astralFoldTable(): FoldTable {
  const table = new Uint16Array(ASTRAL_END - ASTRAL_START).fill(ASTRAL)
  forEachInSet(COMPATIBILITY, (low, high) => {
    for (let codePoint = low; codePoint <= high; codePoint += 1) {
      const plain = String.fromCodePoint(codePoint).normalize('NFKC')
      if (plain.length === 1 && plain < '\x80')
        table[codePoint - ASTRAL_START] = plain.charCodeAt(0)
    }
  })
  forEachInSet(astralSetMatching('\\p{Nd}'), (low, high) => foldDigits(table, low, high))
  forEachInSet(astralSetMatching(INVISIBLE), (low, high) => table.fill(IGNORED, low, high + 1))
  return table
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
const CASED: readonly (readonly [number, number])[] = [
  [0x41, 0x5a],
  [0xc0, 0x24f],
  [0x370, 0x58f],
  [0x1e00, 0x1fff],
]
const DOTLESS_I = 0x131

let wordFolds: FoldTable | undefined

/** The folding for context words: that for identifiers, without case and accents (`Teléfono` is `telefono`). */
export function wordFoldTable(): FoldTable {
  if (wordFolds !== undefined) return wordFolds
  const bases = new Uint16Array(0x10000)
  for (let unit = 0; unit < bases.length; unit += 1) bases[unit] = unit
  for (const [low, high] of CASED) {
    for (let unit = low; unit <= high; unit += 1) bases[unit] = baseLetter(unit)
  }
  bases[DOTLESS_I] = 0x69
  wordFolds = identifierFoldTable().map((symbol) => bases[symbol] ?? symbol)
  return wordFolds
}

let termFolds: FoldTable | undefined

/**
 * The folding for deny terms, which goes further than that for identifiers: case, accents, compatibility forms and
 * look-alike letters are dropped, all white space is a space.
 */
export function termFoldTable(): FoldTable {
  if (termFolds !== undefined) return termFolds
  const identifiers = identifierFoldTable()
  const table = identifiers.slice()
  for (let unit = 0; unit < 0xd800; unit += 1) {
    if (table[unit] === IGNORED || (unit >= 0x3400 && unit < 0xa000) || unit >= 0xac00) continue
    table[unit] = baseLetter(identifiers[unit] ?? unit)
  }
  for (let unit = 0xf900; unit < 0x10000; unit += 1) {
    if (table[unit] !== IGNORED) table[unit] = baseLetter(table[unit] ?? unit)
  }
  for (const [letter, others] of Object.entries(LOOKALIKES)) {
    for (const other of others) {
      table[other.charCodeAt(0)] = letter.charCodeAt(0)
      const upper = other.toUpperCase()
      if (upper.length === 1) table[upper.charCodeAt(0)] = letter.charCodeAt(0)
    }
  }
  for (const unit of [0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x85, 0x2028, 0x2029]) table[unit] = 0x20
  termFolds = table
  return table
}

function baseLetter(unit: number): number {
  const base = String.fromCharCode(unit).normalize('NFKD').charAt(0).toLowerCase()
  return base.length === 1 ? base.charCodeAt(0) : unit
}

/** A text as the identifier detectors see it. */
export function foldIdentifiers(text: string): string {
  if (isPlain(text)) return text
  return String.fromCharCode(...symbolsOf(text, identifierFoldTable()))
}

/** The symbols of a text under a folding. */
export function symbolsOf(text: string, folds: FoldTable): number[] {
  const symbols: number[] = []
  for (let at = 0; at < text.length; ) {
    const character = characterAt(text, at)
    const codePoint = codePointOf(character)
    const symbol = codePoint > 0xffff ? foldAstral(codePoint) : (folds[codePoint] ?? 0)
    if (symbol !== IGNORED) symbols.push(symbol)
    at += unitsOf(character)
  }
  return symbols
}

function isPlain(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    if (unit < 0x20 || unit > 0x7e || beginsEscape(unit)) return false
  }
  return true
}
