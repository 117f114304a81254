/**
 * Turns at reading for answers that come faster than a person reads, from a cache or a test: a socket may bring megabytes
 * before others are looked at. Such an answer stops when the turn of the event loop is over, in the middle of what it has
 * read, and waits in line. So the deltas of everybody else wait for one turn, whatever a byte costs and however many pour.
 *
 *   reading --has brought much, and the turn is over--> waiting --its turn--> reading
 */
import { awaitTurn, beginTurn, isTurnOver } from '../loop-turn.ts'

/**
 * What an answer brings in an iteration of the loop before it pours, and then between two looks at the clock, in bytes. One
 * at a pace brings less and is never stopped; of the costliest deltas this is a millisecond or two.
 */
export const LOOK_BYTES = 16_384

/** Answers that wait: one at most goes on in an iteration. */
const waiting: ReadingTurns[] = []
const line = {
  serve() {
    waiting.shift()?.goOn()
    return waiting.length > 0
  },
}

export interface ReadingTurnsOptions {
  /** Takes bytes of the answer, and tells `note` of them. */
  take: (bytes: Buffer) => void
  /** Stops what brings them. */
  onStop: () => void
  /** It may be read on, from `readRest` on. */
  onTurn: () => void
}

/** The turns of one answer. */
export class ReadingTurns {
  /** It has stopped, and goes on when it is its turn. */
  isWaiting = false
  readonly #options: ReadingTurnsOptions
  /** Bytes until the next look at the clock. */
  #room = LOOK_BYTES
  /** What was read and not taken when it stopped. */
  #rest: Buffer | undefined

  constructor(options: ReadingTurnsOptions) {
    this.#options = options
  }

  /** Takes what one read brought, up to the end of the turn. */
  read(bytes: Buffer): void {
    let from = 0
    while (from < bytes.length && !this.isWaiting) {
      const to = from + this.#room
      this.#options.take(from === 0 && to >= bytes.length ? bytes : bytes.subarray(from, to))
      from = to
    }
    if (from < bytes.length) this.#keep(bytes.subarray(from))
  }

  /** Takes what was left, up to the end of the turn. */
  readRest(): void {
    const rest = this.#rest
    this.#rest = undefined
    if (rest !== undefined) this.read(rest)
  }

  /** Takes all that was left: the connection has ended before its turn. */
  takeRest(): void {
    const rest = this.#rest
    this.#rest = undefined
    if (rest !== undefined) this.#options.take(rest)
  }

  dropRest(): void {
    this.#rest = undefined
  }

  /** So many bytes were taken. The clock is looked at once in `LOOK_BYTES`, and never for an answer at a pace. */
  note(bytes: number): void {
    this.#room -= bytes
    if (this.#room > 0) return
    this.#room = LOOK_BYTES
    if (this.isWaiting) return
    beginTurn()
    if (isTurnOver()) this.#stop()
  }

  /** What comes from now on comes in another iteration. */
  renew(): void {
    this.#room = LOOK_BYTES
  }

  goOn(): void {
    this.isWaiting = false
    this.#room = LOOK_BYTES
    this.#options.onTurn()
  }

  #stop(): void {
    this.isWaiting = true
    this.#options.onStop()
    waiting.push(this)
    awaitTurn(line)
  }

  /** More than once only if what was stopped goes on for a while. */
  #keep(rest: Buffer): void {
    this.#rest = this.#rest === undefined ? rest : Buffer.concat([this.#rest, rest])
  }
}
