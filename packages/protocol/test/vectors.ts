// The test vectors as data, and how their frames are compared: for the runners of the gateway and of the client.
import { readdirSync, readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'

export type Frame = Record<string, unknown>

export type Delta =
  | string
  | { choice?: number; delta: Record<string, unknown> }
  | { repeat: string; times: number }

export type Step =
  | { open: string; as?: string; bare?: boolean; upgradeCredential?: boolean }
  | { in: string; frame: Frame }
  | { in: string; text: string }
  | { out: string; frame: Frame; skip?: boolean; partial?: boolean; bytes?: string }
  | { out: string; close: number }
  | { cut: string }
  | { upstream: number; says: Delta[] }
  | { upstream: number; ends: string | string[] }
  | { upstream: number; breaks: true }
  | { upstream: number; aborted: true }
  | { upstreams: number }
  | { server: 'drains' }
  | Program

export type Program = { program: string } & (
  | { does: 'complete'; payload: Frame; idempotencyKey?: string }
  | { does: 'attach'; requestId: string; after: number }
  | { does: 'cancel' | 'detach' }
)

export interface Result {
  text: string
  end: string
  reasoning?: string
  toolCalls?: { id: string; name: string; arguments: string }[]
  retracted?: boolean
}

export interface Scenario {
  topic: string
  name: string
  why?: string
  for: ('server' | 'client')[]
  settings?: { policy?: string; ringBytes?: number }
  steps: Step[]
  results?: Record<string, Result>
}

const FOLDER = new URL('../vectors/', import.meta.url)

/** All scenarios of all files. */
export const SCENARIOS: readonly Scenario[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.json'))
  .flatMap((file) => {
    const { scenarios } = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'))
    const topic = file.replace('.json', '')
    return scenarios.map((scenario: Omit<Scenario, 'topic'>) => ({ topic, ...scenario }))
  })

const NAMES = new Set(['id', 'requestId', 'connectionId', 'idempotencyKey'])
const FREE = new Set([
  'tokenCount',
  'contextWindow',
  'expiresAt',
  'usage',
  'audit',
  'message',
  'limits',
  'heartbeat',
])

/** Names as the vectors have them, and as they are in this run: one to one. */
export class Names {
  readonly #actual = new Map<string, string>()
  readonly #written = new Map<string, string>()

  /** Says that a written name is this actual one; false if that contradicts what is known. */
  bind(kind: string, written: string, actual: string): boolean {
    const [from, to] = [`${kind} ${written}`, `${kind} ${actual}`]
    if (!this.#actual.has(from) && !this.#written.has(to)) {
      this.#actual.set(from, actual)
      this.#written.set(to, written)
    }
    return this.#actual.get(from) === actual && this.#written.get(to) === written
  }

  /** A written frame with the actual names; unknown ones stay as they are. */
  actual(frame: Frame): Frame {
    const entries = Object.entries(frame).map(([field, value]) => [
      field,
      NAMES.has(field) ? (this.#actual.get(`${field} ${value}`) ?? value) : value,
    ])
    return Object.fromEntries(entries)
  }
}

/** Whether a frame is what a vector expects: it has at least its fields; names are bound, what depends on the server is free. */
export function meets(actual: Frame, expected: Frame, names: Names): boolean {
  return Object.entries(expected).every(([field, value]) => {
    const own = actual[field]
    if (isFree(field, expected)) return typeof own === typeof value
    if (NAMES.has(field) && typeof value === 'string') {
      return typeof own === 'string' && names.bind(field, value, own)
    }
    return isDeepStrictEqual(own, value)
  })
}

function isFree(field: string, { type }: Frame): boolean {
  if (FREE.has(field) || field.endsWith('Ms')) return true
  return (field === 'reason' && type === 'goaway') || (field === 'from' && type === 'error')
}

/** Joins a chunk to the one before it where they could have been one frame; undefined if they could not. */
export function joined(first: Frame, second: Frame): Frame | undefined {
  const isSame = (field: string) => JSON.stringify(first[field]) === JSON.stringify(second[field])
  if (first.type !== 'chunk' || !['type', 'id', 'choice', 'channel'].every(isSame)) return undefined
  const range = { from: first.from ?? first.seq, seq: second.seq }
  if (typeof first.text === 'string' && typeof second.text === 'string')
    return { ...first, ...range, text: first.text + second.text }
  const [one, two] = [first.toolCall, second.toolCall] as (Frame | undefined)[]
  if (one === undefined || two === undefined || one.index !== two.index) return undefined
  const toolCall = { ...two, ...one, arguments: `${one.arguments ?? ''}${two.arguments ?? ''}` }
  return { ...first, ...range, toolCall }
}
