/** Collects an answer's text cheaply while it streams, and counts its tokens at the end if the upstream did not. */
import type { Task } from '../scheduler.ts'
import { countPieces } from '../tokens/count.ts'
import { type EncodingName, loadEncoding } from '../tokens/encoding.ts'
import type { MemoryBudget } from './memory-budget.ts'

/** A rope of deltas is flattened when it has this many characters: its nodes cost ten times the text. */
const FLATTEN_CHARACTERS = 512

export class TokenMeter {
  /** Characters seen, all channels together. */
  characters = 0
  readonly #budget: MemoryBudget
  #tail = ''
  #blocks: Buffer[] = []
  #blockBytes = 0
  #isStopped = false

  constructor(budget: MemoryBudget) {
    this.#budget = budget
  }

  push(text: string): void {
    this.characters += text.length
    if (this.#isStopped) return
    this.#tail += text
    if (this.#tail.length < FLATTEN_CHARACTERS) return
    const block = Buffer.from(this.#tail, 'utf8')
    this.#blocks.push(block)
    this.#blockBytes += block.length
    this.#budget.take(block.length)
    this.#tail = ''
  }

  /** Nobody will ask for the count: the text is given up, and none is kept from now on. */
  stop(): void {
    this.#isStopped = true
    this.#budget.take(-this.#blockBytes)
    this.#blockBytes = 0
    this.#blocks = []
    this.#tail = ''
  }

  /** Tokens of everything pushed. An estimate: the channels are one text, which is counted in parts. */
  async count(encodingName: EncodingName, task: Task): Promise<number> {
    if (this.characters === 0) return 0
    const encoding = await loadEncoding(encodingName)
    // Many answers may end at once, as when their client leaves.
    if (task.isOver()) await task.next()
    return countPieces(this.#pieces(), { encoding, task })
  }

  *#pieces(): Generator<string> {
    for (const block of this.#blocks) yield block.toString('utf8')
    yield this.#tail
  }
}
