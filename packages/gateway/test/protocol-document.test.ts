/** PROTOCOL.md and the source say the same: error codes, close codes, message types and their fields. */
import { readdirSync, readFileSync } from 'node:fs'
import { BLOCKED_REASONS, CLOSE_CODES, ERROR_CODES, ERROR_TEXTS } from '@sluice/protocol'
import { describe, expect, it } from 'vitest'

const root = new URL('../../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')
const document = read('PROTOCOL.md')

/** The first cells of the table under a heading. */
function firstCells(heading: string): string[] {
  const section = document.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  const rows = section.split('\n').filter((line) => line.startsWith('| '))
  return rows.slice(2).map((row) => row.split('|')[1]?.trim().replaceAll('`', '') ?? '')
}

/** Interfaces by name, without comments, blanks and what differs only for the compiler. */
function interfacesIn(text: string): Map<string, string> {
  const blocks = text.matchAll(/interface (\w+) \{\n([\s\S]*?)\n\}/g)
  return new Map([...blocks].map(([, name = '', body = '']) => [name, normalised(body)]))
}

function normalised(body: string): string {
  return body
    .replace(/\/\*\*[\s\S]*?\*\//g, '')
    .replaceAll(' | undefined', '')
    .replace(/\(typeof BLOCKED_REASONS\)\[keyof typeof BLOCKED_REASONS\]/, blockedReasons)
    .replace(/\s+/g, ' ')
    .trim()
}

const blockedReasons = Object.values(BLOCKED_REASONS)
  .map((reason) => `'${reason}'`)
  .join(' | ')

const source = ['chat-request', 'dialect-1']
  .map((name) => read(`packages/protocol/src/${name}.ts`))
  .join('\n')

describe('PROTOCOL.md', () => {
  it('lists exactly the error codes of the source', () => {
    expect(firstCells('Error codes')).toEqual([...ERROR_CODES])
  })

  it('lists exactly the close codes of the source', () => {
    const codes = Object.values(CLOSE_CODES).map(({ code }) => String(code))
    expect(firstCells('Close codes')).toEqual(codes)
  })

  it('marks as reserved exactly the error codes that the gateway never makes', () => {
    const folder = new URL('packages/gateway/src/', root)
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    const code = files
      // The audit has event kinds that are called like codes.
      .filter((file) => file.endsWith('.ts') && !file.startsWith('audit'))
      .map((file) => readFileSync(new URL(file, folder), 'utf8'))
      .join('\n')
    const unused = ERROR_CODES.filter((name) => !code.includes(`'${name}'`))
    const reserved = [...document.matchAll(/^\| `(\w+)` +\| _reserved_/gm)].map(([, name]) => name)
    expect(reserved).toEqual(unused)
  })

  it('begins its texts as the source does', () => {
    for (const text of Object.values(ERROR_TEXTS)) expect(document).toContain(`\`${text}`)
  })

  it('has a heading for each message type of dialect 1, and no other', () => {
    const types = [...source.matchAll(/^ {2}type: '(\w+)'/gm)].map(([, type]) => type)
    const section = document.split('\n## Dialect 1\n')[1]?.split('\n## ')[0] ?? ''
    const headings = [...section.matchAll(/^### `(\w+)`$/gm)].map(([, type]) => type)
    expect(headings).toEqual(types.filter((type) => type !== 'function'))
  })

  it('gives each message the fields that the source gives it', () => {
    const inSource = interfacesIn(source)
    const { HelloMessage, ...inDocument } = Object.fromEntries(interfacesIn(document))
    expect(HelloMessage).toBe("type: 'hello' token: string")
    expect(Object.keys(inDocument).length).toBeGreaterThan(5)
    for (const [name, body] of Object.entries(inDocument)) expect(body).toBe(inSource.get(name))
  })
})
