// What everything that runs a program's position automaton goes by: the states, which symbols they consume, and where the
// conditions on the way to them hold.
import type { Alphabet } from './alphabet.ts'
import { ConditionTable } from './condition-table.ts'
import { type Nfa, targetOf } from './nfa.ts'

export interface AutomatonParts {
  readonly nfa: Nfa
  readonly alphabet: Alphabet
  readonly conditions: ConditionTable
  /** By set of the NFA times `alphabet.size` plus class: 1 where the class belongs to the set. */
  readonly members: Uint8Array
  /** By position of the NFA: 1 where its detector wants to know every start of a match. */
  readonly wantsStarts: Uint8Array
}

export function partsOf(nfa: Nfa, alphabet: Alphabet): AutomatonParts {
  const members = new Uint8Array(nfa.sets.length * alphabet.size)
  nfa.sets.forEach((set, i) => {
    members.set(alphabet.members(set), i * alphabet.size)
  })
  const everyStart = new Set(nfa.entries.filter((e) => e.everyStart).map((e) => e.detector))
  return {
    ...{ nfa, alphabet, conditions: new ConditionTable(nfa.conditions, alphabet), members },
    wantsStarts: Uint8Array.from(nfa.detectorOf, (detector) => (everyStart.has(detector) ? 1 : 0)),
  }
}

/**
 * The edges that a match can start with if its first symbol is of a class, each followed by the gate that must be live for
 * that, 0 for none. Conditions are not looked at.
 */
export function firstEdges(parts: AutomatonParts, symbolClass: number): Int32Array {
  const found: number[] = []
  for (const { first, gate } of parts.nfa.entries) {
    for (const edge of first) {
      if (consumes(parts, targetOf(edge), symbolClass)) found.push(edge, gate)
    }
  }
  return Int32Array.from(found)
}

/** Whether a position of the NFA consumes symbols of a class. */
export function consumes(parts: AutomatonParts, position: number, symbolClass: number): boolean {
  const { members, nfa, alphabet } = parts
  return members[(nfa.setOf[position] ?? 0) * alphabet.size + symbolClass] === 1
}
