/** Collects an answer's text cheaply while it streams, and counts its tokens at the end if the upstream did not. */
import type { Task } from '../scheduler.ts'
import { countTokens } from '../tokens/count.ts'
import { type EncodingName, loadEncoding } from '../tokens/encoding.ts'

/** A rope of deltas is flattened when it has this many characters: its nodes cost ten times the text. */
const FLATTEN_CHARACTERS = 512

export class TokenMeter {
  /** Characters seen, all channels together. */
  characters = 0
  #tail = ''
  #blocks: Buffer[] = []

  push(text: string): void {
    this.characters += text.length
    this.#tail += text
    if (this.#tail.length < FLATTEN_CHARACTERS) return
    this.#blocks.push(Buffer.from(this.#tail, 'utf8'))
    this.#tail = ''
  }

  /** Tokens of everything pushed. Counts the channels as one text, so it is an estimate. */
  async count(encodingName: EncodingName, task: Task): Promise<number> {
    const text = Buffer.concat([...this.#blocks, Buffer.from(this.#tail, 'utf8')]).toString('utf8')
    if (text === '') return 0
    return countTokens(text, { encoding: await loadEncoding(encodingName), task })
  }
}
