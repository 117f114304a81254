/**
 * Dialect 1 on one socket: an `init` in, and its ack, chunks and terminal out, one completion at a time. Reads messages,
 * renders the log; what a completion is and does is decided elsewhere.
 */
import { BLOCKED_REASONS, CLOSE_CODES, ERROR_TEXTS, SUBPROTOCOL_V1 } from '@sluice/protocol'
import { auditLogOf } from '../completion/audit-log.ts'
import type { Ack } from '../completion/feed.ts'
import type { Order } from '../completion/order.ts'
import type { Subscriber, Subscription } from '../completion/subscription.ts'
import type { Terminal } from '../completion/terminal.ts'
import { GatewayError, internalError } from '../errors.ts'
import { FrameBatch } from '../socket/frames.ts'
import { ChunkRenderer } from './chunk-renderer.ts'
import { MalformedCount } from './malformed-count.ts'
import type { Dialect, ParseMessage, Session, SessionContext } from './session.ts'

/** The upstream's chunks are sent on, and a completion ends with its socket: nobody comes back for it. */
const CHUNKS = {
  wantsVerbatim: true,
  lifetime: { graceMs: 0, endsWithConnection: true, retentionMs: 0 },
}

/** Bytes of one write: small enough for a slow reader's progress to be seen, large enough to be cheap. */
const WRITE_BYTES = 16_384

/** Refusals may pile up in a socket beyond what the answer may, up to this many times as much. */
const UNREAD_BUFFERS = 2

const BUSY = new GatewayError(
  'too_many_completions',
  'A completion is already running on this connection; wait for its complete, blocked or error message',
)

const batch = new FrameBatch()

/** The completion of a session, from its `init` to its terminal. */
interface Current {
  modelId: string
  renderer: ChunkRenderer
  isAcknowledged: boolean
  /** Undefined while it starts. */
  subscription: Subscription | undefined
}

class Dialect1Session implements Session, Subscriber {
  /** The upstream waits for the one reader. */
  readonly mayMiss = false
  readonly #context: SessionContext
  #current: Current | undefined
  readonly #malformed = new MalformedCount()

  constructor(context: SessionContext) {
    this.#context = context
  }

  /** True while a completion runs or its terminal is not delivered. */
  get isBusy(): boolean {
    return this.#current !== undefined
  }

  get isBehind(): boolean {
    return this.#current?.subscription?.isBehind ?? false
  }

  /** While a completion runs nothing else can be asked for. */
  get refusalUnread(): GatewayError | undefined {
    return this.#current === undefined ? undefined : BUSY
  }

