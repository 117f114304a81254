/**
 * Pushes the events of streams to a webhook: in batches, signed, retried, in order, one delivery at a time. It knows
 * nothing of streams and carries what it is given; text reaches its receiver only if the caller puts it into `data`.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Dispatcher } from 'undici'
import { backoffMs } from '../backoff.ts'
import { GatewayError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { Agent, request } from '../undici.ts'
import { EventQueue } from './event-queue.ts'
import { signatureOf } from './signature.ts'
import type { StreamEvent } from './stream-event.ts'

/** Settings of a webhook. */
export interface WebhookSenderOptions {
  /** Receiver, `http` or `https`; redirects are not followed. */
  readonly url: string
  /** Key of the signature, at least 16 characters. */
  readonly secret: string
  readonly logger: Pick<Logger, 'info' | 'warn'>
  /** Its connections, which are this sender's own and end with it. Default: to the receiver without a proxy. */
  readonly dispatcher?: Dispatcher
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** From 0 up to 1, for the jitter of retries. Default `Math.random`. */
  readonly random?: () => number
  /** Longest time an event waits for its batch to fill. Default 1000. */
  readonly intervalMs?: number
  /** Default 100. */
  readonly maxBatchEvents?: number
  /** Default 256 KiB. */
  readonly maxBatchBytes?: number
  /** Events that wait at most; the oldest are dropped for new ones. Default 10000. */
  readonly maxQueuedEvents?: number
  /** Bytes that wait at most; the oldest events are dropped for new ones. Default 8 MiB. */
  readonly maxQueuedBytes?: number
  /** Longest time of one try, from connecting to the end of the answer. Default 5000. */
  readonly timeoutMs?: number
  /** Tries of one batch before it is dropped. Default 10. */
  readonly maxAttempts?: number
  /** Upper bound of the first pause, doubled for each further one. Default 500. */
  readonly baseDelayMs?: number
  /** Upper bound of every pause. Default 30000. */
  readonly maxDelayMs?: number
}

/** Counters since the start, for metrics. */
export interface WebhookStats {
  /** Events that wait, those of the delivery under way included: with `delivered` and `dropped` all that were pushed. */
  readonly queued: number
  /** Bytes that wait, without the delivery under way. */
  readonly queuedBytes: number
  readonly delivered: number
  /** Events the receiver will never get. */
  readonly dropped: number
  readonly failedAttempts: number
}

interface Batch {
  readonly id: string
  readonly body: string
  readonly events: number
  /** Events dropped before this batch, of which it tells the receiver. */
  readonly dropped: number
}

const MIN_SECRET_LENGTH = 16
/** The answer's body is of no interest; a longer one ends the connection. */
const MAX_ANSWER_BYTES = 16_384

/** The webhook of one gateway. */
export class WebhookSender {
  readonly #options: Required<Omit<WebhookSenderOptions, 'dispatcher'>>
  readonly #queue: EventQueue
  readonly #dispatcher: Dispatcher
  readonly #stop = new AbortController()
  #attempt: AbortController | undefined
  #timer: NodeJS.Timeout | undefined
  #flushing: Promise<void> | undefined
  #isClosed = false
  #inFlight = 0
  #isFailing = false
  #delivered = 0
  #dropped = 0
  #droppedUntold = 0
  #failedAttempts = 0

  /** @throws GatewayError `configuration` for a URL or secret that cannot serve; the message repeats neither. */
  constructor(options: WebhookSenderOptions) {
    assertUsable(options)
    this.#options = { ...DEFAULTS, ...options }
    this.#dispatcher = options.dispatcher ?? new Agent({ connections: 1 })
    const { maxQueuedEvents: events, maxQueuedBytes: bytes } = this.#options
    this.#queue = new EventQueue({ events, bytes })
  }

  /** Takes an event. Never throws for a receiver's sake and never waits. */
  push(event: StreamEvent): void {
    if (this.#isClosed) {
      this.#drop(1)
      return
    }
    this.#drop(this.#queue.push(JSON.stringify(event)))
    this.#schedule()
  }

  stats(): WebhookStats {
    return {
      queued: this.#queue.size + this.#inFlight,
      queuedBytes: this.#queue.bytes,
      delivered: this.#delivered,
      dropped: this.#dropped,
      failedAttempts: this.#failedAttempts,
    }
  }

