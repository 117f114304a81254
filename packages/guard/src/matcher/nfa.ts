// From syntax trees to one position automaton (Glushkov): a state is a place in a pattern where a symbol is consumed,
// there are no empty moves, and conditions such as `\b` sit on the edges. Running it is lazy-dfa.ts's.
import { PolicyError } from '../policy-error.ts'
import type { CharSet } from './char-set.ts'
import { Interner, textOf } from './interner.ts'
import type { Assertion, PatternNode } from './pattern.ts'

/** A way to a position, open only where its condition holds: both in one number. */
export type Edge = number

const CONDITION_BITS = 8
/** Of all patterns together: there is a table of each condition for each pair of neighbours. */
const MAX_CONDITIONS = 2 ** CONDITION_BITS

export function edgeTo(target: number, condition: number): Edge {
  return (target << CONDITION_BITS) | condition
}

export function targetOf(edge: Edge): number {
  return edge >> CONDITION_BITS
}

export function conditionOf(edge: Edge): number {
  return edge & (MAX_CONDITIONS - 1)
}

/** What one detector contributes: the edges it starts with, and how it is run. */
export interface Entry {
  readonly detector: number
  readonly first: readonly Edge[]
  /** Bit that must be live for a match to start, or 0. */
  readonly gate: number
  /** Whether every thread that accepts is of interest, and not the earliest alone. */
  readonly everyStart: boolean
}

/** How a detector is to be run; see Entry. */
export type EntryOptions = Partial<Pick<Entry, 'gate' | 'everyStart'>>

/** All detectors of a program in one automaton. Position `p` consumes a symbol of `sets[setOf[p]]`. */
export interface Nfa {
  readonly setOf: readonly number[]
  readonly detectorOf: readonly number[]
  /** Where to go after position `p` consumed its symbol: `edges` from `edgesFrom[p]` up to `edgesFrom[p + 1]`. */
  readonly edges: Int32Array
  readonly edgesFrom: Int32Array
  /** Per position: the conditions under which a match may end after it (empty: it cannot). */
  readonly last: readonly (readonly number[])[]
  readonly entries: readonly Entry[]
  readonly sets: readonly CharSet[]
  /** Condition `c` holds where all its assertions hold; number 0 has none. */
  readonly conditions: readonly (readonly Assertion[])[]
}

/** More positions than this in one pattern is refused: it bounds compile time, memory and the slow simulation. */
const MAX_POSITIONS = 2000
/** More looks at pairs of edges than this while one pattern is built is refused: some patterns grow with a power. */
const MAX_STEPS = 20_000_000

/** What the Glushkov construction knows of a part of a pattern. `empty`: the conditions under which it matches nothing. */
interface Fragment {
  readonly empty: readonly number[]
  readonly first: readonly Edge[]
  readonly last: readonly Edge[]
}

const NO_EDGES: readonly Edge[] = []
const NO_CONDITIONS: readonly number[] = []
/** The end of a list of edges. */
const NONE = -1
const EMPTY_FRAGMENT: Fragment = { empty: [0], first: [], last: [] }

export class NfaBuilder {
  readonly #setOf: number[] = []
  readonly #detectorOf: number[] = []
  /** The edges in linked lists, one for each position; by edge the next one, by position the first and the last. */
  readonly #edges: Edge[] = []
  readonly #next: number[] = []
  readonly #heads: number[] = []
  readonly #tails: number[] = []
  readonly #last: (readonly number[])[] = []
  readonly #entries: Entry[] = []
  readonly #sets = new Interner<CharSet>(textOf)
  readonly #assertions = new Interner<Assertion>(JSON.stringify)
  readonly #conditions = new Interner<readonly number[]>(textOf)
  #steps = 0

  constructor() {
    this.#conditions.idOf([])
  }

  /**
   * Adds one pattern as a detector.
   * @throws PolicyError `pattern_matches_empty` or `pattern_too_large`.
   */
  add(detector: number, pattern: PatternNode, options: EntryOptions = {}): void {
    this.#steps = 0
    if (expandedSize(pattern) > MAX_POSITIONS) throw tooManyPositions()
    const fragment = this.#build(pattern, detector)
    if (fragment.empty.length > 0) {
      const message = 'every way through a pattern must take at least one character'
      throw new PolicyError('pattern_matches_empty', message)
    }
    for (const edge of fragment.last) {
      const target = targetOf(edge)
      this.#last[target] = [...(this.#last[target] ?? NO_CONDITIONS), conditionOf(edge)]
    }
    const { gate = 0, everyStart = false } = options
    this.#entries.push({ detector, first: fragment.first, gate, everyStart })
  }

