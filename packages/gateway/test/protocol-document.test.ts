// PROTOCOL.md and the source say the same: messages, error codes, error texts, close codes; none more, none fewer.
import { readdirSync, readFileSync } from 'node:fs'
import { CLOSE_CODES, ERROR_CODES, ERROR_TEXTS, errorRow } from '@sluice/protocol'
import { describe, expect, it } from 'vitest'
import { SETTINGS } from '../src/config/settings.ts'
import { MAX_JSON_VALUES } from '../src/dialects/message.ts'

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
  const found = plain.matchAll(/interface (\w+) \{([^{}]*(?:\{[^}]*\}[^{}]*)*)\}/g)
  return new Map([...found].map(([, name = '', body = '']) => [name, fieldsOf(body)]))
}

function fieldsOf(body: string): string[] {
  const lines = body.split('\n').map((line) => line.trim().replace(' | undefined', ''))
  return lines.filter((line) => line !== '')
}

/** Types that the source names or computes, and the page spells out. */
const SPELLED_OUT = [
  [
    '(typeof BLOCKED_REASONS)[keyof typeof BLOCKED_REASONS]',
    "'PII detected' | 'Safety guardrail violation'",
  ],
  ['keyof typeof BLOCKED_REASONS', "'pii' | 'safety'"],
  ['channel?: Channel', "channel?: 'content' | 'reasoning' | 'refusal' | 'tool_call'"],
] as const

function spelledOut(field: string): string {
  return SPELLED_OUT.reduce((text, [name, type]) => text.replace(name, type), field)
}

const CODE = /`([\w ]+)`/

/** Limits as the page has them, each with the numbers that it should have. */
const LIMITS: readonly (readonly [string, readonly number[]])[] = [
  [
    'JSON: nesting; values; messages of a request',
    [SETTINGS.maxJsonDepth.default, MAX_JSON_VALUES, SETTINGS.maxMessages.default],
  ],
  ['malformed messages', [SETTINGS.malformedPerMinute.default]],
  [
    'requests of a client; of an address',
    [SETTINGS.clientRequestsPerMinute.default, SETTINGS.addressRequestsPerMinute.default],
  ],
  [
    'sockets of a client; of an address',
    [SETTINGS.clientSockets.default, SETTINGS.addressSockets.default],
  ],
  [
    'sockets without a credential',
    [SETTINGS.addressUnauthenticated.default, SETTINGS.maxUnauthenticated.default],
  ],
  [
    'sockets; completions of the node',
    [SETTINGS.maxSockets.default, SETTINGS.maxCompletions.default],
  ],
  ['completions of a client', [SETTINGS.clientCompletions.default]],
  [
    'logs and requests together; requests of a client',
    [SETTINGS.memoryBudgetBytes.default / 2 ** 20],
  ],
  ['an answer', [SETTINGS.maxAnswerCharacters.default]],
  [
    'wait for a turn at the upstream',
    [SETTINGS.queueTimeoutMs.default / 1_000, SETTINGS.queueLength.default],
  ],
  ['attempts at the upstream', [SETTINGS.maxAttempts.default]],
  ['drain', [SETTINGS.drainDeadlineMs.default / 1_000]],
]

describe('PROTOCOL.md', () => {
  it('lists every error code and no other, in the order of the source', () => {
    expect(rows('Error codes').map(([code]) => CODE.exec(code ?? '')?.[1])).toEqual([
      ...ERROR_CODES,
    ])
  })

  it('says of every error code what it is over HTTP, and whether a retry may help', () => {
    const listed = rows('Error codes').map(([, , , http, retry]) => [http, retry])
    const known = ERROR_CODES.map((code) => {
      const { status, openAi, isRetryable } = errorRow(code)
      const named = openAi.code === null ? '' : ` \`${openAi.code}\``
      return [`${status} \`${openAi.type}\`${named}`, isRetryable ? 'yes' : 'no']
    })
    expect(listed).toEqual(known)
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

  it.each(LIMITS)('has the default of the limit %j', (limit, numbers) => {
    const [, value = ''] = rows('Flow and limits').find(([name]) => name === limit) ?? []
    const listed = [...value.matchAll(/[\d,]*\d/g)].map(([text]) => Number(text.replace(',', '')))
    expect(listed.slice(0, numbers.length)).toEqual(numbers)
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

  it.each([
    ['Dialect 1', 'dialect-1.ts', /interface \w+Message \{\s+type: '(\w+)'/g],
    ['Dialect 2', 'dialect-2.ts', /interface \w+Frame \{\s+type: '(\w+)'/g],
  ])(
    'has a heading and an interface for every message of %s, and no other',
    (title, file, types) => {
      const text = section(title)
      const headings = [...text.matchAll(/^### `(\w+)`$/gm)].map(([, name]) => name)
      const dialect = readFileSync(new URL(file, SOURCE), 'utf8')
      const known = [...dialect.matchAll(types)].map(([, type]) => type).toSorted()
      expect(headings.toSorted()).toEqual(known)
      expect([...text.matchAll(types)].map(([, type]) => type).toSorted()).toEqual(known)
    },
  )

  it('shows interfaces with the fields of the source', () => {
    const known = interfacesOf(source)
    const shown = interfacesOf(document)
    expect(shown.size).toBeGreaterThanOrEqual(25)
    for (const [name, fields] of shown) {
      expect(fields, name).toEqual(known.get(name)?.map(spelledOut))
    }
  })
})
