import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'libsql'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { openAudit } from '../../src/audit/audit.ts'
import type { AuditEnd } from '../../src/audit/record.ts'
import { eraseCompletions } from '../../src/audit/retention.ts'
import {
  beginRecord,
  capturedLogger,
  endRecord,
  openReader,
  openWriter,
  START,
  temporaryPath,
} from './audit-fixture.ts'

const DAY_MS = 86_400_000

const FULL: AuditEnd = endRecord({
  conversationId: 'conversation-1',
  subject: 'alice',
  tenant: 'acme',
  labels: { team: 'billing' },
  finishReason: 'stop',
  promptTokens: 12,
  promptTokensEstimated: true,
  completionTokens: 34,
  completionTokensEstimated: false,
  latencyMs: 812.5,
  timeToFirstTokenMs: 95.25,
  retries: 1,
  findings: [{ entity: 'EMAIL', direction: 'output', action: 'redact', count: 2 }],
  droppedMessages: 3,
  errorCode: 'upstream_timeout',
  upstreamCorrelationId: 'correlation-1',
})

describe('AuditWriter', () => {
  it('has stored the begin record when begin resolves, without waiting for the time of the others', async () => {
    const path = temporaryPath()
    const writer = await openWriter({ path, flushMs: 1_000_000 })
    await writer.begin(beginRecord({ conversationId: 'conversation-1' }))
    expect(openReader(path).get('req-1')).toMatchObject({
      status: 'running',
      conversationId: 'conversation-1',
      instance: 'gateway-1',
      endedAt: null,
      findings: null,
    })
  })

  it('stores every field of an end record', async () => {
    const path = temporaryPath()
    const writer = await openWriter({ path })
    await writer.begin(beginRecord())
    writer.end(FULL)
    await writer.close()
    expect(openReader(path).get('req-1')).toEqual({ ...FULL, instance: 'gateway-1' })
  })

  it('writes an end record by itself, without close and without another request', async () => {
    const path = temporaryPath()
    const writer = await openWriter({ path, flushMs: 5 })
    writer.end(FULL)
    const reader = openReader(path)
    await expect.poll(() => reader.get('req-1')?.status).toBe('success')
  })

  it('never lets a late begin record overwrite the end', async () => {
    const path = temporaryPath()
    const writer = await openWriter({ path })
    writer.end(FULL)
    await writer.begin(beginRecord())
    expect(openReader(path).get('req-1')?.status).toBe('success')
  })

  it('stores all of many requests that begin and end together', async () => {
    const path = temporaryPath()
    const writer = await openWriter({ path })
    const ids = Array.from({ length: 1_000 }, (_, n) => `req-${n}`)
    await Promise.all(
      ids.map(async (requestId) => {
        await writer.begin(beginRecord({ requestId }))
        writer.end(endRecord({ requestId }))
      }),
    )
    await writer.close()
    expect(openReader(path).stats().byStatus).toEqual({ success: 1_000 })
    expect(writer.stats()).toMatchObject({ state: 'closed', queued: 0, written: 2_000, lost: 0 })
  })

  it('loses and counts what comes after close, and still lets the request go on', async () => {
    const writer = await openWriter({ path: temporaryPath() })
    await writer.close()
    writer.end(FULL)
    await writer.begin(beginRecord())
    expect(writer.stats().lost).toBe(2)
  })

  it('keeps its file to its owner', async () => {
    const path = temporaryPath()
    const writer = await openWriter({ path })
    await writer.begin(beginRecord())
    for (const file of [path, `${path}-wal`, `${path}-shm`]) {
      expect((statSync(file).mode & 0o777).toString(8)).toBe('600')
    }
  })

  it('closes as interrupted what an earlier life of the same instance left running, and only that', async () => {
    const path = temporaryPath()
    const other = await openWriter({ path, instance: 'gateway-2' })
    await other.begin(beginRecord({ requestId: 'theirs' }))
    const first = await openWriter({ path })
    await first.begin(beginRecord({ requestId: 'mine' }))
    await first.close()

    const { logger, lines } = capturedLogger()
    const later = START + 60_000
    await openWriter({ path, now: () => later, logger })
    const reader = openReader(path)
    expect(reader.get('mine')).toMatchObject({ status: 'interrupted', endedAt: later })
    expect(reader.get('theirs')).toMatchObject({ status: 'running' })
    expect([...reader.events()]).toMatchObject([
      { kind: 'interruption', completions: 1, at: later },
    ])
    expect(lines).toHaveLength(1)
  })

  it('replaces interrupted by the true end when the process was alive after all', async () => {
    const path = temporaryPath()
    const first = await openWriter({ path })
    await first.begin(beginRecord())
    await openWriter({ path })
    first.end(FULL)
    await first.close()
    expect(openReader(path).get('req-1')?.status).toBe('success')
  })

  it('opens a file again without changing it', async () => {
    const path = temporaryPath()
    const first = await openWriter({ path })
    first.end(FULL)
    await first.close()
    await (await openWriter({ path })).close()
    expect(openReader(path).get('req-1')).toEqual({ ...FULL, instance: 'gateway-1' })
  })
})

