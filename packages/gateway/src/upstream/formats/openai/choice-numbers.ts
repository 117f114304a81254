/**
 * Which choice a part belongs to. Who asked for one choice gets choice 0, whatever number it bears: there are servers whose
 * index counts tokens, and a number that is spread over several choices would go around the guard.
 */
import { type Fields, indexOf, invalidChunk } from './chunk-fields.ts'

export class ChoiceNumbers {
  readonly #requested: number
  /** The index under which the one choice began. */
  #own: number | undefined
  /** Indices of other answers, which nobody asked for. */
  readonly #others = new Set<number>()

  constructor(requested: number) {
    this.#requested = requested
  }

  /**
   * The number of a choice; undefined for an answer that nobody asked for.
   * @param place where the choice stands in its chunk
   * @throws GatewayError `upstream_invalid_stream` if there are more choices than several that were asked for
   */
  of(choice: Fields, place: number): number | undefined {
    const index = indexOf(choice.index, 'choice') ?? place
    if (this.#requested > 1) {
      if (index < this.#requested) return index
      // Without the number: it is the upstream's, and could be anything.
      throw invalidChunk('has a choice beyond those that were asked for')
    }
    this.#own ??= index
    if (index === this.#own) return 0
    if (this.#isAnother(index, choice, place)) return undefined
    return 0
  }

  /** Another answer begins with a role of its own, or stands beside the first one in the same chunk. */
  #isAnother(index: number, choice: Fields, place: number): boolean {
    if (this.#others.has(index)) return true
    const delta = choice.delta as Fields | null | undefined
    const begins = place > 0 || typeof delta?.role === 'string'
    if (begins && this.#others.size < 128) this.#others.add(index)
    return begins
  }
}
