/**
 * Gathers rows and commits them in groups, so that many requests share one transaction, and decides what happens while
 * the store fails. Which rows there are is for audit-writer.ts, the transaction itself for its caller.
 *
 *            commit fails, or the queue is full
 *   writing ------------------------------------> degraded (tried every retryMs; strict: `store` refuses)
 *      ^                                              |
 *      +-------- commit succeeds, with its gap -------+          close() ends both
 */

import { GatewayError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { failureCode } from './audit-database.ts'
import type { AuditEvent } from './record.ts'
import type { SqlValue } from './schema.ts'

/** One row to write: which statement, with what. */
export interface Row {
  readonly statement: 'begin' | 'end' | 'event' | 'interrupt'
  readonly parameters: SqlValue[]
}

/** A time in which nothing could be written. */
export type Gap = Extract<AuditEvent, { kind: 'gap' }>

/** How the queue behaves; audit-writer.ts says what each means to an operator, and the defaults. */
export interface CommitQueueOptions {
  readonly strict: boolean
  readonly flushMs: number
  readonly retryMs: number
  readonly maxQueued: number
  readonly now: () => number
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>
  /** Commits all rows, and the gap if there is one, or throws. Resolves to the number of rows refused for what they hold. */
  readonly commit: (rows: readonly Row[], gap: Gap | undefined) => Promise<number>
}

/** Counters since the start, for metrics and health. */
export interface CommitStats {
  readonly state: 'writing' | 'degraded' | 'closed'
  readonly queued: number
  readonly written: number
  /** Records that will never be stored. */
  readonly lost: number
  /** Requests refused by strict mode. */
  readonly refused: number
}

interface Waiting extends Row {
  /** Ends the wait of `store`; later calls have no effect. */
  readonly settle?: (refusal?: GatewayError) => void
}

/** One transaction holds the event loop for its inserts, about 10 microseconds each. */
const MAX_ROWS = 100

/** A bounded queue in front of a store that commits in groups. */
export class CommitQueue {
  readonly #options: CommitQueueOptions
  #queue: Waiting[] = []
  #soon: NodeJS.Immediate | undefined
  #later: NodeJS.Timeout | undefined
  #flushing: Promise<void> | undefined
  #isClosed = false
  #degradedAt: number | undefined
  #lostSinceGap = 0
  #written = 0
  #lost = 0
  #refused = 0

  constructor(options: CommitQueueOptions) {
    this.#options = options
  }

  /** Takes a row, to be committed within `flushMs`. Never throws and never waits. */
  add(row: Row): void {
    this.#enqueue(row)
    this.#flushLater()
  }

  /**
   * Takes a row and resolves when it is committed, as soon as can be; while the store fails, at once without `strict`.
   * @throws GatewayError `overloaded`, retryable, with `strict` while the store fails.
   */
  store(row: Row): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#options.strict && !this.#canWrite()) {
        this.#refused += 1
        reject(this.#refusal())
        return
      }
      this.#enqueue({ ...row, settle: (refusal) => (refusal ? reject(refusal) : resolve()) })
      this.#flushSoon()
    })
  }

  /** Commits what waits, with one try. Never throws. */
  flush(): Promise<void> {
    this.#clearTimers()
    this.#flushing ??= this.#drain()
    return this.#flushing
  }

  /** Commits what waits, with one try; what cannot be committed then, or comes later, is lost and counted. */
  async close(): Promise<void> {
    await this.#flushing
    await this.flush()
    this.#isClosed = true
    this.#clearTimers()
    const left = this.#queue.splice(0)
    if (left.length === 0) return
    for (const row of left) this.#lose(row)
    const { logger } = this.#options
    logger.error(
      { lost: left.length },
      'Audit records are lost: they could not be written before the end',
    )
  }

  stats(): CommitStats {
    const state = this.#degradedAt === undefined ? 'writing' : 'degraded'
    return {
      state: this.#isClosed ? 'closed' : state,
      queued: this.#queue.length,
      written: this.#written,
      lost: this.#lost,
      refused: this.#refused,
    }
  }

  #canWrite(): boolean {
    return this.#degradedAt === undefined && !this.#isClosed && !this.#isFull()
  }

  #isFull(): boolean {
    return this.#queue.length >= this.#options.maxQueued
  }

  #enqueue(row: Waiting): void {
    if (this.#isClosed || this.#isFull()) {
      this.#lose(row)
      this.#degrade('its queue is full')
      return
    }
    this.#queue.push(row)
    if (this.#degradedAt !== undefined) row.settle?.()
  }

  #flushSoon(): void {
    if (this.#degradedAt !== undefined) this.#flushLater()
    else if (this.#flushing === undefined) this.#soon ??= setImmediate(() => this.flush())
  }

  #flushLater(): void {
    if (this.#flushing !== undefined || this.#isClosed) return
    this.#later ??= setTimeout(() => this.flush(), this.#options.flushMs)
  }

  /** Commits until nothing waits. The last look at the queue and the end of `#flushing` share a turn: no row falls between. */
  async #drain(): Promise<void> {
    try {
      do await this.#commit(this.#queue.slice(0, MAX_ROWS))
      while (this.#queue.length > 0)
    } catch (error) {
      this.#failed(error)
    } finally {
      this.#flushing = undefined
    }
  }

  async #commit(rows: readonly Waiting[]): Promise<void> {
    const gap = this.#gap()
    const refused = await this.#options.commit(rows, gap)
    this.#queue.splice(0, rows.length)
    this.#written += rows.length - refused
    if (gap !== undefined) this.#recover(gap)
    if (refused > 0) this.#countLost(refused)
    for (const { settle } of rows) settle?.()
  }

  /** Rows stay queued for the next try, but for begin records in strict mode: their requests never run. */
  #failed(error: unknown): void {
    this.#degrade(`the store failed (${failureCode(error)})`)
    const waiting = this.#queue.filter(({ settle }) => settle !== undefined)
    const refusal = this.#options.strict ? this.#refusal() : undefined
    if (refusal !== undefined) {
      this.#queue = this.#queue.filter(({ settle }) => settle === undefined)
      this.#refused += waiting.length
    }
    for (const { settle } of waiting) settle?.(refusal)
    this.#later = setTimeout(() => this.flush(), this.#options.retryMs).unref()
  }

  #degrade(reason: string): void {
    if (this.#degradedAt !== undefined || this.#isClosed) return
    this.#degradedAt = this.#options.now()
    const { strict, logger } = this.#options
    const consequence = strict ? 'new requests are refused' : 'requests are served without a record'
    logger.error({ strict }, `The audit cannot be written: ${reason}; ${consequence}`)
  }

  #recover({ from, to, lost }: Gap): void {
    this.#lostSinceGap -= lost
    this.#degradedAt = undefined
    this.#options.logger.warn({ from, to, lost }, 'The audit is written again')
  }

  #lose(row: Waiting): void {
    this.#countLost(1)
    row.settle?.()
  }

  #countLost(rows: number): void {
    this.#lost += rows
    this.#lostSinceGap += rows
  }

  #gap(): Gap | undefined {
    if (this.#degradedAt === undefined) return undefined
    const to = this.#options.now()
    return { kind: 'gap', from: this.#degradedAt, to, lost: this.#lostSinceGap }
  }

  #refusal(): GatewayError {
    return new GatewayError('overloaded', 'The gateway cannot take requests now', {
      isRetryable: true,
      retryAfterMs: this.#options.retryMs,
      detail: 'the audit cannot be written, and SLUICE_AUDIT_STRICT is set',
    })
  }

  #clearTimers(): void {
    clearImmediate(this.#soon)
    clearTimeout(this.#later)
    this.#soon = undefined
    this.#later = undefined
  }
}