describe('opening', () => {
  it('keeps nothing when the audit is off', async () => {
    const options = { instance: 'a', logger: pino({ level: 'silent' }), now: () => START }
    const audit = await openAudit({ kind: 'off' }, options)
    await audit.begin(beginRecord())
    audit.end(FULL)
    expect(audit.stats()).toMatchObject({ state: 'off', lost: 0 })
  })

  it('refuses a file that a newer version wrote', async () => {
    const path = temporaryPath()
    const database = new Database(path)
    database.exec('PRAGMA user_version = 99')
    database.close()
    await expect(openWriter({ path })).rejects.toMatchObject({
      code: 'configuration',
      message: expect.stringContaining('schema version 99'),
    })
  })

  it('refuses a file that is no database, and leaves it as it is', async () => {
    const path = temporaryPath('notes.txt')
    writeFileSync(path, 'not a database, but long enough to be looked at '.repeat(20))
    const before = readFileSync(path, 'utf8')
    await expect(openWriter({ path })).rejects.toMatchObject({ code: 'configuration' })
    expect(readFileSync(path, 'utf8')).toBe(before)
  })

  it('refuses a folder that does not exist, naming the setting', async () => {
    await expect(openWriter({ path: `${temporaryPath()}/absent/audit.db` })).rejects.toThrow(
      /SLUICE_AUDIT/,
    )
  })
})

describe('retention', () => {
  it('removes records and events past their age at the start, however many', async () => {
    const path = temporaryPath()
    const first = await openWriter({ path })
    const old = Array.from({ length: 1_234 }, (_, n) => endRecord({ requestId: `old-${n}` }))
    for (const record of old) first.end(record)
    first.event({ kind: 'config_change', outcome: 'applied', settings: ['models'] })
    first.end(endRecord({ requestId: 'young', beganAt: START + 2 * DAY_MS }))
    await first.close()

    await openWriter({ path, retentionDays: 3, now: () => START + 4 * DAY_MS })
    const reader = openReader(path)
    await expect.poll(() => [...reader.list()].map(({ requestId }) => requestId)).toEqual(['young'])
    await expect.poll(() => [...reader.events()]).toEqual([])
  })
})

describe('erase', () => {
  it('beside a reader says that pages remain, and finishes when it is asked again', async () => {
    const path = temporaryPath()
    const writer = await openWriter({ path })
    const secret = 'conversation-to-forget'
    for (let n = 0; n < 5; n += 1) {
      await writer.begin(beginRecord({ requestId: `${n}`, conversationId: secret }))
    }
    const request = {
      by: 'conversation_id',
      name: secret,
      instance: 'command',
      at: START,
    } as const
    const reading = new Database(path)
    reading.exec('BEGIN')
    reading.prepare('SELECT count(*) FROM completions').get()
    expect(await eraseCompletions(path, request)).toEqual({ completions: 5, isFinished: false })
    reading.exec('ROLLBACK')
    reading.close()
    expect(await eraseCompletions(path, request)).toEqual({ completions: 0, isFinished: true })
    for (const file of [path, `${path}-wal`]) {
      expect(readFileSync(file).includes(secret), file).toBe(false)
    }
  })

  it('removes a conversation from the file and its log, waiting records included, and records that it did', async () => {
    const path = temporaryPath()
    const writer = await openWriter({ path })
    const secret = 'conversation-to-forget'
    writer.end(endRecord({ requestId: 'a', conversationId: secret }))
    await writer.begin(beginRecord({ requestId: 'b', conversationId: 'another' }))
    writer.end(endRecord({ requestId: 'c', conversationId: secret }))
    expect(await writer.erase(secret)).toBe(2)

    const reader = openReader(path)
    expect([...reader.list()].map(({ requestId }) => requestId)).toEqual(['b'])
    expect([...reader.events()]).toMatchObject([{ kind: 'erasure', completions: 2 }])
    for (const file of [path, `${path}-wal`]) {
      expect(readFileSync(file).includes(secret), file).toBe(false)
    }
  })

  it('removes a subject from all its conversations, and no other subject', async () => {
    const path = temporaryPath()
    const writer = await openWriter({ path })
    const subject = 'subject-to-forget'
    const records = [
      { requestId: 'a', client: subject, subject, conversationId: 'one' },
      { requestId: 'b', client: subject, subject, conversationId: 'two' },
      { requestId: 'c', client: 'agent-8', subject: 'agent-8', conversationId: 'two' },
      { requestId: 'd', client: 'key-1' },
    ]
    for (const record of records) writer.end(endRecord(record))
    await writer.close()
    const request = { by: 'subject', name: subject, instance: 'command', at: START } as const
    expect(await eraseCompletions(path, request)).toEqual({ completions: 2, isFinished: true })
    const left = [...openReader(path).list()].map(({ requestId }) => requestId)
    expect(left.sort()).toEqual(['c', 'd'])
    expect(readFileSync(path).includes(subject)).toBe(false)
  })

  it('works on a file that a gateway has open', async () => {
    const path = temporaryPath()
    const writer = await openWriter({ path, flushMs: 1 })
    await writer.begin(beginRecord({ conversationId: 'x' }))
    expect(
      await eraseCompletions(path, {
        by: 'conversation_id',
        name: 'x',
        instance: 'cli',
        at: START,
      }),
    ).toMatchObject({
      completions: 1,
    })
    await writer.begin(beginRecord({ requestId: 'req-2' }))
    expect([...openReader(path).list()].map(({ requestId }) => requestId)).toEqual(['req-2'])
  })
})

