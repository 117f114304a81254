/** All completions of the node: opens them while there is room, and waits for them when the node drains. */
import { GatewayError } from '../errors.ts'
import { Completion, type CompletionRequest, type CompletionServices } from './completion.ts'
import type { CancelledBy } from './terminal.ts'

export class Completions {
  readonly #services: CompletionServices
  /** What runs, and what gives its place back. */
  readonly #running = new Map<Completion, () => void>()
  #isDraining = false
  #onEmpty: (() => void)[] = []

  constructor(services: CompletionServices) {
    this.#services = services
  }

  /** How many run now. */
  get size(): number {
    return this.#running.size
  }

  /** Characters that the guard holds back now, over all of them. */
  get held(): number {
    let held = 0
    for (const completion of this.#running.keys()) held += completion.held
    return held
  }

  /**
   * A completion that is ready to run, and must be run: it has its place from now on.
   * @throws GatewayError `draining`, `overloaded` or `too_many_completions`
   */
  open(request: CompletionRequest): Completion {
    if (this.#isDraining) {
      throw new GatewayError('draining', 'The gateway is shutting down; try another one', {
        isRetryable: true,
      })
    }
    const { memory } = this.#services
    if (memory.isSpent) {
      const message = `The gateway holds ${memory.usedBytes} bytes of undelivered answers, at most ${memory.limitBytes} (SLUICE_MEMORY_BUDGET_BYTES)`
      throw new GatewayError('overloaded', message, { isRetryable: true, retryAfterMs: 1_000 })
    }
    const release = request.place()
    const completion = new Completion(request, this.#services)
    this.#running.set(completion, release)
    for (const observer of this.#services.observers) observer.opened?.(completion)
    return completion
  }

  /** Runs a completion to its terminal, and gives its place back. */
  async run(completion: Completion): Promise<void> {
    await completion.run()
    this.#running.get(completion)?.()
    this.#running.delete(completion)
    if (this.#running.size === 0) for (const resolve of this.#onEmpty.splice(0)) resolve()
  }

  /** Refuses new ones from now on, and resolves when the last one has ended. */
  async drain(): Promise<void> {
    this.#isDraining = true
    if (this.#running.size === 0) return
    await new Promise<void>((resolve) => this.#onEmpty.push(resolve))
  }

  /** Ends all that run. */
  cancelAll(by: CancelledBy): void {
    for (const completion of this.#running.keys()) completion.cancel(by)
  }
}
