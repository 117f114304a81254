/** Where values that have a stand-in occur in the texts of a request, looked for in turns on the event loop. */
import type { Pseudonyms, Span } from '@sluice/guard'
import type { Task } from '../scheduler.ts'
import { plainTextOf } from './plain-text.ts'

/** Characters between two looks at the clock: about a millisecond. */
const SLICE_CHARACTERS = 16_384

export class KnownTexts {
  readonly #standIns: Pseudonyms
  readonly #task: Task

  constructor(standIns: Pseudonyms, task: Task) {
    this.#standIns = standIns
    this.#task = task
  }

  /** Whether any of the values is in any of the texts. */
  async areIn(texts: readonly string[]): Promise<boolean> {
    for (const text of texts) if ((await this.spansIn(text)).length > 0) return true
    return false
  }

  async spansIn(text: string): Promise<readonly Span[]> {
    const plain = plainTextOf(text)
    const spans: Span[] = []
    for (let from = 0; from < plain.text.length; from += SLICE_CHARACTERS) {
      if (this.#task.isOver()) await this.#task.next()
      spans.push(...this.#standIns.spansIn(plain.text, from, from + SLICE_CHARACTERS))
    }
    return plain.written(spans)
  }
}
