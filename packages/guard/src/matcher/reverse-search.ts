// Reads the text backwards from the end of a match to find where it may have started. The automaton keeps only the
// earliest start of threads that have met; when that one is refused, because arithmetic fails or it is too long ago, the
// later ones are found here. Rare, and never longer than one match, so that the whole stays linear.
import { type Alphabet, classAt, symbolStart } from './alphabet.ts'
import type { ConditionTable } from './condition-table.ts'
import { conditionOf, edgeTo, type Nfa, targetOf } from './nfa.ts'
import { type AutomatonParts, consumes } from './parts.ts'

/** The end of a match and how far to look back from it; offsets are those of `text`. */
export interface MatchEnd {
  readonly text: string
  readonly end: number
  /** Class of the symbol after the match. */
  readonly after: number
  /** Code point of the character before `text`, -1 if there is none. */
  readonly before: number
  /** No start before this offset is wanted. */
  readonly earliest: number
}

/** The state of the way back in which no position is left. */
const NOTHING = 0
/** After so many remembered steps it begins anew. */
const MAX_MOVES = 5000

export class ReverseSearch {
  readonly #parts: AutomatonParts
  readonly #nfa: Nfa
  readonly #alphabet: Alphabet
  readonly #conditions: ConditionTable
  /** The edges that lead to position `p`, turned around: `#sources` from `#offsets[p]` up to the next offset. */
  readonly #sources: Int32Array
  readonly #offsets: Int32Array
  /** By position with which a match can start: the conditions. */
  readonly #first = new Map<number, number[]>()
  /** By detector: the positions a match can end with. */
  readonly #last = new Map<number, number[]>()
  readonly #seen: Int32Array
  #stamp = 0
  /** The states of the way back: what may have been read next to last. And where each symbol leads from them. */
  #states: (readonly number[])[] = [[]]
  #stateIds = new Map([['', NOTHING]])
  readonly #moves = new Map<number, number>()

  constructor(parts: AutomatonParts) {
    const { nfa, alphabet, conditions } = parts
    this.#parts = parts
    this.#nfa = nfa
    this.#alphabet = alphabet
    this.#conditions = conditions
    const { sources, offsets } = turnedAround(nfa)
    this.#sources = sources
    this.#offsets = offsets
    this.#seen = new Int32Array(nfa.setOf.length)
    for (const edge of nfa.entries.flatMap((entry) => entry.first)) {
      const target = targetOf(edge)
      this.#first.set(target, [...(this.#first.get(target) ?? []), conditionOf(edge)])
    }
    nfa.last.forEach((conditions, position) => {
      if (conditions.length === 0) return
      const detector = nfa.detectorOf[position] ?? 0
      this.#last.set(detector, [...(this.#last.get(detector) ?? []), position])
    })
  }

  /** The offsets from which a match of the detector reaches exactly to the end, the nearest first. */
  starts(detector: number, place: MatchEnd): number[] {
    const { text, earliest } = place
    if (this.#moves.size > MAX_MOVES) this.#forget()
    const found: number[] = []
    let at = symbolStart(this.#alphabet, text, place.end)
    if (at < 0) return found
    let symbolClass = classAt(this.#alphabet, text, at)
    let state = this.#ending(detector, this.#conditions.leftOf[symbolClass] ?? 0, place.after)
    while (state !== NOTHING && at >= earliest) {
      const before = symbolStart(this.#alphabet, text, at)
      const classBefore = before < 0 ? -1 : classAt(this.#alphabet, text, before)
      const left = before < 0 ? this.#leftOf(place.before) : this.#conditions.leftOf[classBefore]
      const move = this.#move(state, symbolClass, left ?? 0)
      if ((move & 1) === 1) found.push(at)
      if (before < 0) break
      state = move >> 1
      symbolClass = classBefore
      at = before
    }
    return found
  }

  #leftOf(codePoint: number): number {
    if (codePoint < 0) return 0
    const symbolClass = this.#alphabet.classOfCharacter(codePoint)
    return this.#conditions.leftOf[symbolClass] ?? 0
  }

  /** The state in which any position may be that a match of the detector can end with. */
  #ending(detector: number, left: number, after: number): number {
    const { lefts } = this.#conditions
    const key = -1 - ((detector * this.#alphabet.size + after) * lefts + left)
    return this.#remember(key, () => {
      const positions = this.#last.get(detector) ?? []
      return this.#stateOf(positions.filter((p) => this.#anyHolds(this.#nfa.last[p], left, after)))
    })
  }

  /** Where reading a symbol backwards leads: a state times two, plus one if a match may start with the symbol. */
  #move(state: number, symbolClass: number, left: number): number {
    const key = (state * this.#alphabet.size + symbolClass) * this.#conditions.lefts + left
    return this.#remember(key, () => {
      const positions = this.#states[state] ?? []
      const active = positions.filter((p) => consumes(this.#parts, p, symbolClass))
      const starts = active.some((p) => this.#anyHolds(this.#first.get(p), left, symbolClass))
      return this.#stateOf(this.#before(active, left, symbolClass)) * 2 + (starts ? 1 : 0)
    })
  }

  #remember(key: number, find: () => number): number {
    const known = this.#moves.get(key)
    if (known !== undefined) return known
    const move = find()
    this.#moves.set(key, move)
    return move
  }

  #stateOf(positions: readonly number[]): number {
    const key = positions.join()
    const known = this.#stateIds.get(key)
    if (known !== undefined) return known
    const id = this.#states.push(positions) - 1
    this.#stateIds.set(key, id)
    return id
  }

  #forget(): void {
    this.#states = [[]]
    this.#stateIds = new Map([['', NOTHING]])
    this.#moves.clear()
  }

  #anyHolds(conditions: readonly number[] | undefined, left: number, after: number): boolean {
    return conditions?.some((condition) => this.#conditions.holds(condition, left, after)) === true
  }

  /** In ascending order, so that equal sets are equal lists. */
  #before(active: readonly number[], left: number, symbolClass: number): number[] {
    this.#stamp += 1
    const result: number[] = []
    for (const position of active) {
      const end = this.#offsets[position + 1] ?? 0
      for (let at = this.#offsets[position] ?? 0; at < end; at += 1) {
        const edge = this.#sources[at] ?? 0
        const source = targetOf(edge)
        if (this.#seen[source] === this.#stamp) continue
        if (!this.#conditions.holds(conditionOf(edge), left, symbolClass)) continue
        this.#seen[source] = this.#stamp
        result.push(source)
      }
    }
    return result.sort((a, b) => a - b)
  }
}

/** The edges by where they lead to; in each, where it comes from. */
function turnedAround({ edges, edgesFrom }: Nfa) {
  const offsets = new Int32Array(edgesFrom.length)
  for (const edge of edges) {
    const next = targetOf(edge) + 1
    offsets[next] = (offsets[next] ?? 0) + 1
  }
  for (let i = 1; i < offsets.length; i += 1) {
    offsets[i] = (offsets[i] ?? 0) + (offsets[i - 1] ?? 0)
  }
  const ends = offsets.slice()
  const sources = new Int32Array(edges.length)
  for (let source = 0; source < edgesFrom.length - 1; source += 1) {
    const end = edgesFrom[source + 1] ?? 0
    for (let at = edgesFrom[source] ?? 0; at < end; at += 1) {
      const edge = edges[at] ?? 0
      const place = ends[targetOf(edge)] ?? 0
      sources[place] = edgeTo(source, conditionOf(edge))
      ends[targetOf(edge)] = place + 1
    }
  }
  return { sources, offsets }
}
