// Runs the shared automata over the text of one stream, each character once, and keeps where the open threads started.
// What an accepting thread means is matches.ts's.

import { characterAt, codePointOf, MAX_UNITS, unfinishedUnits, unitsOf } from './characters.ts'
import type { HeldText } from './held-text.ts'
import * as automata from './matcher/action.ts'
import * as alphabet from './matcher/alphabet.ts'
import * as rows from './matcher/context-table.ts'
import { costOfSilent } from './matcher/context-table.ts'
import { DfaThreads } from './matcher/dfa-threads.ts'
import { LiveContexts } from './matcher/live-contexts.ts'
import { ONLY_ROW, type Threads } from './matcher/threads.ts'
import * as letters from './matcher/word-classes.ts'
import { beginsWord } from './matcher/word-classes.ts'
import { Matches } from './matches.ts'
import * as programs from './program.ts'
import { kindOf, type Program } from './program.ts'
import type { Resolver } from './resolver.ts'
import { TermScanner } from './term-scanner.ts'

// The same as constants of this module: those are compiled in, while an import is read anew at each use.
const CLASS_COMPOUND = alphabet.CLASS_COMPOUND
const CLASS_IGNORED = alphabet.CLASS_IGNORED
const FIRST_CLASS = alphabet.FIRST_CLASS
const BETWEEN_WORDS = rows.BETWEEN_WORDS
const DIGIT = letters.DIGIT
const KNOWN_WORD = rows.KNOWN_WORD
const SEPARATOR = letters.SEPARATOR
const MIXED_WORD = rows.MIXED_WORD
const WORD_CLASS = letters.WORD_CLASS
const ACTION_BITS = automata.ACTION_BITS
const ACTION_CLEAR = automata.ACTION_CLEAR
const ACTION_MASK = automata.ACTION_MASK
const ACTION_RESTART = automata.ACTION_RESTART
const UNKNOWN = automata.UNKNOWN
const CLASS_BITS = programs.CLASS_BITS
const CONTEXT_SHIFT = programs.CONTEXT_SHIFT

