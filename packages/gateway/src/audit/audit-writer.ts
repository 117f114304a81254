/**
 * The audit of one running gateway: turns records into rows, marks what an earlier life left running, and removes what
 * is too old. When rows are committed is for commit-queue.ts.
 */
import type { Logger } from '../logger.ts'
import { AuditDatabase, failureCode, isStorageFailure, type Statement } from './audit-database.ts'
import { CommitQueue, type CommitStats, type Gap, type Row } from './commit-queue.ts'
import type { AuditBegin, AuditEnd, AuditEvent } from './record.ts'
import { erase, prune } from './retention.ts'
import {
  beginParameters,
  COUNT_RUNNING,
  endParameters,
  eventParameters,
  INSERT_BEGIN,
  INSERT_EVENT,
  INTERRUPT_RUNNING,
  type SqlValue,
  UPSERT_END,
} from './schema.ts'

/** Settings of an audit. */
export interface AuditWriterOptions {
  readonly path: string
  /** This process's name in the records. Of two processes on one file each needs its own. */
  readonly instance: string
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Refuse new requests while nothing can be written, instead of serving them without a record. Default false. */
  readonly strict?: boolean
  /** Age at which records are removed, in days. Default 90. */
  readonly retentionDays?: number
  /** Longest time an end record or event waits to be written. Default 100. */
  readonly flushMs?: number
  /** Pause between two tries while the store fails. Default 1000. */
  readonly retryMs?: number
  /** Records waiting at most; further ones are lost and counted. Default 10000. */
  readonly maxQueued?: number
  /** Largest size of the file in bytes; beyond it the store is full. Default: no bound. */
  readonly maxBytes?: number
}

/** How often a file that is written is looked for at its path. */
const LOOK_MS = 1_000
const PRUNE_INTERVAL_MS = 3_600_000
const DAY_MS = 86_400_000

/** The open file, and what is written to it. */
interface Store {
  readonly database: AuditDatabase
  readonly statements: Readonly<Record<Row['statement'], Statement>>
}

/** Writes the records of one instance. */
export class AuditWriter {
  readonly #options: AuditWriterOptions
  #store: Store
  /** When the file was seen at its path, `performance.now()`. */
  #seenAt = performance.now()
  readonly #queue: CommitQueue
  readonly #pruning: NodeJS.Timeout
  /** Requests that strict mode refused and that have not ended. */
  readonly #refused = new Set<string>()
  #closing: Promise<void> | undefined

