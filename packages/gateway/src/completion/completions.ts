/**
 * All completions of the node: starts them, finds them again by their request id, and decides how long they live. A
 * subscriber only comes and goes; whether that ends a completion is decided here.
 */
import { ownerOf, quotaNameOf } from '../clients/client.ts'
import type { Principal } from '../clients/principal.ts'
import { GatewayError } from '../errors.ts'
import { randomHex } from '../random-hex.ts'
import { Completion, type CompletionServices, TURN_BYTES } from './completion.ts'
import type { Feed, FeedHeader, Idempotency } from './feed.ts'
import type { FeedStore } from './feed-store.ts'
import { Hold, memoryOf } from './memory-budget.ts'
import type { Lifetime, Order, Quotas } from './order.ts'
import { requestDigest } from './request-digest.ts'
import type { Leaving, Subscriber, Subscription } from './subscription.ts'
import type { CancelledBy } from './terminal.ts'

export interface CompletionsOptions extends CompletionServices {
  store: FeedStore
  quotas: Quotas
}

/** 128 random bits, so that a request id cannot be guessed. */
const REQUEST_ID_BYTES = 16

/** A completion that runs. */
interface Running {
  completion: Completion
  principal: Principal
  lifetime: Lifetime
  /** Resolves when it has its terminal. */
  ended: Promise<void>
  /** Ends it if nobody follows it until then. */
  grace: NodeJS.Timeout | undefined
}

/** An order that was let in, what it holds, and what gives its places back. */
interface Admitted {
  order: Order
  hold: Hold
  places: (() => void)[]
  /** Its completion gives them back. */
  isRunning: boolean
}

export class Completions {
  readonly #options: CompletionsOptions
  readonly #running = new Map<Feed, Running>()
  /** How many subscribers keep a completion alive. */
  readonly #followers = new Map<Feed, number>()
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
   * Starts a completion that `subscriber` follows from its beginning; with a known idempotency key, follows that one.
   * @throws GatewayError `draining`, `overloaded`, `too_many_completions` or `conflict`
   */
  async start(order: Order, subscriber: Subscriber): Promise<Subscription> {
    if (this.#isDraining) {
      throw new GatewayError('draining', 'The gateway is shutting down; try another one', {
        isRetryable: true,
      })
    }
    this.#starting += 1
    const hold = new Hold(this.#options.memory, quotaNameOf(order.client))
    const admitted: Admitted = { order, hold, places: [() => hold.release()], isRunning: false }
    try {
      hold.resize(memoryOf(order.size))
      return await this.#joinOrBegin(admitted, subscriber)
    } finally {
      if (!admitted.isRunning) for (const release of admitted.places) release()
      this.#starting -= 1
      this.#noteEnd()
    }
  }

  async #joinOrBegin(admitted: Admitted, subscriber: Subscriber): Promise<Subscription> {
    const idempotency = await this.#idempotencyOf(admitted.order)
    try {
      return (
        (await this.#join(idempotency, subscriber)) ??
        (await this.#begin(admitted, idempotency, subscriber))
      )
    } catch (error) {
      // An order with the same key may have taken the last place.
      const joined = await this.#join(idempotency, subscriber)
      if (joined === undefined) throw error
      return joined
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
    const feed = await this.find(requestId, owner)
    const { log } = feed
    const cursor = feed.positionOf(Math.min(after, log.sequence))
    if (cursor === undefined) throw gap(log.firstSequence)
    return this.#follow(feed, subscriber, cursor)
  }

  /**
   * What the world sees of a completion of `owner`.
   * @throws GatewayError `not_found` for one that is unknown, over for too long, or another's: nobody can tell which
   */
  async find(requestId: string, owner: string): Promise<Feed> {
    const feed = await this.#options.store.find(requestId)
    if (feed === undefined || feed.header.owner !== owner) throw notFound()
    return feed
  }

  /**
   * Ends a completion of `owner` in any phase; one that is over stays as it is. Resolves when it has its terminal.
   * @throws GatewayError `not_found`
   */
  async cancel(requestId: string, owner: string): Promise<void> {
    const running = this.#running.get(await this.find(requestId, owner))
    running?.completion.cancel('client')
    await running?.ended
  }

  /** Ends all that run for a key which is no longer good. Resolves when they have their terminals. */
  async cancelOfKey(id: string, by: CancelledBy): Promise<void> {
    const ends: Promise<void>[] = []
    for (const { completion, principal, ended } of this.#running.values()) {
      if (principal.kind !== 'key' || principal.id !== id) continue
      completion.cancel(by)
      ends.push(ended)
    }
    await Promise.all(ends)
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

  /** Follows the completion that has this key. It takes nothing from the client's number of completions. */
  async #join(
    idempotency: Idempotency | undefined,
    subscriber: Subscriber,
  ): Promise<Subscription | undefined> {
    if (idempotency === undefined) return undefined
    const feed = await this.#options.store.findByKey(idempotency)
    return feed === undefined ? undefined : this.#follow(feed, subscriber, 0)
  }

  async #begin(
    admitted: Admitted,
    idempotency: Idempotency | undefined,
    subscriber: Subscriber,
  ): Promise<Subscription> {
    const { order, places } = admitted
    places.push(await this.#options.quotas.acquire(order.client))
    const requestId = randomHex(REQUEST_ID_BYTES)
    const feed = await this.#create(order, { requestId, idempotency })
    admitted.isRunning = feed.header.requestId === requestId
    return admitted.isRunning
      ? this.#run(admitted, feed, subscriber)
      : this.#follow(feed, subscriber, 0)
  }

  /** Of the request and its echo alone, so that a repeated order finds its completion whatever else it says. */
  async #idempotencyOf({
    idempotencyKey,
    client,
    request,
    echo,
    size,
  }: Order): Promise<Idempotency | undefined> {
    if (idempotencyKey === undefined) return undefined
    const { scheduler } = this.#options
    const task = size.bytes > TURN_BYTES ? scheduler.task(quotaNameOf(client)) : undefined
    const digest = await requestDigest([request, echo], task)
    // As JSON, so that no client's name and key together can look like another one's.
    const key = JSON.stringify([ownerOf(client), quotaNameOf(client), idempotencyKey])
    return { key, digest }
  }

  #create(
    { client, lifetime, echo }: Order,
    name: Pick<FeedHeader, 'requestId' | 'idempotency'>,
  ): Promise<Feed> {
    const { retentionMs, keepsWhole = false } = lifetime
    const createdAt = this.#options.clock.now()
    const owner = ownerOf(client)
    return this.#options.store.create({ ...name, owner, createdAt, retentionMs, keepsWhole, echo })
  }

