/** A stretch of a log: entries side by side in one buffer, with typed arrays for their tags and ends; freed as a whole. */
import type { MemoryBudget } from './memory-budget.ts'

const INITIAL_BYTES = 1_024
const INITIAL_ENTRIES = 32
/** A segment grows up to this size; only one entry that is longer makes a larger one. */
export const SEGMENT_BYTES = 16_384
/** Empty entries take no bytes, so their number is bounded, too. */
const MAX_ENTRIES = 1_024
/** A tag and an end. */
const BYTES_AN_ENTRY = 8

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Where a segment begins. */
export interface SegmentStart {
  /** The position of its first entry. */
  first: number
  /** How many numbered entries of the log come before it. */
  numbered: number
}

export class LogSegment {
  /** The position of its first entry. */
  first: number
  /** How many numbered entries of the log come before it. */
  numbered: number
  count = 0
  /** Bytes of its entries. */
  length = 0
  bytes: Buffer
  tags = new Int32Array(INITIAL_ENTRIES)
  /** Where each entry ends in `bytes`. */
  ends = new Int32Array(INITIAL_ENTRIES)
  readonly #budget: MemoryBudget
  #charged = 0

  constructor(start: SegmentStart, budget: MemoryBudget, sizeBytes = INITIAL_BYTES) {
    this.first = start.first
    this.numbered = start.numbered
    this.bytes = Buffer.allocUnsafeSlow(sizeBytes)
    this.#budget = budget
    this.#charge()
  }

  /** The position of its last entry; one less than `first` while it is empty. */
  get last(): number {
    return this.first + this.count - 1
  }

  /** Bytes that can be written without growing. */
  get free(): number {
    return this.bytes.length - this.length
  }

  /** Makes room for an entry of so many bytes; false if the entry has to begin another segment. */
  reserve(bytes: number): boolean {
    const isRoomy = bytes <= this.free && this.count < this.tags.length
    return isRoomy || this.#grow(this.length + bytes)
  }

  /** Copies short ASCII text that needs no escape; false (and nothing written) for any other. */
  writeShort(text: string): boolean {
    const { bytes, length } = this
    for (let i = 0; i < text.length; i += 1) {
      const code = text.charCodeAt(i)
      if (code < 0x20 || code > 0x7e || code === QUOTE || code === BACKSLASH) return false
      bytes[length + i] = code
    }
    this.length = length + text.length
    return true
  }

  write(text: string): void {
    this.length += this.bytes.write(text, this.length, 'utf8')
  }

  /** Makes an entry of what was written since the last one. */
  close(tag: number): void {
    this.tags[this.count] = tag
    this.ends[this.count] = this.length
    this.count += 1
  }

  /** Forgets its entries and goes on behind them. A buffer that one long entry needed is not kept. */
  reset(start: SegmentStart): void {
    this.first = start.first
    this.numbered = start.numbered
    this.count = 0
    this.length = 0
    if (this.bytes.length <= SEGMENT_BYTES) return
    this.bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES)
    this.#charge()
  }

  /** Gives its memory back to the budget; it is not used any more. */
  dispose(): void {
    this.#budget.take(-this.#charged)
    this.#charged = 0
  }

  #grow(neededBytes: number): boolean {
    const isFull = neededBytes > SEGMENT_BYTES || this.count === MAX_ENTRIES
    if (isFull && this.count > 0) return false
    if (neededBytes > this.bytes.length) {
      const doubled = Math.min(SEGMENT_BYTES, this.bytes.length * 2)
      const grown = Buffer.allocUnsafeSlow(Math.max(neededBytes, doubled))
      this.bytes.copy(grown, 0, 0, this.length)
      this.bytes = grown
    }
    if (this.count === this.tags.length) {
      this.tags = doubled(this.tags)
      this.ends = doubled(this.ends)
    }
    this.#charge()
    return true
  }

  #charge(): void {
    const bytes = this.bytes.length + this.tags.length * BYTES_AN_ENTRY
    this.#budget.take(bytes - this.#charged)
    this.#charged = bytes
  }
}

function doubled(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(array.length * 2)
  grown.set(array)
  return grown
}
