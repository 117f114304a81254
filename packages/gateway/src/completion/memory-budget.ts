/**
 * Bytes that the node holds for its clients, the logs of answers and the requests together, against one limit: over it,
 * requests are refused.
 */
import { GatewayError } from '../errors.ts'

/** The size of a request as it came: its bytes, and of how many JSON values it is made. */
export interface RequestSize {
  bytes: number
  values: number
}

/**
 * What a request takes at its largest, while its body is written: the guarded copy and the body's text, both of two bytes
 * a character if one of them needs it, and the body.
 */
const BYTES_OF_A_BYTE = 5
/** What a value takes beside its text, before and after the guard; the name of its field is one more text. */
const BYTES_OF_A_VALUE = 256

/** Memory that a request takes at most, in bytes. */
export function memoryOf({ bytes, values }: RequestSize): number {
  return BYTES_OF_A_BYTE * bytes + BYTES_OF_A_VALUE * values
}

/** The part of the limit that the requests of one client may hold: the rest is for others. */
const CLIENT_PART = 0.5
const RETRY_AFTER_MS = 1_000

export class MemoryBudget {
  readonly limitBytes: number
  /** Gives up what is kept only for those who might come back, until there is room for so many bytes. */
  reclaim: (bytes: number) => void = () => {}
  #usedBytes = 0
  /** Of requests, by client. */
  readonly #held = new Map<string, number>()

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  hasRoom(bytes: number): boolean {
    return this.#usedBytes + bytes < this.limitBytes
  }

  /** Takes bytes, or gives them back where `bytes` is negative. */
  take(bytes: number): void {
    this.#usedBytes += bytes
  }

  /** @throws GatewayError `overloaded` if there is no room for so many bytes, not even after a reclaim */
  assertRoom(bytes: number): void {
    if (!this.hasRoom(bytes)) this.reclaim(bytes)
    if (this.hasRoom(bytes)) return
    throw overloaded('The gateway holds as many requests and answers as its memory is set for')
  }

  /** Takes bytes for a client's requests, or gives them back. @throws GatewayError `overloaded` */
  takeFor(client: string, bytes: number): void {
    const own = (this.#held.get(client) ?? 0) + bytes
    if (bytes > 0) {
      if (own > this.limitBytes * CLIENT_PART) {
        throw overloaded('The requests of this client take as much memory as one client may have')
      }
      this.assertRoom(bytes)
    }
    if (own > 0) this.#held.set(client, own)
    else this.#held.delete(client)
    this.take(bytes)
  }
}

/** What one thing of a client takes of the budget, from when it is made until its release. */
export class Hold {
  readonly #budget: MemoryBudget
  readonly #client: string
  #bytes = 0

  /** Holds nothing yet. */
  constructor(budget: MemoryBudget, client: string) {
    this.#budget = budget
    this.#client = client
  }

  /** Holds so many bytes from now on. @throws GatewayError `overloaded`, and then it holds what it held */
  resize(bytes: number): void {
    if (bytes === this.#bytes) return
    this.#budget.takeFor(this.#client, bytes - this.#bytes)
    this.#bytes = bytes
  }

  /** Gives everything back; once is enough, and twice does nothing. */
  release(): void {
    this.resize(0)
  }
}

function overloaded(what: string): GatewayError {
  const message = `${what}; try again in ${RETRY_AFTER_MS / 1000} s`
  return new GatewayError('overloaded', message, {
    isRetryable: true,
    retryAfterMs: RETRY_AFTER_MS,
  })
}
