// The open threads of one stream, start by start. A state of the shared automaton is a combination of what has begun at
// several places, and a hostile text makes up ever new ones; what has begun at one place is in few states. A stream that
// would fill the shared automaton goes on with a run for each start: as many look-ups a symbol as there are starts open.
import {
  ACTION_BITS,
  ACTION_CLEAR,
  ACTION_MASK,
  ACTION_RESTART,
  type Accept,
  type Accepting,
  NO_ACTION,
  UNKNOWN,
} from './action.ts'
import { initialState, LazyDfa, type Setting } from './lazy-dfa.ts'
import { NfaSimulation, NfaSimulationPlan } from './nfa-simulation.ts'
import type { AutomatonParts } from './parts.ts'
import type { State } from './state-index.ts'
import { NO_START, NO_TRANSITIONS, ONLY_ROW, type Starts, type SteppedThreads } from './threads.ts'

/** A stream that has built more states of the shared automaton of runs than this is simulated, at the latest. */
const MAX_BUILT = 3000
/** Cells of its table, of four bytes each: enough for all that random beginnings of matches come to. */
const MAX_CELLS = 340_000
/** Rows are numbers below this: what is left of a table's entry of 31 bits beside the action. */
const MAX_ROW = 2 ** (31 - ACTION_BITS)
/** States that one symbol may add: those of the runs, and of what begins or is reset. */
const STATES_A_SYMBOL = 128
/** More starts than this at a time are left to the simulation. */
const MAX_RUNS = 32
/** The opening of a symbol with which no match starts. */
const NO_ROW = -2
/** For so many combinations of live gates the openings are remembered. */
const MAX_OPENINGS = 32
/** Makes `enter` look the states up, and `step` the openings. */
const NO_GENERATION = -1
const NO_GATES = -1
const NO_OPENINGS = new Int32Array(0)
const NO_ACCEPTS: readonly Accept[] = []

/** What the runs of all streams of a program share. */
export class DfaPerStartPlan {
  /** The automaton of what began at one place: none of its transitions begins a group. */
  readonly automaton: LazyDfa
  readonly size: number
  readonly leftOf: Uint8Array
  readonly wordStart: number
  /** A stream that has built more states than this is simulated: fewer where a state is large, so that rows fit. */
  readonly maxBuilt: number
  readonly #parts: AutomatonParts
  readonly #all: LazyDfa
  readonly #openings = new Map<number, Int32Array>()
  #generation = 0
  #simulation: NfaSimulationPlan | undefined

  /** `all` is the automaton of all starts. */
  constructor(parts: AutomatonParts, all: LazyDfa) {
    this.automaton = new LazyDfa({ ...parts, nfa: { ...parts.nfa, entries: [] } }, MAX_CELLS)
    this.size = parts.alphabet.size
    this.leftOf = parts.conditions.leftOf
    this.wordStart = parts.conditions.wordStart
    const roomFor = Math.floor((MAX_ROW - MAX_CELLS) / this.size) - STATES_A_SYMBOL
    this.maxBuilt = Math.min(MAX_BUILT, roomFor)
    this.#parts = parts
    this.#all = all
  }

  /** Goes on from a state of the automaton of all starts, whose groups started at those of `open`. */
  goOn(state: State, open: Starts): SteppedThreads {
    return state.groups.length > MAX_RUNS
      ? this.simulate(state, open)
      : new DfaPerStart(this, state, open)
  }

