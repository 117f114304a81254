// Context words: single words that say of what follows that it is likely to be an entity, or something else. Here they
// are found; what they mean for a stream is live-contexts.ts's. The table is laid out by context-table.ts.
import { symbolsOf, WORD_FOLDS } from '../fold.ts'
import {
  BETWEEN_WORDS,
  ContextTableBuilder,
  KNOWN_WORD,
  NUMBER,
  UNKNOWN_WORD,
} from './context-table.ts'
import { NUMBER_ENDINGS } from './number-words.ts'
import { classesOf, classOfUnit, OTHER } from './word-classes.ts'
import { WordEndings } from './word-endings.ts'
import {
  DIGITS_ROLES,
  NO_ROLES,
  type Vocabulary,
  WORD_LISTS,
  type WordRoles,
} from './word-roles.ts'
import { treeOf, wordsOf } from './word-tree.ts'

/** How `WhatsApp` begins, the one word of ours that is written with a capital inside. */
const BEFORE_CAPITAL = 'whats'
const CAPITAL_INSIDE = 'a'

/**
 * The words of all vocabularies as one table. A word ends before what separates words, such as `_`, before a digit, and
 * before a capital that follows a small letter; one with `*` at its end stands for all words that begin like that.
 */
export class ContextWords {
  /** Next row by row times `size` plus class, or KNOWN_WORD. */
  readonly table: Uint16Array
  /** Number of classes. */
  readonly size: number
  readonly #classOfSymbol: ReadonlyMap<number, number>
  /** The rows before and behind the capital of `WhatsApp`. */
  readonly #beforeCapital: number
  readonly #behindCapital: number
  /** By row. */
  readonly #rolesOf: (WordRoles | undefined)[] = []

  constructor(vocabularies: readonly Vocabulary[]) {
    const words = wordsOf(vocabularies)
    this.#classOfSymbol = classesOf(words.map(({ symbols }) => symbols))
    this.size = Math.max(OTHER, ...this.#classOfSymbol.values()) + 1
    const root = treeOf(words, this.#classOfSymbol)
    this.#rolesOf[NUMBER] = DIGITS_ROLES
    const endings = new WordEndings(NUMBER_ENDINGS.map((word) => this.#classesIn(word)))
    this.table = new ContextTableBuilder(this.size, this.#rolesOf, endings).tableOf(root)
    this.#beforeCapital = this.#rowBehind(BEFORE_CAPITAL)
    this.#behindCapital = this.#rowBehind(BEFORE_CAPITAL + CAPITAL_INSIDE)
  }

  /** The class of a UTF-16 unit, with CAPITAL where it is one. */
  classOf(unit: number): number {
    return classOfUnit(unit, this.#classOfSymbol)
  }

  /** What the word is that ends at a row. */
  rolesAt(row: number): WordRoles {
    return this.#rolesOf[row] ?? NO_ROLES
  }

  /** Whether a capital that leads from a row to the next goes on with a word, as in `WhatsApp`, and begins none. */
  goesOn(row: number, next: number): boolean {
    return row === this.#beforeCapital && next === this.#behindCapital && next > UNKNOWN_WORD
  }

  /** Whether a word that ends at a row is of a script without spaces: whatever follows it begins a word, as it is. */
  endsAnywhere(row: number): boolean {
    return this.table[row * this.size + OTHER] === KNOWN_WORD
  }

  /** Where a word has come to of which only the first part is there. */
  #rowBehind(part: string): number {
    return this.#classesIn(part).reduce(
      (row, symbolClass) => this.table[row * this.size + symbolClass] ?? UNKNOWN_WORD,
      BETWEEN_WORDS,
    )
  }

  #classesIn(word: string): number[] {
    return symbolsOf(word, WORD_FOLDS).map((symbol) => this.#classOfSymbol.get(symbol) ?? OTHER)
  }
}

/** So many combinations of vocabularies are remembered, the last ones. */
const MAX_REMEMBERED = 8
const remembered = new Map<string, ContextWords>()

/** The words of some vocabularies. Policies that use the same ones share them: they are dear to make and to keep. */
export function contextWordsOf(vocabularies: readonly Vocabulary[]): ContextWords {
  const key = JSON.stringify(vocabularies, [...WORD_LISTS])
  let words = remembered.get(key)
  if (words === undefined) {
    const [oldest] = remembered.keys()
    if (remembered.size >= MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest)
    words = new ContextWords(vocabularies)
    remembered.set(key, words)
  }
  return words
}
