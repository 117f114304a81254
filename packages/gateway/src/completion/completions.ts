/**
 * All completions of the node: starts them, finds them again by their request id, and decides how long they live. A
 * subscriber only comes and goes; whether that ends a completion is decided here.
 */
import { randomBytes } from 'node:crypto'
import { ownerOf } from '../clients/client.ts'
import { GatewayError } from '../errors.ts'
import { Completion, type CompletionServices } from './completion.ts'
import type { Feed } from './feed.ts'
import type { FeedStore } from './feed-store.ts'
import type { Order, Quotas } from './order.ts'
import type { Subscriber, Subscription } from './subscription.ts'
import type { CancelledBy } from './terminal.ts'

export interface CompletionsOptions extends CompletionServices {
  store: FeedStore
  quotas: Quotas
}

/** A completion that runs, and how many subscribers keep it alive. */
interface Running {
  completion: Completion
  order: Order
  followers: number
  grace: NodeJS.Timeout | undefined
}

export class Completions {
  readonly #options: CompletionsOptions
  readonly #running = new Map<Feed, Running>()
  /** Those that were let in and do not run yet. */
  #starting = 0
  #isDraining = false
  #onEmpty: (() => void)[] = []

  constructor(options: CompletionsOptions) {
    this.#options = options
  }

  /** How many run now. */
  get size(): number {
    return this.#running.size
  }

  /** Characters that the guard holds back now, over all of them. */
  get held(): number {
    let held = 0
    for (const { completion } of this.#running.values()) held += completion.held
    return held
  }

  /**
   * Starts a completion that `subscriber` follows from its beginning.
   * @throws GatewayError `draining`, `overloaded` or `too_many_completions`
   */
  async start(order: Order, subscriber: Subscriber): Promise<Subscription> {
    if (this.#isDraining) {
      throw new GatewayError('draining', 'The gateway is shutting down; try another one', {
        isRetryable: true,
      })
    }
    this.#starting += 1
    try {
      const release = await this.#options.quotas.acquire(order.client)
      const feed = await this.#create(order).catch((error: unknown) => {
        release()
        throw error
      })
      return this.#run(order, feed, { subscriber, release })
    } finally {
      this.#starting -= 1
      this.#noteEnd()
    }
  }

  /**
   * Follows a completion of `owner` from the entry after the sequence number `after`, 0 for the beginning.
   * @throws GatewayError `not_found` for one that is unknown, over for too long, or another's: nobody can tell which
   * @throws GatewayError `gap` if what comes next is not kept any more
   */
  async attach(
    { requestId, owner, after }: { requestId: string; owner: string; after: number },
    subscriber: Subscriber,
  ): Promise<Subscription> {
    const feed = await this.#options.store.find(requestId)
    if (feed === undefined || feed.header.owner !== owner) throw notFound()
    const cursor = feed.positionOf(after)
    if (cursor === undefined) {
      throw new GatewayError('gap', 'What follows that position is not kept any more')
    }
    return this.#follow(feed, subscriber, cursor)
  }

  /**
   * Ends a completion of `owner` in any phase; one that is over stays as it is.
   * @throws GatewayError `not_found`
   */
  async cancel(requestId: string, owner: string): Promise<void> {
    const feed = await this.#options.store.find(requestId)
    if (feed === undefined || feed.header.owner !== owner) throw notFound()
    this.#running.get(feed)?.completion.cancel('client')
  }

  /** Refuses new ones from now on, and resolves when the last one has ended. */
  async drain(): Promise<void> {
    this.#isDraining = true
    if (this.#running.size + this.#starting === 0) return
    await new Promise<void>((resolve) => this.#onEmpty.push(resolve))
  }

  /** Ends all that run. */
  cancelAll(by: CancelledBy): void {
    for (const { completion } of this.#running.values()) completion.cancel(by)
  }

  #create({ client, lifetime }: Order): Promise<Feed> {
    // 128 random bits, so that it cannot be guessed.
    const requestId = randomBytes(16).toString('hex')
    const { retentionMs } = lifetime
    return this.#options.store.create({ requestId, owner: ownerOf(client), retentionMs })
  }

  #run(
    order: Order,
    feed: Feed,
    { subscriber, release }: { subscriber: Subscriber; release: () => void },
  ): Subscription {
    const completion = new Completion(order, feed, this.#options)
    this.#running.set(feed, { completion, order, followers: 0, grace: undefined })
    for (const observer of this.#options.observers) observer.opened?.(feed)
    const subscription = this.#follow(feed, subscriber, 0)
    void completion.run().then(() => {
      release()
      clearTimeout(this.#running.get(feed)?.grace)
      this.#running.delete(feed)
      this.#noteEnd()
    })
    return subscription
  }

  #follow(feed: Feed, subscriber: Subscriber, cursor: number): Subscription {
    const running = this.#running.get(feed)
    if (running === undefined) return feed.subscribe(subscriber, cursor)
    running.followers += 1
    clearTimeout(running.grace)
    return feed.subscribe(subscriber, cursor, () => this.#left(running))
  }

  #left(running: Running): void {
    running.followers -= 1
    if (running.followers > 0) return
    const { completion, order } = running
    const { graceMs } = order.lifetime
    if (graceMs === 0) completion.cancel('disconnect')
    else running.grace = setTimeout(() => completion.cancel('abandoned'), graceMs)
  }

  #noteEnd(): void {
    if (this.#running.size + this.#starting > 0) return
    for (const resolve of this.#onEmpty.splice(0)) resolve()
  }
}

function notFound(): GatewayError {
  return new GatewayError('not_found', 'There is no such completion, or not any more')
}
