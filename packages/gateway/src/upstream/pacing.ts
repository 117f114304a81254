/**
 * Turns at an upstream that limits the rate: one limit and one pause for everybody together, and a queue that is fair
 * between clients. Which answer makes a pause is the caller's knowledge.
 */
import { systemClock } from '../clock.ts'
import { GatewayError } from '../errors.ts'

export interface PacingOptions {
  /** Starts in any 60 seconds; 0 is no limit. */
  requestsPerMinute: number
  /** How many may wait; one more is refused with `overloaded`. */
  queueLength: number
  /** How long one may wait, in milliseconds; then `upstream_rate_limited`. */
  queueTimeoutMs: number
  /** Milliseconds that never jump. Default: the system's clock. */
  monotonic?: () => number
}

interface Waiter {
  client: string
  grant: () => void
}

const WINDOW_MS = 60_000

/** A sliding window over the last starts: bursts pass at once, and no 60 seconds ever hold more than the limit. */
export class Pacing {
  readonly #options: PacingOptions
  readonly #monotonic: () => number
  /** Times of the last `requestsPerMinute` starts, as a ring; `#next` is the oldest. */
  readonly #starts: Float64Array
  #next = 0
  #pausedUntil = 0
  #waiting = 0
  /** One queue a client, served in turn: the first in the map is next. */
  readonly #queues = new Map<string, Waiter[]>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: PacingOptions) {
    this.#options = options
    this.#monotonic = options.monotonic ?? systemClock.monotonic
    this.#starts = new Float64Array(options.requestsPerMinute).fill(Number.NEGATIVE_INFINITY)
  }

  /** How many wait for their turn now. */
  get waiting(): number {
    return this.#waiting
  }

  /** Resolves when `client` may start a request; rejects if the queue is full, the wait too long or `signal` aborts. */
  turn(client: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#waiting === 0 && this.#delay() === 0) {
      this.#start()
      return Promise.resolve()
    }
    if (this.#waiting >= this.#options.queueLength) return Promise.reject(this.#refusal('full'))
    return this.#wait(client, signal)
  }

  /** Lets nobody start for `ms`: what a 429 asks of everybody, not of one stream alone. */
  pause(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#monotonic() + ms)
    this.#schedule()
  }

  /** Milliseconds until the next start is allowed. */
  #delay(): number {
    const now = this.#monotonic()
    const limited =
      this.#starts.length === 0 ? 0 : (this.#starts[this.#next] ?? 0) + WINDOW_MS - now
    return Math.max(0, this.#pausedUntil - now, limited)
  }

  #start(): void {
    if (this.#starts.length === 0) return
    this.#starts[this.#next] = this.#monotonic()
    this.#next = (this.#next + 1) % this.#starts.length
  }

  #wait(client: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void) => {
        clearTimeout(timeout)
        signal.removeEventListener('abort', abort)
        finish()
      }
      const waiter = { client, grant: () => settle(resolve) }
      const leave = (reason: unknown) => {
        this.#remove(waiter)
        settle(() => reject(reason))
      }
      const abort = () => leave(signal.reason)
      const timeout = setTimeout(() => leave(this.#refusal('slow')), this.#options.queueTimeoutMs)
      signal.addEventListener('abort', abort, { once: true })
      const queue = this.#queues.get(client)
      if (queue === undefined) this.#queues.set(client, [waiter])
      else queue.push(waiter)
      this.#waiting += 1
      this.#schedule()
    })
  }

  #remove(waiter: Waiter): void {
    const queue = this.#queues.get(waiter.client)
    const index = queue?.indexOf(waiter) ?? -1
    if (queue === undefined || index === -1) return
    queue.splice(index, 1)
    if (queue.length === 0) this.#queues.delete(waiter.client)
    this.#waiting -= 1
  }

  #schedule(): void {
    clearTimeout(this.#timer)
    this.#timer = this.#waiting === 0 ? undefined : setTimeout(() => this.#serve(), this.#delay())
  }

  #serve(): void {
    while (this.#waiting > 0 && this.#delay() === 0) {
      const [client, queue] = this.#queues.entries().next().value ?? []
      const waiter = queue?.shift()
      if (client === undefined || queue === undefined || waiter === undefined) return
      // To the back of the line: each client has one turn a round, however many requests it brought.
      this.#queues.delete(client)
      if (queue.length > 0) this.#queues.set(client, queue)
      this.#waiting -= 1
      this.#start()
      waiter.grant()
    }
    this.#schedule()
  }

  #refusal(why: 'full' | 'slow'): GatewayError {
    const retryAfterMs = Math.max(1000, this.#delay())
    if (why === 'full') {
      const message = `${this.#options.queueLength} requests already wait for the upstream`
      const detail = 'SLUICE_UPSTREAM_QUEUE_LENGTH'
      return new GatewayError('overloaded', message, { isRetryable: true, retryAfterMs, detail })
    }
    const message =
      `no turn at the upstream within ${this.#options.queueTimeoutMs} ms: it allows ` +
      `${this.#options.requestsPerMinute} requests a minute or asked for a pause`
    const detail = 'SLUICE_UPSTREAM_QUEUE_TIMEOUT_MS'
    const options = { isRetryable: true, retryAfterMs, detail }
    return new GatewayError('upstream_rate_limited', message, options)
  }
}
