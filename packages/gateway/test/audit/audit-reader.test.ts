import { existsSync } from 'node:fs'
import fc from 'fast-check'
import Database from 'libsql'
import { describe, expect, it } from 'vitest'
import { type AuditFilter, AuditReader } from '../../src/audit/audit-reader.ts'
import type { AuditEnd } from '../../src/audit/record.ts'
import {
  beginRecord,
  endRecord,
  openReader,
  openWriter,
  START,
  temporaryPath,
} from './audit-fixture.ts'

const RECORDS: readonly AuditEnd[] = [
  endRecord({
    requestId: 'a',
    beganAt: START,
    latencyMs: 100,
    timeToFirstTokenMs: 10,
    promptTokens: 5,
    completionTokens: 7,
    findings: [
      { entity: 'EMAIL', direction: 'input', action: 'redact', count: 2 },
      { entity: 'PHONE', direction: 'output', action: 'block', count: 1 },
    ],
  }),
  endRecord({
    requestId: 'b',
    beganAt: START + 1,
    status: 'blocked',
    conversationId: 'chat',
    policy: 'strict',
    latencyMs: 300,
    findings: [{ entity: 'EMAIL', direction: 'input', action: 'redact', count: 3 }],
  }),
  endRecord({
    requestId: 'c',
    beganAt: START + 2,
    status: 'failed',
    model: 'model-b',
    latencyMs: 200,
  }),
  endRecord({ requestId: 'd', beganAt: START + 3, client: 'key-2', completionTokens: 4 }),
]

async function withRecords(): Promise<AuditReader> {
  const path = temporaryPath()
  const writer = await openWriter({ path })
  for (const record of RECORDS) writer.end(record)
  await writer.begin(beginRecord({ requestId: 'e', beganAt: START + 4 }))
  writer.event({ kind: 'key_change', action: 'revoked', keyId: 'key-1' })
  await writer.close()
  return openReader(path)
}