  /** Delivers what waits, for `deadlineMs` at most, and counts the rest as dropped. */
  async close(deadlineMs: number): Promise<void> {
    this.#isClosed = true
    const deadline = setTimeout(() => {
      this.#stop.abort()
      this.#attempt?.abort()
    }, deadlineMs)
    await this.#flushing
    while (this.#queue.size > 0 && !this.#stop.signal.aborted) await this.#flush()
    clearTimeout(deadline)
    clearTimeout(this.#timer)
    this.#drop(this.#queue.take({ events: Infinity, bytes: Infinity }).length)
    await this.#dispatcher.destroy()
  }

  #schedule(): void {
    if (this.#flushing !== undefined || this.#queue.size === 0) return
    if (this.#hasFullBatch()) this.#flush()
    else this.#timer ??= setTimeout(() => this.#flush(), this.#options.intervalMs).unref()
  }

  #hasFullBatch(): boolean {
    const { maxBatchEvents, maxBatchBytes } = this.#options
    return this.#queue.size >= maxBatchEvents || this.#queue.bytes >= maxBatchBytes
  }

  #flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#flushing ??= this.#drain().finally(() => {
      this.#flushing = undefined
      this.#schedule()
    })
    return this.#flushing
  }

  /** One batch, and more only while there are full ones: the rest waits for its interval. */
  async #drain(): Promise<void> {
    do await this.#deliver(this.#batch())
    while (this.#hasFullBatch() && !this.#stop.signal.aborted)
  }

  #batch(): Batch {
    const { maxBatchEvents, maxBatchBytes, now } = this.#options
    const events = this.#queue.take({ events: maxBatchEvents, bytes: maxBatchBytes })
    const dropped = this.#droppedUntold
    this.#droppedUntold = 0
    const sentAt = new Date(now()).toISOString()
    const body = `{"events":[${events.join(',')}],"sentAt":"${sentAt}","dropped":${dropped}}`
    this.#inFlight = events.length
    return { id: randomUUID(), body, events: events.length, dropped }
  }

  /** Tries until the receiver takes the batch, refuses it for good, or there is no more try. */
  async #deliver(batch: Batch): Promise<void> {
    for (let attempt = 0; attempt < this.#options.maxAttempts; attempt += 1) {
      if (attempt > 0) await this.#pause(attempt)
      if (this.#stop.signal.aborted) break
      const status = await this.#post(batch)
      if (status !== undefined && status >= 200 && status < 300) return this.#succeeded(batch)
      this.#failed(status)
      if (status !== undefined && !isWorthRetrying(status)) break
    }
    this.#inFlight = 0
    this.#drop(batch.events)
    this.#droppedUntold += batch.dropped
  }

  async #pause(attempt: number): Promise<void> {
    const milliseconds = backoffMs(attempt, this.#options)
    const { signal } = this.#stop
    await sleep(milliseconds, undefined, { signal, ref: false }).catch(() => undefined)
  }

  /** The status of the answer; undefined if there was none in time. */
  async #post({ id, body }: Batch): Promise<number | undefined> {
    const { url, secret, now, timeoutMs } = this.#options
    const timestamp = String(Math.floor(now() / 1_000))
    const attempt = new AbortController()
    const timer = setTimeout(() => attempt.abort(), timeoutMs)
    this.#attempt = attempt
    try {
      const answer = await request(url, {
        method: 'POST',
        dispatcher: this.#dispatcher,
        signal: attempt.signal,
        body,
        headers: {
          'content-type': 'application/json',
          'sluice-delivery': id,
          'sluice-timestamp': timestamp,
          'sluice-signature': signatureOf({ secret, timestamp, body }),
        },
      })
      await answer.body.dump({ limit: MAX_ANSWER_BYTES, signal: attempt.signal })
      return answer.statusCode
    } catch {
      return undefined
    } finally {
      clearTimeout(timer)
      this.#attempt = undefined
    }
  }

  #succeeded(batch: Batch): void {
    this.#inFlight = 0
    this.#delivered += batch.events
    if (this.#isFailing)
      this.#options.logger.info({ dropped: this.#dropped }, 'The webhook takes events again')
    this.#isFailing = false
  }

  #failed(status: number | undefined): void {
    this.#failedAttempts += 1
    if (!this.#isFailing) this.#options.logger.warn({ status }, 'The webhook does not take events')
    this.#isFailing = true
  }

  #drop(events: number): void {
    this.#dropped += events
    this.#droppedUntold += events
  }
}

const DEFAULTS = {
  random: Math.random,
  intervalMs: 1_000,
  maxBatchEvents: 100,
  maxBatchBytes: 256 * 1_024,
  maxQueuedEvents: 10_000,
  maxQueuedBytes: 8 * 1_024 * 1_024,
  timeoutMs: 5_000,
  maxAttempts: 10,
  baseDelayMs: 500,
  maxDelayMs: 30_000,
}

/** The others say that this delivery, as it is, will never do; a redirect is one of them. */
function isWorthRetrying(status: number): boolean {
  return status >= 500 || status === 408 || status === 425 || status === 429
}

function assertUsable({ url, secret }: WebhookSenderOptions): void {
  const protocol = URL.canParse(url) ? new URL(url).protocol : undefined
  if (protocol !== 'https:' && protocol !== 'http:') {
    throw new GatewayError('configuration', 'The webhook URL must begin with https:// or http://')
  }
  if (secret.length < MIN_SECRET_LENGTH) {
    throw new GatewayError(
      'configuration',
      `The webhook secret must have at least ${MIN_SECRET_LENGTH} characters`,
    )
  }
}
