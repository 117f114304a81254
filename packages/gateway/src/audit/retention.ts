/** Removes what must no longer be kept: by age, and by conversation or subject on request. When it is called is the caller's business. */
import { setTimeout as sleep } from 'node:timers/promises'
import { AuditDatabase } from './audit-database.ts'
import { eventParameters, INSERT_EVENT } from './schema.ts'

/** Rows of one transaction while pruning: short enough that a begin record never waits long behind it. */
const SLICE_ROWS = 500

/** Deletes completions and events older than `before` (milliseconds since the epoch) and gives free pages back to the disk. */
export async function prune(database: AuditDatabase, before: number): Promise<number> {
  const limit = Math.floor(before)
  const completions = await deleteInSlices(database, `completions WHERE began_at < ${limit}`)
  const events = await deleteInSlices(database, `events WHERE at < ${limit}`)
  if (completions + events > 0) await database.execute('PRAGMA incremental_vacuum')
  return completions + events
}

/** Whose completions are erased: `name` is what the audit calls the conversation or the subject. */
export interface ErasureRequest {
  readonly by: 'conversation_id' | 'subject'
  readonly name: string
  readonly instance: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/**
 * Deletes every stored completion of a conversation or subject, also from the write-ahead log, and records that it happened (how
 * many, not which). A completion still running is stored again when it ends. Resolves to the number removed.
 */
export async function erase(
  database: AuditDatabase,
  { by, name, instance, at }: ErasureRequest,
): Promise<number> {
  const remove = await database.prepare(`DELETE FROM completions WHERE ${by} = ?`)
  const insertEvent = await database.prepare(INSERT_EVENT)
  const completions = await database.transaction(() => {
    const { changes } = remove.run(name)
    if (changes > 0) {
      insertEvent.run(...eventParameters({ kind: 'erasure', completions: changes }, instance, at))
    }
    return changes
  })
  // Without this the log file keeps the erased pages until it is reused.
  await database.execute('PRAGMA wal_checkpoint(TRUNCATE)')
  return completions
}

/** What an erasure did. */
export interface Erasure {
  /** Records that were removed. */
  readonly completions: number
  /** False while another process reads the file: until it ends, the log beside the file still holds the erased pages. */
  readonly isFinished: boolean
}

/** Tries to empty the log, and the pause between two. */
const LOG_TRIES = 10
const LOG_PAUSE_MS = 500

/**
 * `erase` on a file that a running gateway may have open; for the command line. Asked again, it finishes what a reader
 * held up.
 */
export async function eraseCompletions(path: string, request: ErasureRequest): Promise<Erasure> {
  const database = await AuditDatabase.open(path)
  try {
    const completions = await erase(database, request)
    return { completions, isFinished: await isLogEmpty(database) }
  } finally {
    await database.close()
  }
}

/** Empties the write-ahead log; on the calling thread, so not for a gateway. */
async function isLogEmpty(database: AuditDatabase): Promise<boolean> {
  const checkpoint = await database.prepare('PRAGMA wal_checkpoint(TRUNCATE)')
  for (let attempt = 0; attempt < LOG_TRIES; attempt += 1) {
    if (attempt > 0) await sleep(LOG_PAUSE_MS)
    if (Number(checkpoint.get()?.busy) === 0) return true
  }
  return false
}

async function deleteInSlices(database: AuditDatabase, rows: string): Promise<number> {
  const table = rows.slice(0, rows.indexOf(' '))
  const slice = `DELETE FROM ${table} WHERE sequence IN (SELECT sequence FROM ${rows} LIMIT ${SLICE_ROWS})`
  let total = 0
  for (;;) {
    const deleted = await database.execute(slice)
    total += deleted
    if (deleted < SLICE_ROWS) return total
  }
}
