/** Counts requests per key in fixed windows of a minute; the answer to the client is made elsewhere. */

const windowMs = 60_000
/** How many keys are counted at once; the oldest is forgotten first. */
const maxKeys = 10_000

/** A limit of requests a minute for each key. */
export class RateLimit {
  readonly #perMinute: number
  readonly #now: () => number
  readonly #windows = new Map<string, { startsAt: number; count: number }>()

  constructor(perMinute: number, now: () => number) {
    this.#perMinute = perMinute
    this.#now = now
  }

  /** Counts a request; answers 0 if it may pass, else the whole seconds until the next window. */
  take(key: string): number {
    const now = this.#now()
    const window = this.#windows.get(key)
    if (window === undefined || now >= window.startsAt + windowMs) {
      this.#start(key, now)
      return 0
    }
    if (window.count >= this.#perMinute) return Math.ceil((window.startsAt + windowMs - now) / 1000)
    window.count += 1
    return 0
  }

  /** Forgets all counts. */
  clear(): void {
    this.#windows.clear()
  }

  #start(key: string, now: number): void {
    this.#windows.delete(key)
    const oldest = this.#windows.keys().next()
    if (this.#windows.size >= maxKeys && !oldest.done) this.#windows.delete(oldest.value)
    this.#windows.set(key, { startsAt: now, count: 1 })
  }
}