describe('a full store', () => {
  const MAX_BYTES = 200 * 4_096

  async function filled(options: { strict: boolean; maxQueued?: number; retryMs?: number }) {
    const path = temporaryPath()
    const { logger, lines } = capturedLogger()
    let now = START
    const writer = await openWriter({
      path,
      logger,
      now: () => now,
      flushMs: 1,
      retryMs: 5,
      maxBytes: MAX_BYTES,
      ...options,
    })
    const fill = async () => {
      for (let n = 0; writer.stats().state === 'writing'; n += 1) {
        if (n > 10_000) throw new Error('the store never fills')
        const requestId = `fill-${n}-${'x'.repeat(1_000)}`
        await writer
          .begin(beginRecord({ requestId, conversationId: 'fill' }))
          .catch(() => undefined)
      }
    }
    await fill()
    return {
      fill,
      path,
      lines,
      writer,
      advance: (ms: number) => {
        now += ms
      },
    }
  }

  it('serves on without strict, says so once, and loses nothing that its queue can hold', async () => {
    const { path, lines, writer, advance } = await filled({ strict: false })
    await writer.begin(beginRecord({ requestId: 'meanwhile' }))
    writer.end(endRecord({ requestId: 'meanwhile' }))
    expect(statSync(path).size).toBeLessThanOrEqual(MAX_BYTES)

    advance(5_000)
    await writer.erase('fill')
    await expect.poll(() => writer.stats()).toMatchObject({ state: 'writing', queued: 0, lost: 0 })
    const reader = openReader(path)
    expect(reader.get('meanwhile')?.status).toBe('success')
    const gap = [...reader.events()].find(({ kind }) => kind === 'gap')
    expect(gap).toMatchObject({ from: START, to: START + 5_000, lost: 0 })
    expect(lines.map(({ level }) => level)).toEqual([50, 40])
  })

  it('counts what its queue cannot hold, and the gap says how many', async () => {
    const { path, writer, fill } = await filled({ strict: false, maxQueued: 10 })
    const lost: number[] = []
    for (const records of [100, 50]) {
      await fill()
      const before = writer.stats().lost
      for (let n = 0; n < records; n += 1) writer.end(endRecord({ requestId: `late-${n}` }))
      expect(writer.stats().queued).toBe(10)
      lost.push(writer.stats().lost - before)
      await writer.erase('fill')
      await expect.poll(() => writer.stats().state).toBe('writing')
    }
    expect(lost[0]).toBeGreaterThanOrEqual(90)
    expect(lost[1]).toBeLessThanOrEqual(50)
    const gaps = [...openReader(path).events()].filter((event) => event.kind === 'gap')
    expect(gaps.map((gap) => gap.lost)).toEqual(lost.toReversed())
  })

  it('keeps no request waiting for the next try', async () => {
    const { writer } = await filled({ strict: false, retryMs: 1_000_000 })
    await writer.begin(beginRecord({ requestId: 'served' }))
    expect(writer.stats().state).toBe('degraded')
  })

  it('refuses new requests with strict, keeps end records, and takes requests again afterwards', async () => {
    const { path, writer } = await filled({ strict: true })
    await expect(writer.begin(beginRecord({ requestId: 'refused' }))).rejects.toMatchObject({
      name: 'GatewayError',
      code: 'overloaded',
      isRetryable: true,
      retryAfterMs: 5,
    })
    writer.end(endRecord({ requestId: 'in-flight' }))
    expect(writer.stats().refused).toBeGreaterThan(0)

    await writer.erase('fill')
    await expect.poll(() => writer.stats().state).toBe('writing')
    await writer.begin(beginRecord({ requestId: 'afterwards' }))
    const reader = openReader(path)
    expect(reader.get('refused')).toBeUndefined()
    expect(reader.get('in-flight')?.status).toBe('success')
    expect(reader.get('afterwards')?.status).toBe('running')
  })

  it('keeps the ends of what ran, however many requests strict mode refuses', async () => {
    const { path, writer } = await filled({ strict: true, maxQueued: 20 })
    for (let n = 0; n < 100; n += 1) {
      const requestId = `refused-${n}`
      await expect(writer.begin(beginRecord({ requestId }))).rejects.toThrow()
      writer.end(endRecord({ requestId, status: 'failed', errorCode: 'overloaded' }))
    }
    writer.end(endRecord({ requestId: 'in-flight' }))
    expect(writer.stats()).toMatchObject({ lost: 0 })
    await writer.erase('fill')
    await expect.poll(() => writer.stats().state).toBe('writing')
    expect(openReader(path).get('in-flight')?.status).toBe('success')
  })

  it('closes although it cannot write, and counts what it had to leave', async () => {
    const { writer, lines } = await filled({ strict: false })
    const { queued, lost } = writer.stats()
    await writer.close()
    expect(writer.stats()).toMatchObject({ state: 'closed', queued: 0, lost: lost + queued })
    expect(lines.at(-1)).toMatchObject({ level: 50, lost: queued })
  })

  it('starts on a full file', async () => {
    const { path, writer } = await filled({ strict: false })
    await writer.close()
    const next = await openWriter({ path, maxBytes: MAX_BYTES, retryMs: 5 })
    await next.begin(beginRecord({ requestId: 'served' }))
    expect(['writing', 'degraded']).toContain(next.stats().state)
  })
})

