/** One `id` of a connection: follows a completion and renders what of it is due, from its own cursor. */
import type { AckFrame, Dialect2ServerFrame } from '@sluice/protocol'
import { gap } from '../../completion/completions.ts'
import type { Ack } from '../../completion/feed.ts'
import { isNumbered } from '../../completion/log.ts'
import type { Subscriber, Subscription } from '../../completion/subscription.ts'
import type { FrameBatch } from '../../socket/frames.ts'
import { ChunkFrames, type Cursor } from './chunk-frames.ts'
import { errorFrame, terminalFrame } from './terminal-frame.ts'

/** There is one epoch while no node can end the completion of another. */
export const EPOCH = 1

export interface WatcherOptions {
  id: string
  /** What the client has already, and of which completion; undefined for who asks for one and gets its ack. */
  resumes: { requestId: string; after: number } | undefined
  /** There may be something to take. */
  onFeed: (watcher: Watcher) => void
}

export class Watcher implements Subscriber {
  /** What fell out of the ring is told as a gap. */
  readonly mayMiss = true
  readonly id: string
  /** Of the completion that a `resume` named. */
  readonly requestId: string | undefined
  subscription: Subscription | undefined
  /** A `cancel` or a `detach` came before it was known which completion this is. */
  wasCancelled = false
  wasDetached = false
  /** Its terminal, or a gap, has been rendered: the id is free. */
  isOver = false
  readonly #options: WatcherOptions
  readonly #frames: ChunkFrames
  /** Entries up to this number are the client's already. */
  readonly #after: number
  readonly #cursor: Cursor = { position: 0, seq: 0 }
  #isAcknowledged: boolean

  constructor(options: WatcherOptions) {
    this.#options = options
    this.id = options.id
    this.requestId = options.resumes?.requestId
    this.#frames = new ChunkFrames(options.id)
    this.#after = options.resumes?.after ?? 0
    this.#isAcknowledged = options.resumes !== undefined
  }

  /** Tells where the client stands, before it begins. */
  startAt(seq: number): void {
    this.#cursor.seq = seq
  }

  /** From now on it renders. */
  begin(subscription: Subscription): void {
    this.subscription = subscription
  }

  onFeed(): void {
    if (this.subscription !== undefined) this.#options.onFeed(this)
  }

  /** It has taken something at a time of its own: the upstream may have waited for that. */
  settle(): void {
    if (!this.isOver) this.subscription?.feed.settle()
  }

  /** Renders what is due until the batch has so many bytes; true if more is due. */
  render(batch: FrameBatch, maxBytes: number): boolean {
    const { subscription } = this
    if (subscription === undefined || this.isOver) return false
    const { feed } = subscription
    if (feed.ack !== undefined && !this.#isAcknowledged) this.#acknowledge(feed.ack, batch)
    if (feed.isRetracted) subscription.cursor = feed.log.top
    else if (subscription.cursor + 1 < feed.log.first) return this.#missed(batch)
    while (subscription.cursor < feed.log.top) {
      if (batch.length >= maxBytes) return true
      this.#renderNext(subscription, batch)
    }
    if (feed.terminal !== undefined) this.#end(batch)
    return false
  }

  #renderNext(subscription: Subscription, batch: FrameBatch): void {
    const { feed } = subscription
    const cursor = this.#cursor
    cursor.position = subscription.cursor
    if (cursor.seq < this.#after) {
      // The client has more than the log had when it came: until then its entries are left out.
      cursor.position += 1
      if (isNumbered(feed.log.tag(cursor.position))) cursor.seq += 1
    } else {
      this.#frames.next(feed.log, cursor, batch)
      if (cursor.seq > 0) feed.isShown = true
    }
    subscription.cursor = cursor.position
  }

  #acknowledge({ expiresAt, dropped, contextWindow, ...ack }: Ack, batch: FrameBatch): void {
    this.#isAcknowledged = true
    const requestId = this.subscription?.feed.header.requestId ?? ''
    const frame: AckFrame = {
      type: 'handshake_ack',
      id: this.id,
      requestId,
      epoch: EPOCH,
      ...ack,
      ...(contextWindow === undefined ? {} : { contextWindow }),
      ...(dropped === 0 ? {} : { dropped }),
      expiresAt: new Date(expiresAt).toISOString(),
    }
    send(batch, frame)
  }

  /** What comes next is not kept any more: ends the watching, not the completion. */
  #missed(batch: FrameBatch): boolean {
    const oldest = this.subscription?.feed.log.firstSequence ?? 1
    send(batch, errorFrame(gap(oldest), { id: this.id }))
    this.isOver = true
    return false
  }

  #end(batch: FrameBatch): void {
    const { feed } = this.subscription as Subscription
    send(batch, terminalFrame(feed, this.id, this.#cursor.seq))
    this.isOver = true
  }
}

function send(batch: FrameBatch, frame: Dialect2ServerFrame): void {
  batch.text(JSON.stringify(frame))
}
