/**
 * What the world sees of one completion: its acknowledgement, its log and its terminal, each written once; and who follows it.
 * A completion of this node writes it; a store that several nodes share may write the feed of another node's completion.
 *
 *   ack --> entries of the log --> terminal --> kept for its retention --> disposed of, when nobody follows it any more
 */
import { CompletionLog } from './log.ts'
import type { MemoryBudget } from './memory-budget.ts'
import { type Leaving, type Subscriber, Subscription } from './subscription.ts'
import type { Terminal } from './terminal.ts'

/** The request is valid, and its prompt passed the guard. */
export interface Ack {
  /** Tokens of the prompt. */
  tokenCount: number
  /** Messages that were left out to fit the context window. */
  dropped: number
  modelId: string
  /** Tokens of prompt and answer together; undefined: not known. */
  contextWindow: number | undefined
  /** Milliseconds since the epoch: until when it can be found at the latest. */
  expiresAt: number
}

export interface FeedHeader {
  requestId: string
  /** Whose it is; see `ownerOf`. */
  owner: string
  /** Milliseconds since the epoch. */
  createdAt: number
  /** How long it can be found after its terminal; 0: while somebody follows it. */
  retentionMs: number
  /** Nothing of its log is freed before the feed is, but what was retracted; so nobody has to wait for a reader. */
  keepsWhole: boolean
  /** What the interface that asked repeats of the request in every answer to it, as JSON of some kilobytes at most. */
  echo: string | undefined
  /** By which orders of the same client find it instead of starting another; undefined: they cannot. */
  idempotency: Idempotency | undefined
}

export interface Idempotency {
  /** The client's key, with whose it is. */
  key: string
  /** Of what was asked for: the same key with another digest is a mistake. */
  digest: string
}

export interface FeedOptions {
  budget: MemoryBudget
  /** With a retention, this much of the log is kept for those who come later. */
  ringBytes: number
  /** It has its terminal, and everybody was told. */
  onEnded: (feed: Feed) => void
  /** It has its terminal, and nobody follows it any more. */
  onLeft: (feed: Feed) => void
}

/** What a feed takes beside its log, with its report and its place in the store: all that is kept is counted. */
const FEED_BYTES = 2_048

export class Feed {
  readonly header: FeedHeader
  readonly log: CompletionLog
  ack: Ack | undefined
  terminal: Terminal | undefined
  /** Something of the answer has been delivered to somebody. */
  isShown = false
  /** Told when a subscriber that must not miss anything falls behind, and when none is any more. */
  onPressure: (isHeldUp: boolean) => void = () => {}
  readonly #options: FeedOptions
  /** Hardly ever more than one: an array is walked faster than a set, three times a delta. */
  #subscriptions: readonly Subscription[] = []
  #isHeldUp = false

  constructor(header: FeedHeader, options: FeedOptions) {
    this.header = header
    this.#options = options
    this.log = new CompletionLog(options.budget)
    options.budget.take(this.#ownBytes)
  }

  /** What it takes beside its log. */
  get #ownBytes(): number {
    return FEED_BYTES + (this.header.echo?.length ?? 0)
  }

  /** A subscriber that must not miss anything is behind: who writes should wait. */
  get isHeldUp(): boolean {
    return this.#isHeldUp
  }

  /** What its log had is taken back. */
  get isRetracted(): boolean {
    return this.terminal?.status === 'blocked'
  }

  get isFollowed(): boolean {
    return this.#subscriptions.length > 0
  }

  /**
   * The position of the entry with this sequence number, to go on behind it; undefined if what follows is not kept. After a
   * block nobody who comes is shown what was before.
   */
  positionOf(sequence: number): number | undefined {
    return this.isRetracted ? this.log.top : this.log.positionOf(sequence)
  }

  /**
   * Follows it from the entry after the position `cursor`.
   * @param onClosed told once, when the subscription is closed
   */
  subscribe(
    subscriber: Subscriber,
    cursor = 0,
    onClosed: (leaving: Leaving) => void = () => {},
  ): Subscription {
    const subscription = new Subscription(subscriber, {
      feed: this,
      cursor,
      onClosed: (leaving) => {
        this.#subscriptions = this.#subscriptions.filter((other) => other !== subscription)
        this.settle()
        onClosed(leaving)
        if (!this.isFollowed && this.terminal !== undefined) this.#options.onLeft(this)
      },
    })
    this.#subscriptions = [...this.#subscriptions, subscription]
    return subscription
  }

  /** Tells everybody that there is more to take. */
  publish(): void {
    for (const subscription of this.#subscriptions) subscription.deliver()
    this.settle()
  }

  /** The completion is over; nothing is written after this. */
  end(terminal: Terminal): void {
    this.terminal = terminal
    // Who wrote it is not kept for its retention: it has the whole prompt.
    this.onPressure = () => {}
    this.publish()
    this.#options.onEnded(this)
  }

  /** Gives its memory back to the budget, once; it is not used any more. */
  dispose(): void {
    this.log.dispose()
    this.#options.budget.take(-this.#ownBytes)
  }

  /**
   * Frees what nobody needs any more, and finds out whether who writes should wait: for a subscriber that must not miss
   * anything, or for the one that is furthest ahead of those that may, when the ring is full of what it has not taken.
   */
  settle(): void {
    const { log } = this
    if (this.header.keepsWhole && !this.isRetracted) return
    let [isHeldUp, taken, needed, furthest] = [false, log.top, log.top, 0]
    for (const { cursor, isBehind, subscriber } of this.#subscriptions) {
      if (cursor < taken) taken = cursor
      if (cursor > furthest) furthest = cursor
      if (subscriber.mayMiss) continue
      if (cursor < needed) needed = cursor
      if (isBehind) isHeldUp = true
    }
    if (this.header.retentionMs === 0) {
      log.release(taken)
    } else if (this.isRetracted) {
      // Also of those who are behind: what was withdrawn is not kept for them.
      log.release(needed)
    } else {
      const { ringBytes } = this.#options
      log.trim(ringBytes, this.isFollowed ? Math.min(needed, furthest) : needed)
      if (this.isFollowed && furthest < log.top && log.bytesAfter(furthest) > ringBytes)
        isHeldUp = true
    }
    if (isHeldUp === this.#isHeldUp) return
    this.#isHeldUp = isHeldUp
    this.onPressure(isHeldUp)
  }
}
