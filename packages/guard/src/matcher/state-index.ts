// The states of a lazily built automaton by what they stand for, so that an equal one is found again. Comparing numbers is
// cheaper than making a text of them, and a flood may build a state for each of its characters.

/** What a state stands for; a stream keeps it to find its way back after the automaton was emptied. */
export interface State {
  /** NFA positions, one array per start, earliest start first. No position is in two groups: the earliest owns it. */
  readonly groups: readonly (readonly number[])[]
  /** What is known of the symbol before: its left context, 0 at the start of the text. */
  readonly left: number
  /** The contexts that are live: a bit each. */
  readonly gates: number
}

const NONE = -1

export class StateIndex {
  readonly #states: State[] = []
  /** By hash: the number of the last state that has it. */
  readonly #last = new Map<number, number>()
  /** By number: the state before it that has the same hash, or NONE. */
  readonly #previous: number[] = []

  get count(): number {
    return this.#states.length
  }

  /** Numbers count from 0. */
  at(number: number): State | undefined {
    return this.#states[number]
  }

  /** The number of a state that stands for the same, which is added if there is none. */
  numberOf(state: State): number {
    const hash = hashOf(state)
    const last = this.#last.get(hash) ?? NONE
    for (let number = last; number !== NONE; number = this.#previous[number] ?? NONE) {
      const known = this.#states[number]
      if (known !== undefined && areEqual(known, state)) return number
    }
    const number = this.#states.push(state) - 1
    this.#previous.push(last)
    this.#last.set(hash, number)
    return number
  }
}

/** FNV-1a over the numbers, each group with an end. */
function hashOf({ groups, left, gates }: State): number {
  let hash = mixed(mixed(FNV_OFFSET, left), gates)
  for (const group of groups) {
    for (const position of group) hash = mixed(hash, position)
    hash = mixed(hash, NONE)
  }
  return hash & SMALL
}

const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193
/** Numbers up to this are kept in place. */
const SMALL = 0x3fffffff

function mixed(hash: number, value: number): number {
  return Math.imul(hash ^ value, FNV_PRIME)
}

function areEqual(a: State, b: State): boolean {
  if (a.left !== b.left || a.gates !== b.gates || a.groups.length !== b.groups.length) return false
  return a.groups.every((group, i) => areSame(group, b.groups[i] ?? []))
}

function areSame(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false
  return true
}
