/** The turns of a long computation on the event loop: a few milliseconds each, however many texts it goes through. */

/** How long others may be kept waiting, in milliseconds. */
const SLICE_MS = 4

/** One for each computation, and not one for each of its texts: thousands of short texts keep others waiting, too. */
export class TimeSlice {
  readonly #signal: AbortSignal | undefined
  #ends = performance.now() + SLICE_MS

  /** @param signal looked at before each new turn */
  constructor(signal?: AbortSignal) {
    this.#signal = signal
  }

  get isOver(): boolean {
    return performance.now() >= this.#ends
  }

  /** Lets others have their turn and begins the next one. Rejects with the signal's reason when it has aborted. */
  async next(): Promise<void> {
    await new Promise(setImmediate)
    this.#signal?.throwIfAborted()
    this.#ends = performance.now() + SLICE_MS
  }
}
