// The same threads as the automaton's, moved one by one and without building states: slower, but it needs no memory to
// speak of. It serves the rare stream whose text would fill the shared automaton again and again.
import type { Alphabet } from './alphabet.ts'
import type { Accept, State } from './automaton.ts'
import type { ConditionTable } from './condition-table.ts'
import type { Edge, Nfa } from './nfa.ts'

/** The position automaton as flat arrays; one for all simulations of a program. */
export class SimulationPlan {
  readonly conditions: ConditionTable
  readonly size: number
  readonly positions: number
  readonly detectorOf: Int32Array
  readonly everyStart: ReadonlySet<number>
  /** Edges of position `p` are those from `offsets[p]` to `offsets[p + 1]`. */
  readonly offsets: Int32Array
  readonly targets: Int32Array
  readonly edgeConditions: Int32Array
  /** By position and class: 1 if the position consumes the class. */
  readonly consumes: Uint8Array
  /** By position: 1 if a match may end with it. */
  readonly mayEnd: Uint8Array
  readonly last: readonly (readonly number[])[]
  /** By class: the edges a match can start with, and the gate of each. */
  readonly first: readonly (readonly (Edge & { readonly gate: number })[])[]

  constructor(nfa: Nfa, alphabet: Alphabet, conditions: ConditionTable) {
    const edges = nfa.follow.flat()
    const members = nfa.sets.map((set) => alphabet.members(set))
    this.conditions = conditions
    this.size = alphabet.size
    this.positions = nfa.setOf.length
    this.detectorOf = Int32Array.from(nfa.detectorOf)
    this.everyStart = new Set(nfa.entries.filter((e) => e.everyStart).map((e) => e.detector))
    this.targets = Int32Array.from(edges, (edge) => edge.target)
    this.edgeConditions = Int32Array.from(edges, (edge) => edge.condition)
    this.offsets = new Int32Array(this.positions + 1)
    nfa.follow.forEach((list, p) => {
      this.offsets[p + 1] = (this.offsets[p] ?? 0) + list.length
    })
    this.consumes = new Uint8Array(this.positions * this.size)
    nfa.setOf.forEach((set, p) => {
      this.consumes.set(members[set] ?? [], p * this.size)
    })
    this.last = nfa.last
    this.mayEnd = Uint8Array.from(nfa.last, (list) => (list.length > 0 ? 1 : 0))
    this.first = Array.from({ length: this.size }, (_, symbolClass) =>
      nfa.entries.flatMap(({ first, gate }) =>
        first
          .filter(({ target }) => this.consumes[target * this.size + symbolClass] === 1)
          .map((edge) => ({ ...edge, gate })),
      ),
    )
  }
}

const NO_ACCEPTS: readonly Accept[] = []

export class Simulation {
  /** How many threads there are, and where each started, the earliest first. */
  count = 0
  starts: Int32Array
  readonly #plan: SimulationPlan
  #threads: Int32Array
  #nextThreads: Int32Array
  #nextStarts: Int32Array
  readonly #seen: Int32Array
  #stamp = 0
  #left: number

  /** Takes over from a state of the automaton whose groups started at `starts`. */
  constructor(plan: SimulationPlan, state: State, starts: Int32Array) {
    this.#plan = plan
    this.#left = state.left
    this.#threads = new Int32Array(plan.positions)
    this.#nextThreads = new Int32Array(plan.positions)
    this.starts = new Int32Array(plan.positions)
    this.#nextStarts = new Int32Array(plan.positions)
    this.#seen = new Int32Array(plan.positions)
    state.groups.forEach((group, i) => {
      for (const position of group) {
        this.#threads[this.count] = position
        this.starts[this.count] = starts[i] ?? 0
        this.count += 1
      }
    })
  }

  /** Back to where a text begins. */
  reset(): void {
    this.count = 0
    this.#left = 0
  }

  /** The detectors that accept before a symbol; their groups are numbers of threads. */
  accepts(symbolClass: number): readonly Accept[] {
    const { mayEnd, detectorOf, everyStart } = this.#plan
    let accepts: Map<number, number[]> | undefined
    for (let i = 0; i < this.count; i += 1) {
      const position = this.#threads[i] ?? 0
      if (mayEnd[position] !== 1 || !this.#ends(position, symbolClass)) continue
      accepts ??= new Map()
      const detector = detectorOf[position] ?? 0
      const groups = accepts.get(detector)
      if (groups === undefined) accepts.set(detector, [i])
      else if (everyStart.has(detector)) groups.push(i)
    }
    if (accepts === undefined) return NO_ACCEPTS
    return [...accepts].map(([detector, groups]) => ({ detector, groups }))
  }

  /** Moves all threads over a symbol at an offset and starts new ones. */
  step(symbolClass: number, gates: number, offset: number): void {
    const { offsets, targets, edgeConditions, consumes, conditions, size, first } = this.#plan
    this.#stamp += 1
    let count = 0
    for (let i = 0; i < this.count; i += 1) {
      const position = this.#threads[i] ?? 0
      const end = offsets[position + 1] ?? 0
      for (let edge = offsets[position] ?? 0; edge < end; edge += 1) {
        const target = targets[edge] ?? 0
        if (consumes[target * size + symbolClass] !== 1) continue
        if (this.#seen[target] === this.#stamp) continue
        if (!conditions.holds(edgeConditions[edge] ?? 0, this.#left, symbolClass)) continue
        this.#seen[target] = this.#stamp
        this.#nextThreads[count] = target
        this.#nextStarts[count] = this.starts[i] ?? 0
        count += 1
      }
    }
    for (const { target, condition, gate } of first[symbolClass] ?? []) {
      if (gate !== 0 && (gates & gate) === 0) continue
      if (this.#seen[target] === this.#stamp) continue
      if (!conditions.holds(condition, this.#left, symbolClass)) continue
      this.#seen[target] = this.#stamp
      this.#nextThreads[count] = target
      this.#nextStarts[count] = offset
      count += 1
    }
    this.#left = conditions.leftOf[symbolClass] ?? 0
    this.count = count
    this.#swap()
  }

  #ends(position: number, symbolClass: number): boolean {
    const { last, conditions } = this.#plan
    const ends = last[position] ?? []
    return ends.some((condition) => conditions.holds(condition, this.#left, symbolClass))
  }

  #swap(): void {
    const threads = this.#threads
    const { starts } = this
    this.#threads = this.#nextThreads
    this.starts = this.#nextStarts
    this.#nextThreads = threads
    this.#nextStarts = starts
  }
}
