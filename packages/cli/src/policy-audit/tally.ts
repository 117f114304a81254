/** What one policy does with many texts: counts by entity, action and rule. It keeps no text but the last few thousand characters. */
import type { Finding, GuardStream, OpenOptions, Policy, StreamResult } from '@sluice/guard'
import { valueShape } from './value-shape.ts'

export interface TallyRow {
  readonly entity: string
  readonly action: string
  readonly ruleId: string
  findings: number
  /** How many texts have such a finding. */
  texts: number
  /** The first different shapes, never values. */
  readonly shapes: string[]
}

export interface TallyOptions {
  readonly text: OpenOptions
  /** How many shapes a row keeps. */
  readonly examples: number
}

/** How far back a finding may begin for its shape to be known: more than any policy holds back. */
const WINDOW = 8192

export class Tally {
  texts = 0
  /** Texts of which something is concealed or cut. */
  touched = 0
  /** Texts in which something is found and left. */
  observed = 0
  blocked = 0
  readonly #policy: Policy
  readonly #options: TallyOptions
  readonly #rows = new Map<string, TallyRow>()
  #stream: GuardStream | undefined
  #recent = ''
  #recentStart = 0
  readonly #rowsOfText = new Set<TallyRow>()
  #isBlocked = false

  constructor(policy: Policy, options: TallyOptions) {
    this.#policy = policy
    this.#options = options
  }

  get policy(): Policy {
    return this.#policy
  }

  /** The rows, the most findings first. */
  get rows(): TallyRow[] {
    return [...this.#rows.values()].sort(
      (a, b) => b.findings - a.findings || keyOf(a).localeCompare(keyOf(b)),
    )
  }

  /** The next piece of a text. */
  push(piece: string): void {
    this.#stream ??= this.#policy.open(this.#options.text)
    if (this.#options.examples > 0) {
      const kept = this.#recent.slice(-WINDOW)
      this.#recentStart += this.#recent.length - kept.length
      this.#recent = kept + piece
    }
    this.#count(this.#stream.push(piece))
  }

  /** The text is complete. Returns whether something of it is concealed or cut. */
  endText(): boolean {
    if (this.#stream !== undefined) this.#count(this.#stream.end())
    const rows = [...this.#rowsOfText]
    const isTouched = this.#isBlocked || rows.some(({ action }) => action !== 'observe')
    for (const row of rows) row.texts += 1
    this.texts += 1
    if (isTouched) this.touched += 1
    else if (rows.length > 0) this.observed += 1
    if (this.#isBlocked) this.blocked += 1
    this.#rowsOfText.clear()
    this.#stream = undefined
    this.#recent = ''
    this.#recentStart = 0
    this.#isBlocked = false
    return isTouched
  }

  #count(result: StreamResult): void {
    for (const finding of result.findings) {
      const row = this.#rowOf(finding)
      row.findings += 1
      this.#rowsOfText.add(row)
      if (row.shapes.length < this.#options.examples) this.#addShape(row, finding)
    }
    if (result.blocked !== undefined) this.#isBlocked = true
  }

  #rowOf({ entity, action, ruleId }: Finding): TallyRow {
    const key = keyOf({ entity, action, ruleId })
    let row = this.#rows.get(key)
    if (row === undefined) {
      row = { entity, action, ruleId, findings: 0, texts: 0, shapes: [] }
      this.#rows.set(key, row)
    }
    return row
  }

  #addShape(row: TallyRow, { start, end }: Finding): void {
    const from = Math.max(0, start - this.#recentStart)
    const shape = valueShape(this.#recent.slice(from, end - this.#recentStart))
    if (shape !== '' && !row.shapes.includes(shape)) row.shapes.push(shape)
  }
}

/** Tells rows apart. */
export function keyOf({ entity, action, ruleId }: Pick<TallyRow, 'entity' | 'action' | 'ruleId'>) {
  return `${entity}\n${action}\n${ruleId}`
}
