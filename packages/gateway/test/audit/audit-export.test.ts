import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CSV_HEADER, toCsvLine, toJsonLine } from '../../src/audit/audit-export.ts'
import type { AuditRecord } from '../../src/audit/record.ts'
import { endParameters, RECORD_FIELDS, recordFromRow } from '../../src/audit/schema.ts'
import { endRecord, START } from './audit-fixture.ts'

const COLUMN_NAMES = RECORD_FIELDS.map((field) =>
  field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
)

function stored(fields: Parameters<typeof endRecord>[0]): AuditRecord {
  const values = endParameters(endRecord(fields), 'gateway-1')
  return recordFromRow(Object.fromEntries(COLUMN_NAMES.map((name, n) => [name, values[n]])))
}

/** Reads one line of RFC 4180 in which every cell is quoted. */
function cells(line: string): string[] {
  return [...line.matchAll(/"((?:[^"]|"")*)"(?:,|$)/g)].map(([, cell = '']) =>
    cell.replaceAll('""', '"'),
  )
}

describe('toCsvLine', () => {
  it('has one cell for every column of the header', () => {
    expect(cells(toCsvLine(stored({})))).toHaveLength(cells(CSV_HEADER).length)
  })

  it('writes times as ISO 8601 and leaves absent values empty', () => {
    const line = cells(toCsvLine(stored({})))
    const at = (field: keyof AuditRecord) => line[RECORD_FIELDS.indexOf(field)]
    expect(at('beganAt')).toBe(new Date(START).toISOString())
    expect(at('finishReason')).toBe('')
  })

  it.each([
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    '\tx',
    '\rx',
    '\nx',
    '＝1',
    '＋1',
    '－1',
    '＠x',
    '=cmd|" /C calc"!A0',
  ])('makes text of what a spreadsheet would compute: %j', (value) => {
    const line = cells(toCsvLine(stored({ conversationId: value })))
    expect(line[RECORD_FIELDS.indexOf('conversationId')]).toBe(`'${value}`)
  })

  it('keeps any text in its own cell', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        const line = cells(toCsvLine(stored({ conversationId: value, finishReason: 'stop' })))
        expect(line).toHaveLength(RECORD_FIELDS.length)
        expect(line[RECORD_FIELDS.indexOf('conversationId')]?.replace(/^'/, '')).toBe(
          value.replace(/^'/, ''),
        )
        expect(line[RECORD_FIELDS.indexOf('finishReason')]).toBe('stop')
      }),
    )
  })
})

describe('toJsonLine', () => {
  it('writes times as ISO 8601, and leaves alone what is no time', () => {
    const line = toJsonLine({
      beganAt: START,
      endedAt: null,
      latencyMs: 12,
      nested: { beganAt: 0 },
    })
    expect(JSON.parse(line)).toEqual({
      beganAt: '2026-01-01T00:00:00.000Z',
      endedAt: null,
      latencyMs: 12,
      nested: { beganAt: '1970-01-01T00:00:00.000Z' },
    })
    expect(toJsonLine({ beganAt: Number.MAX_SAFE_INTEGER })).toContain('9007199254740991')
  })

  it('is one line that a terminal cannot obey and that reads back to the same record', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const line = toJsonLine({ value })
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
        expect(JSON.parse(line)).toEqual({ value })
      }),
    )
  })
})
