/**
 * An audit whose file found no room when the gateway started. The gateway serves meanwhile, loudly: each record is counted
 * as lost, the state is `degraded`, and the file is tried again until it opens; then a gap record says what is missing.
 */
import type { Logger } from '../logger.ts'
import type { Audit, AuditStats } from './audit.ts'
import { failureCode } from './audit-database.ts'
import type { AuditBegin, AuditEnd, AuditEvent } from './record.ts'

export interface LateAuditOptions {
  open: () => Promise<Audit>
  logger: Pick<Logger, 'info' | 'error'>
  /** Milliseconds since the epoch. */
  now: () => number
  /** Pause between two tries. */
  retryMs: number
}

/** Failures that pass when somebody makes room; the others are mistakes of the configuration. */
const NO_ROOM = /^(SQLITE_FULL|SQLITE_IOERR.*|ENOSPC|EDQUOT)$/

/** Whether opening failed for want of room, wherever in the chain of causes that is said. */
export function isOutOfRoom(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (NO_ROOM.test(failureCode(at))) return true
  }
  return false
}

export class LateAudit implements Audit {
  readonly #options: LateAuditOptions
  readonly #since: number
  readonly #timer: NodeJS.Timeout
  #audit: Audit | undefined
  #trying: Promise<void> | undefined
  #lost = 0
  #isClosed = false

  constructor(options: LateAuditOptions, cause: unknown) {
    this.#options = options
    this.#since = options.now()
    this.#report(cause)
    this.#timer = setInterval(() => this.#try(), options.retryMs).unref()
  }

  begin(record: AuditBegin): Promise<void> {
    if (this.#audit !== undefined) return this.#audit.begin(record)
    this.#lost += 1
    return Promise.resolve()
  }

  end(record: AuditEnd): void {
    if (this.#audit === undefined) this.#lost += 1
    else this.#audit.end(record)
  }

  event(event: AuditEvent): void {
    if (this.#audit === undefined) this.#lost += 1
    else this.#audit.event(event)
  }

  erase(conversationId: string): Promise<number> {
    return this.#audit?.erase(conversationId) ?? Promise.resolve(0)
  }

  stats(): AuditStats {
    const none = { state: 'degraded', queued: 0, written: 0, lost: 0, refused: 0 } as const
    const stats = this.#audit?.stats() ?? none
    return { ...stats, lost: stats.lost + this.#lost }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#timer)
    await this.#trying
    await this.#audit?.close()
  }

  #try(): void {
    this.#trying ??= this.#open().finally(() => {
      this.#trying = undefined
    })
  }

  async #open(): Promise<void> {
    const { open, logger, now } = this.#options
    try {
      const audit = await open()
      if (this.#isClosed) return await audit.close()
      this.#audit = audit
      clearInterval(this.#timer)
      audit.event({ kind: 'gap', from: this.#since, to: now(), lost: this.#lost })
      logger.info({ lost: this.#lost }, 'the audit is written again')
    } catch (error) {
      this.#report(error)
    }
  }

  #report(error: unknown): void {
    const problem = error instanceof Error ? error.message : failureCode(error)
    this.#options.logger.error(
      { problem },
      'the audit has no room; requests are served without a record',
    )
  }
}
