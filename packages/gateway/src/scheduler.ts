/**
 * Turns on the event loop for long computations: guarding, counting and parsing big prompts. All of them together get one
 * short turn an iteration of the loop, so that a stranger's stream waits no longer for 64 prompts than for one; among
 * themselves they are served by client, round-robin.
 *
 *   idle --task begins--> open --iteration ends--> open (the next waiter's) | idle (nobody waits)
 */

/** How long a turn lasts, in milliseconds: what everybody else may have to wait for it. */
const TURN_MS = 4

export class Scheduler {
  /** When the open turn is over, `performance.now()`; 0 while none is open. */
  #endsAt = 0
  #isOpen = false
  /** What waits for a turn, by client; the first client in the map is next. */
  readonly #waiting = new Map<string, (() => void)[]>()

  /**
   * A computation that begins now, in what is left of the open turn.
   * @param client whose turn it is: each client has one turn a round, however many tasks it brought
   * @param signal looked at before each new turn
   */
  task(client: string, signal?: AbortSignal): Task {
    if (!this.#isOpen) this.#open()
    return {
      isOver: () => performance.now() >= this.#endsAt,
      next: async () => {
        await this.#turn(client)
        signal?.throwIfAborted()
      },
    }
  }

  #turn(client: string): Promise<void> {
    return new Promise((resolve) => {
      const queue = this.#waiting.get(client)
      if (queue === undefined) this.#waiting.set(client, [resolve])
      else queue.push(resolve)
      if (!this.#isOpen) this.#open()
    })
  }

  #open(): void {
    this.#isOpen = true
    this.#endsAt = performance.now() + TURN_MS
    setImmediate(this.#next)
  }

  #next = (): void => {
    this.#isOpen = false
    this.#endsAt = 0
    const [client, queue] = this.#waiting.entries().next().value ?? []
    if (client === undefined || queue === undefined) return
    const resume = queue.shift()
    this.#waiting.delete(client)
    if (queue.length > 0) this.#waiting.set(client, queue)
    this.#open()
    resume?.()
  }
}

/** One computation among those that share the loop. */
export interface Task {
  /** Whether the turn is over: time to call `next`. */
  isOver(): boolean
  /** Waits for the next turn. Rejects with the signal's reason when it has aborted. */
  next(): Promise<void>
}
