// Thousands of literal terms in one Aho-Corasick automaton with a dense table. Its state is one number; how deep a node
// lies is how much of the text could still become a term. Folding is fold.ts's, what a match means the stream's.
import { foldAstral, IGNORED, symbolsOf, TERM_FOLDS } from '../fold.ts'
import { UnitTable } from '../unit-table.ts'
import { CLASS_IGNORED } from './alphabet.ts'

/** `word`: a term counts only between characters that are neither letter, digit nor `_`. `substring`: anywhere. */
export type TermMatch = 'word' | 'substring'

export interface Term {
  readonly text: string
  /** Number of the rule it belongs to. */
  readonly rule: number
}

/** A term in symbols may be this long at most: it bounds what a stream may have to hold for it. */
export const MAX_TERM_LENGTH = 128
/** Class of what separates words, the end of the text included. */
export const CLASS_SEPARATOR = 2
const CLASS_WORD = 3
const FIRST_LETTER = 4
const AFTER_SEPARATOR = 0
const AFTER_WORD = 1

/** The classes that all terms of a program share: one per symbol that occurs in a term, the rest word or separator. */
export class TermAlphabet {
  /** Class of each UTF-16 unit. */
  readonly #classes: UnitTable
  /** Number of classes, the end of the text included (it is CLASS_SEPARATOR: nothing follows). */
  readonly size: number
  readonly #classOfSymbol = new Map<number, number>()
  readonly #isWord: boolean[] = [false, false, false, true]

  constructor(terms: readonly string[]) {
    for (const term of terms) {
      for (const symbol of termSymbols(term)) this.#addSymbol(symbol)
    }
    this.size = FIRST_LETTER + this.#classOfSymbol.size
    this.#classes = new UnitTable((unit) => this.#classOfFold(TERM_FOLDS.at(unit)))
  }

  classAt(codePoint: number): number {
    return codePoint > 0xffff
      ? this.#classOfFold(foldAstral(codePoint))
      : this.#classes.at(codePoint)
  }

  isWord(symbolClass: number): boolean {
    return this.#isWord[symbolClass] ?? false
  }

  classesOf(term: string): number[] {
    return termSymbols(term).map((symbol) => this.#classOfSymbol.get(symbol) ?? CLASS_SEPARATOR)
  }

  #addSymbol(symbol: number): void {
    if (this.#classOfSymbol.has(symbol)) return
    this.#classOfSymbol.set(symbol, FIRST_LETTER + this.#classOfSymbol.size)
    this.#isWord.push(isWordSymbol(symbol))
  }

  #classOfFold(fold: number): number {
    if (fold === IGNORED) return CLASS_IGNORED
    const symbol = lowerCase(fold)
    return this.#classOfSymbol.get(symbol) ?? (isWordSymbol(symbol) ? CLASS_WORD : CLASS_SEPARATOR)
  }
}

/** A term as the symbols it folds to. */
export function termSymbols(term: string): number[] {
  return symbolsOf(term, TERM_FOLDS).map(lowerCase)
}

function lowerCase(symbol: number): number {
  return symbol >= 0x41 && symbol <= 0x5a ? symbol + 0x20 : symbol
}

function isWordSymbol(symbol: number): boolean {
  return /^[\p{L}\p{N}_]$/u.test(String.fromCharCode(symbol))
}

/**
 * One automaton for all terms of one kind. An entry of `table` is the row of the next node times two, plus one where a
 * term ends: for substrings after this symbol (at the next node), for words before it (at the node that is left, once
 * the symbol has shown that the word is over).
 */
export class TermAutomaton {
  readonly match: TermMatch
  readonly alphabet: TermAlphabet
  readonly table: Int32Array
  /** By node: how many symbols it has consumed. */
  readonly depth: Uint8Array
  readonly #trie: Trie
  /** By node: rule and length in symbols of the terms that end there, in pairs, the longest of each rule. */
  readonly #outputs = new Map<number, readonly number[]>()

