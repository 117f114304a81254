// Upgrade and rollback: a file that an earlier version made serves this one, and the other way round.
import Database from 'libsql'
import { describe, expect, it } from 'vitest'
import { MIGRATIONS } from '../../src/audit/schema.ts'
import { endRecord, openReader, openWriter, START, temporaryPath } from './audit-fixture.ts'

/** The first step as version 0.1 ran it. A released step never changes: this copy holds it to that. */
const VERSION_1 = `CREATE TABLE completions (
     sequence INTEGER PRIMARY KEY, request_id TEXT NOT NULL UNIQUE, conversation_id TEXT, client TEXT, subject TEXT,
     model TEXT, upstream TEXT, policy TEXT, policy_hash TEXT, instance TEXT, began_at INTEGER, ended_at INTEGER,
     status TEXT, finish_reason TEXT, prompt_tokens INTEGER, prompt_tokens_estimated INTEGER,
     completion_tokens INTEGER, completion_tokens_estimated INTEGER, latency_ms REAL, time_to_first_token_ms REAL,
     retries INTEGER, findings TEXT, dropped_messages INTEGER, error_code TEXT, upstream_correlation_id TEXT
   );
   CREATE INDEX completions_began_at ON completions (began_at);
   CREATE INDEX completions_conversation ON completions (conversation_id) WHERE conversation_id IS NOT NULL;
   CREATE INDEX completions_running ON completions (instance) WHERE status = 'running';
   CREATE TABLE events (
     sequence INTEGER PRIMARY KEY, at INTEGER NOT NULL, instance TEXT, kind TEXT NOT NULL, detail TEXT NOT NULL
   );
   CREATE INDEX events_at ON events (at);`

/** What version 0.1 asks of the file. */
const STATEMENTS_1 = [
  'SELECT request_id, status, findings, upstream_correlation_id FROM completions ORDER BY began_at',
  'SELECT at, instance, kind, detail FROM events ORDER BY at',
]
const INSERT_1 =
  "INSERT INTO completions (request_id, client, model, instance, began_at, status) VALUES ('old', 'k', 'm', 'gateway-1', ?, 'running') ON CONFLICT (request_id) DO NOTHING"

const words = (sql: string) =>
  sql
    .replace(/\s+/g, ' ')
    .replace(/ ?([(),;]) ?/g, '$1')
    .trim()

function fileOfVersion1(): string {
  const path = temporaryPath()
  const database = new Database(path)
  database.exec(`PRAGMA journal_mode = WAL; ${VERSION_1} PRAGMA user_version = 1;`)
  database.prepare(INSERT_1).run(START - 1_000)
  const event = JSON.stringify({ reason: 'rate_limited', address: '192.0.2.1', count: 3 })
  database
    .prepare('INSERT INTO events (at, instance, kind, detail) VALUES (?, ?, ?, ?)')
    .run(START - 1_000, 'gateway-1', 'auth_failure', event)
  database.close()
  return path
}

describe('an audit file', () => {
  it('has the first step that was released', () => {
    expect(words(MIGRATIONS[0] ?? '')).toBe(words(VERSION_1))
  })

  it('of version 0.1 is read and continued', async () => {
    const path = fileOfVersion1()
    const writer = await openWriter({ path })
    writer.end(endRecord({ requestId: 'new' }))
    await writer.close()
    const reader = openReader(path)
    expect([...reader.list()].map(({ requestId, status }) => [requestId, status])).toEqual([
      ['new', 'success'],
      ['old', 'interrupted'],
    ])
    expect([...reader.events()].map(({ kind }) => kind)).toEqual(['interruption', 'auth_failure'])
  })

  it('of version 0.1 is read before any gateway has brought it forward, its newer fields empty', () => {
    const path = fileOfVersion1()
    const reader = openReader(path)
    expect([...reader.list({ limit: 5 })]).toMatchObject([
      { requestId: 'old', tenant: null, labels: null },
    ])
    expect(reader.get('old')?.labels).toBe(null)
    expect(reader.groups('tenant')).toMatchObject([{ value: null, completions: 1 }])
    expect(reader.groups({ label: 'team' })).toMatchObject([{ value: null, completions: 1 }])
  })

  it('of version 0.1 takes tenants and labels once it is brought forward, also by two at a time', async () => {
    const path = fileOfVersion1()
    const writers = await Promise.all([openWriter({ path }), openWriter({ path })])
    for (const [index, writer] of writers.entries()) {
      const fields = { tenant: 'acme', labels: { team: 'billing' } }
      writer.end(endRecord({ requestId: `new-${index}`, ...fields }))
      await writer.close()
    }
    const reader = openReader(path)
    expect(reader.get('new-1')).toMatchObject({ tenant: 'acme', labels: { team: 'billing' } })
    expect(reader.groups('tenant').map(({ value, completions }) => [value, completions])).toEqual([
      ['acme', 2],
      [null, 1],
    ])
  })

  it('of this version serves version 0.1 after a rollback', async () => {
    const path = fileOfVersion1()
    const writer = await openWriter({ path })
    writer.end(endRecord({ requestId: 'new', findings: [], tenant: 'acme', labels: { a: 'b' } }))
    writer.event({ kind: 'refusal', reason: 'origin', address: '192.0.2.1', count: 1 })
    await writer.close()
    const database = new Database(path)
    expect(database.prepare('PRAGMA user_version').get()).toMatchObject({ user_version: 1 })
    for (const sql of STATEMENTS_1) expect(database.prepare(sql).all().length).toBeGreaterThan(1)
    database.prepare(INSERT_1.replace("'old'", "'older'")).run(START)
    database.close()
  })
})
