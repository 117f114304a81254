// The guard over one plain text that arrives in pieces. It runs the shared automata over every character once, keeps
// where the open matches started, and lets text go as soon as no open match can reach it any more. Which of several
// findings decides over a character is the resolver's.
import { type Block, type GuardStream, NO_FINDINGS, type StreamResult } from './finding.ts'
import { CLASS_IGNORED, CLASS_SURROGATE, FIRST_CLASS, symbolStart } from './matcher/alphabet.ts'
import { ACTION_BITS, ACTION_MASK, type Action, type State } from './matcher/automaton.ts'
import { CLASS_SEPARATOR, type TermAutomaton } from './matcher/terms.ts'
import type { Program } from './program.ts'
import { type Candidate, Resolver, toFinding } from './resolver.ts'

const INITIAL_GROUPS = 8

export class TextStream implements GuardStream {
  readonly #program: Program
  readonly #resolver = new Resolver()
  /** Text that is not shown yet; its first unit has offset `#base`. The first `#scanned` units have been looked at. */
  #text = ''
  #base = 0
  #scanned = 0
  /** The automaton: its row, and the offset at which each of the row's thread groups started. */
  #row: number
  #state: State
  #generation: number
  #starts = new Int32Array(INITIAL_GROUPS)
  #groups = 0
  /** Offset after the last symbol: where a match ends that is only seen to end at the next one. */
  #symbolEnd = 0
  #substringRow = 0
  #wordRow = 0
  #blocked: Block | undefined
  #blockedBy: Candidate | undefined
  #isOver = false

  constructor(program: Program) {
    this.#program = program
    const { automaton } = program
    this.#state = automaton.initial(0)
    this.#row = automaton.rowOf(this.#state)
    this.#generation = automaton.generation
  }

