/** The tables of the audit, their migrations, and how records become rows and rows records. Knows no connection. */
import type { AuditBegin, AuditEnd, AuditEvent, AuditRecord, StoredEvent } from './record.ts'

/** What SQLite is given. A boolean is no such value: the binding ends the process on one. */
export type SqlValue = string | number | null

/**
 * Steps from version n to n + 1 (`PRAGMA user_version`). A released step never changes: a new one is added.
 */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE completions (
     sequence INTEGER PRIMARY KEY,
     request_id TEXT NOT NULL UNIQUE,
     conversation_id TEXT,
     client TEXT,
     subject TEXT,
     model TEXT,
     upstream TEXT,
     policy TEXT,
     policy_hash TEXT,
     instance TEXT,
     began_at INTEGER,
     ended_at INTEGER,
     status TEXT,
     finish_reason TEXT,
     prompt_tokens INTEGER,
     prompt_tokens_estimated INTEGER,
     completion_tokens INTEGER,
     completion_tokens_estimated INTEGER,
     latency_ms REAL,
     time_to_first_token_ms REAL,
     retries INTEGER,
     findings TEXT,
     dropped_messages INTEGER,
     error_code TEXT,
     upstream_correlation_id TEXT
   );
   CREATE INDEX completions_began_at ON completions (began_at);
   CREATE INDEX completions_conversation ON completions (conversation_id) WHERE conversation_id IS NOT NULL;
   CREATE INDEX completions_running ON completions (instance) WHERE status = 'running';
   CREATE TABLE events (
     sequence INTEGER PRIMARY KEY,
     at INTEGER NOT NULL,
     instance TEXT,
     kind TEXT NOT NULL,
     detail TEXT NOT NULL
   );
   CREATE INDEX events_at ON events (at);`,
]

/**
 * Columns of text that came after the first step, added to a file that lacks them. They may be empty, and older versions
 * name the columns they use: so the version of the schema stays, and a rollback is served.
 */
export const ADDED_COLUMNS = ['tenant', 'labels'] as const

/** Finds what `erase` removes by subject. Older versions keep it without using it. */
export const ADDED_INDEX =
  'CREATE INDEX IF NOT EXISTS completions_subject ON completions (subject) WHERE subject IS NOT NULL'

/** Whether a file has a column of completions. */
export const HAS_COLUMN = "SELECT 1 AS found FROM pragma_table_info('completions') WHERE name = ?"

type Encoding = 'plain' | 'flag' | 'json'

const COLUMNS: readonly (readonly [keyof AuditRecord, string, Encoding])[] = [
  ['requestId', 'request_id', 'plain'],
  ['conversationId', 'conversation_id', 'plain'],
  ['client', 'client', 'plain'],
  ['subject', 'subject', 'plain'],
  ['model', 'model', 'plain'],
  ['upstream', 'upstream', 'plain'],
  ['policy', 'policy', 'plain'],
  ['policyHash', 'policy_hash', 'plain'],
  ['instance', 'instance', 'plain'],
  ['beganAt', 'began_at', 'plain'],
  ['endedAt', 'ended_at', 'plain'],
  ['status', 'status', 'plain'],
  ['finishReason', 'finish_reason', 'plain'],
  ['promptTokens', 'prompt_tokens', 'plain'],
  ['promptTokensEstimated', 'prompt_tokens_estimated', 'flag'],
  ['completionTokens', 'completion_tokens', 'plain'],
  ['completionTokensEstimated', 'completion_tokens_estimated', 'flag'],
  ['latencyMs', 'latency_ms', 'plain'],
  ['timeToFirstTokenMs', 'time_to_first_token_ms', 'plain'],
  ['retries', 'retries', 'plain'],
  ['findings', 'findings', 'json'],
  ['droppedMessages', 'dropped_messages', 'plain'],
  ['errorCode', 'error_code', 'plain'],
  ['upstreamCorrelationId', 'upstream_correlation_id', 'plain'],
  ['tenant', 'tenant', 'plain'],
  ['labels', 'labels', 'json'],
]

/** Fields of a record in the order of export. */
export const RECORD_FIELDS: readonly (keyof AuditRecord)[] = COLUMNS.map(([field]) => field)

const NAMES = COLUMNS.map(([, name]) => name)
const INSERT = `INSERT INTO completions (${NAMES.join(', ')}) VALUES (${NAMES.map(() => '?').join(', ')})`

/** A begin record never overwrites: when it comes late or twice, what is there knows more. */
export const INSERT_BEGIN = `${INSERT} ON CONFLICT (request_id) DO NOTHING`

/** An end record replaces whatever is known of its request. */
export const UPSERT_END = `${INSERT} ON CONFLICT (request_id) DO UPDATE SET ${NAMES.map((name) => `${name} = excluded.${name}`).join(', ')}`

export const INSERT_EVENT = 'INSERT INTO events (at, instance, kind, detail) VALUES (?, ?, ?, ?)'

export const COUNT_RUNNING =
  "SELECT count(*) AS completions, max(sequence) AS newest FROM completions WHERE status = 'running' AND instance = ?"

/** Bounded by the newest row that was counted, since it may run after this life's first begin records. */
export const INTERRUPT_RUNNING =
  "UPDATE completions SET status = 'interrupted', ended_at = ? WHERE status = 'running' AND instance = ? AND sequence <= ?"

export const SELECT_COMPLETIONS = `SELECT ${NAMES.join(', ')} FROM completions`

/** Parameters of INSERT_BEGIN. */
export function beginParameters(record: AuditBegin, instance: string): SqlValue[] {
  return parameters({ ...record, instance, status: 'running' })
}

/** Parameters of UPSERT_END. */
export function endParameters(record: AuditEnd, instance: string): SqlValue[] {
  return parameters({ ...record, instance })
}

/** Parameters of INSERT_EVENT. */
export function eventParameters(
  { kind, ...detail }: AuditEvent,
  instance: string,
  at: number,
): SqlValue[] {
  return [at, instance, kind, JSON.stringify(detail)]
}

/** A record from a row of SELECT_COMPLETIONS. */
export function recordFromRow(row: Readonly<Record<string, unknown>>): AuditRecord {
  const entries = COLUMNS.map(([field, name, encoding]) => [field, decoded(row[name], encoding)])
  return Object.fromEntries(entries) as AuditRecord
}

/** An event from a row of the table `events`. */
export function eventFromRow(row: Readonly<Record<string, unknown>>): StoredEvent {
  const detail: object = JSON.parse(String(row.detail))
  return { at: row.at, instance: row.instance, kind: row.kind, ...detail } as StoredEvent
}

function parameters(record: Readonly<Record<string, unknown>>): SqlValue[] {
  return COLUMNS.map(([field, , encoding]) => encoded(record[field], encoding))
}

function encoded(value: unknown, encoding: Encoding): SqlValue {
  if (value === undefined || value === null) return null
  if (encoding === 'json') return JSON.stringify(value)
  if (encoding === 'flag') return value ? 1 : 0
  return typeof value === 'number' ? value : String(value)
}

function decoded(value: unknown, encoding: Encoding): unknown {
  if (value === undefined || value === null) return null
  if (encoding === 'json') return JSON.parse(String(value))
  return encoding === 'flag' ? value === 1 : value
}
