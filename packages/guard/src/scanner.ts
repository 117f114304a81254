// Runs the shared automata over the text of one stream, each character once, and keeps where the open threads started.
// What an accepting thread means is matches.ts's.

import { characterAt, codePointOf, unitsOf } from './characters.ts'
import type { HeldText } from './held-text.ts'
import { CLASS_IGNORED, FIRST_CLASS, symbolStart } from './matcher/alphabet.ts'
import {
  BETWEEN_WORDS,
  beginsWord,
  DIGIT,
  KNOWN_WORD,
  SEPARATOR,
  WORD_CLASS,
} from './matcher/context.ts'
import { DfaThreads } from './matcher/dfa-threads.ts'
import {
  ACTION_BITS,
  ACTION_CLEAR,
  ACTION_MASK,
  ACTION_RESTART,
  UNKNOWN,
} from './matcher/lazy-dfa.ts'
import { LiveContexts } from './matcher/live-contexts.ts'
import { CLASS_SEPARATOR, type TermAutomaton } from './matcher/terms.ts'
import { ONLY_ROW, type Threads } from './matcher/threads.ts'
import { Matches } from './matches.ts'
import { CLASS_BITS, CONTEXT_SHIFT, kindOf, type Program } from './program.ts'
import type { Resolver } from './resolver.ts'

const BEFORE_ALL = -1

export class Scanner {
  readonly matches: Matches
  readonly #program: Program
  readonly #held: HeldText
  readonly #dfa: DfaThreads
  /** What follows the threads now: the DFA, or what the stream has come down to. */
  #threads: Threads
  #substringRow = 0
  #wordRow = 0
  readonly #contexts: LiveContexts
  #contextRow = BETWEEN_WORDS
  /** Of the last symbol. */
  #contextClass = SEPARATOR
  /** The gates that the state was built with. */
  #gates = 0

  constructor(program: Program, held: HeldText, resolver: Resolver) {
    const { automaton, dfaPerStart, standingBits } = program
    const contexts = new LiveContexts(standingBits)
    const wasLive = (gate: number, offset: number) => contexts.wasLive(gate, offset)
    this.#program = program
    this.#held = held
    this.#contexts = contexts
    this.matches = new Matches(program, { held, resolver, wasLive })
    this.#gates = this.#gatesNow()
    this.#dfa = new DfaThreads(automaton, dfaPerStart, this.#gates)
    this.#threads = this.#dfa
  }

