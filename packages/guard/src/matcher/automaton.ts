// A deterministic automaton built while it runs, shared by all streams of a program. Its states are the thread groups of
// the position automaton *ordered by where they started*: a stream keeps one offset per group, and the first offset is
// the earliest place from which a match can still come. Offsets and texts are the stream's; here are only states.
import { type Alphabet, FIRST_CLASS } from './alphabet.ts'
import type { Edge, Nfa } from './nfa.ts'
import type { Assertion } from './pattern.ts'

/** What a state stands for; a stream keeps it to find its way back after the automaton was emptied. */
export interface State {
  /** NFA positions, one array per start, earliest start first. No position is in two groups: the earliest owns it. */
  readonly groups: readonly (readonly number[])[]
  /** What is known of the symbol before: its left context, 0 at the start of the text. */
  readonly left: number
  /** The contexts that are live: a bit each. */
  readonly gates: number
}

/** What a stream has to do with its offsets when it takes a transition. Number 0 is "nothing". */
export interface Action {
  /** Groups that survive, as indices of the old ones in order; null: all of them. */
  readonly keep: readonly number[] | null
  /** Whether a new group starts at this symbol. */
  readonly begins: boolean
  /** Matches that end before this symbol: detector and the earliest group that accepts, in pairs. */
  readonly accepts: readonly number[]
}

/** An entry of the table: the next state times 4096 plus the number of the action, or UNKNOWN. */
export const UNKNOWN = -1
export const ACTION_BITS = 12
export const ACTION_MASK = 0xfff

const MAX_CELLS = 180_000
const INITIAL_STATES = 64
const NO_ACTION: Action = { keep: null, begins: false, accepts: [] }

export class Automaton {
  readonly alphabet: Alphabet
  readonly #nfa: Nfa
  readonly #conditions: ConditionTable
  readonly #members: readonly Uint8Array[]
  readonly #seen: Int32Array
  #stamp = 0
  #left = 0
  #symbolClass = 0
  /** Transitions, `alphabet.size` to a state; replaced when it grows, so never keep it across a call of `build`. */
  table: Int32Array
  /** Actions by number. */
  actions: Action[] = [NO_ACTION]
  /** Goes up when the automaton was emptied: state numbers from before mean nothing any more. */
  generation = 0
  #states: State[] = []
  #stateIds = new Map<string, number>()
  #actionIds = new Map<string, number>()

  constructor(nfa: Nfa, alphabet: Alphabet) {
    this.alphabet = alphabet
    this.#nfa = nfa
    this.#conditions = new ConditionTable(nfa.conditions, alphabet)
    this.#members = nfa.sets.map((set) => alphabet.members(set))
    this.#seen = new Int32Array(nfa.setOf.length)
    this.table = new Int32Array(INITIAL_STATES * alphabet.size).fill(UNKNOWN)
  }

  /** Number of states built so far: a measure of memory, four bytes times `alphabet.size` each. */
  get stateCount(): number {
    return this.#states.length
  }

  /** The row of a state that stands for `state`, built if need be. A row is the state's number times `alphabet.size`. */
  rowOf(state: State): number {
    const key = `${state.left};${state.gates};${state.groups.map((group) => group.join()).join(';')}`
    const known = this.#stateIds.get(key)
    if (known !== undefined) return known * this.alphabet.size
    if (this.#isFull()) this.#empty()
    const id = this.#states.push(state) - 1
    this.#stateIds.set(key, id)
    const cells = this.#states.length * this.alphabet.size
    if (cells > this.table.length) this.#grow()
    return id * this.alphabet.size
  }

  /** What the state of a row stands for. */
  stateAt(row: number): State {
    const state = this.#states[row / this.alphabet.size]
    if (state === undefined) throw new RangeError('no such state')
    return state
  }

  /** The state with the same threads under other live contexts. */
  withGates(state: State, gates: number): State {
    return { groups: state.groups, left: state.left, gates }
  }

  /** The state at the beginning of a text. */
  initial(gates: number): State {
    return { groups: [], left: 0, gates }
  }

  /** Builds the transition of a row on a class and returns its table entry. May empty the automaton. */
  build(row: number, symbolClass: number): number {
    const state = this.stateAt(row)
    const { next, action } = this.step(state, symbolClass)
    const generation = this.generation
    if (this.#isFull()) this.#empty()
    const nextRow = this.rowOf(next)
    const entry = ((nextRow / this.alphabet.size) << ACTION_BITS) | this.#actionId(action)
    if (generation === this.generation) this.table[row + symbolClass] = entry
    return entry
  }

  /** One step, without the tables: what the threads of a state become and what the stream has to do. */
  step(state: State, symbolClass: number): { next: State; action: Action } {
    this.#stamp += 1
    this.#left = state.left
    this.#symbolClass = symbolClass
    const keep: number[] = []
    const groups: number[][] = []
    state.groups.forEach((group, index) => {
      const survivors: number[] = []
      for (const position of group) this.#take(this.#nfa.follow[position] ?? [], survivors)
      if (survivors.length === 0) return
      keep.push(index)
      groups.push(survivors.sort((a, b) => a - b))
    })
    const started = this.#started(state.gates)
    if (started.length > 0) groups.push(started)
    const action = {
      keep: keep.length === state.groups.length ? null : keep,
      begins: started.length > 0,
      accepts: this.#accepts(state),
    }
    const left = this.#conditions.leftOf[symbolClass] ?? 0
    return { next: { groups, left, gates: state.gates }, action }
  }

  #started(gates: number): number[] {
    const started: number[] = []
    for (const { first, gate } of this.#nfa.entries) {
      if (gate === 0 || (gates & gate) !== 0) this.#take(first, started)
    }
    return started.sort((a, b) => a - b)
  }

  /** Follows the open edges to positions that consume the symbol and that no earlier thread has reached. */
  #take(edges: readonly Edge[], into: number[]): void {
    for (const { target, condition } of edges) {
      if (this.#seen[target] === this.#stamp) continue
      if (this.#members[this.#nfa.setOf[target] ?? 0]?.[this.#symbolClass] !== 1) continue
      if (!this.#conditions.holds(condition, this.#left, this.#symbolClass)) continue
      this.#seen[target] = this.#stamp
      into.push(target)
    }
  }

  #accepts(state: State): number[] {
    const accepts: number[] = []
    const accepted = new Set<number>()
    state.groups.forEach((group, index) => {
      for (const position of group) {
        const detector = this.#nfa.detectorOf[position] ?? 0
        if (accepted.has(detector)) continue
        const ends = this.#nfa.last[position]?.some((condition) =>
          this.#conditions.holds(condition, this.#left, this.#symbolClass),
        )
        if (ends !== true) continue
        accepted.add(detector)
        accepts.push(detector, index)
      }
    })
    return accepts
  }

  #actionId(action: Action): number {
    const { keep, begins, accepts } = action
    if (keep === null && !begins && accepts.length === 0) return 0
    const key = `${keep?.join() ?? 'all'};${begins};${accepts.join()}`
    const known = this.#actionIds.get(key)
    if (known !== undefined) return known
    const id = this.actions.push(action) - 1
    this.#actionIds.set(key, id)
    return id
  }

