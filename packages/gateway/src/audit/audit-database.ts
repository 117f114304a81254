/** The one writing connection to the audit's SQLite file. What is written, and when, is for audit-writer.ts. */
import { chmod, open as openFile, stat } from 'node:fs/promises'
import type Libsql from 'libsql/promise'
import { require } from '../commonjs.ts'
import { GatewayError } from '../errors.ts'
import { ADDED_COLUMNS, ADDED_INDEX, HAS_COLUMN, MIGRATIONS, type SqlValue } from './schema.ts'

/** A prepared statement. It runs on the calling thread: a few microseconds, since the lock is held and nothing is synced. */
export interface Statement {
  run(...parameters: SqlValue[]): { readonly changes: number }
  get(...parameters: SqlValue[]): Readonly<Record<string, unknown>> | undefined
}

type Connection = Libsql & { readonly inTransaction: boolean }

/** How long a writer waits for another process (the command line's `erase`) to leave the file, in milliseconds. */
const BUSY_TIMEOUT_MS = 1_000

/** Errors of the storage below SQLite, which may pass, against those of one statement, which will not. */
const STORAGE_FAILURE =
  /^SQLITE_(FULL|IOERR|BUSY|LOCKED|READONLY|CANTOPEN|CORRUPT|NOTADB|NOMEM|PERM|PROTOCOL)/

/**
 * A connection whose slow steps (waiting for the lock, writing, syncing at a checkpoint) run on a thread of the binding,
 * because only its `exec` does. Work is taken one at a time, in the order of the calls.
 */
export class AuditDatabase {
  readonly #connection: Connection
  readonly #path: string
  /** The file that is open: while it is, no other file has this number. */
  readonly #inode: number
  #last: Promise<unknown> = Promise.resolve()
  #isClosed = false

  private constructor(connection: Connection, path: string, inode: number) {
    this.#connection = connection
    this.#path = path
    this.#inode = inode
  }

  /**
   * Opens or makes the file (mode 0600) and brings its tables to the newest version.
   * @param maxBytes Largest size of the file; beyond it the store behaves as on a full disk. Default: no bound.
   * @throws GatewayError `configuration` when the file cannot be opened, is no database, or was made by a newer version.
   */
  static async open(path: string, maxBytes?: number): Promise<AuditDatabase> {
    const Database = require('libsql/promise') as typeof Libsql
    try {
      await makePrivateFile(path)
      const connection = new Database(path, { timeout: BUSY_TIMEOUT_MS }) as Connection
      const database = new AuditDatabase(connection, path, (await stat(path)).ino)
      await database.#configure(maxBytes)
      await database.#migrate()
      return database
    } catch (error) {
      if (error instanceof GatewayError) throw error
      throw new GatewayError(
        'configuration',
        `The audit file ${path} cannot be opened (${failureCode(error)}); SLUICE_AUDIT names a file in a folder that exists, or "off"`,
        { cause: error },
      )
    }
  }

  prepare(sql: string): Promise<Statement> {
    return this.#connection.prepare(sql)
  }

  /** Runs `write` between BEGIN and COMMIT, and resolves once a killed process can no longer lose it. */
  transaction<T>(write: () => T): Promise<T> {
    return this.#inTurn(async () => {
      await this.#connection.exec('BEGIN IMMEDIATE')
      try {
        const result = write()
        await this.#connection.exec('COMMIT')
        return result
      } catch (error) {
        // SQLite has already rolled back after most storage failures.
        if (this.#connection.inTransaction) await this.#connection.exec('ROLLBACK')
        throw error
      }
    })
  }

  /** Runs one statement without parameters off the calling thread, and resolves to the number of rows it changed. */
  execute(sql: string): Promise<number> {
    return this.#inTurn(async () => {
      await this.#connection.exec(sql)
      const statement: Statement = await this.#connection.prepare('SELECT changes() AS changes')
      return Number(statement.get()?.changes)
    })
  }

  /** Whether the file that is open is the one at its path; nobody finds what is written to one that was removed. */
  async isInPlace(): Promise<boolean> {
    if (this.#isClosed) return false
    const found = await stat(this.#path).catch(() => undefined)
    return found?.ino === this.#inode
  }

  /** Closes after the work that was asked for before; later work is refused. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    const closed = this.#inTurn(async () => this.#connection.close())
    this.#isClosed = true
    await closed
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) return Promise.reject(new Error('The audit file is closed'))
    const result = this.#last.then(work)
    this.#last = result.catch(() => undefined)
    return result
  }

  async #configure(maxBytes: number | undefined): Promise<void> {
    // auto_vacuum must precede the first table; secure_delete makes an erasure overwrite what it removes.
    await this.execute('PRAGMA auto_vacuum = INCREMENTAL')
    await this.execute('PRAGMA journal_mode = WAL')
    // In WAL mode NORMAL loses nothing on a killed process; a power cut may lose the last transactions, not the file.
    await this.execute('PRAGMA synchronous = NORMAL')
    await this.execute('PRAGMA secure_delete = ON')
    if (maxBytes === undefined) return
    const { page_size: pageSize } = await this.#row('PRAGMA page_size')
    await this.execute(`PRAGMA max_page_count = ${Math.floor(maxBytes / Number(pageSize))}`)
  }

  async #migrate(): Promise<void> {
    const versionOf = await this.prepare('PRAGMA user_version')
    const version = () => Number(versionOf.get()?.user_version)
    if (version() > MIGRATIONS.length) throw newerVersion(version())
    while (version() < MIGRATIONS.length) {
      const [from, to] = [version(), version() + 1]
      await this.#step(`${MIGRATIONS[from]} PRAGMA user_version = ${to};`, () => version() > from)
    }
    const found = await this.prepare(HAS_COLUMN)
    for (const name of ADDED_COLUMNS) {
      const isThere = () => found.get(name) !== undefined
      if (isThere()) continue
      await this.#step(`ALTER TABLE completions ADD COLUMN ${name} TEXT;`, isThere)
    }
    await this.execute(ADDED_INDEX)
  }

  /** Changes the tables, unless another process did so meanwhile. */
  async #step(change: string, isDone: () => boolean): Promise<void> {
    try {
      await this.#connection.exec(`BEGIN IMMEDIATE; ${change} COMMIT`)
    } catch (error) {
      if (this.#connection.inTransaction) await this.#connection.exec('ROLLBACK')
      if (!isDone()) throw error
    }
  }

  async #row(sql: string): Promise<Readonly<Record<string, unknown>>> {
    return (await this.prepare(sql)).get() ?? {}
  }
}

/** Whether the storage failed (try again later) rather than the statement (never again). */
export function isStorageFailure(error: unknown): boolean {
  return STORAGE_FAILURE.test(failureCode(error))
}

/** SQLite's or the system's name of the failure: unlike its message it holds no value. */
export function failureCode(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code
  return typeof code === 'string' && code !== '' ? code : 'unknown failure'
}

async function makePrivateFile(path: string): Promise<void> {
  const file = await openFile(path, 'a', 0o600)
  await file.close()
  await chmod(path, 0o600)
}

function newerVersion(version: number): GatewayError {
  return new GatewayError(
    'configuration',
    `The audit file has schema version ${version}, this program knows ${MIGRATIONS.length}: it was written by a newer one`,
  )
}
