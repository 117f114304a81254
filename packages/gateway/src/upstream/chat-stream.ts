/**
 * One POST to the chat endpoint and its answer, from headers to the last byte, as undici's dispatch handler. Hands each
 * event to a sink in the same turn in which its bytes came; leaves retries, credentials and the meaning of an event to
 * others.
 *
 *   waiting --first event--> streaming --end--> ended
 *      |                         |
 *      +------- failure ---------+----> ended        (an abort, a timeout, a broken connection, a bad event)
 */
import type { Dispatcher } from 'undici'
import { GatewayError } from '../errors.ts'
import { connectionFailure, correlationOf, statusFailure } from './failures.ts'
import { SseDecoder } from './sse.ts'
import type { UpstreamTimeouts } from './target.ts'
import { chunkFromCompletion } from './unary.ts'

/** Where the events of an answer go. */
export interface EventSink {
  /** Takes one event's data. What it throws ends the stream with that error. */
  onEvent(data: string, event: string): void
  /** Called once when all events of one read were handed over: the moment to deliver. */
  onRead(): void
}

export interface ChatStreamOptions {
  sink: EventSink
  signal: AbortSignal
  timeouts: UpstreamTimeouts
  maxEventBytes: number
  now: () => number
}

/** A non-streaming answer to a streaming request is accepted up to this size. */
const MAX_JSON_BYTES = 4 * 1024 * 1024
/** An error's body is read only to let the connection live on; past this it is cut. */
const MAX_ERROR_BYTES = 65_536

type BodyKind = 'events' | 'json' | 'error'

export class ChatStream implements Dispatcher.DispatchHandler {
  /** Resolves when the first event was taken by the sink; rejects if there is none. After it nothing may be retried. */
  readonly started: Promise<void>
  /** Resolves when the answer ended cleanly; rejects with what ended it otherwise. */
  readonly finished: Promise<void>
  correlationId: string | undefined

  readonly #options: ChatStreamOptions
  readonly #decoder: SseDecoder
  #state: 'waiting' | 'streaming' | 'ended' = 'waiting'
  #controller: Dispatcher.DispatchController | undefined
  #paused = false
  #kind: BodyKind = 'events'
  #failure: GatewayError | undefined
  #body: Buffer[] = []
  #bodyBytes = 0
  #lastByteAt: number
  #sawByte = false
  #isReadScheduled = false
  #watchdog: NodeJS.Timeout | undefined
  #resolveStarted: () => void = () => {}
  #rejectStarted: (error: unknown) => void = () => {}
  #resolveFinished: () => void = () => {}
  #rejectFinished: (error: unknown) => void = () => {}

