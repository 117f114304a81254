/** Audit records as lines of JSON or CSV. Where the lines go is for the caller. */
import type { AuditRecord } from './record.ts'
import { RECORD_FIELDS } from './schema.ts'

/** Characters that JSON leaves as they are but a terminal may obey: C1 controls, line separators, bidirectional overrides. */
const TERMINAL_UNSAFE = /[\p{Cf}\u007f-\u009f\u2028\u2029]/gu

/**
 * First characters that make a spreadsheet take a cell for a formula, with their full-width forms.
 * Source: OWASP, "CSV Injection".
 */
const FORMULA_START = /^[=+\-@\t\r\n＝＋－＠]/

/** Fields of a record that are times: shown as ISO 8601, in every format. */
const TIMES: ReadonlySet<string> = new Set(['beganAt', 'endedAt'])

/** One line of JSON without its line end, free of characters that a terminal obeys. Times are ISO 8601. */
export function toJsonLine(record: object): string {
  const text = JSON.stringify(record, (field, value) =>
    TIMES.has(field) && Number.isInteger(value) ? isoTime(value) : value,
  )
  return text.replace(TERMINAL_UNSAFE, escaped)
}

/** The header line of the CSV form, without its line end. */
export const CSV_HEADER: string = RECORD_FIELDS.map(quoted).join(',')

/**
 * One line of CSV (RFC 4180, every cell quoted) without its line end. Times are ISO 8601, findings are JSON, and a text
 * that a spreadsheet would compute is led by an apostrophe.
 */
export function toCsvLine(record: AuditRecord): string {
  return RECORD_FIELDS.map((field) => quoted(cell(record, field))).join(',')
}

/** A file that somebody else wrote may hold numbers that are no time; those stay numbers. */
function isoTime(value: number): string {
  const time = new Date(value)
  return Number.isNaN(time.getTime()) ? String(value) : time.toISOString()
}

function cell(record: AuditRecord, field: keyof AuditRecord): string {
  const value = record[field]
  if (value === null) return ''
  if (TIMES.has(field)) return isoTime(Number(value))
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return FORMULA_START.test(text) ? `'${text}` : text
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`
}

function escaped(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')
}