describe('AuditReader', () => {
  it('sums by tenant, by label and by any field that is asked for', async () => {
    const path = temporaryPath()
    const writer = await openWriter({ path })
    const billing = { tenant: 'acme', labels: { team: 'billing', site: 'x' }, promptTokens: 3 }
    writer.end(endRecord({ requestId: 'a', ...billing, completionTokens: 4 }))
    writer.end(endRecord({ requestId: 'b', ...billing, status: 'blocked' }))
    writer.end(
      endRecord({ requestId: 'c', tenant: 'acme', labels: { team: 'it' }, status: 'failed' }),
    )
    writer.end(endRecord({ requestId: 'd', tenant: 'other', model: 'model-b' }))
    await writer.close()
    const reader = openReader(path)
    const sums = { blocked: 0, failed: 0, promptTokens: 0, completionTokens: 0 }
    expect(reader.groups('tenant')).toEqual([
      {
        ...sums,
        value: 'acme',
        completions: 3,
        blocked: 1,
        failed: 1,
        promptTokens: 6,
        completionTokens: 4,
      },
      { ...sums, value: 'other', completions: 1 },
    ])
    const values = (...args: Parameters<AuditReader['groups']>) =>
      reader.groups(...args).map(({ value, completions }) => [value, completions])
    expect(values({ label: 'team' })).toEqual([
      ['billing', 2],
      [null, 1],
      ['it', 1],
    ])
    expect(values({ label: 'site' }, { tenant: 'acme' })).toEqual([
      ['x', 2],
      [null, 1],
    ])
    expect(values('model')).toEqual([
      ['model-a', 3],
      ['model-b', 1],
    ])
    expect(values('status', { limit: 1 })).toEqual([['success', 2]])
  })

  const cases: [string, AuditFilter, string[]][] = [
    ['everything, the newest first', {}, ['e', 'd', 'c', 'b', 'a']],
    ['since a time, inclusive', { since: START + 3 }, ['e', 'd']],
    ['until a time, exclusive', { until: START + 1 }, ['a']],
    ['a status', { status: 'failed' }, ['c']],
    ['what has not ended', { status: 'running' }, ['e']],
    ['a client', { client: 'key-2' }, ['d']],
    ['a model', { model: 'model-b' }, ['c']],
    ['a conversation', { conversationId: 'chat' }, ['b']],
    ['at most so many', { limit: 2 }, ['e', 'd']],
    ['several conditions at once', { status: 'success', client: 'key-1' }, ['a']],
    ['nothing for a value that holds SQL', { client: "' OR 1=1 --" }, []],
  ]
  it.each(cases)('lists %s', async (_, filter, expected) => {
    const reader = await withRecords()
    expect([...reader.list(filter)].map(({ requestId }) => requestId)).toEqual(expected)
  })

  it('gets one record or none', async () => {
    const reader = await withRecords()
    expect(reader.get('b')).toMatchObject({ status: 'blocked', policy: 'strict' })
    expect(reader.get('z')).toBeUndefined()
  })

  it('lists events', async () => {
    const reader = await withRecords()
    expect([...reader.events()]).toEqual([
      { kind: 'key_change', action: 'revoked', keyId: 'key-1', at: START, instance: 'gateway-1' },
    ])
  })

  it('sums up', async () => {
    const reader = await withRecords()
    expect(reader.stats()).toEqual({
      completions: 5,
      byStatus: { success: 2, blocked: 1, failed: 1, running: 1 },
      byModel: { 'model-a': 4, 'model-b': 1 },
      byPolicy: { default: 4, strict: 1 },
      byClient: { 'key-1': 4, 'key-2': 1 },
      findings: [
        { entity: 'EMAIL', direction: 'input', action: 'redact', count: 5 },
        { entity: 'PHONE', direction: 'output', action: 'block', count: 1 },
      ],
      latencyMs: { p50: 200, p95: 300, p99: 300, max: 300 },
      timeToFirstTokenMs: { p50: 10, p95: 10, p99: 10, max: 10 },
      promptTokens: 5,
      completionTokens: 11,
    })
  })

  it('sums up what a filter selects, and nothing at all', async () => {
    const reader = await withRecords()
    expect(reader.stats({ model: 'model-b' })).toMatchObject({
      completions: 1,
      byStatus: { failed: 1 },
    })
    expect(reader.stats({ model: 'absent' })).toMatchObject({
      completions: 0,
      byStatus: {},
      latencyMs: { p50: null, p95: null, p99: null, max: null },
      promptTokens: 0,
    })
  })

  it('reads many records one by one', async () => {
    const path = temporaryPath()
    const writer = await openWriter({ path })
    for (let n = 0; n < 1_234; n += 1)
      writer.end(endRecord({ requestId: `req-${n}`, beganAt: START + n }))
    await writer.close()
    const ids = [...openReader(path).list()].map(({ requestId }) => requestId)
    expect(ids).toEqual(Array.from({ length: 1_234 }, (_, n) => `req-${1_233 - n}`))
  })

  it('sees what a gateway writes meanwhile, and is no hindrance to it', async () => {
    const path = temporaryPath()
    const writer = await openWriter({ path })
    await writer.begin(beginRecord())
    const reader = openReader(path)
    const half = reader.list()
    expect(half.next().value).toMatchObject({ requestId: 'req-1' })
    await writer.begin(beginRecord({ requestId: 'req-2' }))
    expect(reader.get('req-2')?.status).toBe('running')
    expect(writer.stats().state).toBe('writing')
  })

  it('refuses a file that is absent, without making it', () => {
    const path = temporaryPath()
    expect(() => new AuditReader(path)).toThrow(/There is no audit file/)
    expect(existsSync(path)).toBe(false)
  })

  it('refuses a database of something else', () => {
    const path = temporaryPath()
    const database = new Database(path)
    database.exec('CREATE TABLE cats (name TEXT)')
    database.close()
    expect(() => new AuditReader(path)).toThrow(/is no audit file/)
  })
})

describe('percentiles', () => {
  const latencies = fc.sample(fc.integer({ min: 0, max: 10_000 }), { numRuns: 300, seed: 7 })

  it.each([1, 2, 3, 20, 99, 100, 101, 300])(
    'are the nearest rank among %d values',
    async (size) => {
      const path = temporaryPath()
      const writer = await openWriter({ path })
      const values = latencies.slice(0, size)
      for (const [n, latencyMs] of values.entries())
        writer.end(endRecord({ requestId: `${n}`, latencyMs }))
      await writer.close()
      const sorted = values.toSorted((a, b) => a - b)
      const at = (share: number) => sorted[Math.ceil(size * share) - 1]
      expect(openReader(path).stats().latencyMs).toEqual({
        p50: at(0.5),
        p95: at(0.95),
        p99: at(0.99),
        max: sorted.at(-1),
      })
    },
  )
})
