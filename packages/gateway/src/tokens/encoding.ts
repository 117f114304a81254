/**
 * The byte-pair encodings of OpenAI's models: ranks and split patterns come from gpt-tokenizer, the counting is ours,
 * because every tokenizer we measured is quadratic on one long piece without a space.
 */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { longMergeSteps, mergeShort } from './merge.ts'
import { NO_RANK, RankTable } from './rank-table.ts'

export type EncodingName = 'cl100k_base' | 'o200k_base'

/** Pieces over this many bytes are merged with a heap; below it the plain loop is faster (measured at 300 to 700). */
const LONG_PIECE_BYTES = 500
/**
 * A piece without blanks is merged in blocks of this many bytes, so that it needs a megabyte and not thirty times its
 * size. A token that would lie across two blocks counts as two: one in 32,768 bytes.
 */
const BLOCK_BYTES = 32_768
/** A text is split into pieces in parts of this many characters: a pattern cannot be interrupted. */
const WINDOW_CHARACTERS = 65_536
/** How far a piece's end may depend on what follows it. */
const AHEAD_CHARACTERS = 16
/** How many pieces are remembered with their count, and how long one may be. */
const MAX_REMEMBERED = 10_000
const MAX_REMEMBERED_BYTES = 32
/** Work between two yields, in pieces or merges: well under a millisecond. */
const STEPS_PER_YIELD = 1_000

/** One encoding: counts tokens, never builds them. Shared. */
export class Encoding {
  readonly name: EncodingName
  readonly #ranks: RankTable
  readonly #split: RegExp
  readonly #counts = new Map<string, number>()

  constructor(name: EncodingName, ranks: RankTable, split: RegExp) {
    this.name = name
    this.#ranks = ranks
    this.#split = split
  }

  /**
   * Counts the tokens of `text` in steps: yields the count so far after each bit of work, so that the caller decides when
   * others run and whether it is enough; returns the count. Text that looks like a special token is counted as the text
   * it is.
   */
  *steps(text: string): Generator<number, number> {
    const split = new RegExp(this.#split.source, this.#split.flags)
    let count = 0
    for (let start = 0; start < text.length; ) {
      const window = text.slice(start, start + WINDOW_CHARACTERS)
      const isLast = start + window.length === text.length
      for (const step of this.#window(window, split, isLast)) {
        count += step
        yield count
      }
      // What its pieces did not take begins the next window.
      start += split.lastIndex === 0 ? window.length : split.lastIndex
      split.lastIndex = 0
    }
    return count
  }

  /**
   * Counts the pieces of a part of a text: yields the tokens of each bit of work. Leaves, by `lastIndex`, a piece at its
   * end that may go on in the next part, unless it fills the whole part; that one is cut.
   */
  *#window(text: string, split: RegExp, isLast: boolean): Generator<number> {
    let count = 0
    let work = 0
    for (let match = split.exec(text); match !== null; match = split.exec(text)) {
      const { index } = match
      if (!isLast && index > 0 && split.lastIndex + AHEAD_CHARACTERS > text.length) {
        split.lastIndex = index
        break
      }
      const bytes = toBytes(match[0])
      if (this.#ranks.rank(bytes, 0, bytes.length) !== NO_RANK) {
        count += 1
      } else if (bytes.length <= LONG_PIECE_BYTES) {
        count += this.#merged(bytes)
      } else {
        for (const tokens of this.#blocks(bytes)) {
          yield count + tokens
          count = 0
        }
      }
      work += 1 + (bytes.length >> 4)
      if (work < STEPS_PER_YIELD) continue
      work = 0
      yield count
      count = 0
    }
    yield count
  }

  /** Merges a long piece block by block: yields the tokens of a block when it is done, else 0. */
  *#blocks(bytes: string): Generator<number> {
    for (let start = 0; start < bytes.length; start += BLOCK_BYTES) {
      const steps = longMergeSteps(bytes.slice(start, start + BLOCK_BYTES), this.#ranks)
      let step = steps.next()
      for (; step.done !== true; step = steps.next()) yield 0
      yield step.value
    }
  }

  /** Tokens of a short piece, remembered: the same names and words come again and again. */
  #merged(bytes: string): number {
    const known = this.#counts.get(bytes)
    if (known !== undefined) return known
    const count = mergeShort(bytes, this.#ranks)
    if (this.#counts.size >= MAX_REMEMBERED) this.#counts.clear()
    // A copy: a piece cut out of a text would keep the whole text alive.
    if (bytes.length <= MAX_REMEMBERED_BYTES)
      this.#counts.set(Buffer.from(bytes, 'latin1').toString('latin1'), count)
    return count
  }
}

/** UTF-8 bytes as a latin1 string; text that is ASCII already is one. */
function toBytes(piece: string): string {
  for (let i = 0; i < piece.length; i += 1) {
    if (piece.charCodeAt(i) > 0x7f) return Buffer.from(piece, 'utf8').toString('latin1')
  }
  return piece
}

const { resolve } = createRequire(import.meta.url)

const loading = new Map<EncodingName, Promise<Encoding>>()

/** Loads an encoding once for the process. About 25 ms and 2 to 5 MB. */
export function loadEncoding(name: EncodingName): Promise<Encoding> {
  const known = loading.get(name)
  if (known !== undefined) return known
  const promise = readEncoding(name)
  loading.set(name, promise)
  return promise
}

async function readEncoding(name: EncodingName): Promise<Encoding> {
  const [file, patterns] = await Promise.all([
    readFile(resolve(`gpt-tokenizer/data/${name}.tiktoken`)),
    import('gpt-tokenizer/encodingParams/constants'),
  ])
  const split =
    name === 'cl100k_base' ? patterns.CL100K_TOKEN_SPLIT_REGEX : patterns.O200K_TOKEN_SPLIT_REGEX
  return new Encoding(name, new RankTable(file), split)
}
