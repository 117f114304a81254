/** Following a completion: a cursor into its log, held by whoever delivers it somewhere. */
import type { Feed } from './feed.ts'

/** Whoever follows a completion: a session of a dialect, or an observer in this process. */
export interface Subscriber {
  /**
   * False: the upstream waits while it is behind, and nothing is freed before it took it. True: where the log keeps only so
   * much, what it took too late is gone, and it finds its cursor before the log's `first`.
   */
  readonly mayMiss: boolean
  /** The ack, entries or the terminal have come: take what can be taken now, and move the subscription's cursor. */
  onFeed(subscription: Subscription): void
}

/** Why a subscriber follows no more: its connection has ended, or it only stopped to follow. */
export type Leaving = 'disconnected' | 'detached'

export interface SubscriptionOptions {
  feed: Feed
  cursor: number
  onClosed: (leaving: Leaving) => void
}

export class Subscription {
  readonly feed: Feed
  readonly subscriber: Subscriber
  /** The position of the last entry that was taken. */
  cursor: number
  /** True while its reader cannot take more. */
  isBehind = false
  readonly #onClosed: (leaving: Leaving) => void
  #isClosed = false

  constructor(subscriber: Subscriber, { feed, cursor, onClosed }: SubscriptionOptions) {
    this.subscriber = subscriber
    this.feed = feed
    this.cursor = cursor
    this.#onClosed = onClosed
  }

  /** Lets the subscriber take what there is. */
  deliver(): void {
    if (!this.#isClosed) this.subscriber.onFeed(this)
  }

  /** The reader can take more again: delivers, and lets the upstream go on. */
  resume(): void {
    this.isBehind = false
    this.deliver()
    this.feed.settle()
  }

  /** Follows no more. What happens to the completion is not for the subscriber to say. */
  close(leaving: Leaving = 'disconnected'): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#onClosed(leaving)
  }
}
