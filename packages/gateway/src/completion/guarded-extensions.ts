/**
 * The guard on extension fields, which are any JSON. Texts go through guard streams, each by its place, because servers send
 * them in pieces; what is left are words, which pass as a whole or not at all, by themselves and behind those before them,
 * and small numbers.
 */
import type { GuardStream, Policy, StreamResult } from '@sluice/guard'
import type { Extensions } from '../deltas.ts'
import { passesWhole } from './passes-whole.ts'
import { WordRuns } from './word-runs.ts'

export interface GuardedExtensionsOptions {
  policy: Policy
  /** Takes what a guard stream says, in order; throws if it is a block. */
  note: (result: StreamResult) => void
  /** Told of each value that does not pass. */
  onRefused: () => void
}

/** Keys whose values are text for people. */
const TEXT_KEYS = new Set(['text', 'summary', 'thinking', 'reasoning', 'content', 'title'])
/** Keys that say which part a text belongs to; they go with the rest of a text that was held. */
const LABEL_KEYS = new Set(['type', 'id', 'index', 'format'])
/** A word: no blank, and at least one letter, so that no number is put together from pieces. */
const WORD = /^(?=.*\p{L})[^\s\p{C}]{1,8192}$/u
const KEY = /^[A-Za-z_][\w.-]{0,63}$/
const MAX_DEPTH = 6
const MAX_STREAMS = 64
const MAX_KNOWN_WORDS = 64
const LONGEST_KNOWN_WORD = 64
const MAX_COUNT = 1e8
const MAX_AMOUNT = 1e6

/** A text that came in pieces, and how its rest is put into the form in which it came. */
interface Text {
  stream: GuardStream
  wrap: (text: string) => unknown
}

/** Where a value stands. */
interface Place {
  path: string
  key: string
  depth: number
  /** Puts a value of this place into the form of the whole. */
  wrap: (value: unknown) => unknown
}

export class GuardedExtensions {
  readonly #options: GuardedExtensionsOptions
  readonly #texts = new Map<string, Text>()
  /** Words that passed: names of fields and kinds of parts come with each delta, and a scan costs more than all the rest. */
  readonly #known = new Set<string>()
  readonly #runs: WordRuns

  constructor(options: GuardedExtensionsOptions) {
    this.#options = options
    this.#runs = new WordRuns((text) => passesWhole(text, options.policy))
  }

  /** What may pass of the fields now; undefined if that is nothing. */
  pass(fields: Extensions): Extensions | undefined {
    const root: Place = { path: '', key: '', depth: 0, wrap: (value) => value }
    return this.#object(fields, root) as Extensions | undefined
  }

  /** Ends the guard's streams: what they held, each in the form in which its text came. */
  release(): Extensions[] {
    const rest: Extensions[] = []
    for (const { stream, wrap } of this.#texts.values()) {
      const result = stream.end()
      this.#options.note(result)
      if (result.text !== '') rest.push(wrap(result.text) as Extensions)
    }
    this.#texts.clear()
    return rest
  }

  #value(value: unknown, place: Place): unknown {
    if (value === null || typeof value === 'boolean') return value
    if (typeof value === 'number') return this.#orRefused(numberOf(value))
    if (typeof value === 'string') return this.#string(value, place)
    if (place.depth >= MAX_DEPTH) return this.#orRefused(undefined)
    if (Array.isArray(value)) return this.#list(value, place)
    return typeof value === 'object' ? this.#object(value as Extensions, place) : undefined
  }

  #string(text: string, place: Place): unknown {
    if (text === '') return text
    if (TEXT_KEYS.has(place.key)) return this.#text(text, place)
    const mayPass = WORD.test(text) && this.#passes(text) && this.#runs.take(place.path, text)
    return this.#orRefused(mayPass ? text : undefined)
  }

  /** Stays a string, even if the guard holds all of it: the rest comes later. */
  #text(text: string, { path, wrap }: Place): unknown {
    let known = this.#texts.get(path)
    if (known === undefined) {
      const where = { direction: 'output', channel: 'reasoning' } as const
      const { policy } = this.#options
      if (!policy.applies(where)) return text
      // They would have to wait for it, and mostly repeat what comes elsewhere, too.
      if (policy.detection(where) !== undefined) return this.#orRefused(undefined)
      if (this.#texts.size >= MAX_STREAMS) return this.#orRefused(undefined)
      known = { stream: policy.open(where), wrap }
      this.#texts.set(path, known)
    }
    const result = known.stream.push(text)
    this.#options.note(result)
    return result.text
  }

  #list(values: readonly unknown[], place: Place): unknown {
    const passed: unknown[] = []
    values.forEach((value, position) => {
      const index = (value as { index?: unknown } | null)?.index
      const name = Number.isSafeInteger(index) ? String(index) : String(position)
      const member = this.#value(value, {
        path: `${place.path}/${name}`,
        key: place.key,
        depth: place.depth + 1,
        wrap: (inner) => place.wrap([inner]),
      })
      if (member !== undefined) passed.push(member)
    })
    return passed.length === 0 ? undefined : passed
  }

  #object(fields: Extensions, place: Place): Extensions | undefined {
    const passed: Record<string, unknown> = {}
    const labels: Record<string, unknown> = {}
    // Labels first: a text that is opened keeps them for its rest.
    const keys = Object.keys(fields).sort(
      (a, b) => Number(LABEL_KEYS.has(b)) - Number(LABEL_KEYS.has(a)),
    )
    for (const key of keys) {
      if (!KEY.test(key) || !this.#passes(key)) {
        this.#orRefused(undefined)
        continue
      }
      const value = this.#value(fields[key], {
        path: `${place.path}/${key}`,
        key,
        depth: place.depth + 1,
        wrap: (inner) => place.wrap({ ...labels, [key]: inner }),
      })
      if (value === undefined) continue
      passed[key] = value
      if (LABEL_KEYS.has(key)) labels[key] = value
    }
    return Object.keys(passed).length === 0 ? undefined : passed
  }

  #passes(word: string): boolean {
    if (this.#known.has(word)) return true
    if (!passesWhole(word, this.#options.policy)) return false
    const isKept = word.length <= LONGEST_KNOWN_WORD && this.#known.size < MAX_KNOWN_WORDS
    if (isKept) this.#known.add(word)
    return true
  }

  #orRefused<T>(value: T | undefined): T | undefined {
    if (value === undefined) this.#options.onRefused()
    return value
  }
}

/** A count or an amount; nothing that is as long as a card number. */
function numberOf(value: number): number | undefined {
  if (Number.isInteger(value)) return Math.abs(value) < MAX_COUNT ? value : undefined
  return Math.abs(value) < MAX_AMOUNT ? Math.round(value * 1e6) / 1e6 : undefined
}
