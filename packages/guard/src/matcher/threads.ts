// The open threads of one stream in an automaton: the row of their state, and the offset at which each group of them
// started. The automaton is shared, and may be emptied while a stream waits for its next delta.
import {
  ACTION_CLEAR,
  ACTION_RESTART,
  type Automaton,
  initialState,
  NO_ACTION,
  type State,
} from './automaton.ts'

/** A stream that has built so many states goes on without the automaton: its text does not repeat itself. */
const MAX_BUILT = 800
const INITIAL_GROUPS = 8
/** Makes `enter` look the state up. */
const NO_GENERATION = -1

export class Threads {
  /** The offset at which each thread group started, the earliest first, and how many groups there are. */
  starts = new Int32Array(INITIAL_GROUPS)
  count = 0
  readonly automaton: Automaton
  /** How many states this stream has built. */
  #built = 0
  /** The state as of the last `leave`, and its row at that time. */
  state: State = initialState(0)
  row = 0
  #generation = NO_GENERATION

  constructor(automaton: Automaton) {
    this.automaton = automaton
  }

  /** This stream has built as many states as it may. */
  get isExhausted(): boolean {
    return this.#built >= MAX_BUILT
  }

  /** The row to go on from. Row numbers are good for one generation; after that the state has to be looked up again. */
  enter(): number {
    const automaton = this.automaton
    if (automaton.isFull) automaton.empty()
    if (this.#generation !== automaton.generation) {
      this.#generation = automaton.generation
      this.row = automaton.rowOf(this.state)
    }
    return this.row
  }

  leave(row: number): void {
    this.row = row
    this.state = this.automaton.stateAt(row)
  }

  /** The entry of a transition that is not in the table. */
  build(row: number, symbolClass: number): number {
    const before = this.automaton.stateCount
    const entry = this.automaton.build(row, symbolClass)
    this.#built += this.automaton.stateCount - before
    return entry
  }

  /** Carries out what an action says about groups; `now` is where a new one starts. */
  act(action: number, now: number): void {
    if (action === 0) return
    if (action <= ACTION_RESTART) {
      this.starts[0] = now
      this.count = action - ACTION_CLEAR
      return
    }
    const { keep, begins } = this.automaton.actions[action] ?? NO_ACTION
    if (keep !== null) {
      for (let i = 0; i < keep.length; i += 1) this.starts[i] = this.starts[keep[i] ?? 0] ?? 0
      this.count = keep.length
    }
    if (begins) this.#begin(now)
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
  }
}
