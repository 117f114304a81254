/**
 * One POST to the chat endpoint and its answer, from headers to the last byte, as undici's dispatch handler. Hands each
 * event to the format's reader in the same turn in which its bytes came; leaves retries, credentials and the meaning of an
 * event to others.
 *
 *   waiting --first delta--> streaming --end, done, or silence after the finish--> ended
 *      |                         |
 *      +------- failure ---------+----> ended        (an abort, a timeout, a broken connection, a bad event)
 */
import type { Dispatcher } from 'undici'
import type { Clock } from '../clock.ts'
import type { DeltaSink } from '../deltas.ts'
import { atEndOfTurn } from '../turn.ts'
import { AnswerBody } from './answer-body.ts'
import { ContentDecoder } from './content-decoder.ts'
import { correlationOf } from './correlation-id.ts'
import { connectionFailure } from './failures.ts'
import type { AnswerReader, ChatFormat } from './formats/format.ts'
import { ReadingTurns } from './reading-turns.ts'
import { Refusal } from './refusal.ts'
import type { ResponseHeaders } from './response-headers.ts'
import { interrupted, notRetryable, timedOut } from './stream-failures.ts'
import type { UpstreamTimeouts } from './target.ts'

/** Where an answer goes. */
export interface AnswerSink extends DeltaSink {
  /** Called once when all events of one turn were handed over: the moment to deliver. */
  onRead(): void
  /** Whether a word of the upstream's, such as an id, may be shown and written as it is. */
  passes(word: string): boolean
}

export interface ChatStreamOptions {
  sink: AnswerSink
  format: ChatFormat
  reader: AnswerReader
  signal: AbortSignal
  timeouts: UpstreamTimeouts
  maxEventBytes: number
  clock: Clock
  /** What the request shows of us, none of which may be taken for the answer's id. */
  secrets: readonly (string | undefined)[]
}

/** An answer with its finish reason is whole: usage and the end of the stream may follow, and are not waited for longer. */
const FINISH_WAIT_MS = 2_000
/** Of an answer that comes faster, this much is not held until the end of the turn. */
const READ_BYTES = 65_536
/** A connection whose answer is done is kept for the next request if the server ends the body by itself in this time. */
const LINGER_MS = 500
/** Why a connection is closed; nobody looks at where this came from. */
const ENDED = new Error('the completion ended')

export class ChatStream implements Dispatcher.DispatchHandler {
  /** Resolves when the first part of an answer was taken by the sink; rejects if there is none. After it nothing may be retried. */
  readonly started: Promise<void>
  /** Resolves when the answer ended cleanly; rejects with what ended it otherwise. */
  readonly finished: Promise<void>
  correlationId: string | undefined

