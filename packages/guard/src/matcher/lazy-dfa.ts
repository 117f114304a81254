// A deterministic automaton built while it runs, shared by all streams of a program. Its states are the thread groups of
// the position automaton *ordered by where they started*: a stream keeps one offset per group, and the first offset is
// the earliest place from which a match can still come. Offsets and texts are the stream's; here are only states.
import {
  ACTION_BITS,
  ACTION_RESTART,
  type Accept,
  type Accepting,
  type Action,
  ActionTable,
  NO_ACTION,
  NONE,
  UNKNOWN,
} from './action.ts'
import type { Alphabet } from './alphabet.ts'
import type { ConditionTable } from './condition-table.ts'
import { conditionOf, type Edge, type Nfa, targetOf } from './nfa.ts'
import { type AutomatonParts, consumes, firstEdges } from './parts.ts'
import { type State, StateIndex } from './state-index.ts'

/** What words before a place say of it, apart from the threads. */
export interface Setting {
  /** The contexts that are live: a bit each. */
  readonly gates: number
  /** Whether a word begins here, although a letter is right before: a digit behind a word of context, as in `tel0770`. */
  readonly isWordStart: boolean
}

/** The state at the beginning of a text. */
export function initialState(gates: number): State {
  return { groups: [], left: 0, gates }
}

/** With more cells than this, of four bytes each, it is full: a row has 19 bits, and streams may add some states. */
const MAX_CELLS = 110_000
/** A full automaton is emptied when so many streams had to go on without it. */
const MAX_TURNED_AWAY = 1000

type RowMap = Map<number, number>

const INITIAL_STATES = 64
export class LazyDfa {
  readonly alphabet: Alphabet
  readonly #parts: AutomatonParts
  readonly #nfa: Nfa
  readonly #conditions: ConditionTable
  readonly #wantsStarts: Uint8Array
  readonly #seen: Int32Array
  /** By position that was seen: the group that has it. */
  readonly #owners: Int32Array
  #stamp = 0
  /** While a step is made: the number that the group in question will have, and the last one that was met. */
  #group = 0
  #met = NONE
  #left = 0
  #symbolClass = 0
  /** By class: the edges a match can start with, once they have been asked for. */
  readonly #first: Int32Array[] = []
  /** Transitions, `alphabet.size` to a state; replaced when it grows, so never keep it across a call of `build`. */
  table: Int32Array
  /** Goes up when the automaton was emptied: state numbers from before mean nothing any more. */
  generation = 0
  /** At its limits: a stream that misses a state goes on without it. Streams that are inside may still build a few. */
  isFull = false
  #turnedAway = 0
  #states = new StateIndex()
  #actions = new ActionTable()
  /** By live gates, for those within a word and for those at the start of one: by row, the row of the same threads. */
  #rowsReset = [new Map<number, RowMap>(), new Map<number, RowMap>()] as const

  readonly #maxCells: number

  constructor(parts: AutomatonParts, maxCells = MAX_CELLS) {
    this.#maxCells = maxCells
    const { nfa, alphabet, conditions, wantsStarts } = parts
    this.#parts = parts
    this.alphabet = alphabet
    this.#nfa = nfa
    this.#conditions = conditions
    this.#wantsStarts = wantsStarts
    this.#seen = new Int32Array(nfa.setOf.length)
    this.#owners = new Int32Array(nfa.setOf.length)
    this.table = new Int32Array(INITIAL_STATES * alphabet.size).fill(UNKNOWN)
  }

  /** Number of states built so far: a measure of memory, four bytes times `alphabet.size` each. */
  get stateCount(): number {
    return this.#states.count
  }

  /** Actions by number. */
  get actions(): readonly Action[] {
    return this.#actions.list
  }

  /** The row of a state that stands for `state`, built if need be. A row is the state's number times `alphabet.size`. */
  rowOf(state: State): number {
    const before = this.#states.count
    const id = this.#states.numberOf(state)
    if (id === before) this.#makeRoom()
    return id * this.alphabet.size
  }

  #makeRoom(): void {
    const cells = this.#states.count * this.alphabet.size
    if (cells > this.table.length) this.#grow()
    if (cells > this.#maxCells) this.isFull = true
  }

  /** What the state of a row stands for. */
  stateAt(row: number): State {
    const state = this.#states.at(row / this.alphabet.size)
    if (state === undefined) throw new RangeError('no such state')
    return state
  }

  /** Whether a thread of a row belongs to a detector that wants every start. */
  wantsStarts(row: number): boolean {
    return this.stateAt(row).groups.some((group) =>
      group.some((position) => this.#wantsStarts[position] === 1),
    )
  }

  /** The row of the same threads in another setting, or UNKNOWN if it is not built. */
  reset(row: number, setting: Setting): number {
    return this.#resetTo(setting)?.get(row) ?? UNKNOWN
  }

  #resetTo({ gates, isWordStart }: Setting): RowMap | undefined {
    return this.#rowsReset[isWordStart ? 1 : 0].get(gates)
  }

  /** The same, built: not asked for where it is known. */
  buildReset(row: number, setting: Setting): number {
    const { gates, isWordStart } = setting
    const state = this.stateAt(row)
    const left = isWordStart ? this.#conditions.wordStart : state.left
    const found = this.rowOf({ ...state, gates, left })
    const known = this.#resetTo(setting)
    if (known === undefined)
      this.#rowsReset[isWordStart ? 1 : 0].set(gates, new Map([[row, found]]))
    else known.set(row, found)
    return found
  }

  /**
   * Notes that a stream goes on without, since the automaton is full. A flood does not empty it at once: the states of
   * ordinary texts are in there, too.
   */
  turnAway(): void {
    this.#turnedAway += 1
  }