  build(): Nfa {
    const assertions = this.#assertions.values
    const conditions = this.#conditions.values.map((ids) =>
      ids.map((id) => assertions[id]).filter((assertion) => assertion !== undefined),
    )
    return {
      setOf: this.#setOf,
      detectorOf: this.#detectorOf,
      ...this.#flatEdges(),
      last: this.#last,
      entries: this.#entries,
      sets: this.#sets.values,
      conditions,
    }
  }

  #flatEdges(): Pick<Nfa, 'edges' | 'edgesFrom'> {
    const edges = new Int32Array(this.#edges.length)
    const edgesFrom = new Int32Array(this.#heads.length + 1)
    let count = 0
    this.#heads.forEach((head, position) => {
      for (let id = head; id !== NONE; id = this.#next[id] ?? NONE) {
        edges[count] = this.#edges[id] ?? 0
        count += 1
      }
      edgesFrom[position + 1] = count
    })
    return { edges, edgesFrom }
  }

  #build(node: PatternNode, detector: number): Fragment {
    switch (node.kind) {
      case 'symbol':
        return this.#symbol(node.set, detector)
      case 'assertion': {
        const id = this.#conditions.idOf([this.#assertions.idOf(node.assertion)])
        return { empty: [id], first: [], last: [] }
      }
      case 'sequence':
        return this.#sequence(node.items, detector)
      case 'choice':
        return node.options
          .map((option) => this.#build(option, detector))
          .reduce((left, right) => ({
            empty: [...new Set([...left.empty, ...right.empty])],
            first: [...left.first, ...right.first],
            last: [...left.last, ...right.last],
          }))
      case 'repeat':
        return this.#repeat(node, detector)
    }
  }

  #sequence(items: readonly PatternNode[], detector: number): Fragment {
    let all = EMPTY_FRAGMENT
    for (const item of items) all = this.#concat(all, this.#build(item, detector))
    return all
  }

  #symbol(set: CharSet, detector: number): Fragment {
    const edge = [edgeTo(this.#addPosition(this.#sets.idOf(set), detector), 0)]
    return { empty: NO_CONDITIONS, first: edge, last: edge }
  }

  #addPosition(set: number, detector: number): number {
    this.#detectorOf.push(detector)
    this.#heads.push(NONE)
    this.#tails.push(NONE)
    this.#last.push(NO_CONDITIONS)
    return this.#setOf.push(set) - 1
  }

  #concat(left: Fragment, right: Fragment): Fragment {
    if (left === EMPTY_FRAGMENT) return right
    this.#connect(left.last, right.first)
    this.#spend(left.last.length + right.last.length + left.empty.length * right.empty.length)
    return {
      empty: this.#both(left.empty, right.empty),
      first: joined(left.first, this.#through(left.empty, right.first)),
      last: joined(right.last, this.#through(right.empty, left.last)),
    }
  }

  #both(left: readonly number[], right: readonly number[]): readonly number[] {
    if (left.length === 0 || right.length === 0) return NO_CONDITIONS
    return [...new Set(left.flatMap((a) => right.map((b) => this.#and(a, b))))]
  }

  /**
   * `x{2,4}` is `xx(x(x)?)?` and `x{2,}` is `xx` whose last copy loops: nested, so that the number of edges grows with
   * the number of copies and not with its square.
   */
  #repeat(node: PatternNode & { kind: 'repeat' }, detector: number): Fragment {
    const unbounded = node.max === Number.POSITIVE_INFINITY
    const count = unbounded ? Math.max(node.min, 1) : node.max
    if (count === 0) return EMPTY_FRAGMENT
    const from = this.#setOf.length
    const head = this.#repeatable(node.item, detector)
    const copies = [head]
    const end = this.#setOf.length
    while (copies.length < count) copies.push(this.#copy(head, from, end))
    copies.forEach((copy, index) => {
      const next = copies[index + 1] ?? (unbounded ? copy : undefined)
      if (next !== undefined) this.#connect(copy.last, next.first)
    })
    // A copy that may match nothing can as well be left out.
    const min = head.empty.length > 0 ? 0 : node.min
    const last = copies.slice(Math.max(min - 1, 0)).flatMap((copy) => copy.last)
    return { empty: min === 0 ? [0] : [], first: head.first, last }
  }

  #repeatable(item: PatternNode, detector: number): Fragment {
    const fragment = this.#build(item, detector)
    if (fragment.empty.some((condition) => condition !== 0)) {
      throw new PolicyError('pattern_unsupported', 'a repeat must not repeat a bare assertion')
    }
    return fragment
  }

  /** The same once more, of a fragment whose positions are those from `from` on up to `end`. */
  #copy({ empty, first, last }: Fragment, from: number, end: number): Fragment {
    const distance = this.#setOf.length - from
    const shift = (edge: Edge) => edge + edgeTo(distance, 0)
    for (let position = from; position < end; position += 1) {
      this.#addPosition(this.#setOf[position] ?? 0, this.#detectorOf[position] ?? 0)
      for (let id = this.#heads[position] ?? NONE; id !== NONE; id = this.#next[id] ?? NONE) {
        this.#spend(1)
        this.#addEdge(position + distance, shift(this.#edges[id] ?? 0))
      }
    }
    return { empty, first: first.map(shift), last: last.map(shift) }
  }

  #connect(from: readonly Edge[], to: readonly Edge[]): void {
    for (const end of from) {
      for (const start of to) {
        const condition = this.#and(conditionOf(end), conditionOf(start))
        const edge = edgeTo(targetOf(start), condition)
        if (!this.#hasEdge(targetOf(end), edge)) this.#addEdge(targetOf(end), edge)
      }
    }
  }

  #hasEdge(position: number, edge: Edge): boolean {
    let looks = 1
    let id = this.#heads[position] ?? NONE
    for (; id !== NONE && this.#edges[id] !== edge; id = this.#next[id] ?? NONE) looks += 1
    this.#spend(looks)
    return id !== NONE
  }

  #addEdge(position: number, edge: Edge): void {
    const id = this.#edges.push(edge) - 1
    this.#next.push(NONE)
    const tail = this.#tails[position] ?? NONE
    if (tail === NONE) this.#heads[position] = id
    else this.#next[tail] = id
    this.#tails[position] = id
  }

  #through(empties: readonly number[], edges: readonly Edge[]): readonly Edge[] {
    if (empties.length === 0) return NO_EDGES
    this.#spend(empties.length * edges.length)
    return empties.flatMap((empty) =>
      edges.map((edge) => edgeTo(targetOf(edge), this.#and(empty, conditionOf(edge)))),
    )
  }

  #and(a: number, b: number): number {
    if (a === 0 || a === b) return b
    if (b === 0) return a
    const parts = [...(this.#conditions.values[a] ?? []), ...(this.#conditions.values[b] ?? [])]
    const id = this.#conditions.idOf([...new Set(parts)].sort((x, y) => x - y))
    if (id < MAX_CONDITIONS) return id
    const message = 'the patterns of a policy combine too many look-arounds and boundaries'
    throw new PolicyError('pattern_too_large', message)
  }

  #spend(steps: number): void {
    this.#steps += steps
    if (this.#steps <= MAX_STEPS) return
    const message = 'the parts of a pattern can follow each other in too many ways'
    throw new PolicyError('pattern_too_large', message)
  }
}

function joined(edges: readonly Edge[], more: readonly Edge[]): readonly Edge[] {
  return more.length === 0 ? edges : [...edges, ...more]
}

/** How many parts a pattern has once its counted repeats are written out; a part without characters counts as one. */
function expandedSize(node: PatternNode): number {
  switch (node.kind) {
    case 'sequence':
      return sum(node.items.map(expandedSize))
    case 'choice':
      return sum(node.options.map(expandedSize))
    case 'repeat': {
      const copies = node.max === Number.POSITIVE_INFINITY ? Math.max(node.min, 1) : node.max
      return copies * Math.max(expandedSize(node.item), 1)
    }
    default:
      return 1
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

function tooManyPositions(): PolicyError {
  const message = `a pattern may expand to ${MAX_POSITIONS} characters at most; shorten its counted repeats`
  return new PolicyError('pattern_too_large', message)
}
