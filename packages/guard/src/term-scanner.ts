// Runs the automata of the terms over the text of one stream. What they look like is matcher/terms.ts's, what a term
// means matches.ts's.
import type { HeldText } from './held-text.ts'
import { symbolStart } from './matcher/alphabet.ts'
import { CLASS_SEPARATOR, type TermAutomaton } from './matcher/terms.ts'
import type { Matches } from './matches.ts'
import type { Program } from './program.ts'

const BEFORE_ALL = -1

export class TermScanner {
  readonly #program: Program
  readonly #held: HeldText
  readonly #matches: Matches
  #substringRow = 0
  #wordRow = 0

  constructor(program: Program, held: HeldText, matches: Matches) {
    this.#program = program
    this.#held = held
    this.#matches = matches
  }

  /** Goes over a symbol of one unit, unless a term ends before it or with it. Whether it did. */
  pass(unit: number): boolean {
    const { substrings, words } = this.#program
    const wordEntry = words === undefined ? 0 : entryOf(words, this.#wordRow, unit)
    const entry = substrings === undefined ? 0 : entryOf(substrings, this.#substringRow, unit)
    if (((wordEntry | entry) & 1) === 1) return false
    this.#wordRow = wordEntry >> 1
    this.#substringRow = entry >> 1
    return true
  }

  /** Goes over any symbol, which ends at `end`: words are seen to end before it, substrings end with it. */
  step(codePoint: number, end: number): void {
    const { substrings, words } = this.#program
    if (words !== undefined) this.#stepWords(words, words.alphabet.classAt(codePoint))
    this.#held.symbolEnd = end
    if (substrings === undefined) return
    const entry = entryOf(substrings, this.#substringRow, codePoint)
    this.#substringRow = entry >> 1
    if ((entry & 1) === 1) this.#endTerms(substrings.outputsAt(this.#substringRow))
  }

  /** The text may end here: a word that is whole is one. */
  pause(): void {
    const { words } = this.#program
    const row = this.#wordRow
    if (words !== undefined) this.#stepWords(words, CLASS_SEPARATOR)
    this.#wordRow = row
  }

  /** Back to where a text begins. */
  restart(): void {
    this.#substringRow = 0
    this.#wordRow = 0
  }

  /** The offset from which on a term is still possible; `now` if none is. */
  earliestUndecided(now: number): number {
    const { substrings, words } = this.#program
    const depth = Math.max(depthAt(substrings, this.#substringRow), depthAt(words, this.#wordRow))
    return depth > 0 ? this.#startOf(depth) : now
  }

  #stepWords(words: TermAutomaton, termClass: number): void {
    const entry = words.table[this.#wordRow + termClass] ?? 0
    if ((entry & 1) === 1) this.#endTerms(words.outputsAt(this.#wordRow))
    this.#wordRow = entry >> 1
  }

  #endTerms(outputs: readonly number[]): void {
    for (let i = 0; i < outputs.length; i += 2) {
      const rule = this.#program.rules[outputs[i] ?? 0]
      if (rule !== undefined) this.#matches.acceptTerm(rule, this.#startOf(outputs[i + 1] ?? 0))
    }
  }

  /**
   * The offset at which the last `symbols` symbols begin: counted back, since some characters count as nothing. Before
   * all text if they began too long ago to be held.
   */
  #startOf(symbols: number): number {
    const { text, base, symbolEnd } = this.#held
    let at = symbolEnd - base
    for (let left = symbols; left > 0; left -= 1) {
      at = symbolStart(this.#program.automaton.alphabet, text, at)
      if (at < 0) return BEFORE_ALL
    }
    return base + at
  }
}

function entryOf({ table, alphabet }: TermAutomaton, row: number, codePoint: number): number {
  return table[row + alphabet.classAt(codePoint)] ?? 0
}

function depthAt(terms: TermAutomaton | undefined, row: number): number {
  return terms === undefined ? 0 : (terms.depth[row / terms.alphabet.size] ?? 0)
}