  /** Whether it is full and of no use to many. */
  get isWornOut(): boolean {
    return this.isFull && this.#turnedAway >= MAX_TURNED_AWAY
  }

  /** Begins anew. Only while nobody goes by its rows. */
  empty(): void {
    this.#states = new StateIndex()
    this.#actions = new ActionTable()
    this.#rowsReset = [new Map(), new Map()]
    this.table = new Int32Array(INITIAL_STATES * this.alphabet.size).fill(UNKNOWN)
    this.generation += 1
    this.isFull = false
    this.#turnedAway = 0
  }

  /** What is accepted where a transition has an action. */
  acceptsOf(action: number): readonly Accept[] {
    return action > ACTION_RESTART ? (this.actions[action] ?? NO_ACTION).accepts : NO_ACTION.accepts
  }

  /** Builds the transition of a row on a class and returns its table entry. */
  build(row: number, symbolClass: number): number {
    const state = this.stateAt(row)
    const { next, action } = this.step(state, symbolClass)
    const entry = (this.rowOf(next) << ACTION_BITS) | this.#actions.numberOf(action)
    if (this.#actions.isFull) this.isFull = true
    this.table[row + symbolClass] = entry
    return entry
  }

  /** One step, without the tables: what the threads of a state become and what the stream has to do. */
  step(state: State, symbolClass: number): { next: State; action: Action } {
    this.#stamp += 1
    this.#left = state.left
    this.#symbolClass = symbolClass
    this.#met = NONE
    const keep: number[] = []
    const groups: number[][] = []
    for (let index = 0; index < state.groups.length; index += 1) {
      const survivors: number[] = []
      this.#group = groups.length
      for (const position of state.groups[index] ?? []) this.#follow(position, survivors)
      if (survivors.length === 0) continue
      keep.push(index)
      groups.push(ascending(survivors))
    }
    this.#group = groups.length
    const started = this.#started(state.gates)
    if (started.length > 0) groups.push(started)
    const begins = started.length > 0
    const keepsAll = keep.length === state.groups.length && !(begins && keep.length === 0)
    const action = {
      keep: keepsAll ? null : keep,
      begins,
      met: this.#met,
      accepts: this.#accepts(state),
    }
    const left = this.#conditions.leftOf[symbolClass] ?? 0
    return { next: { groups, left, gates: state.gates }, action }
  }

  #started(gates: number): number[] {
    const started: number[] = []
    const first = this.#firstOf(this.#symbolClass)
    for (let i = 0; i < first.length; i += 2) {
      const gate = first[i + 1] ?? 0
      if (gate === 0 || (gates & gate) !== 0) this.#take(first[i] ?? 0, started)
    }
    return ascending(started)
  }

  #firstOf(symbolClass: number): Int32Array {
    const known = this.#first[symbolClass]
    if (known !== undefined) return known
    const found = firstEdges(this.#parts, symbolClass)
    this.#first[symbolClass] = found
    return found
  }

  #follow(position: number, into: number[]): void {
    const { edges, edgesFrom } = this.#nfa
    const end = edgesFrom[position + 1] ?? 0
    for (let i = edgesFrom[position] ?? 0; i < end; i += 1) this.#take(edges[i] ?? 0, into)
  }

  /** Follows an open edge to a position that consumes the symbol and that no earlier thread has reached. */
  #take(edge: Edge, into: number[]): void {
    const target = targetOf(edge)
    if (this.#seen[target] === this.#stamp) {
      this.#meet(edge)
      return
    }
    if (!consumes(this.#parts, target, this.#symbolClass)) return
    if (!this.#isOpen(edge)) return
    this.#seen[target] = this.#stamp
    this.#owners[target] = this.#group
    into.push(target)
  }

  /** Notes that an edge leads to a position that has been reached, if from another start, and if starts matter there. */
  #meet(edge: Edge): void {
    const target = targetOf(edge)
    const owner = this.#owners[target] ?? 0
    if (owner === this.#group || owner <= this.#met) return
    if (this.#wantsStarts[target] !== 1) return
    if (this.#isOpen(edge)) this.#met = owner
  }

  #isOpen(edge: Edge): boolean {
    return this.#conditions.holds(conditionOf(edge), this.#left, this.#symbolClass)
  }

  #accepts({ groups }: State): readonly Accept[] {
    let accepts: Accepting[] | undefined
    for (let index = 0; index < groups.length; index += 1) {
      for (const position of groups[index] ?? []) {
        if (!this.#ends(position)) continue
        accepts ??= []
        const detector = this.#nfa.detectorOf[position] ?? 0
        const known = accepts.find((accept) => accept.detector === detector)
        if (known === undefined) accepts.push({ detector, groups: [index] })
        else if (this.#wantsStarts[position] === 1 && known.groups.at(-1) !== index)
          known.groups.push(index)
      }
    }
    return accepts ?? NO_ACTION.accepts
  }

  #ends(position: number): boolean {
    const conditions = this.#nfa.last[position] ?? []
    return conditions.some((c) => this.#conditions.holds(c, this.#left, this.#symbolClass))
  }

  #grow(): void {
    const larger = new Int32Array(Math.ceil(this.table.length * 1.5)).fill(UNKNOWN)
    larger.set(this.table)
    this.table = larger
  }
}

/** They nearly always are. */
function ascending(positions: number[]): number[] {
  for (let i = 1; i < positions.length; i += 1) {
    if ((positions[i] ?? 0) < (positions[i - 1] ?? 0)) return positions.sort((a, b) => a - b)
  }
  return positions
}
