// The matches of one stream that are certain and not yet shown whole, in the order in which they are asked for. There may
// be hundreds of them at a time, so nothing goes over all of them. What is shown of them is resolver.ts's.
import { isLabel } from './operators.ts'
import type { Rule } from './rule.ts'

/** A match that is certain. Offsets are those of the stream. */
export interface Candidate {
  readonly rule: Rule
  readonly start: number
  readonly end: number
  readonly score: number
  /** Whether it began before `start`, too long ago for that part to be concealed. */
  readonly isCut: boolean
}

/** A match that is still growing: its end is that of what certainly belongs to it so far. */
export interface OpenCandidate extends Candidate {
  end: number
  isOpen: boolean
}

/** A candidate on its way out. */
export interface Pending extends OpenCandidate {
  /** What matched, of which a hash and a mask are made; empty as long as that is not known. */
  readonly value: string
  /** Offset from which a mask keeps characters; worked out when it is first needed. */
  keptFrom: number | undefined
  /** Whether it was added open: how far it reaches was not known from the beginning. */
  isOpenEnded: boolean
  isOwner: boolean
  isLabelShown: boolean
}

/** So many that are taken are moved away at once. */
const MAX_TAKEN = 64

export class PendingMatches {
  /** In the order of their ends: what overlaps the last one is at the end. */
  #pending: (Pending | undefined)[] = []
  /** How many at its beginning are taken: they are moved away when there are many, so that the others seldom move. */
  #taken = 0
  /** None of them is longer. */
  #longest = 0
  /** Those that were added open, whose ends move. */
  #opened: Pending[] = []

  get isEmpty(): boolean {
    return this.#pending.length === 0 && this.#opened.length === 0
  }

