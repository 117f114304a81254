// Which conditions (word boundaries, look-around of one character) hold between which two neighbouring symbols.
import { type Alphabet, FIRST_CLASS } from './alphabet.ts'
import type { Assertion } from './pattern.ts'

/** Worked out once per program, for every condition, left context and class. */
export class ConditionTable {
  /** Left context that a class leaves behind; 0 is the start of the text. */
  readonly leftOf: Uint8Array
  readonly #open: Uint8Array
  /** Number of left contexts. */
  readonly lefts: number
  readonly #size: number

  constructor(conditions: readonly (readonly Assertion[])[], alphabet: Alphabet) {
    const assertions = [...new Set(conditions.flat())]
    const members = new Map(assertions.map((a) => [a, alphabet.members(a.set)]))
    const looksBack = assertions.filter(({ kind }) => kind === 'behind' || kind === 'boundary')
    const { leftOf, samples } = leftContexts(
      looksBack.map((assertion) => members.get(assertion) ?? EMPTY),
      alphabet,
    )
    this.leftOf = leftOf
    this.lefts = samples.length
    this.#size = alphabet.size
    this.#open = new Uint8Array(conditions.length * this.lefts * this.#size)
    const met = new Map(
      assertions.map((a) => [a, whereMet(a, members.get(a) ?? EMPTY, { samples, alphabet })]),
    )
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

/** By left context and class: 1 where an assertion is met between the two. */
function whereMet(
  assertion: Assertion,
  members: Uint8Array,
  { samples, alphabet }: { readonly samples: readonly number[]; readonly alphabet: Alphabet },
): Uint8Array {
  const { size, end } = alphabet
  const met = new Uint8Array(samples.length * size)
  samples.forEach((before, left) => {
    for (let after = FIRST_CLASS; after < size; after += 1) {
      if (isMet(assertion, members, { before, after, end })) met[left * size + after] = 1
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
