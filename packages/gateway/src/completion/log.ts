/**
 * The log of one completion: what its subscribers may see, written once and delivered from here at each one's own pace.
 * Segments of bytes and typed arrays, not an object per delta; segments are freed one by one. Text is kept as the inside of
 * a JSON string, because every dialect sends it as that: a frame is then three copies of bytes.
 *
 * Every entry has a position, from 1 without a gap. Sequence numbers, which clients see, are given to entries that carry a
 * part of the answer; the others (role, finish reason, usage, envelope) ride on a neighbour. See `isNumbered`.
 */
import { LogSegment, SEGMENT_BYTES } from './log-segment.ts'
import type { MemoryBudget } from './memory-budget.ts'

/** What an entry's bytes are. */
export const EntryKind = {
  /** The inside of a JSON string: text of one choice on one channel. */
  text: 0,
  /** A JSON object: `{index, id?, type?, function}` of a tool call. */
  toolCall: 1,
  /** A JSON string: the role of a choice. */
  role: 2,
  /** A JSON string: the finish reason of a choice. */
  finish: 3,
  /** A JSON object: the upstream's usage. */
  usage: 4,
  /** The inside of a JSON object: id, model and the like; holds for the entries after it. */
  envelope: 5,
  /** A JSON object: a whole chunk as the upstream sent it (policy `off`). */
  verbatim: 6,
  /** A JSON object: fields of a delta that only some providers have. */
  extension: 7,
  /** The same of the chunk itself. */
  chunkExtension: 8,
} as const
export type EntryKind = (typeof EntryKind)[keyof typeof EntryKind]

/** The kinds of entries that belong to no choice. */
export const COMMON_KINDS: ReadonlySet<EntryKind> = new Set([
  EntryKind.envelope,
  EntryKind.usage,
  EntryKind.chunkExtension,
])

/** The kinds that take a sequence number, as bits: what a client would miss if an entry of that kind were lost. */
const NUMBERED_KINDS =
  (1 << EntryKind.text) |
  (1 << EntryKind.toolCall) |
  (1 << EntryKind.verbatim) |
  (1 << EntryKind.extension) |
  (1 << EntryKind.chunkExtension)

/** An entry's tag packs kind, channel, choice and whether it ends its chunk into one integer. */
const CHANNEL_SHIFT = 4
const CHUNK_END = 1 << 8
const CHOICE_SHIFT = 9

export interface Entry {
  kind: EntryKind
  /** Index into TEXT_CHANNELS; 0 where the kind has none. */
  channel: number
  choice: number
}

/** The tag of an entry; `endsChunk` is set by the log when its chunk is closed. */
export function tagOf(entry: Entry): number {
  return entry.kind | (entry.channel << CHANNEL_SHIFT) | (entry.choice << CHOICE_SHIFT)
}

export function entryOf(tag: number): Entry {
  return {
    kind: (tag & 0xf) as EntryKind,
    channel: (tag >> CHANNEL_SHIFT) & 0xf,
    choice: tag >> CHOICE_SHIFT,
  }
}

/** True if the entry is the last one of the upstream's chunk. */
export function endsChunk(tag: number): boolean {
  return (tag & CHUNK_END) !== 0
}

/** The tag without the mark that ends a chunk. */
export function bareTag(tag: number): number {
  return tag & ~CHUNK_END
}

/** True if the entry takes a sequence number. */
export function isNumbered(tag: number): boolean {
  return ((NUMBERED_KINDS >> (tag & 0xf)) & 1) === 1
}

/** An entry in its segment; the object is used again by the log's next `read`. */
export interface LogEntry {
  tag: number
  /** Holds the entry from `start` to `end`; valid until the log's next append or release. */
  bytes: Buffer
  start: number
  end: number
}

