// The stand-ins of a request, sorted: reading a text character by character narrows them down to those that it may become.
import type { StandIn } from './pseudonyms.ts'

/** Stand-ins from `low` to before `high` begin with the same `depth` characters, which have been read. */
export interface Candidates {
  readonly low: number
  readonly high: number
  readonly depth: number
}

/** A word that goes on like the stand-in of an entity, and is none of the request. */
export interface UnknownCode {
  readonly entity: string
  code: string
}

/** May begin behind any character, or only where no word goes on. */
const ANYWHERE = 2
const AT_WORD_START = 1

export class StandInIndex {
  readonly #all: readonly StandIn[]
  readonly #glued: readonly StandIn[]
  /** By ASCII character, case apart: where a stand-in that begins with it may begin. */
  readonly #firsts = new Uint8Array(0x80)

  constructor(standIns: readonly StandIn[]) {
    this.#all = [...standIns].sort((a, b) => (a.name < b.name ? -1 : 1))
    this.#glued = this.#all.filter(({ isGlued }) => isGlued)
    for (const { name, isGlued } of this.#all) {
      for (const first of [name.charAt(0), name.charAt(0).toLowerCase()]) {
        const unit = first.charCodeAt(0)
        this.#firsts[unit] = isGlued ? ANYWHERE : Math.max(this.#firsts[unit] ?? 0, AT_WORD_START)
      }
    }
  }

  mayBegin(unit: number, isInWord: boolean): boolean {
    return (this.#firsts[unit] ?? 0) >= (isInWord ? ANYWHERE : AT_WORD_START)
  }

  /** Those that are looked for at a place. */
  at(isInWord: boolean): Candidates {
    // The two lists are one range each; a depth of 0 says that nothing has been read.
    return { low: 0, high: this.#list(isInWord).length, depth: 0 }
  }

  /** Those of the candidates that go on with an upper-case character; undefined if none does. */
  narrowed({ low, high, depth }: Candidates, unit: number, isInWord: boolean) {
    const list = this.#list(isInWord)
    const from = firstFrom(list, { low, high, depth }, unit)
    const to = firstFrom(list, { low: from, high, depth }, unit + 1)
    return from < to ? { low: from, high: to, depth: depth + 1 } : undefined
  }

  /** The stand-in that has been read whole. */
  complete({ low, depth }: Candidates, isInWord: boolean): StandIn | undefined {
    const standIn = this.#list(isInWord)[low]
    return standIn?.name.length === depth ? standIn : undefined
  }

  /** What has been read of a code, and of which entity; undefined before it begins. */
  codeSoFar({ low, depth }: Candidates, isInWord: boolean): UnknownCode | undefined {
    const standIn = this.#list(isInWord)[low]
    if (standIn === undefined || depth < standIn.codeStart) return undefined
    const { entity, name, codeStart } = standIn
    return { entity, code: name.slice(codeStart, depth) }
  }

  #list(isInWord: boolean): readonly StandIn[] {
    return isInWord ? this.#glued : this.#all
  }
}

/** The first candidate whose next character is `unit` or a later one. */
function firstFrom(
  list: readonly StandIn[],
  { low, high, depth }: Candidates,
  unit: number,
): number {
  let from = low
  let to = high
  while (from < to) {
    const middle = (from + to) >> 1
    const next = list[middle]?.name.charCodeAt(depth) ?? 0
    // Beyond a name's end there is no character: it sorts before those that have one.
    if (next >= unit) to = middle
    else from = middle + 1
  }
  return from
}
