/**
 * Dialect 2 on one socket: many completions side by side, each under an `id` of the client, with cancel, detach and resume.
 * Reads frames and gives each watcher its turn at the socket; what a completion is and does is decided elsewhere.
 */
import { randomBytes } from 'node:crypto'
import {
  type CancelFrame,
  CLOSE_CODES,
  DIALECT_2_LIMITS,
  type Dialect2ClientFrame,
  type Dialect2ServerFrame,
  type GoawayFrame,
  type InitFrame,
  type ResumeFrame,
  SUBPROTOCOL_V2,
} from '@sluice/protocol'
import { ownerOf } from '../../clients/client.ts'
import type { RequestSize } from '../../completion/memory-budget.ts'
import type { Subscription } from '../../completion/subscription.ts'
import { GatewayError, internalError } from '../../errors.ts'
import { FrameBatch } from '../../socket/frames.ts'
import { MalformedCount } from '../malformed-count.ts'
import { invalidRequest } from '../message.ts'
import type { Dialect, ParseMessage, Session, SessionContext } from '../session.ts'
import { idAtStart } from './frame-reader.ts'
import { errorFrame, type Refused } from './terminal-frame.ts'
import { EPOCH, Watcher } from './watcher.ts'

/** Bytes of one turn at the socket: what a watcher that is behind may write before the next one has its turn. */
const TURN_BYTES = 16_384
/** Refusals may pile up in a socket beyond what answers may, up to this many times as much. */
const UNREAD_BUFFERS = 2
/** A connection's name needs to be unique among those in the operator's log. */
const CONNECTION_ID_BYTES = 9

const batch = new FrameBatch()

class Dialect2Session implements Session {
  readonly #context: SessionContext
  readonly #owner: string
  readonly #watchers = new Map<string, Watcher>()
  /** The last ids that were live here, the oldest first: a late `cancel` or `detach` of one is no fault. */
  readonly #ended = new Set<string>()
  /** Those whose turn the socket could not take, who waits longest first. */
  readonly #behind = new Set<Watcher>()
  readonly #malformed = new MalformedCount()
  #isClosed = false

