// A gateway whose audit finds no room at the start. A bound on the file's size stands for a full disk: SQLite says the same.
import { describe, expect, it, onTestFinished } from 'vitest'
import { openAudit } from '../../src/audit/audit.ts'
import { AuditWriter } from '../../src/audit/audit-writer.ts'
import { isOutOfRoom, LateAudit } from '../../src/audit/late-audit.ts'
import {
  beginRecord,
  capturedLogger,
  endRecord,
  openReader,
  START,
  temporaryPath,
} from './audit-fixture.ts'

const FULL = { maxBytes: 4_096 }

function options() {
  const { logger, lines } = capturedLogger()
  return { lines, audit: { instance: 'gateway-1', logger, now: () => START } }
}

describe('a disk that is full at the start', () => {
  it('keeps nobody from being served, and says so loudly', async () => {
    const { lines, audit } = options()
    const target = { kind: 'file', path: temporaryPath() } as const
    const late = await openAudit(target, { ...audit, ...FULL })
    onTestFinished(() => late.close())
    expect(late.stats()).toMatchObject({ state: 'degraded', lost: 0 })
    await late.begin(beginRecord())
    late.end(endRecord())
    expect(late.stats()).toMatchObject({ state: 'degraded', lost: 2 })
    expect(lines).toMatchObject([
      { level: 50, msg: 'the audit has no room; requests are served without a record' },
    ])
    expect(String(lines[0]?.problem)).toContain('SQLITE_FULL')
  })

  it('keeps the gateway from starting with strict, and so does any other failure', async () => {
    const { audit } = options()
    const target = { kind: 'file', path: temporaryPath() } as const
    await expect(openAudit(target, { ...audit, ...FULL, strict: true })).rejects.toThrow(
      'SQLITE_FULL',
    )
    const nowhere = { kind: 'file', path: '/nowhere/audit.db' } as const
    await expect(openAudit(nowhere, audit)).rejects.toMatchObject({ code: 'configuration' })
  })

  it('is tried again: once there is room the audit is written, and a gap says what is missing', async () => {
    const { lines, audit } = options()
    const path = temporaryPath()
    let maxBytes: number | undefined = 4_096
    const open = () =>
      AuditWriter.open({ ...audit, path, ...(maxBytes === undefined ? {} : { maxBytes }) })
    const cause = await open().catch((error: unknown) => error)
    expect(isOutOfRoom(cause)).toBe(true)
    const late = new LateAudit({ open, logger: audit.logger, now: audit.now, retryMs: 10 }, cause)
    late.end(endRecord({ requestId: 'lost' }))
    await expect.poll(() => lines.length).toBeGreaterThan(2)
    maxBytes = undefined
    await expect.poll(() => late.stats().state).toBe('writing')
    await late.begin(beginRecord({ requestId: 'kept' }))
    await late.close()
    const reader = openReader(path)
    expect([...reader.list()].map(({ requestId }) => requestId)).toEqual(['kept'])
    expect([...reader.events()]).toMatchObject([{ kind: 'gap', lost: 1 }])
  })
})
