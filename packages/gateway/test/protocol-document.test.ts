// PROTOCOL.md and the source say the same: messages, error codes, error texts, close codes; none more, none fewer.
import { readdirSync, readFileSync } from 'node:fs'
import { CLOSE_CODES, ERROR_CODES, ERROR_TEXTS } from '@sluice/protocol'
import { describe, expect, it } from 'vitest'

const ROOT = new URL('../../../', import.meta.url)
const SOURCE = new URL('packages/protocol/src/', ROOT)

const document = readFileSync(new URL('PROTOCOL.md', ROOT), 'utf8')
const source = readdirSync(SOURCE)
  .map((file) => readFileSync(new URL(file, SOURCE), 'utf8'))
  .join('\n')

/** The text under a heading, up to the next one of its level. */
function section(title: string): string {
  const text = document.split(/^## /m).find((part) => part.startsWith(`${title}\n`))
  if (text === undefined) throw new Error(`PROTOCOL.md has no section ${title}`)
  return text
}

/** The rows of a section's table as cells, without its head. */
function rows(title: string): string[][] {
  const lines = section(title).split('\n')
  const cells = lines
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split('|').slice(1, -1))
  return cells.slice(2).map((row) => row.map((cell) => cell.trim()))
}

/** Interfaces by name, each as its fields in a form that layout and comments do not change. */
function interfacesOf(text: string): Map<string, string[]> {
  const plain = text.replace(/\/\*\*[\s\S]*?\*\//g, '')
  const found = plain.matchAll(/interface (\w+) \{([^}]*)\}/g)
  return new Map([...found].map(([, name = '', body = '']) => [name, fieldsOf(body)]))
}

function fieldsOf(body: string): string[] {
  const lines = body.split('\n').map((line) => line.trim().replace(' | undefined', ''))
  return lines.filter((line) => line !== '')
}

const CODE = /`([\w ]+)`/

describe('PROTOCOL.md', () => {
  it('lists every error code and no other, in the order of the source', () => {
    expect(rows('Error codes').map(([code]) => CODE.exec(code ?? '')?.[1])).toEqual([
      ...ERROR_CODES,
    ])
  })

  it('marks as reserved exactly the error codes that the gateway never makes', () => {
    const folder = new URL('packages/gateway/src/', ROOT)
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    const gateway = files
      // The audit has kinds of events that are called like codes.
      .filter((file) => file.endsWith('.ts') && !file.startsWith('audit'))
      .map((file) => readFileSync(new URL(file, folder), 'utf8'))
      .join('\n')
    const reserved = rows('Error codes').filter(([, cause]) => cause?.startsWith('_reserved_'))
    expect(reserved.map(([code]) => CODE.exec(code ?? '')?.[1])).toEqual(
      ERROR_CODES.filter((code) => !gateway.includes(`'${code}'`)),
    )
  })

  it('lists every close code and no other, and says of each whether to reconnect', () => {
    const words = {
      no: 'no',
      'with-jitter': 'with jitter',
      'after-delay': 'after',
      slowly: 'slowly',
      once: 'once',
    }
    const listed = rows('Close codes').map(([code, , reconnect = '']) => [Number(code), reconnect])
    const known = Object.values(CLOSE_CODES).map(({ code, reconnect }) => [
      code,
      expect.stringMatching(new RegExp(`^${words[reconnect]}`)),
    ])
    expect(listed).toEqual(known)
  })

  it("has every error text of the tutorial's, as an error begins with it", () => {
    const texts = rows('Error texts').map(([text]) => text ?? '')
    for (const begin of Object.values(ERROR_TEXTS)) {
      expect(
        texts.filter((text) => text.startsWith(`\`${begin}`)),
        begin,
      ).toHaveLength(1)
    }
  })

  it('has a heading and an interface for every message of dialect 1, and no other', () => {
    const headings = [...section('Dialect 1').matchAll(/^### `(\w+)`$/gm)].map(([, name]) => name)
    const dialect = readFileSync(new URL('dialect-1.ts', SOURCE), 'utf8')
    const messages = dialect.matchAll(/interface \w+Message \{\s+type: '(\w+)'/g)
    expect(headings.toSorted()).toEqual([...messages].map(([, type]) => type).toSorted())
  })

  it('shows interfaces with the fields of the source', () => {
    const known = interfacesOf(source)
    const shown = interfacesOf(document)
    expect(shown.size).toBeGreaterThanOrEqual(6)
    for (const [name, fields] of shown) {
      const expected = known.get(name)?.map((field) =>
        // The one type that the source computes from a table.
        field.startsWith('reason: (typeof BLOCKED_REASONS)')
          ? "reason: 'PII detected' | 'Safety guardrail violation'"
          : field,
      )
      expect(fields, name).toEqual(expected)
    }
  })
})
