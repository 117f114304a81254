// The same threads as the automaton's, moved one by one and without building states: slower, but it needs no memory to
// speak of. It serves the rare stream whose text would fill the shared automaton again and again.

import { type Accept, UNKNOWN } from './action.ts'
import type { ConditionTable } from './condition-table.ts'
import type { Setting } from './lazy-dfa.ts'
import { conditionOf, type Edge, targetOf } from './nfa.ts'
import { type AutomatonParts, consumes, firstEdges } from './parts.ts'
import type { State } from './state-index.ts'
import { NO_START, NO_TRANSITIONS, ONLY_ROW, type Starts, type SteppedThreads } from './threads.ts'

/** The position automaton as flat arrays; one for all simulations of a program. */
export class NfaSimulationPlan {
  readonly conditions: ConditionTable
  readonly size: number
  readonly positions: number
  readonly detectorOf: Int32Array
  readonly wantsStarts: Uint8Array
  /** The edges of position `p` that a symbol of class `c` opens: from `offsets[p * size + c]` up to the next offset. */
  readonly offsets: Int32Array
  readonly edges: Int32Array
  /** By position: 1 if a match may end with it. */
  readonly mayEnd: Uint8Array
  readonly last: readonly (readonly number[])[]
  /** By class: the edges a match can start with, as `firstEdges` gives them. */
  readonly first: readonly Int32Array[]

  constructor(parts: AutomatonParts) {
    const { nfa, alphabet, conditions } = parts
    const { edges, edgesFrom } = nfa
    const isOpen = (edge: Edge, symbolClass: number) => consumes(parts, targetOf(edge), symbolClass)
    this.conditions = conditions
    this.size = alphabet.size
    this.positions = nfa.setOf.length
    this.detectorOf = Int32Array.from(nfa.detectorOf)
    this.wantsStarts = parts.wantsStarts
    const open: Edge[] = []
    this.offsets = new Int32Array(this.positions * this.size + 1)
    for (let position = 0; position < this.positions; position += 1) {
      const own = edges.subarray(edgesFrom[position], edgesFrom[position + 1])
      for (let symbolClass = 0; symbolClass < this.size; symbolClass += 1) {
        for (const edge of own) if (isOpen(edge, symbolClass)) open.push(edge)
        this.offsets[position * this.size + symbolClass + 1] = open.length
      }
    }
    this.edges = Int32Array.from(open)
    this.last = nfa.last
    this.mayEnd = Uint8Array.from(nfa.last, (list) => (list.length > 0 ? 1 : 0))
    this.first = Array.from({ length: this.size }, (_, symbolClass) =>
      firstEdges(parts, symbolClass),
    )
  }
}

const NO_ACCEPTS: readonly Accept[] = []
const NO_EDGES = new Int32Array(0)

export class NfaSimulation implements SteppedThreads {
  readonly table = NO_TRANSITIONS
  /** How many threads there are, and where each started, the earliest first. */
  count = 0
  starts: Int32Array
  met: number
  readonly #plan: NfaSimulationPlan
  #threads: Int32Array
  #nextThreads: Int32Array
  #nextCount = 0
  #nextStarts: Int32Array
  readonly #seen: Int32Array
  /** By position that was seen: the start of its thread. */
  readonly #owners: Int32Array
  #stamp = 0
  #left: number

  /** Takes over from a state of the automaton whose groups started at those of `open`. */
  constructor(plan: NfaSimulationPlan, state: State, { starts, met }: Starts) {
    this.#plan = plan
    this.#left = state.left
    this.#threads = new Int32Array(plan.positions)
    this.#nextThreads = new Int32Array(plan.positions)
    this.starts = new Int32Array(plan.positions)
    this.#nextStarts = new Int32Array(plan.positions)
    this.#seen = new Int32Array(plan.positions)
    this.#owners = new Int32Array(plan.positions)
    this.met = met
    state.groups.forEach((group, i) => {
      for (const position of group) {
        this.#threads[this.count] = position
        this.starts[this.count] = starts[i] ?? 0
        this.count += 1
      }
    })
  }

  enter(): number {
    return ONLY_ROW
  }

  leave(): void {}

  build(): number {
    return UNKNOWN
  }

  descend(): this {
    return this
  }

  /** The gates come with each step. */
  reset(_row: number, { isWordStart }: Setting): number {
    if (isWordStart) this.#left = this.#plan.conditions.wordStart
    return ONLY_ROW
  }

  /** Back to where a text begins. */
  restart(): void {
    this.count = 0
    this.met = NO_START
    this.#left = 0
  }

  /** The detectors that accept before a symbol; their groups are numbers of threads. */
  accepts(symbolClass: number): readonly Accept[] {
    const { mayEnd, detectorOf, wantsStarts } = this.#plan
    let accepts: Map<number, number[]> | undefined
    for (let i = 0; i < this.count; i += 1) {
      const position = this.#threads[i] ?? 0
      if (mayEnd[position] !== 1 || !this.#ends(position, symbolClass)) continue
      accepts ??= new Map()
      const detector = detectorOf[position] ?? 0
      const groups = accepts.get(detector)
      if (groups === undefined) accepts.set(detector, [i])
      else if (wantsStarts[position] === 1) groups.push(i)
    }
    if (accepts === undefined) return NO_ACCEPTS
    return [...accepts].map(([detector, groups]) => ({ detector, groups }))
  }

  /** Moves all threads over a symbol at an offset and starts new ones. */
  step(symbolClass: number, gates: number, offset: number): this {
    const { offsets, edges, conditions, size, first } = this.#plan
    this.#stamp += 1
    this.#nextCount = 0
    for (let i = 0; i < this.count; i += 1) {
      const start = this.starts[i] ?? 0
      const cell = (this.#threads[i] ?? 0) * size + symbolClass
      const end = offsets[cell + 1] ?? 0
      for (let at = offsets[cell] ?? 0; at < end; at += 1) {
        this.#follow(edges[at] ?? 0, start, symbolClass)
      }
    }
    const entering = first[symbolClass] ?? NO_EDGES
    for (let i = 0; i < entering.length; i += 2) {
      const gate = entering[i + 1] ?? 0
      if (gate === 0 || (gates & gate) !== 0) this.#follow(entering[i] ?? 0, offset, symbolClass)
    }
    this.#left = conditions.leftOf[symbolClass] ?? 0
    this.count = this.#nextCount
    this.#swap()
    return this
  }

  /** Leads a thread along an edge, unless an earlier one has been led there. */
  #follow(edge: Edge, start: number, symbolClass: number): void {
    const { conditions, wantsStarts } = this.#plan
    const target = targetOf(edge)
    const isTaken = this.#seen[target] === this.#stamp
    const owner = this.#owners[target] ?? 0
    if (isTaken && owner <= this.met) return
    if (!conditions.holds(conditionOf(edge), this.#left, symbolClass)) return
    if (isTaken) {
      if (owner !== start && wantsStarts[target] === 1) this.met = owner
      return
    }
    this.#seen[target] = this.#stamp
    this.#owners[target] = start
    this.#nextThreads[this.#nextCount] = target
    this.#nextStarts[this.#nextCount] = start
    this.#nextCount += 1
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
