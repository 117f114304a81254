/**
 * Long computations in turns on the event loop: guarding, counting and parsing big prompts. All of them together get the one
 * short turn of an iteration of the loop, so that a stranger's stream waits no longer for 64 prompts than for one; among
 * themselves they are served by client, round-robin.
 */
import { awaitTurn, beginTurn, isTurnOver } from './loop-turn.ts'

export class Scheduler {
  /** What waits for a turn, by client; the first client in the map is next. */
  readonly #waiting = new Map<string, (() => void)[]>()

  /**
   * A computation that begins now, in what is left of the open turn.
   * @param client whose turn it is: each client has one turn a round, however many tasks it brought
   * @param signal looked at before each new turn
   */
  task(client: string, signal?: AbortSignal): Task {
    beginTurn()
    return {
      isOver: isTurnOver,
      next: async () => {
        await this.#turn(client)
        signal?.throwIfAborted()
      },
    }
  }

  /** The next client's next computation goes on. */
  serve(): boolean {
    const [client, queue] = this.#waiting.entries().next().value ?? []
    if (client === undefined || queue === undefined) return false
    const resume = queue.shift()
    this.#waiting.delete(client)
    if (queue.length > 0) this.#waiting.set(client, queue)
    resume?.()
    return this.#waiting.size > 0
  }

  #turn(client: string): Promise<void> {
    return new Promise((resolve) => {
      const queue = this.#waiting.get(client)
      if (queue === undefined) this.#waiting.set(client, [resolve])
      else queue.push(resolve)
      awaitTurn(this)
    })
  }
}

/** One computation among those that share the loop. */
export interface Task {
  /** Whether the turn is over: time to call `next`. */
  isOver(): boolean
  /** Waits for the next turn. Rejects with the signal's reason when it has aborted. */
  next(): Promise<void>
}