  private constructor(options: AuditWriterOptions, store: Store) {
    this.#options = options
    this.#store = store
    this.#queue = new CommitQueue({
      strict: options.strict ?? false,
      flushMs: options.flushMs ?? 100,
      retryMs: options.retryMs ?? 1_000,
      maxQueued: options.maxQueued ?? 10_000,
      now: options.now,
      logger: options.logger,
      commit: (rows, gap) => this.#commit(rows, gap),
    })
    this.#pruning = setInterval(() => this.#prune(), PRUNE_INTERVAL_MS).unref()
  }

  /**
   * Opens the store, closes what an earlier life of this instance left running as `interrupted`, and starts removing
   * records past their age.
   * @throws GatewayError `configuration` when the file cannot be used.
   */
  static async open(options: AuditWriterOptions): Promise<AuditWriter> {
    const writer = new AuditWriter(options, await openStore(options))
    await writer.#interruptRunning()
    writer.#prune()
    return writer
  }

  /**
   * Resolves when the record would survive `kill -9` (not a power cut); requests that begin together share one
   * transaction. While the store fails it resolves at once, unless `strict`.
   * @throws GatewayError `overloaded`, retryable, with `strict` while the store fails.
   */
  async begin(record: AuditBegin): Promise<void> {
    const parameters = beginParameters(record, this.#options.instance)
    try {
      await this.#queue.store({ statement: 'begin', parameters })
    } catch (error) {
      this.#refused.add(record.requestId)
      throw error
    }
  }

  /**
   * Takes an end record, to be written within `flushMs`. Never throws and never waits. That of a request which `begin`
   * refused is left out: a flood of them would take the place of those that ran.
   */
  end(record: AuditEnd): void {
    if (this.#refused.delete(record.requestId)) return
    const parameters = endParameters(record, this.#options.instance)
    this.#queue.add({ statement: 'end', parameters })
  }

  /** Takes an event, to be written within `flushMs`. Never throws and never waits. */
  event(event: AuditEvent): void {
    this.#queue.add({ statement: 'event', parameters: this.#eventParameters(event) })
  }

  /** Removes every completion of a conversation, those that wait to be written included, and resolves to their number. */
  async erase(conversationId: string): Promise<number> {
    await this.#queue.flush()
    const { instance, now } = this.#options
    const request = { by: 'conversation_id', name: conversationId, instance, at: now() } as const
    return erase(this.#store.database, request)
  }

  stats(): CommitStats {
    return this.#queue.stats()
  }

  /** Writes all that was taken, with one try if the store fails, and closes the file. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    clearInterval(this.#pruning)
    await this.#queue.close()
    await this.#store.database.close()
  }

  async #commit(rows: readonly Row[], gap: Gap | undefined): Promise<number> {
    await this.#keepInPlace()
    return this.#store.database.transaction(() => this.#write(rows, gap))
  }

  /** Begins another file where the open one was removed or moved: its last second of records went with it. */
  async #keepInPlace(): Promise<void> {
    const now = performance.now()
    if (now - this.#seenAt < LOOK_MS) return
    const { database } = this.#store
    if (!(await database.isInPlace())) {
      await database.close()
      this.#store = await openStore(this.#options)
      this.#options.logger.error({}, 'The audit file was removed or replaced; another one is begun')
    }
    this.#seenAt = now
  }

  /** Runs the statements and counts the rows that SQLite refuses for what they hold: a new try would not help them. */
  #write(rows: readonly Row[], gap: Gap | undefined): number {
    if (gap !== undefined) this.#store.statements.event.run(...this.#eventParameters(gap))
    return rows.filter((row) => !this.#isWritten(row)).length
  }

  #isWritten({ statement, parameters }: Row): boolean {
    try {
      this.#store.statements[statement].run(...parameters)
      return true
    } catch (error) {
      if (isStorageFailure(error)) throw error
      return false
    }
  }

  #eventParameters(event: AuditEvent): SqlValue[] {
    return eventParameters(event, this.#options.instance, this.#options.now())
  }

  /** Goes through the queue like any row: a disk that is full at the start must not keep the gateway from starting. */
  async #interruptRunning(): Promise<void> {
    const { instance, now, logger } = this.#options
    const running = (await this.#store.database.prepare(COUNT_RUNNING)).get(instance)
    const completions = Number(running?.completions)
    if (completions === 0) return
    const newest = Number(running?.newest)
    this.#queue.add({ statement: 'interrupt', parameters: [now(), instance, newest] })
    this.event({ kind: 'interruption', completions })
    await this.#queue.flush()
    logger.warn({ completions }, 'Completions of an earlier life were interrupted')
  }

  #prune(): void {
    const { now, retentionDays = 90, logger } = this.#options
    prune(this.#store.database, now() - retentionDays * DAY_MS).catch((error: unknown) => {
      if (this.#closing !== undefined) return
      logger.warn({ code: failureCode(error) }, 'Old audit records could not be removed')
    })
  }
}

async function openStore({ path, maxBytes }: AuditWriterOptions): Promise<Store> {
  const database = await AuditDatabase.open(path, maxBytes)
  const [begin, end, event, interrupt] = await Promise.all([
    database.prepare(INSERT_BEGIN),
    database.prepare(UPSERT_END),
    database.prepare(INSERT_EVENT),
    database.prepare(INTERRUPT_RUNNING),
  ])
  return { database, statements: { begin, end, event, interrupt } }
}