  /** Looks at the held text up to an offset in it. */
  scan(to: number): void {
    while (this.matches.blockedBy === undefined && this.#run(to)) this.#passOver()
  }

  /**
   * The hot loop: table look-ups for each unit; everything else happens in methods that are rarely called. Whether it
   * stopped behind a character that counts as nothing and has to be seen to all the same.
   */
  #run(to: number): boolean {
    const { kinds, contextTable, contextSize, hasTerms, floodLength } = this.#program
    const { matches } = this
    const dfa = this.#dfa
    const held = this.#held
    const { text, base } = held
    let row = this.#threads.enter()
    let contextRow = this.#contextRow
    let contextClass = this.#contextClass
    let isCounting = this.#contexts.isCounting
    let table = this.#threads.table
    let symbolEnd = held.symbolEnd
    for (let at = held.scanned; at < to; at += 1) {
      const start = at
      let codePoint = text.charCodeAt(at)
      let kind = kinds[codePoint] ?? 0
      if ((kind & CLASS_BITS) < FIRST_CLASS) {
        if (kind !== CLASS_IGNORED) {
          const character = characterAt(text, at)
          codePoint = codePointOf(character)
          at += unitsOf(character) - 1
          kind = kindOf(this.#program, codePoint)
        }
        if (kind === CLASS_IGNORED) {
          const ignored = base + at + 1 - Math.max(symbolEnd, held.edge)
          if (ignored < floodLength && !matches.isBusy) continue
          held.lookAt(at + 1, symbolEnd)
          this.#leave(row, contextRow, contextClass)
          return true
        }
      }
      const symbolClass = kind & CLASS_BITS
      const classBefore = contextClass
      contextClass = kind >> CONTEXT_SHIFT
      const wordClass = contextClass & WORD_CLASS
      let nextContextRow = contextTable[contextRow * contextSize + wordClass] ?? 0
      const isOver =
        nextContextRow === KNOWN_WORD ||
        (beginsWord(contextClass, classBefore) && !this.#goesOn(contextRow, nextContextRow))
      if (isOver || (isCounting && wordClass === SEPARATOR)) {
        const isGlued = wordClass === DIGIT && nextContextRow === KNOWN_WORD
        if (this.#endWord(contextRow, base + start) || isGlued) {
          row = this.#reset(row, isGlued)
          table = this.#threads.table
        }
        isCounting = this.#contexts.isCounting
        nextContextRow = contextTable[wordClass] ?? 0
      }
      contextRow = nextContextRow
      let entry = table[row + symbolClass] ?? 0
      if (entry < 0) {
        held.lookAt(start, symbolEnd)
        entry = this.#missing(row, symbolClass)
        table = this.#threads.table
      }
      row = entry >> ACTION_BITS
      const action = entry & ACTION_MASK
      if (action > ACTION_RESTART) {
        held.lookAt(start, symbolEnd)
        this.#act(action, symbolClass)
      } else if (action !== 0) {
        dfa.starts[0] = base + start
        dfa.count = action - ACTION_CLEAR
      }
      const end = base + at + 1
      if (hasTerms) {
        held.lookAt(start, symbolEnd)
        this.#stepTerms(codePoint, end)
      }
      symbolEnd = end
      if (matches.isBusy) {
        held.lookAt(at + 1, end)
        if (this.#attend(symbolClass, base + start)) break
        if (this.#gates !== this.#gatesNow()) {
          row = this.#reset(row, false)
          table = this.#threads.table
        }
      }
    }
    if (matches.blockedBy === undefined) held.scanned = to
    held.symbolEnd = symbolEnd
    this.#leave(row, contextRow, contextClass)
    return false
  }

  /** Sees to what matches have left to do after a symbol that began at `start`. Whether the stream is blocked. */
  #attend(symbolClass: number, start: number): boolean {
    const { matches } = this
    matches.extend(symbolClass, start, this.#held.symbolEnd)
    if (matches.isWaiting) matches.settle(this.watermark())
    return matches.blockedBy !== undefined
  }

  /** Sees to what grows old while characters pass that count as nothing, and to a flood of them. */
  #passOver(): void {
    const { now, symbolEnd, edge } = this.#held
    if (now - Math.max(symbolEnd, edge) >= this.#program.floodLength) {
      this.#beginAnew()
      return
    }
    const { matches } = this
    matches.expire(now)
    if (matches.isWaiting) matches.settle(this.watermark())
  }

  /** The end of a text is its last symbol: it completes what only a following character could have made longer. */
  scanEnd(): void {
    this.#complete()
    this.matches.closeAll()
    this.#restart()
  }

  /** The text may end here, or go on: what could be a match if it ended is one, and all threads stay. */
  scanPause(): void {
    const wordRow = this.#wordRow
    this.#complete()
    this.#wordRow = wordRow
  }

  /** In a flood of characters that count as nothing one text ends and another begins; what is open goes on. */
  #beginAnew(): void {
    this.#complete()
    this.matches.bridge(this.#held.now)
    this.#restart()
  }

  /** Whatever could be a match is one, since nothing follows. */
  #complete(): void {
    const { automaton, words } = this.#program
    const { end } = automaton.alphabet
    const { starts, count } = this.#threads
    if (count > 0) this.matches.acceptAll(this.#threads.accepts(end), starts, end)
    if (words !== undefined) this.#stepWords(words, CLASS_SEPARATOR)
  }

  /** Back to where a text begins. No thread is left, so all matches are known. */
  #restart(): void {
    const { now } = this.#held
    if (this.matches.blockedBy === undefined) this.matches.settle(now)
    this.#endWord(this.#contextRow, now)
    this.#contextRow = BETWEEN_WORDS
    this.#contextClass = SEPARATOR
    this.#gates = this.#gatesNow()
    this.#threads.restart(this.#gates)
    this.#wordRow = 0
    this.#substringRow = 0
    this.#held.edge = now
  }

  /** The offset from which on a match is still possible. Everything before it is decided. */
  watermark(): number {
    const { maxSpan, hasTerms } = this.#program
    const { now } = this.#held
    let watermark = this.matches.earliestUndecided(now)
    const { count, starts } = this.#threads
    if (count > 0) watermark = Math.min(watermark, starts[0] ?? now)
    const depth = hasTerms ? this.#termDepth() : 0
    if (depth > 0) watermark = Math.min(watermark, this.#startOf(depth))
    if (watermark >= now - maxSpan) return watermark
    return Math.max(watermark, this.#held.back(maxSpan), this.#held.base)
  }

  /** How many symbols can be the beginning of a term. */
  #termDepth(): number {
    const { substrings, words } = this.#program
    return Math.max(depthAt(substrings, this.#substringRow), depthAt(words, this.#wordRow))
  }

  #leave(row: number, contextRow: number, contextClass: number): void {
    this.#contextRow = contextRow
    this.#contextClass = contextClass
    this.#threads.leave(row)
  }

  /** The entry for a transition that is not in the table; one that was stepped over leads back to the same row. */
  #missing(row: number, symbolClass: number): number {
    const entry = this.#threads.build(row, symbolClass)
    if (entry !== UNKNOWN) return entry
    const threads = this.#threads.descend(row)
    this.#threads = threads
    this.matches.acceptAll(threads.accepts(symbolClass), threads.starts, symbolClass)
    if (this.matches.blockedBy !== undefined) return ONLY_ROW
    this.#threads = threads.step(symbolClass, this.#gates, this.#held.now)
    return ONLY_ROW
  }

  /** Takes note of a word that ended before an offset. Whether that changed what may start. */
  #endWord(contextRow: number, offset: number): boolean {
    const { contextWords } = this.#program
    if (contextRow === BETWEEN_WORDS || contextWords === undefined) return false
    this.#contexts.endWord(contextWords.rolesAt(contextRow), offset)
    return this.#gates !== this.#gatesNow()
  }

  #goesOn(contextRow: number, next: number): boolean {
    return this.#program.contextWords?.goesOn(contextRow, next) ?? false
  }

