// Runs the shared automata over the text of one stream, each character once, and keeps where the open threads started.
// What an accepting thread means is matches.ts's.

import type { HeldText } from './held-text.ts'
import { CLASS_IGNORED, FIRST_CLASS, symbolStart } from './matcher/alphabet.ts'
import { ACTION_BITS, ACTION_MASK, type Action, type State } from './matcher/automaton.ts'
import { BETWEEN_WORDS, type ContextWords, LiveContexts, SEPARATOR } from './matcher/context.ts'
import { CLASS_SEPARATOR, type TermAutomaton } from './matcher/terms.ts'
import { Matches } from './matches.ts'
import type { Program } from './program.ts'
import type { Resolver } from './resolver.ts'

const INITIAL_GROUPS = 8

export class Scanner {
  readonly matches: Matches
  readonly #program: Program
  readonly #held: HeldText
  /** The automaton: the row of its state, and the offset at which each of the state's thread groups started. */
  #row: number
  #state: State
  #generation: number
  #starts = new Int32Array(INITIAL_GROUPS)
  #groups = 0
  #substringRow = 0
  #wordRow = 0
  readonly #contexts: LiveContexts
  #contextRow = BETWEEN_WORDS
  /** The gates that the state was built with. */
  #gates = 0

  constructor(program: Program, held: HeldText, resolver: Resolver) {
    const { automaton, contextWords } = program
    const contexts = new LiveContexts(contextWords?.contexts ?? 0)
    const wasLive = (gate: number, offset: number) => contexts.wasLive(gate, offset)
    this.#program = program
    this.#held = held
    this.#contexts = contexts
    this.matches = new Matches(program, { held, resolver, wasLive })
    this.#state = automaton.initial(0)
    this.#row = automaton.rowOf(this.#state)
    this.#generation = automaton.generation
  }

  /** The hot loop: table look-ups for each unit; everything else happens in methods that are rarely called. */
  scan(to: number): void {
    const { automaton, contextWords, substrings, words } = this.#program
    const { classOf, size } = automaton.alphabet
    const held = this.#held
    const { text, base } = held
    const { matches } = this
    let row = this.#enter()
    let table = automaton.table
    for (let at = held.scanned; at < to; at += 1) {
      const unit = text.charCodeAt(at)
      const start = at
      let symbolClass = classOf[unit] ?? 0
      let codePoint = unit
      if (symbolClass < FIRST_CLASS) {
        if (symbolClass === CLASS_IGNORED) continue
        codePoint = text.codePointAt(at) ?? 0
        if (codePoint > 0xffff) at += 1
        symbolClass = automaton.alphabet.astralClass(codePoint)
        if (symbolClass === CLASS_IGNORED) continue
      }
      held.scanned = start
      if (contextWords !== undefined && this.#stepContext(contextWords, codePoint)) {
        row = this.#regate(row)
        table = automaton.table
      }
      let entry = table[row + symbolClass] ?? 0
      if (entry < 0) {
        entry = automaton.build(row, symbolClass)
        table = automaton.table
      }
      row = (entry >> ACTION_BITS) * size
      if ((entry & ACTION_MASK) !== 0) {
        this.#act(automaton.actions[entry & ACTION_MASK], symbolClass)
        if (this.#gates !== this.#gatesNow()) {
          row = this.#regate(row)
          table = automaton.table
        }
      }
      if (matches.hasOpen) matches.extend(symbolClass, base + start, base + at + 1)
      if (words !== undefined) this.#stepWords(words, words.alphabet.classAt(codePoint))
      held.scanned = at + 1
      held.symbolEnd = base + at + 1
      if (substrings !== undefined)
        this.#stepSubstrings(substrings, substrings.alphabet.classAt(codePoint))
      if (matches.isWaiting) matches.settle(this.watermark())
      if (matches.blockedBy !== undefined) break
    }
    if (matches.blockedBy === undefined) held.scanned = to
    this.#leave(row)
  }

