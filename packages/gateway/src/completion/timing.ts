/** When a completion was asked for, first had text and was last read. */
import type { Clock } from '../clock.ts'

export class Timing {
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly #clock: Clock
  /** Readings of the monotonic clock, in milliseconds. */
  readonly #began: number
  #firstTextAt: number | undefined
  #lastReadAt: number | undefined

  constructor(clock: Clock) {
    this.#clock = clock
    this.startedAt = clock.now()
    this.#began = clock.monotonic()
  }

  /**
   * Notes that a part of the answer was read, and whether there is text of it by now.
   * @returns the milliseconds since the read before it; undefined for the first
   */
  noteRead(hasText: boolean): number | undefined {
    const now = this.#clock.monotonic()
    const gap = this.#lastReadAt === undefined ? undefined : now - this.#lastReadAt
    this.#lastReadAt = now
    if (hasText) this.#firstTextAt ??= now
    return gap
  }

  /** Whole milliseconds from the order until now. */
  get latencyMs(): number {
    return Math.round(this.#clock.monotonic() - this.#began)
  }

  /** Whole milliseconds from the order to the first text; undefined if there was none. */
  get firstTextMs(): number | undefined {
    return this.#firstTextAt === undefined ? undefined : Math.round(this.#firstTextAt - this.#began)
  }
}
