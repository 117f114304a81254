/** Reads an audit file, also while a gateway writes it. Formats are for audit-export.ts, writing for audit-writer.ts. */
import { existsSync } from 'node:fs'
import type Libsql from 'libsql'
import { require } from '../commonjs.ts'
import { GatewayError } from '../errors.ts'
import type { AuditFinding, AuditRecord, StoredEvent } from './record.ts'
import {
  ADDED_COLUMNS,
  eventFromRow,
  HAS_COLUMN,
  recordFromRow,
  SELECT_COMPLETIONS,
  type SqlValue,
} from './schema.ts'

/** Which records; absent fields do not restrict. */
export interface AuditFilter {
  /** Begun at or after, milliseconds since the epoch. */
  readonly since?: number | undefined
  /** Begun before, milliseconds since the epoch. */
  readonly until?: number | undefined
  readonly status?: AuditRecord['status'] | undefined
  readonly client?: string | undefined
  readonly subject?: string | undefined
  readonly tenant?: string | undefined
  readonly model?: string | undefined
  readonly conversationId?: string | undefined
  /** Records at most. Default: all. */
  readonly limit?: number | undefined
}

/** Nearest-rank percentiles; null without any value. */
export interface Percentiles {
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
  readonly max: number | null
}

/** Sums over the records that a filter selects. */
export interface AuditStatistics {
  readonly completions: number
  readonly byStatus: Readonly<Record<string, number>>
  readonly byModel: Readonly<Record<string, number>>
  readonly byPolicy: Readonly<Record<string, number>>
  readonly byClient: Readonly<Record<string, number>>
  readonly findings: readonly AuditFinding[]
  readonly latencyMs: Percentiles
  readonly timeToFirstTokenMs: Percentiles
  readonly promptTokens: number
  readonly completionTokens: number
}

/** What completions can be summed up by: a field, or the label of a name. */
export type AuditDimension = 'tenant' | 'client' | 'model' | 'policy' | 'status' | { label: string }

/** Sums over the completions of one value; null stands for those that have none. */
export interface AuditGroup {
  readonly value: string | null
  readonly completions: number
  readonly blocked: number
  readonly failed: number
  readonly promptTokens: number
  readonly completionTokens: number
}

type Row = Readonly<Record<string, unknown>>

const CONDITIONS = {
  since: 'began_at >= ?',
  until: 'began_at < ?',
  status: 'status = ?',
  client: 'client = ?',
  subject: 'subject = ?',
  tenant: 'tenant = ?',
  model: 'model = ?',
  conversationId: 'conversation_id = ?',
} as const

const BUSY_TIMEOUT_MS = 1_000

/** A connection that cannot write. */
export class AuditReader {
  readonly #connection: Libsql.Database

  /** @throws GatewayError `configuration` when the file is absent or no database. */
  constructor(path: string) {
    if (!existsSync(path)) throw new GatewayError('configuration', `There is no audit file ${path}`)
    const Database = require('libsql') as typeof Libsql
    try {
      this.#connection = new Database(path, { timeout: BUSY_TIMEOUT_MS })
      fillColumns(this.#connection)
      // The binding ignores better-sqlite3's `readonly` option.
      this.#connection.exec('PRAGMA query_only = ON')
      this.#connection.prepare(`${SELECT_COMPLETIONS} LIMIT 0`)
    } catch (error) {
      throw new GatewayError('configuration', `${path} is no audit file`, { cause: error })
    }
  }

  /** Completions, the newest first, read as they are asked for. */
  *list(filter: AuditFilter = {}): Generator<AuditRecord> {
    const { where, values } = conditions(filter)
    const sql = `${SELECT_COMPLETIONS} ${where} ORDER BY began_at DESC, sequence DESC LIMIT ?`
    const rows = this.#connection.prepare(sql).iterate(...values, filter.limit ?? -1)
    for (const row of rows) yield recordFromRow(row as Row)
  }

  /** One completion, or undefined. */
  get(requestId: string): AuditRecord | undefined {
    const row = this.#connection
      .prepare(`${SELECT_COMPLETIONS} WHERE request_id = ?`)
      .get(requestId)
    return row === undefined ? undefined : recordFromRow(row as Row)
  }

  /** Events, the newest first, read as they are asked for. */
  *events(filter: Pick<AuditFilter, 'since' | 'until' | 'limit'> = {}): Generator<StoredEvent> {
    const sql = `SELECT at, instance, kind, detail FROM events
                 WHERE at >= ? AND at < ? ORDER BY at DESC, sequence DESC LIMIT ?`
    const { since = 0, until = Number.MAX_SAFE_INTEGER, limit = -1 } = filter
    const rows = this.#connection.prepare(sql).iterate(since, until, limit)
    for (const row of rows) yield eventFromRow(row as Row)
  }

  /** Sums over the selected records; `limit` does not apply. */
  stats(filter: AuditFilter = {}): AuditStatistics {
    const total = this.#rows(
      `SELECT count(*) AS completions, total(prompt_tokens) AS prompt, total(completion_tokens) AS completion FROM completions`,
      filter,
    )[0]
    return {
      completions: Number(total?.completions),
      byStatus: this.#countBy('status', filter),
      byModel: this.#countBy('model', filter),
      byPolicy: this.#countBy('policy', filter),
      byClient: this.#countBy('client', filter),
      findings: this.#findings(filter),
      latencyMs: this.#percentiles('latency_ms', filter),
      timeToFirstTokenMs: this.#percentiles('time_to_first_token_ms', filter),
      promptTokens: Number(total?.prompt),
      completionTokens: Number(total?.completion),
    }
  }