  /** The end of the text is the last symbol: it completes what only a following character could have made longer. */
  scanEnd(): void {
    const { automaton, words } = this.#program
    const { end } = automaton.alphabet
    const { action } = automaton.step(this.#state, end)
    this.#act(action, end)
    if (words !== undefined) this.#stepWords(words, CLASS_SEPARATOR)
    this.#groups = 0
    this.#wordRow = 0
    this.#substringRow = 0
    this.matches.closeAll()
    if (this.matches.blockedBy === undefined) this.matches.settle(this.#held.now)
  }

  /** The offset from which on a match is still possible. Everything before it is decided. */
  watermark(): number {
    const { maxSpan, substrings, words } = this.#program
    const { now, base } = this.#held
    let watermark = this.matches.earliestUndecided(now)
    if (this.#groups > 0) watermark = Math.min(watermark, this.#starts[0] ?? now)
    const depth = Math.max(depthAt(substrings, this.#substringRow), depthAt(words, this.#wordRow))
    if (depth > 0) watermark = Math.min(watermark, this.#startOf(depth))
    return Math.max(watermark, now - maxSpan, base)
  }

  /** Row numbers are good for one generation of the automaton; after that the state has to be looked up again. */
  #enter(): number {
    const { automaton } = this.#program
    return this.#generation === automaton.generation ? this.#row : automaton.rowOf(this.#state)
  }

  #leave(row: number): void {
    const { automaton } = this.#program
    this.#row = row
    this.#state = automaton.stateAt(row)
    this.#generation = automaton.generation
  }

  /** Whether the symbol ended a word and that changed which contexts are live. */
  #stepContext(contextWords: ContextWords, codePoint: number): boolean {
    const contextClass = contextWords.classAt(codePoint)
    if (contextClass !== SEPARATOR) {
      this.#contextRow = contextWords.table[this.#contextRow + contextClass] ?? 0
      return false
    }
    if (this.#contextRow === BETWEEN_WORDS) return false
    this.#contexts.endWord(contextWords.bitsAt(this.#contextRow), this.#held.now)
    this.#contextRow = BETWEEN_WORDS
    return this.#gates !== this.#gatesNow()
  }

  #gatesNow(): number {
    return (this.#contexts.gates | this.matches.openGates) & this.#program.gatesOfAutomaton
  }

  /** The row of the same threads under the gates that are live now. */
  #regate(row: number): number {
    const { automaton } = this.#program
    this.#gates = this.#gatesNow()
    return automaton.rowOf(automaton.withGates(automaton.stateAt(row), this.#gates))
  }

  /** Matches first, while the groups are still those that accepted; then the groups change. */
  #act(action: Action | undefined, after: number): void {
    if (action === undefined) return
    const { accepts, keep, begins } = action
    for (const { detector, groups } of accepts) {
      this.matches.accept({ detector, groups, starts: this.#starts, after })
    }
    if (this.matches.blockedBy !== undefined) return
    if (keep !== null) {
      for (let i = 0; i < keep.length; i += 1) this.#starts[i] = this.#starts[keep[i] ?? 0] ?? 0
      this.#groups = keep.length
    }
    if (begins) this.#begin(this.#held.now)
  }

  #begin(offset: number): void {
    if (this.#groups === this.#starts.length) {
      const larger = new Int32Array(this.#starts.length * 2)
      larger.set(this.#starts)
      this.#starts = larger
    }
    this.#starts[this.#groups] = offset
    this.#groups += 1
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

  /** The offset at which the last `symbols` symbols begin: counted back, since some characters count as nothing. */
  #startOf(symbols: number): number {
    const { text, base, symbolEnd } = this.#held
    let at = symbolEnd - base
    for (let left = symbols; left > 0; left -= 1) {
      at = symbolStart(this.#program.automaton.alphabet, text, at)
    }
    return base + Math.max(at, 0)
  }
}

function depthAt(terms: TermAutomaton | undefined, row: number): number {
  return terms === undefined ? 0 : (terms.depth[row / terms.alphabet.size] ?? 0)
}
