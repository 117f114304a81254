/**
 * A large message on its way in: what of it has come is held in the node's memory, and more of it is read in its client's
 * turns. All connections together could otherwise bring more in one iteration of the event loop than others can wait for.
 */
import type { Hold } from '../completion/memory-budget.ts'

/** Up to this size a message is read at once: that costs less than asking. */
export const LARGE_BYTES = 16_384
/** The pieces that have come, and the message that they are put together to. */
const COPIES = 2
/** What may come in one turn: a millisecond's work. */
const TURN_BYTES = 262_144

/** Where a message comes from. */
export interface Source {
  pause(): void
  resume(): void
}

export class Incoming {
  readonly #hold: Hold
  readonly #source: Source
  readonly #turn: () => Promise<void>
  #bytes = 0
  /** How much may have come before the next turn. */
  #allowed = LARGE_BYTES
  #isWaiting = false

  /** @param turn resolves when it is the client's turn */
  constructor(hold: Hold, source: Source, turn: () => Promise<void>) {
    this.#hold = hold
    this.#source = source
    this.#turn = turn
  }

  /** So much of the message has come. @throws GatewayError `overloaded` */
  note(bytes: number): void {
    this.#bytes = bytes
    if (bytes <= LARGE_BYTES) {
      this.#hold.release()
      this.#allowed = LARGE_BYTES
      return
    }
    this.#hold.resize(COPIES * bytes)
    if (bytes > this.#allowed && !this.#isWaiting) void this.#wait()
  }

  /** The message is there or will never be. */
  release(): void {
    this.#hold.release()
  }

  async #wait(): Promise<void> {
    this.#isWaiting = true
    this.#source.pause()
    await this.#turn()
    this.#isWaiting = false
    this.#allowed = this.#bytes + TURN_BYTES
    this.#source.resume()
  }
}
