/**
 * The tutorial's analytics callbacks: called outside the streams' turns, in order, a few milliseconds at a time, so that
 * a callback that throws or is slow harms no stream. What does not fit the queue is dropped and counted.
 */
import type { AuditLog } from '@sluice/protocol'
import { auditLogOf } from './completion/audit-log.ts'
import type { Feed } from './completion/feed.ts'
import type { CompletionObserver } from './completion/observer.ts'
import type { CompletionReport } from './completion/terminal.ts'
import { ChunkWatcher } from './dialects/chunk-watcher.ts'
import type { StreamEvent } from './webhook/stream-event.ts'

/** All are optional; a returned promise is not waited for, its rejection is counted like a throw. */
export interface AnalyticsCallbacks {
  /** From `init` to the terminal, in milliseconds. */
  onLatency?: (latencyMs: number) => unknown
  /** Tokens of the answer for each second from `init` to the terminal. */
  onTokenRate?: (tokensPerSecond: number) => unknown
  onAudit?: (auditLog: AuditLog) => unknown
  onDashboardSync?: (event: StreamEvent) => unknown
}

const MAX_QUEUED = 10_000
/** How long callbacks may keep the streams waiting before they have their turn again, in milliseconds. */
const SLICE_MS = 2

export class CallbackQueue implements CompletionObserver {
  /** Calls that threw or rejected. */
  failed = 0
  /** Calls that found the queue full. */
  dropped = 0
  readonly #callbacks: AnalyticsCallbacks
  readonly #now: () => number
  #queue: (() => unknown)[] = []
  #isScheduled = false

  constructor(callbacks: AnalyticsCallbacks, now: () => number) {
    this.#callbacks = callbacks
    this.#now = now
  }

  /** Follows the chunks for `onDashboardSync`, if that is wanted. */
  opened(feed: Feed): void {
    const { onDashboardSync } = this.#callbacks
    if (onDashboardSync === undefined) return
    feed.subscribe(new ChunkWatcher((data) => this.#event('chunk', data)))
  }

  /** Tells how a completion ended. */
  ended(report: CompletionReport): void {
    const { onLatency, onTokenRate, onAudit } = this.#callbacks
    if (onLatency !== undefined) this.#push(() => onLatency(report.latencyMs))
    const seconds = report.latencyMs / 1000
    const rate = seconds > 0 ? report.tokensOut / seconds : 0
    if (onTokenRate !== undefined) this.#push(() => onTokenRate(rate))
    if (onAudit !== undefined) this.#push(() => onAudit(auditLogOf(report)))
    if (report.status === 'complete') this.#event('complete')
    else this.#event(report.status === 'blocked' ? 'blocked' : 'error')
  }

  #event(type: StreamEvent['type'], data?: unknown): void {
    const { onDashboardSync } = this.#callbacks
    if (onDashboardSync === undefined) return
    const timestamp = new Date(this.#now()).toISOString()
    const event: StreamEvent = data === undefined ? { type, timestamp } : { type, timestamp, data }
    this.#push(() => onDashboardSync(event))
  }

  #push(call: () => unknown): void {
    if (this.#queue.length >= MAX_QUEUED) {
      this.dropped += 1
      return
    }
    this.#queue.push(call)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#isScheduled || this.#queue.length === 0) return
    this.#isScheduled = true
    setImmediate(() => this.#run())
  }

  #run(): void {
    this.#isScheduled = false
    const sliceEnds = performance.now() + SLICE_MS
    let done = 0
    for (const call of this.#queue) {
      this.#call(call)
      done += 1
      if (performance.now() > sliceEnds) break
    }
    this.#queue.splice(0, done)
    this.#schedule()
  }

  #call(call: () => unknown): void {
    try {
      const result = call()
      if (result instanceof Promise) result.catch(() => this.#noteFailure())
    } catch {
      this.#noteFailure()
    }
  }

  #noteFailure(): void {
    this.failed += 1
  }
}