/** Text up to this length is escaped by hand: a call into native code costs more than the loop. */
const SHORT_TEXT = 32
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON escapes exactly these
const NEEDS_ESCAPE = /["\\\u0000-\u001f\ud800-\udfff]/

export class CompletionLog {
  readonly #budget: MemoryBudget
  #segments: LogSegment[]
  #last: LogSegment
  /** How many entries have a sequence number. */
  #numbered = 0
  readonly #entry: LogEntry

  constructor(budget: MemoryBudget) {
    this.#budget = budget
    this.#last = new LogSegment({ first: 1, numbered: 0 }, budget)
    this.#segments = [this.#last]
    this.#entry = { tag: 0, bytes: this.#last.bytes, start: 0, end: 0 }
  }

  /** The position of the last entry; 0 while there is none. */
  get top(): number {
    return this.#last.last
  }

  /** The position of the oldest entry that is still kept. */
  get first(): number {
    return this.#segments[0]?.first ?? this.top + 1
  }

  /** The last sequence number that was given; 0 while there is none. */
  get sequence(): number {
    return this.#numbered
  }

  /** The sequence number of the oldest numbered entry that is kept, or of the next one. */
  get firstSequence(): number {
    return (this.#segments[0]?.numbered ?? 0) + 1
  }

  /** Bytes of the entries that are kept. */
  get byteLength(): number {
    let sum = 0
    for (const segment of this.#segments) sum += segment.length
    return sum
  }

  /** Bytes of the entries after a position, of those that are kept. */
  bytesAfter(position: number): number {
    let sum = 0
    for (const segment of this.#segments) {
      if (segment.last <= position) continue
      sum += segment.length
      if (position >= segment.first) sum -= segment.ends[position - segment.first] ?? 0
    }
    return sum
  }

  /** The entry at a position from `first` to `top`. */
  read(position: number): LogEntry {
    const segment = this.#segmentAt(position)
    const index = position - segment.first
    const entry = this.#entry
    entry.tag = segment.tags[index] ?? 0
    entry.bytes = segment.bytes
    entry.start = index === 0 ? 0 : (segment.ends[index - 1] ?? 0)
    entry.end = segment.ends[index] ?? 0
    return entry
  }

  tag(position: number): number {
    const segment = this.#segmentAt(position)
    return segment.tags[position - segment.first] ?? 0
  }

  /**
   * The position of the entry with a sequence number, for who has everything up to it; 0 for 0. Undefined if it is not kept
   * any more and entries after it are lost, or if it was never given.
   */
  positionOf(sequence: number): number | undefined {
    if (sequence > this.#numbered) return undefined
    const segment = this.#segments.findLast(({ numbered }) => numbered <= sequence)
    if (segment === undefined) return undefined
    let position = segment.first - 1
    for (let numbered = segment.numbered; numbered < sequence; ) {
      position += 1
      if (isNumbered(this.tag(position))) numbered += 1
    }
    return position
  }

  /** Appends text; escapes it. A lone surrogate is kept as its escape, as JSON.stringify does it. */
  appendText(tag: number, text: string): void {
    const isWritten = text.length <= SHORT_TEXT && this.#room(text.length).writeShort(text)
    if (!isWritten) this.#write(NEEDS_ESCAPE.test(text) ? JSON.stringify(text).slice(1, -1) : text)
    this.#close(tag)
  }

  /** Appends what already is JSON. */
  append(tag: number, json: string): void {
    this.#write(json)
    this.#close(tag)
  }

  /** Marks the last entry as the end of its chunk. */
  endChunk(): void {
    const { tags, count } = this.#last
    if (count > 0) tags[count - 1] = (tags[count - 1] ?? 0) | CHUNK_END
  }

  /**
   * The position of the last entry of the chunk that begins at `from`; undefined while the rest of it may still come.
   * @param isOver nothing is appended any more
   */
  chunkEnd(from: number, isOver: boolean): number | undefined {
    const { top } = this
    let last = from
    while (last < top && !endsChunk(this.tag(last))) last += 1
    return isOver || endsChunk(this.tag(last)) ? last : undefined
  }

  /** Frees the segments whose entries are all at or before `position`. */
  release(position: number): void {
    for (let oldest = this.#segments[0]; oldest !== this.#last && oldest !== undefined; ) {
      if (oldest.last > position) return
      oldest.dispose()
      this.#segments.shift()
      oldest = this.#segments[0]
    }
    if (position < this.top || this.#last.count === 0) return
    this.#last.reset({ first: this.top + 1, numbered: this.#numbered })
  }

  /** Frees the oldest segments until no more than `maxBytes` are kept, but nothing after `position`. */
  trim(maxBytes: number, position: number): void {
    while (this.byteLength > maxBytes) {
      const [oldest] = this.#segments
      if (oldest === undefined || oldest === this.#last || oldest.last > position) return
      this.release(oldest.last)
    }
  }

  /** Gives the memory back to the budget; the log is not used any more. */
  dispose(): void {
    for (const segment of this.#segments) segment.dispose()
  }

  #write(text: string): void {
    // A code unit is three bytes at most; they are counted only where that might not fit.
    const most = text.length * 3
    this.#room(most <= this.#last.free ? most : Buffer.byteLength(text)).write(text)
  }

  /** The segment for an entry of so many bytes. */
  #room(bytes: number): LogSegment {
    if (this.#last.reserve(bytes)) return this.#last
    const start = { first: this.top + 1, numbered: this.#numbered }
    this.#last = new LogSegment(start, this.#budget, Math.max(bytes, SEGMENT_BYTES))
    this.#segments.push(this.#last)
    return this.#last
  }

  #close(tag: number): void {
    this.#last.close(tag)
    if (isNumbered(tag)) this.#numbered += 1
  }

  #segmentAt(position: number): LogSegment {
    if (position >= this.#last.first) return this.#last
    let i = this.#segments.length - 1
    while (i > 0 && position < (this.#segments[i]?.first ?? 0)) i -= 1
    return this.#segments[i] ?? this.#last
  }
}
