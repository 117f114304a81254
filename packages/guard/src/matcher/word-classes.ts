// The classes of letters for the table of context words: which letter is told from which, where capitals begin words, and
// which scripts write no space between them.
import { WORD_FOLDS } from '../fold.ts'
import { type CharSet, contains, DIGIT as DIGITS } from './char-set.ts'

/** The class of what separates words. */
export const SEPARATOR = 0
export const DIGIT = 1
/** Any other symbol of words; the symbols that occur in our words have classes of their own from here on. */
export const OTHER = 2
const FIRST_LETTER = 3
/** Added to the class of a capital: behind a small letter or a digit it begins a word. */
const CAPITAL = 0x80
/** What is left of a class without that. */
export const WORD_CLASS = 0x7f
/** Classes share a unit of sixteen bits with those of the automaton. */
const MAX_CLASSES = WORD_CLASS

/** Whether a word begins with a symbol of a class, although one of class `before` is right before it. */
export function beginsWord(contextClass: number, before: number): boolean {
  return contextClass > CAPITAL && before !== SEPARATOR && before < CAPITAL
}

/**
 * Blocks of scripts that write no space between words, where a word counts wherever it stands, whatever is around it:
 * Thai and Lao, Myanmar, Hangul, Khmer, kana and Han (Unicode Standard, Blocks.txt).
 */
const SPACELESS: CharSet = [
  ...[0x0e00, 0x0eff, 0x1000, 0x109f, 0x1100, 0x11ff, 0x1780, 0x17ff, 0x2e80, 0x9fff],
  ...[0xa960, 0xa97f, 0xaa60, 0xaa7f, 0xac00, 0xd7ff, 0xf900, 0xfaff, 0xff66, 0xffdc],
]

/** A word in folded symbols. */
type Word = readonly number[]

/**
 * Letters of Latin words have a class each. The other scripts share classes, so that the table has a column for each
 * letter of the script with the most. But no text is taken for a word of another script: each word has a mark, a letter
 * whose class is its own, and nobody mixes scripts in a word.
 */
export function classesOf(words: readonly Word[]): Map<number, number> {
  const classes = new Map<number, number>()
  const add = (symbol: number, symbolClass: number) => {
    classes.set(symbol, symbolClass)
    next = Math.max(next, symbolClass + 1)
  }
  let next = FIRST_LETTER
  const scripts = byScript(words)
  for (const symbol of symbolsIn(scripts.get(LATIN) ?? [])) add(symbol, next)
  scripts.delete(LATIN)
  for (const ofScript of scripts.values()) {
    for (const symbol of marksOf(ofScript)) add(symbol, next)
  }
  const first = next
  for (const ofScript of scripts.values()) {
    const unmarked = symbolsIn(ofScript).filter((symbol) => !classes.has(symbol))
    unmarked.forEach((symbol, i) => {
      add(symbol, first + i)
    })
  }
  if (next <= MAX_CLASSES) return classes
  throw new RangeError(`context words have more than ${MAX_CLASSES} kinds of characters`)
}

function byScript(words: readonly Word[]): Map<number, Word[]> {
  const scripts = new Map<number, Word[]>()
  for (const word of words) {
    const script = scriptOf(word[0] ?? 0)
    const ofScript = scripts.get(script)
    if (ofScript === undefined) scripts.set(script, [word])
    else ofScript.push(word)
  }
  return scripts
}

function symbolsIn(words: readonly Word[]): number[] {
  return [...new Set(words.flat())]
}

/** Letters of which each word has one: its first one where a word may begin anywhere, else those that most words have. */
function marksOf(words: readonly Word[]): number[] {
  const firsts = words.map(([first = 0]) => first)
  if (firsts.every(isSpaceless)) return [...new Set(firsts)]
  const marks: number[] = []
  for (let left = words; left.length > 0; ) {
    const counts = new Map<number, number>()
    for (const word of left) {
      for (const symbol of new Set(word)) counts.set(symbol, (counts.get(symbol) ?? 0) + 1)
    }
    const [mark] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a))
    marks.push(mark)
    left = left.filter((word) => !word.includes(mark))
  }
  return marks
}

const LATIN = 0
/** Where Latin letters end in Unicode, and where kana, Han and Hangul begin; the others are in stretches of 128. */
const LATIN_END = 0x250
const EAST_ASIAN = [0x2e80, 0x3400, 0xac00] as const

/** Whether a symbol belongs to a script that writes no space between words. */
export function isSpaceless(symbol: number): boolean {
  return contains(SPACELESS, symbol)
}

function scriptOf(symbol: number): number {
  if (symbol < LATIN_END) return LATIN
  return EAST_ASIAN.findLast((start) => symbol >= start) ?? symbol >> 7
}

const IS_LETTER = /[\p{L}\p{M}]/u
const IS_CAPITAL = /\p{Lu}/u

/** The class of a UTF-16 unit, with CAPITAL where it is one. */
export function classOfUnit(unit: number, classOfSymbol: ReadonlyMap<number, number>): number {
  const symbol = WORD_FOLDS.at(unit)
  const symbolClass = classOfSymbol.get(symbol) ?? classOfOther(symbol)
  return IS_CAPITAL.test(String.fromCharCode(unit)) ? symbolClass | CAPITAL : symbolClass
}

/** The class of a symbol that is in none of our words. */
function classOfOther(symbol: number): number {
  if (contains(DIGITS, symbol)) return DIGIT
  return IS_LETTER.test(String.fromCharCode(symbol)) ? OTHER : SEPARATOR
}