  /** Sums by what the selected records have of a dimension, the largest first; `limit` is of groups. */
  groups(dimension: AuditDimension, filter: AuditFilter = {}): AuditGroup[] {
    const { where, values } = conditions(filter)
    const [of, names] =
      typeof dimension === 'string' ? [dimension, []] : ['labels ->> ?', [dimension.label]]
    const sql = `SELECT ${of} AS value, count(*) AS completions,
                   count(*) FILTER (WHERE status = 'blocked') AS blocked,
                   count(*) FILTER (WHERE status = 'failed') AS failed,
                   total(prompt_tokens) AS promptTokens, total(completion_tokens) AS completionTokens
                 FROM completions ${where} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?`
    const rows = this.#connection.prepare(sql).all(...names, ...values, filter.limit ?? -1)
    return rows.map((row) => ({ ...(row as AuditGroup) }))
  }

  close(): void {
    this.#connection.close()
  }

  #countBy(
    column: 'status' | 'model' | 'policy' | 'client',
    filter: AuditFilter,
  ): Record<string, number> {
    const select = `SELECT ${column} AS name, count(*) AS completions FROM completions`
    const rows = this.#rows(select, filter, 'GROUP BY 1 ORDER BY 2 DESC, 1')
    return Object.fromEntries(rows.map((row) => [String(row.name), Number(row.completions)]))
  }

  #findings(filter: AuditFilter): AuditFinding[] {
    const select = `SELECT finding.value ->> 'entity' AS entity, finding.value ->> 'direction' AS direction,
                           finding.value ->> 'action' AS action, sum(finding.value ->> 'count') AS count
                    FROM completions, json_each(findings) AS finding`
    const rows = this.#rows(select, filter, 'GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3')
    return rows.map(({ entity, direction, action, count }) => ({
      entity: String(entity),
      direction: direction === 'input' ? 'input' : 'output',
      action: String(action),
      count: Number(count),
    }))
  }

  #percentiles(column: 'latency_ms' | 'time_to_first_token_ms', filter: AuditFilter): Percentiles {
    const ranked = `SELECT ${column} AS value, row_number() OVER (ORDER BY ${column}) AS rank, count(*) OVER () AS n FROM completions`
    const { where, values } = conditions(filter, `${column} IS NOT NULL`)
    const at = (share: number) => `max(value) FILTER (WHERE rank <= max(1, ceil(n * ${share})))`
    const sql = `SELECT ${at(0.5)} AS p50, ${at(0.95)} AS p95, ${at(0.99)} AS p99, max(value) AS max FROM (${ranked} ${where})`
    const row = this.#connection.prepare(sql).get(...values) as Row
    const { p50, p95, p99, max } = row
    return { p50, p95, p99, max } as Percentiles
  }

  #rows(select: string, filter: AuditFilter, rest = ''): Row[] {
    const { where, values } = conditions(filter)
    return this.#connection.prepare(`${select} ${where} ${rest}`).all(...values) as Row[]
  }
}

/** A file that an older version wrote reads as if it had the newer columns, empty. */
function fillColumns(connection: Libsql.Database): void {
  const found = connection.prepare(HAS_COLUMN)
  const missing = ADDED_COLUMNS.filter((name) => found.get(name) === undefined)
  if (missing.length === 0) return
  const columns = ['*', ...missing.map((name) => `NULL AS ${name}`)].join(', ')
  connection.exec(`CREATE TEMP VIEW completions AS SELECT ${columns} FROM main.completions`)
}

function conditions(filter: AuditFilter, first?: string): { where: string; values: SqlValue[] } {
  const clauses = first === undefined ? [] : [first]
  const values: SqlValue[] = []
  for (const [field, clause] of Object.entries(CONDITIONS)) {
    const value = filter[field as keyof typeof CONDITIONS]
    if (value === undefined) continue
    clauses.push(clause)
    values.push(value)
  }
  return { where: clauses.length === 0 ? '' : `WHERE ${clauses.join(' AND ')}`, values }
}
