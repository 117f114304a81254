// The open threads of one stream in the lazy DFA: the row of their state, and the offset at which each group of them
// started. The DFA is shared, and may be emptied while a stream waits for its next delta.

import { ACTION_MASK, type Accept, NO_ACTION, NONE, UNKNOWN } from './action.ts'
import type { DfaPerStartPlan } from './dfa-per-start.ts'
import { initialState, type LazyDfa, type Setting } from './lazy-dfa.ts'
import type { State } from './state-index.ts'
import { NO_START, type SteppedThreads, type Threads } from './threads.ts'

/** A stream that has built so many states goes on without the automaton: its text does not repeat itself. */
const MAX_BUILT = 800
const INITIAL_GROUPS = 8
/** Makes `enter` look the state up. */
const NO_GENERATION = -1

export class DfaThreads implements Threads {
  /** The offset at which each thread group started, the earliest first, and how many groups there are. */
  starts = new Int32Array(INITIAL_GROUPS)
  count = 0
  met = NO_START
  readonly automaton: LazyDfa
  readonly #below: () => DfaPerStartPlan
  /** How many states this stream has built. */
  #built = 0
  /** The state as of the last `leave`, and its row at that time. */
  state: State
  row = 0
  #generation = NO_GENERATION

  /** `below`: what to go on with; `gates`: what is live at the beginning of a text. */
  constructor(automaton: LazyDfa, below: () => DfaPerStartPlan, gates: number) {
    this.automaton = automaton
    this.#below = below
    this.state = initialState(gates)
  }

  get table(): Int32Array {
    return this.automaton.table
  }

  /** This stream may build no more states: it has built too many, or the automaton is full. */
  #isExhausted(): boolean {
    return this.#built >= MAX_BUILT || this.automaton.isFull
  }

  /** The row to go on from. Row numbers are good for one generation; after that the state has to be looked up again. */
  enter(): number {
    const automaton = this.automaton
    if (automaton.isWornOut) automaton.empty()
    if (this.#generation !== automaton.generation) {
      this.#generation = automaton.generation
      // Others made it be emptied: what has to be built again is not this stream's doing.
      this.#built = 0
      this.row = automaton.rowOf(this.state)
    }
    return this.row
  }

  leave(row: number): void {
    this.row = row
    this.state = this.automaton.stateAt(row)
  }

  /** The entry of a transition that is not in the table, or UNKNOWN if this stream may build no more. */
  build(row: number, symbolClass: number): number {
    if (this.#isExhausted()) return UNKNOWN
    const before = this.automaton.stateCount
    const entry = this.automaton.build(row, symbolClass)
    this.#built += this.automaton.stateCount - before
    return entry
  }

  /** The row of the same threads in another setting, or UNKNOWN if it would have to be built and may not be. */
  reset(row: number, setting: Setting): number {
    const known = this.automaton.reset(row, setting)
    if (known !== UNKNOWN || this.#isExhausted()) return known
    this.#built += 1
    return this.automaton.buildReset(row, setting)
  }

  accepts(symbolClass: number): readonly Accept[] {
    const { automaton } = this
    const row = this.enter()
    let entry = automaton.table[row + symbolClass] ?? UNKNOWN
    if (entry === UNKNOWN) entry = this.build(row, symbolClass)
    if (entry !== UNKNOWN) return automaton.acceptsOf(entry & ACTION_MASK)
    return automaton.step(this.state, symbolClass).action.accepts
  }

  descend(row: number): SteppedThreads {
    this.automaton.turnAway()
    return this.#below().goOn(this.automaton.stateAt(row), this)
  }

  /** Carries out what an action says about groups; `now` is where a new one starts. */
  act(action: number, now: number): void {
    const { keep, begins, met } = this.automaton.actions[action] ?? NO_ACTION
    if (keep !== null) {
      for (let i = 0; i < keep.length; i += 1) this.starts[i] = this.starts[keep[i] ?? 0] ?? 0
      this.count = keep.length
    }
    if (begins) this.#begin(now)
    if (met !== NONE) this.met = Math.max(this.met, this.starts[met] ?? 0)
  }

  #begin(start: number): void {
    if (this.count === this.starts.length) {
      const larger = new Int32Array(this.starts.length * 2)
      larger.set(this.starts)
      this.starts = larger
    }
    this.starts[this.count] = start
    this.count += 1
  }

  /** Back to where a text begins. */
  restart(gates: number): void {
    this.state = initialState(gates)
    this.#generation = NO_GENERATION
    this.count = 0
    this.met = NO_START
  }
}