  #run({ order, hold, places }: Admitted, feed: Feed, subscriber: Subscriber): Subscription {
    const { client, lifetime } = order
    const completion = new Completion({ order, hold }, feed, this.#options)
    for (const observer of this.#options.observers) observer.opened?.(feed)
    const subscription = this.#follow(feed, subscriber, 0)
    const ended = completion.run().then(() => {
      for (const release of places) release()
      clearTimeout(this.#running.get(feed)?.grace)
      this.#running.delete(feed)
      this.#noteEnd()
    })
    this.#running.set(feed, {
      completion,
      principal: client.principal,
      lifetime,
      ended,
      grace: undefined,
    })
    return subscription
  }

  #follow(feed: Feed, subscriber: Subscriber, cursor: number): Subscription {
    this.#followers.set(feed, this.#followersOf(feed) + 1)
    clearTimeout(this.#running.get(feed)?.grace)
    return feed.subscribe(subscriber, cursor, (leaving) => this.#left(feed, leaving))
  }

  #followersOf(feed: Feed): number {
    return this.#followers.get(feed) ?? 0
  }

  #left(feed: Feed, leaving: Leaving): void {
    this.#followers.set(feed, this.#followersOf(feed) - 1)
    if (this.#followersOf(feed) > 0) return
    this.#followers.delete(feed)
    const running = this.#running.get(feed)
    if (running === undefined) return
    const { completion, lifetime } = running
    const { graceMs, endsWithConnection } = lifetime
    const isOver = graceMs === 0 || (endsWithConnection && leaving === 'disconnected')
    if (isOver) completion.cancel('disconnect')
    else running.grace = setTimeout(() => completion.cancel('abandoned'), graceMs)
  }

  #noteEnd(): void {
    if (this.#running.size + this.#starting > 0) return
    for (const resolve of this.#onEmpty.splice(0)) resolve()
  }
}

/** What follows a position is not kept any more; `oldest` is the sequence number from which on the log is. */
export function gap(oldest: number): GatewayError {
  return new GatewayError('gap', 'What follows that position is not kept any more', { oldest })
}

export function notFound(): GatewayError {
  return new GatewayError('not_found', 'There is no such completion, or not any more')
}
