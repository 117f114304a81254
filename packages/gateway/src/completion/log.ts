/**
 * The log of one completion: what its watchers may see, written once and delivered from here at each watcher's own pace.
 * One byte buffer and typed arrays, not an object per delta. Text is kept as the inside of a JSON string, because every
 * dialect sends it as that: a frame is then three copies of bytes.
 */
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
} as const
export type EntryKind = (typeof EntryKind)[keyof typeof EntryKind]

/** The text channels of a choice, by the field of the delta that carries them. */
export const CHANNEL_FIELDS = ['content', 'reasoning_content', 'reasoning', 'refusal'] as const

/** An entry's tag packs kind, channel, choice and whether it ends its chunk into one integer. */
const CHANNEL_SHIFT = 4
const CHUNK_END = 1 << 8
const CHOICE_SHIFT = 9

export interface Entry {
  kind: EntryKind
  /** Index into CHANNEL_FIELDS; 0 where the kind has none. */
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

const INITIAL_BYTES = 1_024
const INITIAL_ENTRIES = 32
/** A buffer that grew beyond this is given back when all of it was delivered. */
const KEPT_BYTES = 16_384
/** Text up to this length is escaped by hand: a call into native code costs more than the loop. */
const SHORT_TEXT = 32

const QUOTE = 0x22
const BACKSLASH = 0x5c
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON escapes exactly these
const NEEDS_ESCAPE = /["\\\u0000-\u001f\ud800-\udfff]/

export class CompletionLog {
  readonly #budget: MemoryBudget
  #bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES)
  #tags = new Int32Array(INITIAL_ENTRIES)
  /** Where each kept entry ends in `#bytes`. */
  #ends = new Int32Array(INITIAL_ENTRIES)
  #length = 0
  #count = 0
  /** The sequence number of the first entry that is kept. */
  #first = 1
  #charged = INITIAL_BYTES

  constructor(budget: MemoryBudget) {
    this.#budget = budget
    budget.take(INITIAL_BYTES)
  }

  /** The sequence number of the last entry; 0 while there is none. The first entry is 1. */
  get top(): number {
    return this.#first + this.#count - 1
  }

  /** The sequence number of the oldest entry that is still kept. */
  get first(): number {
    return this.#first
  }

  /** Bytes that wait in the log. */
  get byteLength(): number {
    return this.#length
  }

  /** The bytes that `start` and `end` point into; valid until the next append or release. */
  get bytes(): Buffer {
    return this.#bytes
  }

  tag(seq: number): number {
    return this.#tags[seq - this.#first] ?? 0
  }

  start(seq: number): number {
    return seq === this.#first ? 0 : (this.#ends[seq - this.#first - 1] ?? 0)
  }

  end(seq: number): number {
    return this.#ends[seq - this.#first] ?? 0
  }

  /** Appends text; escapes it. A lone surrogate is kept as its escape, as JSON.stringify does it. */
  appendText(tag: number, text: string): void {
    const length = text.length
    if (length > SHORT_TEXT || !this.#appendShort(text)) {
      const inside = NEEDS_ESCAPE.test(text) ? JSON.stringify(text).slice(1, -1) : text
      this.#reserve(inside.length * 3)
      this.#length += this.#bytes.write(inside, this.#length, 'utf8')
    }
    this.#close(tag)
  }

  /** Appends what already is JSON. */
  append(tag: number, json: string): void {
    this.#reserve(json.length * 3)
    this.#length += this.#bytes.write(json, this.#length, 'utf8')
    this.#close(tag)
  }

  /** Marks the last entry as the end of its chunk. */
  endChunk(): void {
    if (this.#count > 0)
      this.#tags[this.#count - 1] = (this.#tags[this.#count - 1] ?? 0) | CHUNK_END
  }

  /** Forgets the entries up to `seq`: everybody who may ask for them has them. */
  release(seq: number): void {
    if (seq < this.top) return
    this.#first = this.top + 1
    this.#count = 0
    this.#length = 0
    if (this.#bytes.length > KEPT_BYTES) this.#resize(INITIAL_BYTES)
  }

  /** Gives the memory back to the budget; the log is not used any more. */
  dispose(): void {
    this.#budget.take(-this.#charged)
    this.#charged = 0
  }

  /** Copies short ASCII text that needs no escape; false (and nothing written) for any other. */
  #appendShort(text: string): boolean {
    this.#reserve(text.length)
    const bytes = this.#bytes
    const at = this.#length
    for (let i = 0; i < text.length; i += 1) {
      const code = text.charCodeAt(i)
      if (code < 0x20 || code > 0x7e || code === QUOTE || code === BACKSLASH) return false
      bytes[at + i] = code
    }
    this.#length = at + text.length
    return true
  }

  #close(tag: number): void {
    if (this.#count === this.#tags.length) this.#growEntries()
    this.#tags[this.#count] = tag
    this.#ends[this.#count] = this.#length
    this.#count += 1
  }

  #growEntries(): void {
    const tags = new Int32Array(this.#tags.length * 2)
    const ends = new Int32Array(this.#tags.length * 2)
    tags.set(this.#tags)
    ends.set(this.#ends)
    this.#tags = tags
    this.#ends = ends
  }

  #reserve(more: number): void {
    const needed = this.#length + more
    if (needed > this.#bytes.length) this.#resize(Math.max(needed, this.#bytes.length * 2))
  }

  #resize(size: number): void {
    const bytes = Buffer.allocUnsafeSlow(size)
    this.#bytes.copy(bytes, 0, 0, this.#length)
    this.#bytes = bytes
    if (this.#charged > 0) {
      this.#budget.take(size - this.#charged)
      this.#charged = size
    }
  }
}
