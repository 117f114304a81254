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
  const { size, end } = alphabet
  const met = new Uint8Array(samples.length * size)
  samples.forEach((before, left) => {
    for (let after = FIRST_CLASS; after < size; after += 1) {
      const splits = assertion.splitsWords && lowerCase[before] === 1 && upperCase[after] === 1
      if (splits || isMet(assertion, members, { before, after, end })) met[left * size + after] = 1
    }
  })
  return met
}

/** `before` is -1 at the start of the text, `after` is `end` at its end; neither edge belongs to any set. */
function isMet(
  assertion: Assertion,
  members: Uint8Array,
  place: { readonly before: number; readonly after: number; readonly end: number },
): boolean {
  const behind = place.before >= 0 && members[place.before] === 1
  const ahead = place.after !== place.end && members[place.after] === 1
  switch (assertion.kind) {
    case 'start':
      return place.before < 0
    case 'end':
      return place.after === place.end
    case 'behind':
      return behind !== assertion.negate
    case 'ahead':
      return ahead !== assertion.negate
    case 'boundary':
      return (behind !== ahead) !== assertion.negate
  }
}
