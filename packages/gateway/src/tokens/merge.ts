/**
 * Byte-pair merging: the adjacent pair with the lowest rank is joined, the leftmost first, until no pair has a rank.
 * Twice: a plain loop for the short pieces that text consists of, and a heap for long ones, O(n log n) and in steps.
 */
import { NO_RANK, type RankTable } from './rank-table.ts'

const NONE = -1
const MERGES_PER_YIELD = 2_000

/** Counts the tokens of a short piece. Quadratic in its length. */
export function mergeShort(bytes: string, ranks: RankTable): number {
  // starts[i] is where part i begins; the last one is the end.
  const starts = Array.from({ length: bytes.length + 1 }, (_, i) => i)
  while (starts.length > 2) {
    let best = Number.POSITIVE_INFINITY
    let at = NONE
    for (let i = 0; i + 2 < starts.length; i += 1) {
      const rank = ranks.rank(bytes, starts[i] as number, starts[i + 2] as number)
      if (rank !== NO_RANK && rank < best) {
        best = rank
        at = i
      }
    }
    if (at === NONE) break
    starts.splice(at + 1, 1)
  }
  return starts.length - 1
}

/** Counts the tokens of a long piece, yielding on the way; returns the count. */
export function* longMergeSteps(bytes: string, ranks: RankTable): Generator<void, number> {
  const parts = new Parts(bytes, ranks)
  const heap = new PairHeap(bytes.length)
  for (let i = 0; i + 1 < bytes.length; i += 1) {
    const rank = parts.rank(i)
    if (rank !== NO_RANK) heap.push(rank, i)
    if (i % MERGES_PER_YIELD === 0) yield
  }
  let count = bytes.length
  for (let steps = 0; heap.size > 0; steps += 1) {
    const { rank, start } = heap.pop()
    // A pair whose parts changed since it was queued was queued again with its new rank.
    if (parts.rank(start) === rank) {
      count -= 1
      const before = parts.join(start)
      const ahead = parts.rank(start)
      if (ahead !== NO_RANK) heap.push(ahead, start)
      const behind = before === NONE ? NO_RANK : parts.rank(before)
      if (behind !== NO_RANK) heap.push(behind, before)
    }
    if (steps % MERGES_PER_YIELD === 0) yield
  }
  return count
}

/** The parts of a piece as a doubly linked list over their start offsets. */
class Parts {
  readonly #bytes: string
  readonly #ranks: RankTable
  /** next[s]: where the part that starts at s ends; 0 for an offset where no part starts any more. */
  readonly #next: Int32Array
  readonly #previous: Int32Array

  constructor(bytes: string, ranks: RankTable) {
    this.#bytes = bytes
    this.#ranks = ranks
    this.#next = new Int32Array(bytes.length + 1)
    this.#previous = new Int32Array(bytes.length + 1)
    // A loop, because Int32Array.from with a function takes 40 ms for a million bytes.
    for (let i = 0; i <= bytes.length; i += 1) {
      this.#next[i] = i + 1
      this.#previous[i] = i - 1
    }
  }

  /** The rank of the part at `start` joined with the one after it, or `NO_RANK`. */
  rank(start: number): number {
    const middle = this.#next[start] ?? 0
    if (middle === 0 || middle >= this.#bytes.length) return NO_RANK
    return this.#ranks.rank(this.#bytes, start, this.#next[middle] as number)
  }

  /** Joins the part at `start` with the one after it; returns where the part before it starts, -1 if there is none. */
  join(start: number): number {
    const middle = this.#next[start] ?? 0
    const end = this.#next[middle] ?? 0
    this.#next[start] = end
    this.#next[middle] = 0
    if (end < this.#bytes.length) this.#previous[end] = start
    return this.#previous[start] ?? NONE
  }
}

/** A binary min-heap of pairs, ordered by rank and then by offset, in two typed arrays. */
class PairHeap {
  #ranks: Int32Array
  #starts: Int32Array
  size = 0

  constructor(length: number) {
    // Each merge takes one pair away and queues at most two; the sum stays under three a byte.
    this.#ranks = new Int32Array(length * 3)
    this.#starts = new Int32Array(length * 3)
  }

  push(rank: number, start: number): void {
    let child = this.size
    this.size += 1
    while (child > 0) {
      const parent = (child - 1) >> 1
      if (!this.#isBefore(rank, start, parent)) break
      this.#move(parent, child)
      child = parent
    }
    this.#ranks[child] = rank
    this.#starts[child] = start
  }

  pop(): { rank: number; start: number } {
    const rank = this.#ranks[0] ?? 0
    const start = this.#starts[0] ?? 0
    this.size -= 1
    const lastRank = this.#ranks[this.size] ?? 0
    const lastStart = this.#starts[this.size] ?? 0
    let parent = 0
    for (let child = 1; child < this.size; child = parent * 2 + 1) {
      const right = child + 1
      if (
        right < this.size &&
        this.#isBefore(this.#ranks[right] ?? 0, this.#starts[right] ?? 0, child)
      )
        child = right
      if (this.#isBefore(lastRank, lastStart, child)) break
      this.#move(child, parent)
      parent = child
    }
    this.#ranks[parent] = lastRank
    this.#starts[parent] = lastStart
    return { rank, start }
  }

  #isBefore(rank: number, start: number, than: number): boolean {
    const other = this.#ranks[than] ?? 0
    return rank < other || (rank === other && start < (this.#starts[than] ?? 0))
  }

  #move(from: number, to: number): void {
    this.#ranks[to] = this.#ranks[from] ?? 0
    this.#starts[to] = this.#starts[from] ?? 0
  }
}
