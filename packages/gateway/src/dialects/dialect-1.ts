/**
 * Dialect 1 on one socket: an `init` in, and its ack, chunks and terminal out, one completion at a time. Reads messages,
 * renders the log; what a completion is and does is decided elsewhere.
 */
import { BLOCKED_REASONS, CLOSE_CODES, ERROR_TEXTS, type InitMessage } from '@sluice/protocol'
import type { Completion } from '../completion/completion.ts'
import { endsChunk } from '../completion/log.ts'
import type { Terminal } from '../completion/terminal.ts'
import type { Watcher } from '../completion/watcher.ts'
import { GatewayError } from '../errors.ts'
import { FrameBatch } from '../socket/frames.ts'
import type { Socket, SocketEvents } from '../socket/socket.ts'
import { ChunkRenderer } from './chunk-renderer.ts'
import type { RequestReader } from './request-reader.ts'

export interface Dialect1SessionOptions {
  socket: Socket
  /** Asked at each message, so that a reload reaches open sockets. */
  reader: () => RequestReader
  /** Malformed messages a minute that are answered; one more closes the socket. */
  malformedPerMinute: number
  /** Starts a completion; throws a GatewayError that refuses it. */
  open: (init: InitMessage) => Completion
  /** Runs it to its terminal. */
  run: (completion: Completion) => void
  /** Bytes that may wait in the socket; over it the completion is told that this watcher is behind. */
  bufferedBytes: number
}

/** Bytes of one write: small enough for a slow reader's progress to be seen, large enough to be cheap. */
const WRITE_BYTES = 16_384

/** Refusals may pile up in a socket beyond what the answer may, up to this many times as much. */
const UNREAD_BUFFERS = 2

const BUSY =
  'A completion is already running on this connection; wait for its complete, blocked or error message'

/** Refusals that say that a client does not speak the dialect. */
const MALFORMED = new Set<string>(['invalid_message', 'unknown_type', 'invalid_request'])

const batch = new FrameBatch()

export class Dialect1Session implements SocketEvents, Watcher {
  cursor = 0
  isBehind = false
  readonly #options: Dialect1SessionOptions
  #completion: Completion | undefined
  #modelId = ''
  #malformed = 0
  #malformedUntil = 0
  #renderer = new ChunkRenderer()

  constructor(options: Dialect1SessionOptions) {
    this.#options = options
  }

  /** True while a completion runs or its terminal is not delivered. */
  get isBusy(): boolean {
    return this.#completion !== undefined
  }

  onMessage(text: string): void {
    try {
      const init = this.#options.reader().read(text)
      if (this.#completion !== undefined) throw new GatewayError('too_many_completions', BUSY)
      this.#begin(init)
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      this.#refuse(error)
    }
  }

  onDrain(): void {
    if (!this.isBehind) return
    this.isBehind = false
    this.onLog()
    this.#completion?.onProgress()
  }

  onClose(): void {
    this.abandon()
  }

  /** Ends what runs for a reader that is gone or takes nothing. */
  abandon(): void {
    const completion = this.#completion
    this.#completion = undefined
    if (completion === undefined) return
    completion.detach(this)
    completion.cancel('disconnect')
    completion.dispose()
  }

  onAck(ack: { tokenCount: number; dropped: number }): void {
    const { tokenCount, dropped } = ack
    const message = { type: 'handshake_ack', tokenCount, modelId: this.#modelId }
    this.#options.socket.send(JSON.stringify(dropped === 0 ? message : { ...message, dropped }))
  }

  onLog(): void {
    const completion = this.#completion
    if (completion === undefined) return
    this.#deliver(completion)
    completion.onProgress()
    const { terminal } = completion
    if (terminal === undefined || this.cursor < completion.log.top) return
    this.#completion = undefined
    completion.detach(this)
    completion.dispose()
    this.#options.socket.send(terminalMessage(terminal))
  }

  #refuse(error: GatewayError): void {
    const { socket, bufferedBytes } = this.#options
    socket.send(errorMessage(error.message))
    if (MALFORMED.has(error.code)) this.#countMalformed()
    // Nothing else bounds the answers to a client that sends and never reads.
    if (socket.bufferedBytes > UNREAD_BUFFERS * bufferedBytes)
      socket.close(CLOSE_CODES.tryLater.code, 'slow consumer: refusals were not read')
  }

  #countMalformed(): void {
    const { socket, malformedPerMinute } = this.#options
    const now = performance.now()
    if (now > this.#malformedUntil) {
      this.#malformedUntil = now + 60_000
      this.#malformed = 0
    }
    this.#malformed += 1
    if (this.#malformed <= malformedPerMinute) return
    socket.close(
      CLOSE_CODES.malformed.code,
      `more than ${malformedPerMinute} malformed messages in a minute`,
    )
  }

  #begin(init: InitMessage): void {
    const completion = this.#options.open(init)
    this.#completion = completion
    this.#modelId = init.payload.modelId
    this.#renderer = new ChunkRenderer()
    this.cursor = 0
    completion.attach(this)
    this.#options.run(completion)
  }

  /** Sends what the log has and the socket takes. */
  #deliver({ log, terminal }: Completion): void {
    const { socket, bufferedBytes } = this.#options
    const { top } = log
    while (this.cursor < top) {
      if (socket.bufferedBytes + batch.length >= bufferedBytes) {
        this.isBehind = true
        break
      }
      let last = this.cursor + 1
      while (last < top && !endsChunk(log.tag(last))) last += 1
      // The rest of an unfinished chunk may still come, unless this is the end.
      if (!endsChunk(log.tag(last)) && terminal === undefined) break
      this.#renderer.render(log, { from: this.cursor + 1, to: last, sink: batch })
      this.cursor = last
      if (batch.length >= WRITE_BYTES) socket.writeFrames(batch.take())
    }
    if (batch.length > 0) socket.writeFrames(batch.take())
    if (this.isBehind) socket.awaitDrain()
  }
}

/** The terminal in the tutorial's words. */
function terminalMessage(terminal: Terminal): string {
  switch (terminal.status) {
    case 'complete':
      return JSON.stringify({ type: 'complete', auditLog: terminal.auditLog })
    case 'blocked':
      return JSON.stringify({ type: 'blocked', reason: BLOCKED_REASONS[terminal.category] })
    case 'cancelled':
      return errorMessage(`The completion was cancelled (${terminal.by})`)
    case 'error':
      return errorMessage(errorText(terminal))
  }
}

/** Codes whose texts have words of their own in the tutorial, or need none. */
const OWN_WORDS = new Set([
  'context_window_exceeded',
  'internal',
  'overloaded',
  'draining',
  'rate_limited',
])

function errorText({ error, hadBegun }: Extract<Terminal, { status: 'error' }>): string {
  if (hadBegun || OWN_WORDS.has(error.code) || error.message.startsWith(ERROR_TEXTS.credentials))
    return error.message
  return `${ERROR_TEXTS.initiation}: ${error.message}`
}

function errorMessage(message: string): string {
  return JSON.stringify({ type: 'error', message })
}
