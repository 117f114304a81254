// Where values that have a stand-in occur in a text, whatever stands around them there. A context word or a model may have
// found them in one text of a request, and not in another; none of them is to leave in any.
import type { Span } from '../detection.ts'
import { isSpaceless } from '../matcher/word-classes.ts'
import { isWord } from './words.ts'

export interface KnownValue {
  readonly entity: string
  readonly value: string
}

/** Values of which a text may have many that mean something else are not looked for. */
const MIN_CHARACTERS = 2
const MIN_DIGITS = 5

interface Entry {
  /** The value from its first letter or digit on: what is looked for. */
  readonly core: string
  /** What the value has before it. */
  readonly lead: string
  readonly entity: string
  /** The longest other core that this one begins with. */
  shorter: Entry | undefined
}

export class KnownValues {
  /** In the order of their cores. */
  readonly #entries: readonly Entry[]
  readonly #firsts: ReadonlySet<number>

  constructor(values: Iterable<KnownValue>) {
    const byCore = new Map<string, Entry>()
    for (const { entity, value } of values) {
      if (!isTelling(value)) continue
      const at = coreStart(value)
      const core = value.slice(at)
      if (!byCore.has(core))
        byCore.set(core, { core, lead: value.slice(0, at), entity, shorter: undefined })
    }
    this.#entries = [...byCore.values()].sort((a, b) => (a.core < b.core ? -1 : 1))
    this.#firsts = new Set(this.#entries.map(({ core }) => core.charCodeAt(0)))
    linkShorter(this.#entries)
  }

  /**
   * Where values occur as whole words, each in the spelling in which it was found, the longest one at a place.
   * @param from only occurrences whose first letter or digit lies from here on
   * @param to and before this
   */
  spansIn(text: string, from = 0, to = text.length): Span[] {
    const spans: Span[] = []
    if (this.#entries.length === 0) return spans
    for (let at = from; at < to; ) {
      const entry = this.#firsts.has(text.charCodeAt(at)) ? this.#at(text, at) : undefined
      if (entry === undefined) {
        at += 1
        continue
      }
      const { entity, core, lead } = entry
      const start = text.startsWith(lead, at - lead.length) ? at - lead.length : at
      spans.push({ entity, start, end: at + core.length, score: 1 })
      at += core.length
    }
    return spans
  }

  #at(text: string, at: number): Entry | undefined {
    if (at > 0 && isInsideWord(text, at)) return undefined
    let entry = this.#lastUpTo(text, at)
    // What begins the text here also begins the last entry that does not come after it.
    while (entry !== undefined) {
      const end = at + entry.core.length
      if (text.startsWith(entry.core, at) && !isInsideWord(text, end)) return entry
      entry = entry.shorter
    }
    return undefined
  }

  /** The last entry whose core does not sort behind the text at an offset. */
  #lastUpTo(text: string, at: number): Entry | undefined {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (isBehind(this.#entries[middle]?.core ?? '', text, at)) high = middle
      else low = middle + 1
    }
    return this.#entries[low - 1]
  }
}

function isTelling(value: string): boolean {
  if (value.length < MIN_CHARACTERS || coreStart(value) === value.length) return false
  return /\p{L}/u.test(value) || value.replace(/\P{N}/gu, '').length >= MIN_DIGITS
}

/** Offset of the first letter or digit. */
function coreStart(value: string): number {
  const at = value.search(/[\p{L}\p{N}]/u)
  return at < 0 ? value.length : at
}

/** Whether one word goes on from before an offset to behind it. */
function isInsideWord(text: string, at: number): boolean {
  return isWord(text.charCodeAt(at - 1)) && at < text.length && isWordOrMark(text, at)
}

/** Accents that are characters of their own go on with a word, too. */
function isWordOrMark(text: string, at: number): boolean {
  const unit = text.charCodeAt(at)
  return isWord(unit) || (unit >= 0x300 && /\p{M}/u.test(text.charAt(at)) && !isSpaceless(unit))
}

/** Whether a core sorts behind the text from an offset on. */
function isBehind(core: string, text: string, at: number): boolean {
  for (let i = 0; i < core.length; i += 1) {
    if (at + i >= text.length) return true
    const difference = core.charCodeAt(i) - text.charCodeAt(at + i)
    if (difference !== 0) return difference > 0
  }
  return false
}

/** In sorted order an entry's beginnings come before it, the longest last. */
function linkShorter(entries: readonly Entry[]): void {
  let before: Entry | undefined
  for (const entry of entries) {
    while (before !== undefined && !entry.core.startsWith(before.core)) before = before.shorter
    entry.shorter = before
    before = entry
  }
}