  #gatesNow(): number {
    return (this.#contexts.bits | this.matches.openGates) & this.#program.gatesOfAutomaton
  }

  /** The row of the same threads under the gates that are live now. `isWordStart`: see lazy-dfa.ts. */
  #reset(row: number, isWordStart: boolean): number {
    this.#gates = this.#gatesNow()
    const setting = { gates: this.#gates, isWordStart }
    const reset = this.#threads.reset(row, setting)
    if (reset !== UNKNOWN) return reset
    this.#threads = this.#threads.descend(row)
    return this.#threads.reset(ONLY_ROW, setting)
  }

  /** Matches first, while the groups are still those that accepted; then the groups change. */
  #act(action: number, after: number): void {
    const accepts = this.#program.automaton.acceptsOf(action)
    this.matches.acceptAll(accepts, this.#dfa.starts, after)
    if (this.matches.blockedBy === undefined) this.#dfa.act(action, this.#held.now)
  }

  /** Words are seen to end before the symbol, substrings end with it. */
  #stepTerms(codePoint: number, end: number): void {
    const { substrings, words } = this.#program
    if (words !== undefined) this.#stepWords(words, words.alphabet.classAt(codePoint))
    this.#held.symbolEnd = end
    if (substrings === undefined) return
    this.#stepSubstrings(substrings, substrings.alphabet.classAt(codePoint))
  }

  /** A word term ends before the symbol that showed the word to be over. */
  #stepWords(words: TermAutomaton, termClass: number): void {
    const entry = words.table[this.#wordRow + termClass] ?? 0
    if ((entry & 1) === 1) this.#endTerms(words.outputsAt(this.#wordRow))
    this.#wordRow = entry >> 1
  }

  /** A substring term ends with its last symbol. */
  #stepSubstrings(substrings: TermAutomaton, termClass: number): void {
    const entry = substrings.table[this.#substringRow + termClass] ?? 0
    this.#substringRow = entry >> 1
    if ((entry & 1) === 1) this.#endTerms(substrings.outputsAt(this.#substringRow))
  }

  #endTerms(outputs: readonly number[]): void {
    for (let i = 0; i < outputs.length; i += 2) {
      const rule = this.#program.rules[outputs[i] ?? 0]
      if (rule !== undefined) this.matches.acceptTerm(rule, this.#startOf(outputs[i + 1] ?? 0))
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

function depthAt(terms: TermAutomaton | undefined, row: number): number {
  return terms === undefined ? 0 : (terms.depth[row / terms.alphabet.size] ?? 0)
}