export class Scanner {
  readonly matches: Matches
  readonly #program: Program
  readonly #held: HeldText
  readonly #dfa: DfaThreads
  /** What follows the threads now: the DFA, or what the stream has come down to. */
  #threads: Threads
  /** The row of their state; good while the text is scanned. */
  #row = ONLY_ROW
  readonly #terms: TermScanner
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
    this.#terms = new TermScanner(program, held, this.matches)
    this.#gates = this.#gatesNow()
    this.#dfa = new DfaThreads(automaton, dfaPerStart, this.#gates)
    this.#threads = this.#dfa
  }

  /** Looks at the held text; unless it `isWhole`, but for a last character that may go on. */
  scan(isWhole: boolean): void {
    const { length } = this.#held
    this.#row = this.#threads.enter()
    if (this.#mayGlide()) this.#glide(length)
    if (this.#held.scanned < length) this.#scanRest(length, isWhole)
    this.#threads.leave(this.#row)
  }

  #mayGlide(): boolean {
    return !this.matches.isBusy && this.#threads === this.#dfa
  }

  /** The rest of what is held, where the hot loop has stopped. */
  #scanRest(length: number, isWhole: boolean): void {
    const { matches } = this
    const held = this.#held
    let to = length
    let isKnown = isWhole
    while (held.scanned < to && matches.blockedBy === undefined) {
      if (!isKnown && this.#mayBeUnfinished()) {
        to -= unfinishedUnits(held.text)
        isKnown = true
        continue
      }
      this.#step()
      if (this.#mayGlide() && held.scanned < to) this.#glide(to)
    }
  }

  /**
   * The hot loop: goes on over characters that need table look-ups and nothing else. It is a method by itself, with few
   * variables, so that they stay in registers.
   */
  #glide(to: number): void {
    const { contextTable, contextSize, hasTerms } = this.#program
    const kinds = this.#program.kinds.cells
    const dfa = this.#dfa
    const contexts = this.#contexts
    const held = this.#held
    const { piece, pieceAt } = held
    const base = held.base + pieceAt
    const end = to - pieceAt
    const began = held.scanned - pieceAt
    let { table } = dfa
    let silence = contexts.costLeft
    let spent = 0
    let row = this.#row
    let contextRow = this.#contextRow
    let contextClass = this.#contextClass
    let at = began
    for (; at < end; at += 1) {
      const unit = piece.charCodeAt(at)
      const kind = kinds[unit] ?? 0
      const symbolClass = kind & CLASS_BITS
      if (symbolClass < FIRST_CLASS) break
      const classBefore = contextClass
      const nextClass = kind >> CONTEXT_SHIFT
      const wordClass = nextClass & WORD_CLASS
      let nextRow = contextTable[contextRow * contextSize + wordClass] ?? 0
      if (nextRow === KNOWN_WORD) {
        if (wordClass !== SEPARATOR) break
        this.#row = row
        contexts.pass(spent)
        if (this.#endWord(contextRow, base + at, true)) this.#reset(false)
        row = this.#row
        contextRow = BETWEEN_WORDS
        spent = 0
        if (this.#threads !== dfa) break
        table = dfa.table
        nextRow = BETWEEN_WORDS
        silence = contexts.costLeft
      }
      const cost = costOfSilent(contextRow, nextRow)
      if (spent + cost >= silence) break
      if (beginsWord(nextClass, classBefore)) break
      const entry = table[row + symbolClass] ?? UNKNOWN
      if (entry < 0) break
      const action = entry & ACTION_MASK
      if (action > ACTION_RESTART && dfa.automaton.acceptsOf(action).length > 0) break
      if (hasTerms && !this.#terms.pass(unit)) break
      if (action > ACTION_RESTART) {
        dfa.act(action, base + at)
      } else if (action !== 0) {
        dfa.starts[0] = base + at
        dfa.count = action - ACTION_CLEAR
      }
      spent += cost
      row = entry >> ACTION_BITS
      contextRow = nextRow
      contextClass = nextClass
    }
    this.#row = row
    this.#contextRow = contextRow
    this.#contextClass = contextClass
    contexts.pass(spent)
    if (at > began) held.lookAt(pieceAt + at, base + at)
  }

  #mayBeUnfinished(): boolean {
    const { piece, pieceAt, scanned, length } = this.#held
    if (length - scanned > MAX_UNITS) return false
    return this.#program.kinds.at(piece.charCodeAt(scanned - pieceAt)) === CLASS_COMPOUND
  }

  /** Goes over the next character, whatever it needs. */
  #step(): void {
    const held = this.#held
    const { piece, pieceAt, base, scanned } = held
    const start = base + scanned
    let next = scanned + 1
    let codePoint = piece.charCodeAt(scanned - pieceAt)
    let kind = this.#program.kinds.at(codePoint)
    if (kind === CLASS_COMPOUND) {
      const character = characterAt(piece, scanned - pieceAt)
      codePoint = codePointOf(character)
      next = scanned + unitsOf(character)
      held.compoundEnd = base + next
      kind = kindOf(this.#program, codePoint)
    }
    if (kind === CLASS_IGNORED) {
      held.scanned = next
      this.#passOver()
      return
    }
    const symbolClass = kind & CLASS_BITS
    this.#stepContext(kind >> CONTEXT_SHIFT)
    this.#stepThreads(symbolClass)
    if (this.#program.hasTerms) this.#terms.step(codePoint, base + next)
    held.lookAt(next, base + next)
    if (this.matches.isBusy) this.#attend(symbolClass, start)
  }

  #stepContext(contextClass: number): void {
    const { contextTable, contextSize } = this.#program
    const wordClass = contextClass & WORD_CLASS
    const row = this.#contextRow
    const next = contextTable[row * contextSize + wordClass] ?? 0
    const isWhole =
      wordClass === SEPARATOR ||
      (beginsWord(contextClass, this.#contextClass) && !this.#goesOn(row, next))
    this.#contextClass = contextClass
    this.#contextRow = next
    if (!isWhole && next !== KNOWN_WORD) return
    const isGlued = wordClass === DIGIT && next === KNOWN_WORD
    const isWordStart = isGlued && this.#program.contextWords?.endsAnywhere(row) === false
    if (this.#endWord(row, this.#held.now, isWhole) || isWordStart) this.#reset(isWordStart)
    this.#contextRow = isGlued
      ? MIXED_WORD
      : (contextTable[BETWEEN_WORDS * contextSize + wordClass] ?? 0)
  }

  #stepThreads(symbolClass: number): void {
    let entry = this.#threads.table[this.#row + symbolClass] ?? UNKNOWN
    if (entry < 0) entry = this.#missing(symbolClass)
    this.#row = entry >> ACTION_BITS
    const action = entry & ACTION_MASK
    if (action !== 0) this.#act(action, symbolClass)
  }

  /** Sees to what matches have left to do after a symbol that began at `start`. */
  #attend(symbolClass: number, start: number): void {
    const { matches } = this
    matches.extend(symbolClass, start, this.#held.symbolEnd)
    if (matches.isWaiting) matches.settle(this.watermark())
    if (matches.blockedBy === undefined && this.#gates !== this.#gatesNow()) this.#reset(false)
  }

  /** Sees to what grows old while characters pass that count as nothing, and to a flood of them. */
  #passOver(): void {
    const { now, symbolEnd, edge } = this.#held
    if (now - Math.max(symbolEnd, edge) >= this.#program.floodLength) {
      this.#beginAnew()
      return
    }
    const { matches } = this
    if (!matches.isBusy) return
    matches.expire(now)
    if (matches.isWaiting) matches.settle(this.watermark())
  }

  /** The end of a text is its last symbol: it completes what only a following character could have made longer. */
  scanEnd(): void {
    this.scanPause()
    this.matches.closeAll()
    this.#restart()
  }

  /**
   * The text may end here, or go on: what could be a match if nothing followed is one, and all threads stay. Only between
   * scans.
   */
  scanPause(): void {
    const { end } = this.#program.automaton.alphabet
    const threads = this.#threads
    if (threads.count > 0) this.matches.acceptAll(threads.accepts(end), threads, end)
    this.#terms.pause()
  }

  /** In a flood of characters that count as nothing one text ends and another begins; what is open goes on. */
  #beginAnew(): void {
    this.#threads.leave(this.#row)
    this.scanPause()
    this.matches.bridge(this.#held.now)
    this.#restart()
    this.#row = this.#threads.enter()
  }

  /** Back to where a text begins. No thread is left, so all matches are known. */
  #restart(): void {
    const { now } = this.#held
    if (this.matches.blockedBy === undefined) this.matches.settle(now)
    this.#endWord(this.#contextRow, now, true)
    this.#contextRow = BETWEEN_WORDS
    this.#contextClass = SEPARATOR
    this.#gates = this.#gatesNow()
    this.#threads.restart(this.#gates)
    this.#terms.restart()
    this.#held.edge = now
  }

  /** The offset from which on a match is still possible. Everything before it is decided. */
  watermark(): number {
    const { maxSpan, hasTerms } = this.#program
    const { now } = this.#held
    const { count, starts } = this.#threads
    const earliest = count > 0 ? (starts[0] ?? now) : now
    const isSimple = !this.matches.isBusy && !hasTerms && earliest >= now - maxSpan
    return isSimple ? earliest : this.#watermark(earliest)
  }

  /** The same, where threads are not all there is: `earliest` is where the first of them started. */
  #watermark(earliest: number): number {
    const { maxSpan, hasTerms } = this.#program
    const { now } = this.#held
    let watermark = earliest
    if (this.matches.isBusy) watermark = Math.min(watermark, this.matches.earliestUndecided(now))
    if (hasTerms) watermark = Math.min(watermark, this.#terms.earliestUndecided(now))
    if (watermark >= now - maxSpan) return watermark
    return Math.max(watermark, this.#held.back(maxSpan), this.#held.base)
  }

  /** The entry for a transition that is not in the table; one that was stepped over leads back to the same row. */
  #missing(symbolClass: number): number {
    const entry = this.#threads.build(this.#row, symbolClass)
    if (entry !== UNKNOWN) return entry
    const threads = this.#threads.descend(this.#row)
    this.#threads = threads
    this.matches.acceptAll(threads.accepts(symbolClass), threads, symbolClass)
    if (this.matches.blockedBy === undefined) {
      this.#threads = threads.step(symbolClass, this.#gates, this.#held.now)
    }
    return ONLY_ROW
  }

  /** Takes note of a word that ended before an offset. Whether that changed what may start. */
  #endWord(contextRow: number, offset: number, isWhole: boolean): boolean {
    const { contextWords } = this.#program
    if (contextRow === BETWEEN_WORDS || contextWords === undefined) return false
    this.#contexts.endWord(contextWords.rolesAt(contextRow), offset, isWhole)
    return this.#gates !== this.#gatesNow()
  }

  #goesOn(contextRow: number, next: number): boolean {
    return this.#program.contextWords?.goesOn(contextRow, next) ?? false
  }

  #gatesNow(): number {
    return (this.#contexts.bits | this.matches.openGates) & this.#program.gatesOfAutomaton
  }

  /** Goes on with the same threads under the gates that are live now. `isWordStart`: see lazy-dfa.ts. */
  #reset(isWordStart: boolean): void {
    this.#gates = this.#gatesNow()
    const setting = { gates: this.#gates, isWordStart }
    const row = this.#threads.reset(this.#row, setting)
    if (row === UNKNOWN) {
      this.#threads = this.#threads.descend(this.#row)
      this.#row = this.#threads.reset(ONLY_ROW, setting)
    } else {
      this.#row = row
    }
  }

  /** Matches first, while the groups are still those that accepted; then the groups change. */
  #act(action: number, after: number): void {
    const accepts = this.#program.automaton.acceptsOf(action)
    this.matches.acceptAll(accepts, this.#dfa, after)
    if (this.matches.blockedBy === undefined) this.#dfa.act(action, this.#held.now)
  }
}