  #isFull(): boolean {
    const cells = (this.#states.length + 1) * this.alphabet.size
    return cells > MAX_CELLS || this.actions.length > ACTION_MASK
  }

  #empty(): void {
    this.#states = []
    this.#stateIds = new Map()
    this.actions = [NO_ACTION]
    this.#actionIds = new Map()
    this.table.fill(UNKNOWN)
    this.generation += 1
  }

  #grow(): void {
    const larger = new Int32Array(this.table.length * 2).fill(UNKNOWN)
    larger.set(this.table)
    this.table = larger
  }
}

/** Which conditions hold between which neighbours, worked out once per program. */
class ConditionTable {
  /** Left context that a class leaves behind; 0 is the start of the text. */
  readonly leftOf: Uint8Array
  readonly #open: Uint8Array
  readonly #lefts: number
  readonly #size: number

  constructor(conditions: readonly (readonly Assertion[])[], alphabet: Alphabet) {
    const assertions = [...new Set(conditions.flat())]
    const members = new Map(assertions.map((a) => [a, alphabet.members(a.set)]))
    const { leftOf, samples } = leftContexts([...members.values()], alphabet)
    this.leftOf = leftOf
    this.#lefts = samples.length
    this.#size = alphabet.size
    this.#open = new Uint8Array(conditions.length * this.#lefts * this.#size)
    conditions.forEach((condition, c) => {
      samples.forEach((before, left) => {
        for (let after = FIRST_CLASS; after < alphabet.size; after += 1) {
          const holds = condition.every((assertion) =>
            isMet(assertion, members.get(assertion) ?? EMPTY, { before, after, end: alphabet.end }),
          )
          if (holds) this.#open[this.#cell(c, left, after)] = 1
        }
      })
    })
  }

  holds(condition: number, left: number, symbolClass: number): boolean {
    return condition === 0 || this.#open[this.#cell(condition, left, symbolClass)] === 1
  }

  #cell(condition: number, left: number, symbolClass: number): number {
    return (condition * this.#lefts + left) * this.#size + symbolClass
  }
}

const EMPTY = new Uint8Array(0)

/** Classes that no assertion tells apart leave the same context; `samples` holds one class for each, -1 for the start. */
function leftContexts(members: readonly Uint8Array[], alphabet: Alphabet) {
  const leftOf = new Uint8Array(alphabet.size)
  const samples = [-1]
  const known = new Map<string, number>()
  for (let symbolClass = FIRST_CLASS; symbolClass < alphabet.size; symbolClass += 1) {
    const signature = members.map((set) => set[symbolClass] ?? 0).join('')
    const left = known.get(signature) ?? samples.push(symbolClass) - 1
    known.set(signature, left)
    leftOf[symbolClass] = left
  }
  return { leftOf, samples }
}

/** `before` is -1 at the start of the text, `after` is `end` at its end; neither edge belongs to any set. */
function isMet(
  assertion: Assertion,
  members: Uint8Array,
  place: { readonly before: number; readonly after: number; readonly end: number },
): boolean {
  const behind = place.before >= 0 && members[place.before] === 1
  const ahead = place.after !== place.end && members[place.after] === 1
  switch (assertion.kind) {
    case 'start':
      return place.before < 0
    case 'end':
      return place.after === place.end
    case 'behind':
      return behind !== assertion.negate
    case 'ahead':
      return ahead !== assertion.negate
    case 'boundary':
      return (behind !== ahead) !== assertion.negate
  }
}