  simulate(state: State, open: Starts): NfaSimulation {
    this.#simulation ??= new NfaSimulationPlan(this.#parts)
    return new NfaSimulation(this.#simulation, state, open)
  }

  /** The rows of what begins under the live gates, or UNKNOWN: by left context times `size` plus class. */
  openings(gates: number): Int32Array {
    if (this.#generation !== this.automaton.generation || this.#openings.size > MAX_OPENINGS) {
      this.#generation = this.automaton.generation
      this.#openings.clear()
    }
    let openings = this.#openings.get(gates)
    if (openings === undefined) {
      openings = new Int32Array(this.#parts.conditions.lefts * this.size).fill(UNKNOWN)
      this.#openings.set(gates, openings)
    }
    return openings
  }

  /** The row of what begins with a symbol under the live gates, NO_ROW if nothing does. */
  open(gates: number, left: number, symbolClass: number): number {
    const { next } = this.#all.step({ groups: [], left, gates }, symbolClass)
    return next.groups.length === 0 ? NO_ROW : this.automaton.rowOf({ ...next, gates: 0 })
  }
}

class DfaPerStart implements SteppedThreads {
  readonly table = NO_TRANSITIONS
  readonly starts = new Int32Array(MAX_RUNS + 1)
  count = 0
  met: number
  readonly #plan: DfaPerStartPlan
  /** By run: what it has come to; while the stream is being scanned, its row and the entry of the symbol looked at. */
  readonly #states: State[]
  readonly #rows = new Int32Array(MAX_RUNS + 1)
  readonly #entries = new Int32Array(MAX_RUNS + 1)
  #generation = NO_GENERATION
  #left: number
  /** The openings of the plan for the gates that were live last. */
  #openings: Int32Array = NO_OPENINGS
  #gates = NO_GATES
  #built = 0
  /** How many states the automaton had before the symbol that is being looked at. */
  #statesBefore = 0

  constructor(plan: DfaPerStartPlan, { groups, left }: State, { starts, met }: Starts) {
    this.#plan = plan
    this.#left = left
    this.#states = groups.map((group) => ({ groups: [group], left, gates: 0 }))
    this.count = groups.length
    this.starts.set(starts.subarray(0, this.count))
    this.met = met
    this.enter()
  }

  /** Row numbers are good until the automaton is emptied, which another stream may do in between. */
  enter(): number {
    const { automaton } = this.#plan
    if (automaton.isFull) automaton.empty()
    if (this.#generation === automaton.generation) return ONLY_ROW
    this.#generation = automaton.generation
    this.#gates = NO_GATES
    for (let i = 0; i < this.count; i += 1) {
      this.#rows[i] = automaton.rowOf(this.#states[i] ?? initialState(0))
    }
    return ONLY_ROW
  }

  leave(): void {
    const { automaton } = this.#plan
    for (let i = 0; i < this.count; i += 1) {
      this.#states[i] = automaton.stateAt(this.#rows[i] ?? 0)
    }
  }

  accepts(symbolClass: number): readonly Accept[] {
    const { automaton } = this.#plan
    this.#statesBefore = automaton.stateCount
    let accepts: Accepting[] | undefined
    for (let i = 0; i < this.count; i += 1) {
      let entry = automaton.table[(this.#rows[i] ?? 0) + symbolClass] ?? UNKNOWN
      if (entry === UNKNOWN) entry = automaton.build(this.#rows[i] ?? 0, symbolClass)
      this.#entries[i] = entry
      if ((entry & ACTION_MASK) <= ACTION_RESTART) continue
      accepts ??= []
      for (const { detector } of automaton.acceptsOf(entry & ACTION_MASK)) {
        addAccept(accepts, detector, i)
      }
    }
    return accepts ?? NO_ACCEPTS
  }

  step(symbolClass: number, gates: number, offset: number): SteppedThreads {
    let kept = 0
    for (let i = 0; i < this.count; i += 1) {
      const entry = this.#entries[i] ?? 0
      if (this.#ends(entry & ACTION_MASK)) continue
      if (this.#put(kept, entry >> ACTION_BITS, this.starts[i] ?? 0)) kept += 1
    }
    const opened = this.#opened(gates, symbolClass)
    if (opened !== NO_ROW && this.#put(kept, opened, offset)) kept += 1
    this.count = kept
    this.#left = this.#plan.leftOf[symbolClass] ?? 0
    this.#built += this.#plan.automaton.stateCount - this.#statesBefore
    if (kept <= MAX_RUNS && this.#built <= this.#plan.maxBuilt) return this
    return this.#plan.simulate(this.#state(gates), this)
  }

  build(): number {
    return UNKNOWN
  }

  descend(): this {
    return this
  }

  /** The gates come with each step. */
  reset(_row: number, { isWordStart }: Setting): number {
    if (!isWordStart) return ONLY_ROW
    this.#left = this.#plan.wordStart
    const { automaton } = this.#plan
    const before = automaton.stateCount
    for (let i = 0; i < this.count; i += 1) {
      this.#rows[i] = automaton.buildReset(this.#rows[i] ?? 0, { gates: 0, isWordStart })
    }
    this.#built += automaton.stateCount - before
    return ONLY_ROW
  }

  restart(): void {
    this.count = 0
    this.met = NO_START
    this.#left = 0
  }

  #ends(action: number): boolean {
    if (action <= ACTION_RESTART) return action === ACTION_CLEAR
    return (this.#plan.automaton.actions[action] ?? NO_ACTION).keep !== null
  }

  /** Puts a run in a place, unless an earlier one has come to the same state. */
  #put(place: number, row: number, start: number): boolean {
    for (let i = 0; i < place; i += 1) {
      if (this.#rows[i] !== row) continue
      const start = this.starts[i] ?? 0
      if (start > this.met && this.#plan.automaton.wantsStarts(row)) this.met = start
      return false
    }
    this.#rows[place] = row
    this.starts[place] = start
    return true
  }

  #opened(gates: number, symbolClass: number): number {
    if (gates !== this.#gates) {
      this.#gates = gates
      this.#openings = this.#plan.openings(gates)
    }
    const cell = this.#left * this.#plan.size + symbolClass
    let row = this.#openings[cell] ?? UNKNOWN
    if (row === UNKNOWN) {
      row = this.#plan.open(gates, this.#left, symbolClass)
      this.#openings[cell] = row
    }
    return row
  }

  /** All runs as one state of the automaton of all starts: a position belongs to the earliest, so that they may meet. */
  #state(gates: number): State {
    this.leave()
    this.met = Math.max(this.met, this.starts[this.count - 1] ?? 0)
    const taken = new Set<number>()
    const groups = this.#states.slice(0, this.count).map(({ groups: [group = []] }) => {
      const own = group.filter((position) => !taken.has(position))
      for (const position of own) taken.add(position)
      return own
    })
    return { groups, left: this.#left, gates }
  }
}

function addAccept(accepts: Accepting[], detector: number, group: number): void {
  const known = accepts.find((accept) => accept.detector === detector)
  if (known === undefined) accepts.push({ detector, groups: [group] })
  else known.groups.push(group)
}
