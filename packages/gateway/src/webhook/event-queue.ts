/** A queue of serialized events that is bounded in number and bytes and gives up its oldest: a dashboard shows what is now. */

/** Bounds of a queue, or of one batch. */
export interface EventBounds {
  readonly events: number
  readonly bytes: number
}

/** Holds the newest events that fit. */
export class EventQueue {
  readonly #bounds: EventBounds
  #events: string[] = []
  #first = 0
  #bytes = 0

  constructor(bounds: EventBounds) {
    this.#bounds = bounds
  }

  get size(): number {
    return this.#events.length - this.#first
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Adds an event and returns how many were given up for it; an event that can never fit is given up itself. */
  push(event: string): number {
    const bytes = Buffer.byteLength(event)
    if (bytes > this.#bounds.bytes) return 1
    this.#events.push(event)
    this.#bytes += bytes
    let dropped = 0
    while (this.size > this.#bounds.events || this.#bytes > this.#bounds.bytes) {
      this.#shift()
      dropped += 1
    }
    return dropped
  }

  /** Removes and returns the oldest events within the bounds, and at least one if there is any. */
  take(bounds: EventBounds): string[] {
    const batch: string[] = []
    let bytes = 0
    for (let event = this.#oldest(); event !== undefined; event = this.#oldest()) {
      bytes += Buffer.byteLength(event)
      const isFull = batch.length >= bounds.events || bytes > bounds.bytes
      if (isFull && batch.length > 0) break
      batch.push(event)
      this.#shift()
    }
    return batch
  }

  #oldest(): string | undefined {
    return this.#events[this.#first]
  }

  /** Moves the start instead of every event; the room in front is given back when it is half of the array. */
  #shift(): void {
    this.#bytes -= Buffer.byteLength(this.#oldest() ?? '')
    this.#first += 1
    if (this.#first * 2 < this.#events.length) return
    this.#events = this.#events.slice(this.#first)
    this.#first = 0
  }
}
