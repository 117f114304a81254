/**
 * The tutorial's analytics callbacks: called outside the streams' turns, in order, a few milliseconds at a time, so that
 * a callback that throws or is slow harms no stream. What does not fit the queue is dropped and counted.
 */
import type { AuditLog } from '@sluice/protocol'
import type { Completion, Watcher } from './completion/completion.ts'
import { endsChunk } from './completion/log.ts'
import type { CompletionReport } from './completion/terminal.ts'
import { ChunkRenderer, type ChunkSink } from './faces/chunk-renderer.ts'

/** One event of a stream, for dashboards. `data` is the chunk as the client sees it: guarded. */
export interface StreamEvent {
  type: 'chunk' | 'complete' | 'blocked' | 'error'
  /** ISO 8601. */
  timestamp: string
  data?: unknown
}

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

export class CallbackQueue {
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

  /** Follows a completion for `onDashboardSync`, if that is wanted. */
  follow(completion: Completion): void {
    const { onDashboardSync } = this.#callbacks
    if (onDashboardSync === undefined) return
    completion.attach(new ChunkWatcher(completion, (data) => this.#event('chunk', data)))
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
    const event: StreamEvent = { type, timestamp: new Date(this.#now()).toISOString() }
    if (data !== undefined) event.data = data
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

/** The tutorial's audit log of a completion, whatever its end. */
export function auditLogOf(report: CompletionReport): AuditLog {
  return {
    requestId: report.requestId,
    modelId: report.model,
    timestamp: new Date(report.startedAt + report.latencyMs).toISOString(),
    status:
      report.status === 'complete' ? 'success' : report.status === 'blocked' ? 'blocked' : 'failed',
    tokenCount: report.tokensOut,
    latencyMs: report.latencyMs,
    ppiFiltered:
      report.findings.some(({ action }) => action !== 'observe') &&
      report.blockedCategory !== 'safety',
    safetyPassed: report.blockedCategory !== 'safety',
  }
}

/** Reads a log as chunk objects, as fast as it grows. */
class ChunkWatcher implements Watcher, ChunkSink {
  cursor = 0
  readonly isBehind = false
  readonly #completion: Completion
  readonly #onChunk: (data: unknown) => void
  readonly #renderer = new ChunkRenderer()
  #parts = ''

  constructor(completion: Completion, onChunk: (data: unknown) => void) {
    this.#completion = completion
    this.#onChunk = onChunk
  }

  onAck(): void {}

  onLog(): void {
    const { log } = this.#completion
    for (let seq = this.cursor + 1; seq <= log.top; seq += 1) {
      if (!endsChunk(log.tag(seq)) && seq < log.top) continue
      this.#renderer.render(log, { from: this.cursor + 1, to: seq, sink: this })
      this.#flush()
      this.cursor = seq
    }
  }

  begin(): void {
    this.#flush()
  }

  add(source: Buffer, start: number, end: number): void {
    this.#parts += source.toString('utf8', start, end)
  }

  text(payload: string): void {
    this.#parts = payload
  }

  #flush(): void {
    if (this.#parts !== '') this.#onChunk(JSON.parse(this.#parts).data)
    this.#parts = ''
  }
}
