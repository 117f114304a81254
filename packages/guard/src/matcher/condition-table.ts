// Which conditions (word boundaries, look-around of one character) hold between which two neighbouring symbols.
import { type Alphabet, FIRST_CLASS } from './alphabet.ts'
import { LOWER_CASE, UPPER_CASE } from './char-set.ts'
import type { Assertion } from './pattern.ts'

const HOLDS = 1
const HOLDS_NOT = 2

/** By condition, left context and class, worked out when first asked for. */
export class ConditionTable {
  /** Left context that a class leaves behind; 0 is the start of the text. */
  readonly leftOf: Uint8Array
  /** The left context where a word begins behind a letter: that of `_`, which is an edge to recognizers alone. */
  readonly wordStart: number
  /** Number of left contexts. */
  readonly lefts: number
  readonly #conditions: readonly (readonly Assertion[])[]
  readonly #known: Uint8Array
  readonly #alphabet: Alphabet
  readonly #members: ReadonlyMap<Assertion, Uint8Array>
  readonly #lowerCase: Uint8Array
  readonly #upperCase: Uint8Array
  /** By left context a class that leaves it, -1 for the start. */
  readonly #samples: readonly number[]

  constructor(conditions: readonly (readonly Assertion[])[], alphabet: Alphabet) {
    const assertions = [...new Set(conditions.flat())]
    const members = new Map(assertions.map((a) => [a, alphabet.members(a.set)]))
    const looksBack = assertions.filter(({ kind }) => kind === 'behind' || kind === 'boundary')
    const looked = looksBack.map((assertion) => members.get(assertion) ?? EMPTY)
    this.#conditions = conditions
    this.#alphabet = alphabet
    this.#members = members
    this.#lowerCase = alphabet.members(LOWER_CASE)
    this.#upperCase = alphabet.members(UPPER_CASE)
    const splitsWords = assertions.some((assertion) => assertion.splitsWords)
    const { leftOf, samples } = leftContexts(
      splitsWords ? [...looked, this.#lowerCase] : looked,
      alphabet,
    )
    this.#samples = samples
    this.leftOf = leftOf
    this.wordStart = leftOf[alphabet.classes.at(UNDERSCORE)] ?? 0
    this.lefts = samples.length
    this.#known = new Uint8Array(conditions.length * this.lefts * alphabet.size)
  }

  holds(condition: number, left: number, symbolClass: number): boolean {
    if (condition === 0) return true
    const cell = (condition * this.lefts + left) * this.#alphabet.size + symbolClass
    const known = this.#known[cell] ?? 0
    if (known !== 0) return known === HOLDS
    const holds = this.#conditions[condition]?.every((a) => this.#isMet(a, left, symbolClass))
    this.#known[cell] = holds === true ? HOLDS : HOLDS_NOT
    return holds === true
  }

  /** Whether an assertion is met after a left context and before a class. */
  #isMet(assertion: Assertion, left: number, after: number): boolean {
    const { kind, negate, splitsWords } = assertion
    const before = this.#samples[left] ?? -1
    if (splitsWords && this.#lowerCase[before] === 1 && this.#upperCase[after] === 1) return true
    const members = this.#members.get(assertion) ?? EMPTY
    const isBehind = kind === 'start' ? before < 0 : members[before] === 1
    // The end of the text belongs to no set.
    const isEnd = after === this.#alphabet.end
    const isAhead = kind === 'end' ? isEnd : !isEnd && members[after] === 1
    return isMet(kind, isBehind, isAhead) !== negate
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

/** Whether an assertion that is not negated holds where its sets lie behind, and ahead. */
function isMet(kind: Assertion['kind'], isBehind: boolean, isAhead: boolean): boolean {
  if (kind === 'boundary') return isBehind !== isAhead
  return kind === 'start' || kind === 'behind' ? isBehind : isAhead
}