  constructor(options: ChatStreamOptions) {
    this.#options = options
    this.#lastByteAt = options.now()
    this.started = new Promise((resolve, reject) => {
      this.#resolveStarted = resolve
      this.#rejectStarted = reject
    })
    this.finished = new Promise((resolve, reject) => {
      this.#resolveFinished = resolve
      this.#rejectFinished = reject
    })
    // Whoever waits for `started` learns of a failure there; an unobserved `finished` must not end the process.
    this.finished.catch(() => {})
    this.#decoder = new SseDecoder({
      maxEventBytes: options.maxEventBytes,
      onEvent: (data, event) => this.#event(data, event),
    })
    options.signal.addEventListener('abort', this.#onAbort, { once: true })
    this.#watch(options.timeouts.firstByteMs)
  }

  /** Stops reading; the upstream's own socket buffers fill and it waits. */
  pause(): void {
    this.#paused = true
    this.#controller?.pause()
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#lastByteAt = this.#options.now()
    this.#controller?.resume()
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#state === 'ended') controller.abort(abortError())
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (statusCode < 200 || this.#state === 'ended') return
    this.correlationId = correlationOf(headers)
    if (this.#paused) controller.pause()
    const type = String(headers['content-type'] ?? '').toLowerCase()
    if (statusCode !== 200) {
      this.#kind = 'error'
      this.#failure = statusFailure(statusCode, headers, this.#options.now())
    } else if (type.includes('json')) {
      this.#kind = 'json'
    } else if (type.includes('html') || type.includes('xml')) {
      this.#kind = 'error'
      this.#failure = invalid(
        `answered ${type.split(';')[0]} instead of an event stream (check the base URL)`,
      )
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#state === 'ended') return
    this.#lastByteAt = this.#options.now()
    if (!this.#sawByte) this.#beginBody()
    try {
      if (this.#kind === 'events') {
        this.#decoder.feed(chunk)
        this.#scheduleRead()
      } else {
        this.#collect(chunk)
      }
    } catch (error) {
      this.#end(error)
    }
  }

  onResponseEnd(): void {
    if (this.#state === 'ended') return
    try {
      if (this.#failure !== undefined) throw this.#failure
      if (this.#kind === 'events') this.#decoder.end()
      else this.#event(chunkFromCompletion(Buffer.concat(this.#body).toString('utf8')), 'message')
      if (this.#state === 'waiting') throw interrupted('ended before its first event')
      this.#options.sink.onRead()
      this.#end()
    } catch (error) {
      this.#end(error)
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#state === 'ended') return
    if (this.#failure !== undefined) this.#end(this.#failure)
    else if (this.#state === 'streaming') this.#end(interrupted('broke off', error))
    else this.#end(connectionFailure(error, 'the upstream'))
  }

  /** One read of the connection may bring many parts of the body, each in a call of its own: they are delivered together. */
  #scheduleRead(): void {
    if (this.#isReadScheduled) return
    this.#isReadScheduled = true
    process.nextTick(this.#onReadEnd)
  }

  #onReadEnd = (): void => {
    this.#isReadScheduled = false
    if (this.#state !== 'ended') this.#options.sink.onRead()
  }

  #event(data: string, event: string): void {
    if (this.#state === 'ended') return
    this.#options.sink.onEvent(data, event)
    if (this.#state !== 'waiting') return
    this.#state = 'streaming'
    this.#resolveStarted()
  }

  #collect(chunk: Buffer): void {
    this.#bodyBytes += chunk.length
    if (this.#kind === 'json') {
      if (this.#bodyBytes > MAX_JSON_BYTES)
        throw invalid(`answered more than ${MAX_JSON_BYTES} bytes of JSON`)
      this.#body.push(chunk)
    } else if (this.#bodyBytes > MAX_ERROR_BYTES) {
      throw this.#failure
    }
  }

  #onAbort = (): void => this.#end(this.#options.signal.reason)

  /** From here on silence is measured, which may be allowed to last less long than the wait for the first byte. */
  #beginBody(): void {
    this.#sawByte = true
    clearTimeout(this.#watchdog)
    this.#watch(this.#options.timeouts.idleMs)
  }

  /** One timer a stream, set again only when it fires: the hot path just notes the time. */
  #watch(ms: number): void {
    this.#watchdog = setTimeout(() => {
      const { firstByteMs, idleMs } = this.#options.timeouts
      const limit = this.#sawByte ? idleMs : firstByteMs
      const silent = this.#options.now() - this.#lastByteAt
      if (this.#paused || silent < limit)
        this.#watch(Math.max(1, this.#paused ? limit : limit - silent))
      else this.#end(this.#failure ?? timedOut(this.#sawByte, limit))
    }, ms)
  }

  #end(error?: unknown): void {
    if (this.#state === 'ended') return
    const wasStreaming = this.#state === 'streaming'
    this.#state = 'ended'
    clearTimeout(this.#watchdog)
    this.#options.signal.removeEventListener('abort', this.#onAbort)
    this.#body = []
    if (error === undefined) {
      this.#resolveFinished()
      return
    }
    if (!wasStreaming) this.#rejectStarted(error)
    this.#rejectFinished(wasStreaming ? notRetryable(error) : error)
    // undici destroys the connection: the upstream sees the end of it at once.
    this.#controller?.abort(abortError())
  }
}

/** After the first delta nothing is retried, whatever the failure says of itself. */
function notRetryable(error: unknown): unknown {
  if (!(error instanceof GatewayError) || !error.isRetryable) return error
  const { status, correlationId, retryAfterMs } = error
  return new GatewayError(error.code, error.message, {
    cause: error.cause,
    ...(status === undefined ? {} : { status }),
    ...(correlationId === undefined ? {} : { correlationId }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

function invalid(what: string): GatewayError {
  return new GatewayError('upstream_invalid_stream', `upstream ${what}`)
}

function interrupted(what: string, cause?: unknown): GatewayError {
  return new GatewayError('stream_interrupted', `the upstream's stream ${what}`, {
    cause,
    isRetryable: true,
  })
}

function timedOut(sawByte: boolean, ms: number): GatewayError {
  const message = sawByte
    ? `the upstream sent nothing for ${ms} ms (SLUICE_UPSTREAM_IDLE_TIMEOUT_MS)`
    : `the upstream's answer did not begin within ${ms} ms (SLUICE_UPSTREAM_FIRST_BYTE_TIMEOUT_MS)`
  return new GatewayError('upstream_timeout', message, { isRetryable: true })
}

function abortError(): Error {
  return new Error('the completion ended')
}
