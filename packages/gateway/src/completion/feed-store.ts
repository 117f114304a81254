/** Where feeds are found by their request id, from before their first token until their retention ends. */
import { GatewayError } from '../errors.ts'
import { Feed, type FeedHeader, type Idempotency } from './feed.ts'
import type { MemoryBudget } from './memory-budget.ts'

/**
 * The seam for several nodes. Creating and finding may wait for a store that the nodes share; writing and following never
 * do: they happen on a Feed in memory. Such a store follows the feeds that it created like any subscriber, appends what
 * came to its own log in batches, ends that with the terminal, and gives a feed that it fills itself to who follows the
 * completion of another node.
 */
export interface FeedStore {
  /**
   * Makes a completion known, before its first token. With an idempotency key that is known already, the result is the
   * feed that has it, which is told by its request id.
   * @throws GatewayError `overloaded`, or `conflict` for a known key with another digest
   */
  create(header: FeedHeader): Promise<Feed>
  /**
   * The feed that has this idempotency key.
   * @throws GatewayError `conflict` for a known key with another digest
   */
  findByKey(idempotency: Idempotency): Promise<Feed | undefined>
  /** The feed of a completion, wherever it runs; undefined if there never was one, or not any more. */
  find(requestId: string): Promise<Feed | undefined>
}

export interface MemoryFeedStoreOptions {
  budget: MemoryBudget
  /** The most that is kept of one log for those who come later. */
  ringBytes: number
}

/** The feeds of this process. */
export class MemoryFeedStore implements FeedStore {
  readonly #options: MemoryFeedStoreOptions
  readonly #feeds = new Map<string, Feed>()
  readonly #byKey = new Map<string, Feed>()
  /** Those that are over and wait for the end of their retention, the oldest first. */
  readonly #retained = new Map<Feed, NodeJS.Timeout>()

  constructor(options: MemoryFeedStoreOptions) {
    this.#options = options
    options.budget.reclaim = this.#reclaim
  }

  async create(header: FeedHeader): Promise<Feed> {
    const { idempotency } = header
    const known = this.#known(idempotency)
    if (known !== undefined) return known
    this.#options.budget.assertRoom(0)
    const feed = new Feed(header, {
      ...this.#options,
      onEnded: this.#onEnded,
      onLeft: this.#onLeft,
    })
    this.#feeds.set(header.requestId, feed)
    if (idempotency !== undefined) this.#byKey.set(idempotency.key, feed)
    return feed
  }

  async find(requestId: string): Promise<Feed | undefined> {
    return this.#feeds.get(requestId)
  }

  async findByKey(idempotency: Idempotency): Promise<Feed | undefined> {
    return this.#known(idempotency)
  }

  #reclaim = (bytes: number): void => {
    for (const feed of this.#retained.keys()) {
      if (this.#options.budget.hasRoom(bytes)) break
      if (!feed.isFollowed) this.#expire(feed)
    }
  }

  /** Not a promise: nobody may come between looking for a key and taking it. */
  #known(idempotency: Idempotency | undefined): Feed | undefined {
    const feed = this.#byKey.get(idempotency?.key ?? '')
    if (feed === undefined || feed.header.idempotency?.digest === idempotency?.digest) return feed
    throw new GatewayError('conflict', 'This idempotency key belongs to another request')
  }

  #onEnded = (feed: Feed): void => {
    const { retentionMs } = feed.header
    const hasFailed = feed.terminal?.status === 'error'
    // A failure is not remembered: the same request again is a new attempt.
    if (hasFailed) this.#freeKey(feed)
    // One before the ack has nothing to come back for, and whoever is over a limit can make any number of them.
    if (retentionMs === 0 || (hasFailed && feed.ack === undefined)) this.#expire(feed)
    else this.#retained.set(feed, setTimeout(() => this.#expire(feed), retentionMs).unref())
  }

  /** What has expired is kept for those who follow it already. */
  #onLeft = (feed: Feed): void => {
    if (!this.#feeds.has(feed.header.requestId)) feed.dispose()
  }

  #expire(feed: Feed): void {
    clearTimeout(this.#retained.get(feed))
    this.#retained.delete(feed)
    this.#feeds.delete(feed.header.requestId)
    this.#freeKey(feed)
    if (!feed.isFollowed) feed.dispose()
  }

  #freeKey(feed: Feed): void {
    const { key = '' } = feed.header.idempotency ?? {}
    if (this.#byKey.get(key) === feed) this.#byKey.delete(key)
  }
}
