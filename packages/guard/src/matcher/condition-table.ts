// Which conditions (word boundaries, look-around of one character) hold between which two neighbouring symbols.
import { type Alphabet, FIRST_CLASS } from './alphabet.ts'
import { LOWER_CASE, UPPER_CASE } from './char-set.ts'
import type { Assertion } from './pattern.ts'

/** Worked out once per program, for every condition, left context and class. */
export class ConditionTable {
  /** Left context that a class leaves behind; 0 is the start of the text. */
  readonly leftOf: Uint8Array
  /** The left context where a word begins behind a letter: that of `_`, which is an edge to recognizers alone. */
  readonly wordStart: number
  readonly #open: Uint8Array
  /** Number of left contexts. */
  readonly lefts: number
  readonly #size: number

  constructor(conditions: readonly (readonly Assertion[])[], alphabet: Alphabet) {
    const assertions = [...new Set(conditions.flat())]
    const members = new Map(assertions.map((a) => [a, alphabet.members(a.set)]))
    const looksBack = assertions.filter(({ kind }) => kind === 'behind' || kind === 'boundary')
    const lowerCase = alphabet.members(LOWER_CASE)
    const splitsWords = assertions.some((assertion) => assertion.splitsWords)
    const looked = looksBack.map((assertion) => members.get(assertion) ?? EMPTY)
    const { leftOf, samples } = leftContexts(
      splitsWords ? [...looked, lowerCase] : looked,
      alphabet,
    )
    this.leftOf = leftOf
    this.wordStart = leftOf[alphabet.classOf[UNDERSCORE] ?? 0] ?? 0
    this.lefts = samples.length
    this.#size = alphabet.size
    this.#open = new Uint8Array(conditions.length * this.lefts * this.#size)
    const places = { samples, alphabet, lowerCase, upperCase: alphabet.members(UPPER_CASE) }
    const met = new Map(assertions.map((a) => [a, whereMet(a, members.get(a) ?? EMPTY, places)]))
    conditions.forEach((condition, c) => {
      const open = this.#open.subarray(
        c * this.lefts * this.#size,
        (c + 1) * this.lefts * this.#size,
      )
      open.fill(1)
      for (const assertion of condition) {
        const where = met.get(assertion) ?? EMPTY
        for (let cell = 0; cell < open.length; cell += 1) if (where[cell] !== 1) open[cell] = 0
      }
    })
  }

  holds(condition: number, left: number, symbolClass: number): boolean {
    return condition === 0 || this.#open[this.#cell(condition, left, symbolClass)] === 1
  }

  #cell(condition: number, left: number, symbolClass: number): number {
    return (condition * this.lefts + left) * this.#size + symbolClass
  }
}

const EMPTY = new Uint8Array(0)
const UNDERSCORE = 0x5f

/** Classes that no assertion tells apart when it looks back leave the same context; `samples` holds one class for each, -1 for the start. */
function leftContexts(members: readonly Uint8Array[], alphabet: Alphabet) {
  const leftOf = new Uint8Array(alphabet.size)
  const samples = [-1]
  const known = new Map<string, number>()
  for (let symbolClass = FIRST_CLASS; symbolClass < alphabet.size; symbolClass += 1) {
    const signature = members.map((set) => set[symbolClass] ?? 0).join('')
    const left = known.get(signature) ?? samples.push(symbolClass) - 1
    known.set(signature, left)
    leftOf[symbolClass] = left
  }
  return { leftOf, samples }
}

/** Where an assertion may be met: after a sample of a left context and before any class. */
interface Places {
  readonly samples: readonly number[]
  readonly alphabet: Alphabet
  readonly lowerCase: Uint8Array
  readonly upperCase: Uint8Array
}

/** By left context and class: 1 where an assertion is met between the two. */
function whereMet(assertion: Assertion, members: Uint8Array, places: Places): Uint8Array {
  const { samples, alphabet, lowerCase, upperCase } = places
  const { size } = alphabet
  const { kind, negate, splitsWords } = assertion
  const met = new Uint8Array(samples.length * size)
  const isAhead = aheads(kind, members, alphabet)
  samples.forEach((before, left) => {
    const isBehind = kind === 'start' ? before < 0 : members[before] === 1
    const mayBeSplit = splitsWords && lowerCase[before] === 1
    for (let after = FIRST_CLASS; after < size; after += 1) {
      const isSplit = mayBeSplit && upperCase[after] === 1
      const holds = isMet(kind, isBehind, isAhead[after] === 1) !== negate
      if (isSplit || holds) met[left * size + after] = 1
    }
  })
  return met
}

/** The classes that an assertion means by what follows. The end of the text belongs to no set. */
function aheads(kind: Assertion['kind'], members: Uint8Array, { size, end }: Alphabet): Uint8Array {
  const result = kind === 'end' ? new Uint8Array(size) : members.slice()
  result[end] = kind === 'end' ? 1 : 0
  return result
}

/** Whether an assertion that is not negated holds where its sets lie behind, and ahead. */
function isMet(kind: Assertion['kind'], isBehind: boolean, isAhead: boolean): boolean {
  if (kind === 'boundary') return isBehind !== isAhead
  return kind === 'start' || kind === 'behind' ? isBehind : isAhead
}
