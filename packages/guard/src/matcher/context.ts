// Context words: single words that make what follows likelier to be an entity. They look backwards only, so they never
// make a text wait. What a live context allows to start is automaton.ts's.
import { foldAstral, identifierFoldTable } from '../fold.ts'
import { charSetMatching } from './char-set.ts'

/** A context stays live for what begins within this many words after its word, as in Microsoft Presidio. */
const WINDOW_WORDS = 5
/** The class of what separates words. */
export const SEPARATOR = 0
const OTHER = 27
const SIZE = 28
/** The row between words; the next row is that of a word which is none of ours, the rest are nodes of a tree. */
export const BETWEEN_WORDS = 0
const UNKNOWN_WORD = SIZE
/** The entry for the end of a word that belongs to a context. */
const CONTEXT_WORD = -1

/** The words of all contexts of a program; context `i` has the bit `1 << i`. */
export class ContextWords {
  /** By UTF-16 unit: 1 to 26 for a letter from a to z, 27 for another letter or digit, 0 for what separates words. */
  readonly classOf = contextClasses()
  /** Next row by row and class, or CONTEXT_WORD. */
  readonly table: Int32Array
  readonly contexts: number
  readonly #bits = new Map<number, number>()

  constructor(contexts: readonly (readonly string[])[]) {
    this.contexts = contexts.length
    const rows: number[] = []
    addRow(rows)
    addRow(rows)
    contexts.forEach((words, i) => {
      for (const word of words) this.#insert(rows, word, 1 << i)
    })
    this.table = Int32Array.from(rows)
  }

  /** The contexts whose word ends at a row. */
  bitsAt(row: number): number {
    return this.#bits.get(row) ?? 0
  }

  classAt(codePoint: number): number {
    return codePoint > 0xffff
      ? (this.classOf[foldAstral(codePoint)] ?? SEPARATOR)
      : (this.classOf[codePoint] ?? SEPARATOR)
  }

  #insert(rows: number[], word: string, bit: number): void {
    let row = BETWEEN_WORDS
    for (let i = 0; i < word.length; i += 1) {
      const cell = row + (this.classOf[word.charCodeAt(i)] ?? OTHER)
      if (rows[cell] === UNKNOWN_WORD) {
        rows[cell] = addRow(rows)
      }
      row = rows[cell] ?? UNKNOWN_WORD
    }
    rows[row + SEPARATOR] = CONTEXT_WORD
    this.#bits.set(row, this.bitsAt(row) | bit)
  }
}

function addRow(rows: number[]): number {
  const row = rows.push(BETWEEN_WORDS) - 1
  for (let i = 1; i < SIZE; i += 1) rows.push(UNKNOWN_WORD)
  return row
}

/** The contexts that are live at the moment in one stream. Words are counted only while one is. */
export class LiveContexts {
  /** A bit for each live context. */
  bits = 0
  #words = 0
  /** By context: the count of words at which it ends, and the stretch of text in which it was live last. */
  readonly #until: Int32Array
  readonly #since: Int32Array
  readonly #ended: Int32Array

  constructor(contexts: number) {
    this.#until = new Int32Array(contexts)
    this.#since = new Int32Array(contexts)
    this.#ended = new Int32Array(contexts)
  }

  /** A word of the contexts in `bits`, or of none, has ended before `offset`. */
  endWord(bits: number, offset: number): void {
    this.#words += 1
    for (let i = 0; i < this.#until.length; i += 1) {
      const bit = 1 << i
      const isLive = (this.bits & bit) !== 0
      if ((bits & bit) !== 0) {
        this.#until[i] = this.#words + WINDOW_WORDS
        if (isLive) continue
        this.#since[i] = offset
        this.bits |= bit
      } else if (isLive && this.#words >= (this.#until[i] ?? 0)) {
        this.#ended[i] = offset
        this.bits &= ~bit
      }
    }
  }

  /** Whether a match that starts at `offset` started while one of the contexts in `gate` was live. */
  wasLive(gate: number, offset: number): boolean {
    for (let i = 0; i < this.#until.length; i += 1) {
      const bit = 1 << i
      if ((gate & bit) === 0 || offset < (this.#since[i] ?? 0)) continue
      const isLive = (this.bits & bit) !== 0
      if (isLive || (this.#until[i] !== 0 && offset < (this.#ended[i] ?? 0))) return true
    }
    return false
  }
}

let classes: Uint8Array | undefined

function contextClasses(): Uint8Array {
  if (classes !== undefined) return classes
  const folds = identifierFoldTable()
  const ofSymbol = new Uint8Array(0x10000)
  const words = charSetMatching('[\\p{L}\\d_]')
  for (let i = 0; i < words.length; i += 2) {
    ofSymbol.fill(OTHER, words[i] ?? 0, (words[i + 1] ?? 0) + 1)
  }
  for (let letter = 1; letter <= 26; letter += 1) {
    ofSymbol[0x40 + letter] = letter
    ofSymbol[0x60 + letter] = letter
  }
  classes = new Uint8Array(0x10000)
  for (let unit = 0; unit < classes.length; unit += 1) {
    classes[unit] = ofSymbol[folds[unit] ?? 0] ?? SEPARATOR
  }
  return classes
}
