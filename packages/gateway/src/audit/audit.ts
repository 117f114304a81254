/** The audit as the rest of the gateway sees it: one interface, whether records are kept or not. */
import type { AuditTarget } from './audit-target.ts'
import { AuditWriter, type AuditWriterOptions } from './audit-writer.ts'
import type { CommitStats } from './commit-queue.ts'
import { isOutOfRoom, LateAudit } from './late-audit.ts'

/** Counters of the audit; `off` keeps none. */
export type AuditStats = Omit<CommitStats, 'state'> & {
  readonly state: CommitStats['state'] | 'off'
}

/** What the rest of the gateway may ask of the audit. */
export interface Audit extends Pick<AuditWriter, 'begin' | 'end' | 'event' | 'erase' | 'close'> {
  stats(): AuditStats
}

/** Pause between two tries of a file that found no room. */
const RETRY_OPEN_MS = 5_000

/**
 * Opens the audit that the setting names. A disk that is full is no reason not to start, unless `strict`.
 * @throws GatewayError `configuration` when its file cannot be used.
 */
export async function openAudit(
  target: AuditTarget,
  options: Omit<AuditWriterOptions, 'path'>,
): Promise<Audit> {
  if (target.kind === 'off') return NO_AUDIT
  const open = () => AuditWriter.open({ ...options, path: target.path })
  try {
    return await open()
  } catch (error) {
    if (options.strict === true || !isOutOfRoom(error)) throw error
    const { logger, now, retryMs = RETRY_OPEN_MS } = options
    return new LateAudit({ open, logger, now, retryMs }, error)
  }
}

const NO_AUDIT: Audit = {
  begin: () => Promise.resolve(),
  end: () => undefined,
  event: () => undefined,
  erase: () => Promise.resolve(0),
  stats: () => ({ state: 'off', queued: 0, written: 0, lost: 0, refused: 0 }),
  close: () => Promise.resolve(),
}