  push(delta: string): StreamResult {
    if (this.#isOver) return this.#afterwards()
    this.#text = this.#text.length === 0 ? delta : this.#text + delta
    const last = this.#text.charCodeAt(this.#text.length - 1)
    const waitsForPair = (last & 0xfc00) === 0xd800
    this.#scan(this.#text.length - (waitsForPair ? 1 : 0))
    return this.#blockedBy === undefined ? this.#release() : this.#block(this.#blockedBy)
  }

  end(): StreamResult {
    if (this.#isOver) return this.#afterwards()
    this.#scan(this.#text.length)
    if (this.#blockedBy === undefined) this.#scanEnd()
    this.#isOver = true
    return this.#blockedBy === undefined ? this.#release() : this.#block(this.#blockedBy)
  }

  /** The hot loop: table look-ups for each unit; everything else happens in methods that are rarely called. */
  #scan(to: number): void {
    const { automaton, substrings, words } = this.#program
    const { classOf, size } = automaton.alphabet
    const terms = substrings?.alphabet ?? words?.alphabet
    const text = this.#text
    let row = this.#enter()
    let table = automaton.table
    for (let at = this.#scanned; at < to; at += 1) {
      const unit = text.charCodeAt(at)
      let symbolClass = classOf[unit] ?? 0
      let termClass = terms === undefined ? 0 : (terms.classOf[unit] ?? 0)
      const start = at
      if (symbolClass < FIRST_CLASS) {
        const codePoint = text.codePointAt(at) ?? 0
        if (codePoint > 0xffff) at += 1
        if (symbolClass === CLASS_SURROGATE) symbolClass = automaton.alphabet.astralClass(codePoint)
        if (symbolClass === CLASS_IGNORED) continue
        termClass = terms?.astralClass(codePoint) ?? 0
      }
      let entry = table[row + symbolClass] ?? 0
      if (entry < 0) {
        entry = automaton.build(row, symbolClass)
        table = automaton.table
      }
      this.#scanned = start
      if ((entry & ACTION_MASK) !== 0) this.#act(automaton.actions[entry & ACTION_MASK])
      row = (entry >> ACTION_BITS) * size
      if (words !== undefined) this.#stepWords(words, termClass)
      this.#scanned = at + 1
      this.#symbolEnd = this.#base + at + 1
      if (substrings !== undefined) this.#stepSubstrings(substrings, termClass)
      if (this.#blockedBy !== undefined) break
    }
    if (this.#blockedBy === undefined) this.#scanned = to
    this.#leave(row)
  }

  /** The end of the text is the last symbol: it completes what only a following character could have made longer. */
  #scanEnd(): void {
    const { automaton, words } = this.#program
    const { action } = automaton.step(this.#state, automaton.alphabet.end)
    this.#act(action)
    if (words !== undefined) this.#stepWords(words, CLASS_SEPARATOR)
    this.#groups = 0
    this.#wordRow = 0
    this.#substringRow = 0
  }

  /** Row numbers are good for one generation of the automaton; after that the state has to be looked up again. */
  #enter(): number {
    const { automaton } = this.#program
    if (this.#generation === automaton.generation) return this.#row
    return automaton.rowOf(this.#state)
  }

  #leave(row: number): void {
    const { automaton } = this.#program
    this.#row = row
    this.#state = automaton.stateAt(row)
    this.#generation = automaton.generation
  }

  /** Matches first, while the groups are still those that accepted; then the groups change. */
  #act(action: Action | undefined): void {
    if (action === undefined) return
    const { accepts, keep, begins } = action
    for (let i = 0; i < accepts.length; i += 2) {
      const detector = this.#program.detectors[accepts[i] ?? 0]
      const start = this.#starts[accepts[i + 1] ?? 0] ?? 0
      if (detector === undefined) continue
      this.#found({ rule: detector.rule, start, end: this.#symbolEnd, score: detector.score })
    }
    if (this.#blockedBy !== undefined) return
    if (keep !== null) {
      for (let i = 0; i < keep.length; i += 1) this.#starts[i] = this.#starts[keep[i] ?? 0] ?? 0
      this.#groups = keep.length
    }
    if (begins) this.#begin(this.#base + this.#scanned)
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
    if ((entry & 1) === 1) this.#foundTerms(words.outputsAt(this.#wordRow))
    this.#wordRow = entry >> 1
  }

  /** A substring term ends with its last symbol. */
  #stepSubstrings(substrings: TermAutomaton, termClass: number): void {
    const entry = substrings.table[this.#substringRow + termClass] ?? 0
    this.#substringRow = entry >> 1
    if ((entry & 1) === 1) this.#foundTerms(substrings.outputsAt(this.#substringRow))
  }

  #foundTerms(outputs: readonly number[]): void {
    for (let i = 0; i < outputs.length; i += 2) {
      const rule = this.#program.rules[outputs[i] ?? 0]
      const start = this.#startOf(outputs[i + 1] ?? 0)
      if (rule !== undefined) this.#found({ rule, start, end: this.#symbolEnd, score: 1 })
    }
  }

  #found(candidate: Candidate): void {
    const { rule, start, end } = candidate
    if (end - start > this.#program.maxSpan) return
    if (rule.action !== 'block') {
      this.#resolver.add(candidate, this.#text.slice(start - this.#base, end - this.#base))
      return
    }
    const other = this.#blockedBy
    const isFirst =
      other === undefined ||
      start < other.start ||
      (start === other.start && rule.index < other.rule.index)
    if (isFirst) this.#blockedBy = candidate
  }

  /** The offset at which the last `symbols` symbols begin: counted back, since some characters count as nothing. */
  #startOf(symbols: number): number {
    let at = this.#symbolEnd - this.#base
    for (let left = symbols; left > 0; left -= 1) {
      at = symbolStart(this.#program.automaton.alphabet, this.#text, at)
    }
    return this.#base + Math.max(at, 0)
  }

  /** The offset from which on a match is still possible. Everything before it is decided. */
  #watermark(): number {
    const { maxSpan, substrings, words } = this.#program
    const now = this.#base + this.#scanned
    let watermark = now
    if (this.#groups > 0) watermark = Math.min(watermark, this.#starts[0] ?? now)
    const depth = Math.max(depthAt(substrings, this.#substringRow), depthAt(words, this.#wordRow))
    if (depth > 0) watermark = Math.min(watermark, this.#startOf(depth))
    return Math.max(watermark, now - maxSpan, this.#base)
  }

  #release(): StreamResult {
    const watermark = this.#watermark()
    const text = this.#show(watermark)
    const findings = this.#resolver.isIdle ? NO_FINDINGS : this.#resolver.report(watermark)
    const waiting = this.#base + this.#text.length - this.#resolver.coveredUntil(watermark)
    return { text, findings, held: Math.max(waiting, 0) }
  }

  /** Shows what lies before `to` and lets go of it. */
  #show(to: number): string {
    const count = to - this.#base
    const isAll = count === this.#text.length
    const shown = this.#resolver.show(isAll ? this.#text : this.#text.slice(0, count), this.#base)
    this.#text = isAll ? '' : this.#text.slice(count)
    this.#scanned -= count
    this.#base = to
    return shown
  }

  #block(by: Candidate): StreamResult {
    this.#isOver = true
    const text = this.#show(Math.min(this.#watermark(), by.start))
    const findings = [...this.#resolver.reportRest(), toFinding(by)]
    this.#text = ''
    this.#blocked = blockOf(by)
    return { text, findings, held: 0, blocked: this.#blocked }
  }

  #afterwards(): StreamResult {
    const nothing = { text: '', findings: NO_FINDINGS, held: 0 }
    return this.#blocked === undefined ? nothing : { ...nothing, blocked: this.#blocked }
  }
}

function depthAt(terms: TermAutomaton | undefined, row: number): number {
  return terms === undefined ? 0 : (terms.depth[row / terms.alphabet.size] ?? 0)
}

function blockOf({ rule }: Candidate): Block {
  const { id, entity, category } = rule
  return category === undefined ? { ruleId: id, entity } : { ruleId: id, entity, category }
}