  readonly #options: ChatStreamOptions
  #state: 'waiting' | 'streaming' | 'ended' = 'waiting'
  #controller: Dispatcher.DispatchController | undefined
  #paused = false
  readonly #turns = new ReadingTurns({
    take: (bytes) => this.#take(bytes),
    onStop: () => this.#controller?.pause(),
    onTurn: () => this.#onReadingTurn(),
  })
  #body: AnswerBody | undefined
  #decoder: ContentDecoder | undefined
  /** Present if the answer is no answer. */
  #refusal: Refusal | undefined
  #lastByteAt: number
  #sawByte = false
  #wasFinished = false
  #isReadScheduled = false
  /** The answer is done, and the end of its body has not come. */
  #isLingering = false
  /** Bytes that were taken since the sink was last told to deliver. */
  #undelivered = 0
  #watchdog: NodeJS.Timeout | undefined
  #resolveStarted: () => void = () => {}
  #rejectStarted: (error: unknown) => void = () => {}
  #resolveFinished: () => void = () => {}
  #rejectFinished: (error: unknown) => void = () => {}

  constructor(options: ChatStreamOptions) {
    this.#options = options
    this.#lastByteAt = options.clock.monotonic()
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
    options.signal.addEventListener('abort', this.#onAbort, { once: true })
    this.#watch(options.timeouts.firstByteMs)
  }

  /** Stops reading; the upstream's own socket buffers fill and it waits. */
  pause(): void {
    if (this.#state === 'ended') return
    this.#paused = true
    this.#decoder?.pause()
    this.#controller?.pause()
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#lastByteAt = this.#options.clock.monotonic()
    this.#decoder?.resume()
    this.#flow()
  }

  #flow(): void {
    if (this.#isStopped) return
    this.#turns.readRest()
    if (!this.#isStopped) this.#controller?.resume()
  }

  /** It is not the upstream that is silent. */
  get #isStopped(): boolean {
    return this.#paused || this.#turns.isWaiting
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#state === 'ended') controller.abort(ENDED)
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: ResponseHeaders,
  ): void {
    if (statusCode < 200 || this.#state === 'ended') return
    const { format, maxEventBytes, clock, secrets, sink } = this.#options
    const id = correlationOf(headers, secrets)
    if (id !== undefined && sink.passes(id)) this.correlationId = id
    if (this.#paused) controller.pause()
    if (statusCode !== 200) {
      const { correlationId } = this
      this.#refusal = new Refusal({ status: statusCode, headers, correlationId, format, clock })
    }
    this.#body = new AnswerBody({
      contentType: String(headers['content-type'] ?? '').toLowerCase(),
      format,
      maxEventBytes,
      onEvent: this.#onEvent,
    })
    try {
      this.#decoder = ContentDecoder.of(String(headers['content-encoding'] ?? ''), {
        onData: this.#take,
        onEnd: this.#onBodyEnd,
        onError: (error) => this.#end(this.#refusal?.failure() ?? error),
        onDrain: () => this.#flow(),
      })
    } catch (error) {
      this.#end(this.#refusal?.failure() ?? error)
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#state === 'ended') return
    this.#lastByteAt = this.#options.clock.monotonic()
    if (!this.#sawByte) this.#beginBody()
    if (this.#decoder === undefined) this.#turns.read(chunk)
    else if (!this.#decoder.write(chunk)) controller.pause()
  }

  onResponseEnd(): void {
    this.#isLingering = false
    this.#turns.takeRest()
    if (this.#state === 'ended') return
    if (this.#decoder === undefined) this.#onBodyEnd()
    else this.#decoder.end()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#isLingering = false
    this.#turns.takeRest()
    if (this.#state === 'ended') return
    const refused = this.#refusal?.failure()
    if (refused !== undefined) this.#end(refused)
    else if (this.#options.sink.isFinished) this.#end()
    else if (this.#state === 'streaming') this.#end(interrupted('broke off', error))
    else this.#end(connectionFailure(error, 'the upstream'))
  }

  #take = (bytes: Buffer): void => {
    if (this.#state === 'ended') return
    try {
      if (this.#refusal === undefined) this.#body?.feed(bytes)
      else this.#refusal.collect(bytes)
    } catch (error) {
      this.#end(error)
    }
    this.#scheduleRead(bytes.length)
  }

  #onBodyEnd = (): void => {
    if (this.#state === 'ended') return
    try {
      const refused = this.#refusal?.failure()
      if (refused !== undefined) throw refused
      this.#body?.end()
      // The event before it may have been the last one.
      if ((this.#state as string) === 'ended') return
      if (this.#state === 'waiting') throw interrupted('ended before its first event')
      this.#end()
    } catch (error) {
      this.#end(error)
    }
  }

  /**
   * A turn may bring many parts of the body, each in a call of its own: they are delivered together. Never in that call: it
   * may come out of a delivery, which let the upstream go on.
   */
  #scheduleRead(bytes: number): void {
    const before = this.#undelivered
    this.#undelivered += bytes
    if (before < READ_BYTES && this.#undelivered >= READ_BYTES) process.nextTick(this.#deliver)
    this.#turns.note(bytes)
    if (this.#isReadScheduled) return
    this.#isReadScheduled = true
    atEndOfTurn(this.#onTurnEnd)
  }

  /** Also when the answer has ended: the rest of its body is read, so that the connection can be used again. */
  #onReadingTurn(): void {
    this.#lastByteAt = this.#options.clock.monotonic()
    this.#flow()
  }

  #onTurnEnd = (): void => {
    this.#isReadScheduled = false
    this.#turns.renew()
    this.#deliver()
    if (this.#isLingering) this.#linger()
  }

  #deliver = (): void => {
    if (this.#undelivered === 0) return
    this.#undelivered = 0
    if (this.#state !== 'ended') this.#options.sink.onRead()
  }

  #onEvent = (data: string, event: string): void => {
    if (this.#state === 'ended') return
    const { reader, sink } = this.#options
    const kind = reader.read(data, event)
    if (kind === 'ignored') return
    if (this.#state === 'waiting') {
      this.#state = 'streaming'
      this.#resolveStarted()
    }
    if (kind === 'done') this.#done()
    else if (sink.isFinished !== this.#wasFinished) this.#noteFinished(sink.isFinished)
  }

  /** Nothing that follows is of interest, not even how the connection ends. */
  #done(): void {
    this.#end()
    this.#isLingering = true
  }

  /** The end of the body hardly ever comes later than what the answer ended with. */
  #linger(): void {
    const controller = this.#controller
    setTimeout(() => controller?.abort(ENDED), LINGER_MS).unref()
  }

  #noteFinished(isFinished: boolean): void {
    this.#wasFinished = isFinished
    clearTimeout(this.#watchdog)
    this.#watch(this.#silenceLimit)
  }

  #onAbort = (): void => this.#end(this.#options.signal.reason)

  /** From here on silence is measured, which may be allowed to last less long than the wait for the first byte. */
  #beginBody(): void {
    this.#sawByte = true
    clearTimeout(this.#watchdog)
    this.#watch(this.#options.timeouts.idleMs)
  }

  /** How long the upstream may be silent now. */
  get #silenceLimit(): number {
    const { firstByteMs, idleMs } = this.#options.timeouts
    if (!this.#sawByte) return firstByteMs
    return this.#wasFinished ? Math.min(idleMs, FINISH_WAIT_MS) : idleMs
  }

  /** One timer a stream, set again only when it fires: the hot path just notes the time. */
  #watch(ms: number): void {
    this.#watchdog = setTimeout(() => {
      const limit = this.#silenceLimit
      const silent = this.#isStopped ? 0 : this.#options.clock.monotonic() - this.#lastByteAt
      if (silent < limit) this.#watch(Math.max(1, limit - silent))
      else this.#onSilence(limit)
    }, ms)
  }

  #onSilence(limit: number): void {
    if (this.#wasFinished) {
      this.#end()
      this.#controller?.abort(ENDED)
    } else this.#end(this.#refusal?.failure() ?? timedOut(this.#sawByte, limit))
  }

  #end(error?: unknown): void {
    if (this.#state === 'ended') return
    const wasStreaming = this.#state === 'streaming'
    this.#state = 'ended'
    clearTimeout(this.#watchdog)
    this.#options.signal.removeEventListener('abort', this.#onAbort)
    this.#turns.dropRest()
    this.#refusal?.release()
    this.#decoder?.destroy()
    if (error === undefined) {
      this.#options.sink.onRead()
      this.#resolveFinished()
      return
    }
    if (!wasStreaming) this.#rejectStarted(error)
    this.#rejectFinished(wasStreaming ? notRetryable(error) : error)
    // undici destroys the connection: the upstream sees the end of it at once.
    this.#controller?.abort(ENDED)
  }
}
