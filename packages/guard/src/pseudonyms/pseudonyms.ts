// The stand-ins of one request: which value each stands for, and how often they were used. Made anew for each request and
// forgotten with its answer. Where stand-ins are found in an answer is restoring-stream.ts's.
import type { Span } from '../detection.ts'
import { PolicyError } from '../policy-error.ts'
import { KnownValues } from './known-values.ts'
import { normalForm } from './normal-form.ts'
import { standInCode } from './stand-in-code.ts'
import { StandInIndex } from './stand-in-index.ts'

const MIN_KEY_BYTES = 16
const MAX_VALUES = 4_096
const MAX_CHARACTERS = 262_144
/** More collisions in a row do not happen by chance. */
const MAX_ATTEMPTS = 5
const MAX_NAME_LENGTH = 32

export interface PseudonymsOptions {
  /** Secret, at least 16 bytes. Who has it can find out whether a value is behind a stand-in, by trying. */
  readonly key: Uint8Array
  /** What the request belongs to, such as a client's conversation: the same value has another stand-in elsewhere. */
  readonly scope: string
  /** Default 4,096 different values. */
  readonly maxValues?: number
  /** Of all values and stand-ins together. Default 262,144 UTF-16 units. */
  readonly maxCharacters?: number
}

/** What became of stand-ins; no value. */
export interface PseudonymCounts {
  /** Findings of the request that were replaced. */
  replaced: number
  /** Stand-ins of the answer that became values again. */
  restored: number
  /** Those that stayed, because they stand in a link. */
  keptInLinks: number
  /** Words that look like a stand-in of an entity of this request, and are none of it. */
  unknown: number
}

export interface StandIn {
  readonly entity: string
  /** `ENTITY_CODE`. */
  readonly name: string
  /** Offset of the code in the name. */
  readonly codeStart: number
  /** The value, in the spelling in which it came first. */
  readonly value: string
  /** Whether it was written right behind a letter or a digit, so that it may be found there. */
  isGlued: boolean
}

export class Pseudonyms {
  readonly #counts = new Map<string, PseudonymCounts>()
  /** More was found than the limits allow: the request must not be sent. */
  isFull = false
  readonly #options: PseudonymsOptions
  /** By entity and normal form. */
  readonly #byValue = new Map<string, StandIn>()
  readonly #byName = new Map<string, StandIn>()
  /** Entities by every spelling in which a value was found. */
  readonly #spellings = new Map<string, string>()
  /** The beginnings of names that are no name themselves, from the fourth character of their codes on. */
  readonly #beginnings = new Set<string>()
  #characters = 0
  #index: StandInIndex | undefined
  #knownValues: KnownValues | undefined

  /** @throws PolicyError `invalid_option` if the key is too short */
  constructor(options: PseudonymsOptions) {
    if (options.key.length < MIN_KEY_BYTES) {
      throw new PolicyError('invalid_option', `a key needs at least ${MIN_KEY_BYTES} bytes`)
    }
    this.#options = options
  }

  /** How many values have a stand-in. */
  get size(): number {
    return this.#byName.size
  }

  /** By entity. */
  get countsByEntity(): ReadonlyMap<string, PseudonymCounts> {
    return this.#counts
  }

  /** Of all entities. */
  get counts(): PseudonymCounts {
    const sum = noCounts()
    for (const counts of this.#counts.values()) {
      for (const kind of Object.keys(sum) as (keyof PseudonymCounts)[]) sum[kind] += counts[kind]
    }
    return sum
  }

  /** Counts what became of a stand-in of an entity. */
  note(entity: string, kind: keyof PseudonymCounts): void {
    const counts = this.#counts.get(entity) ?? noCounts()
    counts[kind] += 1
    this.#counts.set(entity, counts)
  }

  /** The stand-ins in the order in which a text is searched for them. */
  get index(): StandInIndex {
    this.#index ??= new StandInIndex([...this.#byName.values()])
    return this.#index
  }

  /**
   * Where values that have a stand-in occur in a text, from one offset to before another, whether or not a rule would find
   * them there: as whole words, spelt as they were found. Values of one character and numbers of fewer than five digits
   * are not looked for.
   */
  spansIn(text: string, from?: number, to?: number): readonly Span[] {
    this.#knownValues ??= new KnownValues(
      [...this.#spellings].map(([value, entity]) => ({ entity, value })),
    )
    return this.#knownValues.spansIn(text, from, to)
  }

  /**
   * The stand-in of a value; undefined if there is no room for another one.
   * @param isGlued whether it is written right behind a letter, a digit or `_`
   */
  standInOf(entity: string, value: string, isGlued = false): string | undefined {
    // What came back unrestored, and looks to a rule like something to be found, stays what it is.
    const standIn = this.#byName.get(value) ?? this.#known(entity, value)
    if (standIn === undefined) {
      this.isFull = true
      return undefined
    }
    this.note(standIn.entity, 'replaced')
    if (isGlued && !standIn.isGlued) {
      standIn.isGlued = true
      this.#index = undefined
    }
    return standIn.name
  }

  #known(entity: string, value: string): StandIn | undefined {
    const form = normalForm(entity, value)
    const key = JSON.stringify([entity, form])
    const known = this.#byValue.get(key) ?? this.#make(entity, form, value)
    if (known === undefined || !this.#noteSpelling(entity, value)) return undefined
    this.#byValue.set(key, known)
    return known
  }

  /** Whether there was room for it. */
  #noteSpelling(entity: string, value: string): boolean {
    if (this.#spellings.has(value)) return true
    this.#characters += value.length
    if (this.#characters > (this.#options.maxCharacters ?? MAX_CHARACTERS)) return false
    this.#spellings.set(value, entity)
    this.#knownValues = undefined
    return true
  }

  #make(entity: string, form: string, value: string): StandIn | undefined {
    const { key, scope, maxValues = MAX_VALUES, maxCharacters = MAX_CHARACTERS } = this.#options
    const label = `${labelOf(entity)}_`
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const name = label + standInCode(key, [scope, entity, form], attempt)
      if (this.#isTaken(name, label.length)) continue
      this.#characters += form.length + name.length
      if (this.size >= maxValues || this.#characters > maxCharacters) return undefined
      const standIn = { entity, name, codeStart: label.length, value, isGlued: false }
      this.#add(standIn)
      return standIn
    }
    return undefined
  }

  /** Whether a name begins another one, or is begun by one: then the shorter would be found in the longer. */
  #isTaken(name: string, codeStart: number): boolean {
    if (this.#beginnings.has(name)) return true
    for (let end = codeStart + 1; end <= name.length; end += 1) {
      if (this.#byName.has(name.slice(0, end))) return true
    }
    return false
  }

  #add(standIn: StandIn): void {
    const { name, codeStart } = standIn
    this.#byName.set(name, standIn)
    for (let end = codeStart + 1; end < name.length; end += 1) {
      this.#beginnings.add(name.slice(0, end))
    }
    this.#index = undefined
  }
}

function noCounts(): PseudonymCounts {
  return { replaced: 0, restored: 0, keptInLinks: 0, unknown: 0 }
}

/** An entity as the word that models keep as it is: letters, digits and `_`. */
function labelOf(entity: string): string {
  const label = entity
    .toUpperCase()
    .replace(/[^A-Z\d]+/g, '_')
    .replace(/^_+|_+$/g, '')
  return /^[A-Z]/.test(label)
    ? label.slice(0, MAX_NAME_LENGTH)
    : `VALUE_${label}`.slice(0, MAX_NAME_LENGTH).replace(/_$/, '')
}