describe('a file that somebody removes', () => {
  it('is missed within a second: another one is begun, and the log says so', async () => {
    const path = temporaryPath()
    const { logger, lines } = capturedLogger()
    const writer = await openWriter({ path, logger, strict: true, retryMs: 5 })
    await writer.begin(beginRecord({ requestId: 'before' }))
    for (const file of ['', '-wal', '-shm']) rmSync(`${path}${file}`, { force: true })
    let n = 0
    await expect
      .poll(
        async () => {
          n += 1
          await writer.begin(beginRecord({ requestId: `after-${n}` }))
          return existsSync(path)
        },
        { timeout: 60_000 },
      )
      .toBe(true)
    expect(openReader(path).get(`after-${n}`)?.status).toBe('running')
    expect(lines.map(({ level }) => level)).toEqual([50])
  })

  it('with its folder fails the store until there is a folder again', async () => {
    const path = temporaryPath('folder/audit.db')
    mkdirSync(dirname(path))
    const writer = await openWriter({ path, strict: true, retryMs: 5 })
    rmSync(dirname(path), { recursive: true })
    const begin = () =>
      writer.begin(beginRecord()).then(
        () => 'taken',
        ({ code }) => code,
      )
    await expect.poll(begin, { timeout: 60_000 }).toBe('overloaded')
    mkdirSync(dirname(path))
    await expect.poll(begin, { timeout: 60_000 }).toBe('taken')
    expect(existsSync(path)).toBe(true)
  })
})

describe('a store that another process locks', () => {
  it('does not hold the event loop, and has everything after the lock is gone', async () => {
    const path = temporaryPath()
    const writer = await openWriter({ path, retryMs: 5 })
    const other = new Database(path)
    other.exec('BEGIN IMMEDIATE')
    let isSettled = false
    const begun = writer.begin(beginRecord()).then(() => {
      isSettled = true
    })
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setTimeout(resolve, 1))
    expect(isSettled).toBe(false)
    other.exec('ROLLBACK')
    other.close()
    await begun
    await expect.poll(() => openReader(path).get('req-1')?.status).toBe('running')
  })
})