  onMessage(parse: ParseMessage): void {
    try {
      const { live, admission, client } = this.#context
      const { fields, size } = parse()
      const { payload, conversationId, onOverflow } = live.current.reader.read(fields)
      if (this.#current !== undefined) throw BUSY
      const asked = { request: payload, size }
      const params = { ...asked, conversationId, onOverflow, ...CHUNKS }
      void this.#start(admission.order(params, client))
    } catch (error) {
      this.refuse(error)
    }
  }

  onDrain(): void {
    if (this.isBehind) this.#current?.subscription?.resume()
  }

  onClose(): void {
    this.abandon()
  }

  /** Follows no more: its reader is gone or takes nothing. */
  abandon(): void {
    const current = this.#current
    this.#current = undefined
    current?.subscription?.close()
  }

  onFeed(subscription: Subscription): void {
    const current = this.#current
    if (current === undefined) return
    current.subscription = subscription
    const { ack, log, terminal } = subscription.feed
    if (ack !== undefined && !current.isAcknowledged) this.#acknowledge(current, ack)
    this.#deliver(current.renderer, subscription)
    if (terminal === undefined || subscription.cursor < log.top) return
    this.#current = undefined
    subscription.close()
    this.#context.socket.send(terminalMessage(terminal))
  }

  async #start(order: Order): Promise<void> {
    const { modelId } = order.request
    const renderer = new ChunkRenderer()
    const current: Current = { modelId, renderer, isAcknowledged: false, subscription: undefined }
    this.#current = current
    try {
      const subscription = await this.#context.completions.start(order, this)
      current.subscription = subscription
      // The client may have gone while the completion was started.
      if (this.#current !== current) subscription.close()
    } catch (error) {
      if (this.#current !== current) return
      this.#current = undefined
      this.refuse(error)
    }
  }

  #acknowledge(current: Current, { tokenCount, dropped }: Ack): void {
    current.isAcknowledged = true
    const message = { type: 'handshake_ack', tokenCount, modelId: current.modelId }
    this.#context.socket.send(JSON.stringify(dropped === 0 ? message : { ...message, dropped }))
  }

  refuse(error: unknown): void {
    const { socket, live, diagnostics, intake, client } = this.#context
    const known = error instanceof GatewayError ? error : internalError(error)
    if (known !== error) diagnostics.unexpected(error)
    intake.noteRefusal(client, known)
    const { bufferedBytes, malformedPerMinute } = live.current.settings
    socket.send(errorMessage(known))
    this.#malformed.note(known, socket, malformedPerMinute)
    // Nothing else bounds the answers to a client that sends and never reads.
    if (socket.bufferedBytes > UNREAD_BUFFERS * bufferedBytes)
      socket.close(CLOSE_CODES.tryLater.code, 'slow consumer: refusals were not read')
  }

  /** Sends what the log has and the socket takes. */
  #deliver(renderer: ChunkRenderer, subscription: Subscription): void {
    const { socket, live } = this.#context
    const { bufferedBytes } = live.current.settings
    const { log, terminal } = subscription.feed
    const { top } = log
    while (subscription.cursor < top) {
      if (socket.bufferedBytes + batch.length >= bufferedBytes) {
        subscription.isBehind = true
        break
      }
      const last = log.chunkEnd(subscription.cursor + 1, terminal !== undefined)
      if (last === undefined) break
      renderer.render(log, { from: subscription.cursor + 1, to: last, sink: batch })
      subscription.cursor = last
      if (batch.length >= WRITE_BYTES) socket.writeFrames(batch.take())
    }
    if (batch.length > 0) socket.writeFrames(batch.take())
    if (subscription.isBehind) socket.awaitDrain()
  }
}

export const dialect1: Dialect = {
  subprotocol: SUBPROTOCOL_V1,
  beginsWithHello: false,
  createSession: (context) => new Dialect1Session(context),
}

/** The terminal in the tutorial's words. */
function terminalMessage(terminal: Terminal): string {
  const { requestId } = terminal.report
  switch (terminal.status) {
    case 'complete':
      return JSON.stringify({ type: 'complete', auditLog: auditLogOf(terminal.report) })
    case 'blocked':
      return blockedMessage(terminal)
    case 'cancelled': {
      const message = `The completion was cancelled (${terminal.by})`
      return JSON.stringify({ type: 'error', message, code: 'cancelled', requestId })
    }
    case 'error':
      return errorMessage(terminal.error, { message: errorText(terminal), requestId })
  }
}

/** Codes whose texts have words of their own in the tutorial, or need none; so has a refused client id. */
const OWN_WORDS = new Set([
  'context_window_exceeded',
  'internal',
  'overloaded',
  'draining',
  'rate_limited',
])

function errorText({ error, hadBegun }: Extract<Terminal, { status: 'error' }>): string {
  const hasOwnWords = OWN_WORDS.has(error.code) || error.reason === 'oauth_credentials'
  if (hadBegun || hasOwnWords) return error.message
  return `${ERROR_TEXTS.initiation}: ${error.message}`
}

function blockedMessage({ category, direction }: Terminal & { status: 'blocked' }): string {
  return JSON.stringify({ type: 'blocked', reason: BLOCKED_REASONS[category], category, direction })
}

function errorMessage(
  error: GatewayError,
  { message = error.message, requestId }: { message?: string; requestId?: string } = {},
): string {
  return JSON.stringify({ type: 'error', message, code: error.publicCode, requestId })
}