  constructor(terms: readonly Term[], match: TermMatch, alphabet: TermAlphabet) {
    this.match = match
    this.alphabet = alphabet
    this.#trie = new Trie(alphabet.size)
    for (const term of terms) this.#insert(term)
    this.depth = Uint8Array.from(this.#trie.depths)
    this.table = new Int32Array(this.#trie.depths.length * alphabet.size)
    this.#link()
    this.#markEnds()
  }

  /** Rule and length, in pairs, of the terms that end at the node of a row. */
  outputsAt(row: number): readonly number[] {
    return this.#outputs.get(row / this.alphabet.size) ?? []
  }

  #insert(term: Term): void {
    const classes = this.alphabet.classesOf(term.text)
    this.#addOutputs(this.#trie.insert(classes), [term.rule, classes.length])
  }

  /** Keeps the first pair of each rule: a node's own term is longer than any it inherits. */
  #addOutputs(node: number, pairs: readonly number[]): void {
    const outputs = [...(this.#outputs.get(node) ?? [])]
    for (let i = 0; i < pairs.length; i += 2) {
      const known = outputs.some((value, at) => at % 2 === 0 && value === pairs[i])
      if (!known) outputs.push(pairs[i] ?? 0, pairs[i + 1] ?? 0)
    }
    if (outputs.length > 0) this.#outputs.set(node, outputs)
  }

  /** Fills the table breadth first: the node that a failure leads to is shallower, hence complete. */
  #link(): void {
    const { size } = this.alphabet
    const failures = new Int32Array(this.depth.length)
    const queue = [AFTER_SEPARATOR, AFTER_WORD]
    for (let next = 0; next < queue.length; next += 1) {
      const node = queue[next] ?? 0
      const failure = failures[node] ?? 0
      if (node > AFTER_WORD) this.#addOutputs(node, this.#outputs.get(failure) ?? [])
      for (let symbolClass = CLASS_SEPARATOR; symbolClass < size; symbolClass += 1) {
        const otherwise =
          node > AFTER_WORD
            ? (this.table[failure * size + symbolClass] ?? 0)
            : this.#root(symbolClass)
        const child = this.#childOf(node, symbolClass)
        this.table[node * size + symbolClass] = child ?? otherwise
        if (child === undefined || node === AFTER_WORD) continue
        failures[child] = otherwise
        queue.push(child)
      }
    }
  }

  /** Where a text stands that is no part of a term, after a symbol. */
  #root(symbolClass: number): number {
    return this.match === 'word' && this.alphabet.isWord(symbolClass) ? AFTER_WORD : AFTER_SEPARATOR
  }

  /** Inside a word no term starts, unless with a symbol that is a separator itself. */
  #childOf(node: number, symbolClass: number): number | undefined {
    if (node !== AFTER_WORD) return this.#trie.childOf(node, symbolClass)
    if (this.alphabet.isWord(symbolClass)) return undefined
    return this.#trie.childOf(AFTER_SEPARATOR, symbolClass)
  }

  /** Turns node numbers into entries. */
  #markEnds(): void {
    const { size } = this.alphabet
    for (let node = 0; node < this.depth.length; node += 1) {
      const endsInWord = this.alphabet.isWord(this.#trie.lastClasses[node] ?? 0)
      for (let symbolClass = CLASS_SEPARATOR; symbolClass < size; symbolClass += 1) {
        const cell = node * size + symbolClass
        const target = this.table[cell] ?? 0
        const wordIsOver = !endsInWord || !this.alphabet.isWord(symbolClass)
        const ends =
          this.match === 'substring'
            ? this.#outputs.has(target)
            : wordIsOver && this.#outputs.has(node)
        this.table[cell] = target * size * 2 + (ends ? 1 : 0)
      }
    }
  }
}

/** The terms as a tree; nodes 0 and 1 are the roots after a separator and after a word, terms hang on the first. */
class Trie {
  readonly depths = [0, 0]
  /** By node: the class that leads to it. */
  readonly lastClasses = [0, 0]
  readonly #size: number
  readonly #children = new Map<number, number>()

  constructor(size: number) {
    this.#size = size
  }

  childOf(node: number, symbolClass: number): number | undefined {
    return this.#children.get(node * this.#size + symbolClass)
  }

  insert(classes: readonly number[]): number {
    let node = AFTER_SEPARATOR
    for (const symbolClass of classes) {
      let child = this.childOf(node, symbolClass)
      if (child === undefined) {
        child = this.depths.push((this.depths[node] ?? 0) + 1) - 1
        this.lastClasses.push(symbolClass)
        this.#children.set(node * this.#size + symbolClass, child)
      }
      node = child
    }
    return node
  }
}