  constructor(context: SessionContext) {
    this.#context = context
    this.#owner = ownerOf(context.client)
    const { settings } = context.live.current
    this.#send({
      type: 'welcome',
      connectionId: randomBytes(CONNECTION_ID_BYTES).toString('base64url'),
      limits: {
        completions: settings.connectionCompletions,
        messageBytes: settings.maxMessageBytes,
      },
      heartbeat: { intervalMs: settings.pingIntervalMs, timeoutMs: settings.pongTimeoutMs },
    })
  }

  get isBusy(): boolean {
    return this.#watchers.size > 0
  }

  get isBehind(): boolean {
    return this.#behind.size > 0
  }

  onMessage(parse: ParseMessage): void {
    const { frames } = this.#context.live.current
    let id: string | undefined
    try {
      const { fields, size } = parse()
      id = frames.idOf(fields)
      this.#handle(frames.check(fields), size)
    } catch (error) {
      this.#refuse(error, { id })
    }
  }

  refuse(error: unknown, start: string): void {
    this.#refuse(error, { id: idAtStart(start) })
  }

  /** Gives each watcher that is behind a turn, round and round, until the socket takes no more. */
  onDrain(): void {
    for (const watcher of this.#behind) {
      if (this.#isFull()) {
        this.#context.socket.awaitDrain()
        return
      }
      this.#behind.delete(watcher)
      if (this.#turn(watcher)) this.#behind.add(watcher)
      watcher.settle()
    }
  }

  onClose(): void {
    this.abandon()
  }

  abandon(): void {
    this.#isClosed = true
    for (const { subscription } of this.#watchers.values()) subscription?.close()
    this.#watchers.clear()
    this.#behind.clear()
  }

  goAway(notice: Omit<GoawayFrame, 'type'>): void {
    this.#send({ type: 'goaway', ...notice })
  }

  #handle(frame: Dialect2ClientFrame, size: RequestSize): void {
    switch (frame.type) {
      case 'hello':
        throw invalidRequest('type: a hello is only possible as the first frame')
      case 'init':
        this.#init(frame, size)
        break
      case 'resume':
        this.#resume(frame)
        break
      case 'cancel':
        this.#cancel(frame)
        break
      case 'detach':
        this.#detach(frame.id)
        break
      case 'ping':
        this.#send({ type: 'pong', ...(frame.t === undefined ? {} : { t: frame.t }) })
    }
  }

  #init(frame: InitFrame, size: RequestSize): void {
    const { id, payload, onDisconnect, onOverflow, conversationId, idempotencyKey } = frame
    const { admission, completions, client, live } = this.#context
    const { graceMs, retentionMs } = live.current.settings
    const lifetime = { graceMs, retentionMs, endsWithConnection: onDisconnect === 'cancel' }
    const watcher = this.#watch(id)
    void this.#start(watcher, async () => {
      const asked = { request: payload, size, idempotencyKey }
      const params = { ...asked, conversationId, onOverflow, lifetime }
      return completions.start(
        admission.order({ ...params, wantsVerbatim: false }, client),
        watcher,
      )
    })
  }

  #resume({ id, requestId, after }: ResumeFrame): void {
    const { completions } = this.#context
    const watcher = this.#watch(id, { requestId, after })
    void this.#start(watcher, async () => {
      const subscription = await completions.attach(
        { requestId, owner: this.#owner, after },
        watcher,
      )
      const { log, terminal } = subscription.feed
      watcher.startAt(Math.min(after, log.sequence))
      const state = terminal === undefined ? 'running' : 'ended'
      const top = log.sequence + (terminal === undefined ? 0 : 1)
      this.#send({ type: 'resumed', id, requestId, epoch: EPOCH, state, from: after + 1, top })
      return subscription
    })
  }

  #watch(id: string, resumes?: { requestId: string; after: number }): Watcher {
    const { connectionCompletions: limit } = this.#context.live.current.settings
    if (this.#watchers.has(id)) {
      throw new GatewayError('duplicate_id', 'A completion with this id is live on this connection')
    }
    if (this.#watchers.size >= limit) {
      const message = `${limit} ids are live on this connection, which is its limit`
      throw new GatewayError('too_many_completions', message, { isRetryable: true })
    }
    const watcher = new Watcher({ id, resumes, onFeed: this.#flush })
    this.#ended.delete(id)
    this.#watchers.set(id, watcher)
    return watcher
  }

  async #start(watcher: Watcher, follow: () => Promise<Subscription>): Promise<void> {
    try {
      const subscription = await follow()
      watcher.begin(subscription)
      if (watcher.wasCancelled) this.#cancelWatched(watcher)
      if (watcher.wasDetached) subscription.close('detached')
      else if (this.#isClosed) subscription.close()
      else {
        this.#flush(watcher)
        watcher.settle()
      }
    } catch (error) {
      if (this.#isClosed || watcher.wasDetached) return
      this.#watchers.delete(watcher.id)
      this.#refuse(error, watcher)
    }
  }

  #cancel({ id, requestId = '' }: CancelFrame): void {
    if (id === undefined) this.#cancelCompletion(requestId)
    else this.#cancelWatched(this.#live(id))
  }

  #cancelWatched(watcher: Watcher | undefined): void {
    if (watcher === undefined) return
    const { feed } = watcher.subscription ?? {}
    if (feed === undefined) watcher.wasCancelled = true
    else if (feed.terminal === undefined) this.#cancelCompletion(feed.header.requestId)
  }

  #cancelCompletion(requestId: string): void {
    this.#context.completions
      .cancel(requestId, this.#owner)
      .catch((error: unknown) => this.#refuse(error, { requestId }))
  }

  #detach(id: string): void {
    const watcher = this.#live(id)
    if (watcher === undefined) return
    this.#forget(watcher)
    watcher.wasDetached = true
    watcher.subscription?.close('detached')
  }

  /** The watcher of a live id; undefined if the id was live. @throws GatewayError `unknown_id` */
  #live(id: string): Watcher | undefined {
    const watcher = this.#watchers.get(id)
    if (watcher !== undefined || this.#ended.has(id)) return watcher
    throw new GatewayError('unknown_id', 'No completion has had this id on this connection')
  }

  #forget(watcher: Watcher): void {
    const { id } = watcher
    this.#watchers.delete(id)
    this.#behind.delete(watcher)
    this.#ended.add(id)
    const [oldest = ''] = this.#ended
    if (this.#ended.size > DIALECT_2_LIMITS.endedIds) this.#ended.delete(oldest)
  }

  /** Writes what a watcher has, as far as the socket takes it, behind those who wait already. */
  #flush = (watcher: Watcher): void => {
    if (this.#behind.has(watcher)) return
    while (this.#behind.size === 0 && !this.#isFull()) if (!this.#turn(watcher)) return
    if (this.#behind.size === 0) this.#context.socket.awaitDrain()
    this.#behind.add(watcher)
  }

  /** One turn of a watcher at the socket; true if it has more. */
  #turn(watcher: Watcher): boolean {
    const hasMore = watcher.render(batch, TURN_BYTES)
    if (batch.length > 0) this.#context.socket.writeFrames(batch.take())
    if (!watcher.isOver) return hasMore
    this.#forget(watcher)
    // Not before the batch is taken: it may let the upstream go on, and that fills the batch for others.
    watcher.subscription?.close('detached')
    return false
  }

  #isFull(): boolean {
    const { socket, live } = this.#context
    return socket.bufferedBytes >= live.current.settings.bufferedBytes
  }

  #refuse(error: unknown, refused: Refused): void {
    const { socket, live, diagnostics, intake, client } = this.#context
    const known = error instanceof GatewayError ? error : internalError(error)
    if (known !== error) diagnostics.unexpected(error)
    intake.noteRefusal(client, known)
    this.#send(errorFrame(known, refused))
    this.#malformed.note(known, socket, live.current.settings.malformedPerMinute)
  }

  #send(frame: Dialect2ServerFrame): void {
    const { socket, live } = this.#context
    socket.send(JSON.stringify(frame))
    // Nothing else bounds the answers to a client that sends and never reads.
    if (socket.bufferedBytes > UNREAD_BUFFERS * live.current.settings.bufferedBytes)
      socket.close(CLOSE_CODES.tryLater.code, 'slow consumer: answers were not read')
  }
}

export const dialect2: Dialect = {
  subprotocol: SUBPROTOCOL_V2,
  beginsWithHello: true,
  createSession: (context) => new Dialect2Session(context),
}
