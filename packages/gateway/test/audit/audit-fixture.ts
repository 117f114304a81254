/** What the audit's tests share: files in folders that go away, records, and a real logger whose lines can be read. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import { AuditReader } from '../../src/audit/audit-reader.ts'
import { AuditWriter, type AuditWriterOptions } from '../../src/audit/audit-writer.ts'
import type { AuditBegin, AuditEnd } from '../../src/audit/record.ts'

/** The time at which every test starts: 2026-01-01. */
export const START = Date.UTC(2026, 0, 1)

export function temporaryPath(name = 'audit.db'): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-audit-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, name)
}

export function capturedLogger(): { logger: pino.Logger; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = []
  const logger = pino({ base: null }, { write: (line) => lines.push(JSON.parse(line)) })
  return { logger, lines }
}

export async function openWriter(options: Partial<AuditWriterOptions> & { path: string }) {
  const writer = await AuditWriter.open({
    instance: 'gateway-1',
    logger: pino({ level: 'silent' }),
    now: () => START,
    ...options,
  })
  onTestFinished(() => writer.close())
  return writer
}

export function openReader(path: string): AuditReader {
  const reader = new AuditReader(path)
  onTestFinished(() => reader.close())
  return reader
}

export function beginRecord(fields: Partial<AuditBegin> = {}): AuditBegin {
  return {
    requestId: 'req-1',
    client: 'key-1',
    model: 'model-a',
    upstream: 'genesys',
    policy: 'default',
    policyHash: 'cafe',
    beganAt: START,
    ...fields,
  }
}

export function endRecord(fields: Partial<AuditEnd> = {}): AuditEnd {
  return { ...beginRecord(fields), endedAt: START + 1_000, status: 'success', ...fields }
}