  /** Takes a match; one inside another is dropped. `value` is its text. */
  add(candidate: Candidate, value: string): void {
    if (this.#contains(candidate)) return
    if (candidate.isCut && this.#lengthen(candidate)) return
    this.#insert(toPending(candidate, value))
  }

  /** Automata find matches in the order of their ends; the span of a detector may come later. */
  #insert(pending: Pending): void {
    const length = pending.end - pending.start
    this.#longest = this.#pending.length === 0 ? length : Math.max(this.#longest, length)
    let at = this.#pending.length
    while (at > 0 && (this.#pending[at - 1]?.end ?? 0) > pending.end) at -= 1
    if (at === this.#pending.length) this.#pending.push(pending)
    else this.#pending.splice(at, 0, pending)
  }

  /** Whether a match of the same rule contains this one; if not, those that it contains are dropped. */
  #contains({ rule, start, end }: Candidate): boolean {
    for (const p of this.#opened) {
      if (p.rule === rule && p.start <= start && end <= p.end) return true
    }
    for (let i = this.#pending.length - 1; i >= 0; i -= 1) {
      const p = this.#pending[i]
      if (p === undefined || p.end <= start) break
      if (p.rule !== rule) continue
      if (p.start <= start && end <= p.end) return true
      if (start <= p.start && p.end <= end) this.#pending.splice(i, 1)
    }
    return false
  }

  /** One endless match gives one finding, and not one for each of its ends. */
  #lengthen({ rule, start, end }: Candidate): boolean {
    for (let i = this.#pending.length - 1; i >= 0; i -= 1) {
      const p = this.#pending[i]
      if (p === undefined || p.end <= start) break
      if (!p.isCut || p.rule !== rule || p.start > start) continue
      p.end = end
      this.#pending.splice(i, 1)
      this.#insert(p)
      return true
    }
    return false
  }

  /** Takes a match that has only begun. Whoever opened it moves its end and closes it; a mask keeps nothing of it. */
  open(candidate: Candidate): OpenCandidate {
    const pending = toPending(candidate, '')
    pending.keptFrom = Number.POSITIVE_INFINITY
    pending.isOpen = true
    pending.isOpenEnded = true
    this.#opened.push(pending)
    return pending
  }

  /** Forgets candidates that turned out not to count. */
  drop(isDropped: (candidate: Candidate) => boolean): void {
    this.#opened = this.#opened.filter((pending) => !isDropped(pending))
    const isLeft = (pending?: Pending) => pending !== undefined && !isDropped(pending)
    this.#pending = this.#pending.filter(isLeft)
    this.#taken = 0
  }

  /** What may cover a stretch that ends at `to`, in the order of their starts. */
  startingBefore(to: number): Pending[] {
    const result: Pending[] = []
    for (const p of this.#opened) if (p.start < to) result.push(p)
    for (let i = this.#taken; i < this.#pending.length; i += 1) {
      const p = this.#pending[i]
      if (p === undefined || p.end - this.#longest >= to) break
      if (p.start < to) result.push(p)
    }
    return isInOrder(result) ? result : result.sort((a, b) => a.start - b.start)
  }

  /** Takes those off the list that end at or before `to`. */
  takeEnded(to: number): Pending[] {
    let place = this.#taken
    while (place < this.#pending.length && (this.#pending[place]?.end ?? 0) <= to) place += 1
    const ended = this.#takeUntil(place)
    if (this.#opened.length === 0) return ended
    const hasEnded = (p: Pending) => !p.isOpen && p.end <= to
    ended.push(...this.#opened.filter(hasEnded))
    this.#opened = this.#opened.filter((p) => !hasEnded(p))
    return ended
  }

  takeAll(): Pending[] {
    const all = [...this.#opened, ...this.#takeUntil(this.#pending.length)]
    this.#opened = []
    return all
  }

  /** Takes those off the list that are before a place in it. */
  #takeUntil(place: number): Pending[] {
    if (place === this.#taken) return []
    const ended: Pending[] = []
    for (let i = this.#taken; i < place; i += 1) {
      const p = this.#pending[i]
      if (p !== undefined) ended.push(p)
      this.#pending[i] = undefined
    }
    this.#taken = place
    if (place === this.#pending.length || place >= MAX_TAKEN) {
      this.#pending.splice(0, place)
      this.#taken = 0
    }
    return ended
  }

  /** The end of what is shown as a label from before `to` on, or `to`. */
  coveredUntil(to: number): number {
    let until = to
    for (const p of this.#opened) until = Math.max(until, labelledUntil(p, to))
    for (let i = this.#taken; i < this.#pending.length; i += 1) {
      const p = this.#pending[i]
      if (p === undefined || p.end - this.#longest >= to) break
      until = Math.max(until, labelledUntil(p, to))
    }
    return until
  }
}

function toPending({ rule, start, end, score, isCut }: Candidate, value: string): Pending {
  return {
    rule,
    start,
    end,
    score,
    isCut,
    value,
    // Of a match that is cut it is not known what its last characters are.
    keptFrom: isCut ? Number.POSITIVE_INFINITY : undefined,
    isOpen: false,
    isOpenEnded: false,
    isOwner: false,
    isLabelShown: false,
  }
}

/** The end of what is shown as a label from before `to` on. */
function labelledUntil({ rule, start, end }: Pending, to: number): number {
  return start < to && isLabel(rule.action) ? end : to
}

/** Whether none starts before the one that it follows: those of one rule never do. */
function isInOrder(pending: readonly Pending[]): boolean {
  for (let i = 1; i < pending.length; i += 1) {
    if ((pending[i]?.start ?? 0) < (pending[i - 1]?.start ?? 0)) return false
  }
  return true
}

/** Negative if `a` decides over `b` where both cover a character. */
export function precedence(a: Pending, b: Pending): number {
  return (
    b.rule.concealment - a.rule.concealment ||
    a.start - b.start ||
    reachOf(b) - reachOf(a) ||
    b.score - a.score ||
    a.rule.index - b.rule.index
  )
}

/** What is open-ended is taken to reach furthest: how far it has come is no fact of the text, but of the moment. */
function reachOf({ isOpenEnded, end }: Pending): number {
  return isOpenEnded ? Number.MAX_SAFE_INTEGER : end
}
