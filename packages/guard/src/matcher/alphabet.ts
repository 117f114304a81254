// The alphabet of an automaton: symbols that no pattern tells apart share a class, so that a transition table needs
// tens of columns instead of 65,536.
import { beginsEscape, characterAt, characterStart, codePointOf } from '../characters.ts'
import { type FoldTable, foldAstral, IGNORED } from '../fold.ts'
import { PolicyError } from '../policy-error.ts'
import { UnitTable } from '../unit-table.ts'
import { ASTRAL, type CharSet } from './char-set.ts'

/** Class of a unit that counts as nothing. */
export const CLASS_IGNORED = 1
/** Class of a surrogate and of what begins an escape sequence: the whole character has to be read to know its class. */
export const CLASS_COMPOUND = 2
/** The first class that is a symbol. No unit has class 0. */
export const FIRST_CLASS = 3
const MAX_CLASSES = 250

export interface Alphabet {
  /** Number of classes, the end of the text included. */
  readonly size: number
  /** The class of the end of the text, the last one. */
  readonly end: number
  /** Class of each UTF-16 unit, folding included. */
  readonly classes: UnitTable
  /** Class of a character that has been read, folding included. */
  classOfCharacter(codePoint: number): number
  /** One byte per class: 1 where the class belongs to the set. */
  members(set: CharSet): Uint8Array
}

/** @throws PolicyError `pattern_too_large` if the sets tell too many symbols apart. */
export function createAlphabet(sets: readonly CharSet[], folds: FoldTable): Alphabet {
  const starts = cutPoints(sets)
  const { classes, samples } = classesOf(starts, sets)
  const end = FIRST_CLASS + samples.length
  const classOfSymbol = (symbol: number) =>
    symbol === IGNORED ? CLASS_IGNORED : (classes[lastAtMost(starts, symbol)] ?? CLASS_IGNORED)
  const classOfUnit = new UnitTable((unit) =>
    isSurrogate(unit) || beginsEscape(unit) ? CLASS_COMPOUND : classOfSymbol(folds.at(unit)),
  )
  return {
    size: end + 1,
    end,
    classes: classOfUnit,
    classOfCharacter: (codePoint) => {
      const known = codePoint > 0xffff ? CLASS_COMPOUND : classOfUnit.at(codePoint)
      if (known !== CLASS_COMPOUND) return known
      return classOfSymbol(codePoint < ASTRAL ? codePoint : foldAstral(codePoint))
    },
    members: (set) => {
      const result = new Uint8Array(end + 1)
      let range = 0
      // Both go up.
      samples.forEach((symbol, i) => {
        while (range < set.length && (set[range + 1] ?? 0) < symbol) range += 2
        if (range < set.length && (set[range] ?? 0) <= symbol) result[FIRST_CLASS + i] = 1
      })
      return result
    },
  }
}

function isSurrogate(unit: number): boolean {
  return unit >> 11 === 0xd800 >> 11
}

/** The index of the last number that is not above `limit`; the numbers go up. */
function lastAtMost(numbers: readonly number[], limit: number): number {
  let low = 0
  let end = numbers.length
  while (end - low > 1) {
    const middle = (low + end) >> 1
    if ((numbers[middle] ?? 0) <= limit) low = middle
    else end = middle
  }
  return low
}

/** Where the symbol begins that ends at or before `end`; -1 if there is only what counts as nothing. */
export function symbolStart(alphabet: Alphabet, text: string, end: number): number {
  let at = end
  while (at > 0) {
    at = characterStart(text, at)
    if (classAt(alphabet, text, at) !== CLASS_IGNORED) return at
  }
  return -1
}

/** The class of the character that begins at an offset. */
export function classAt(alphabet: Alphabet, text: string, at: number): number {
  const symbolClass = alphabet.classes.at(text.charCodeAt(at))
  return symbolClass === CLASS_COMPOUND
    ? alphabet.classOfCharacter(codePointOf(characterAt(text, at)))
    : symbolClass
}

/** Where membership of any set changes; ASTRAL stands alone, being no real character. */
function cutPoints(sets: readonly CharSet[]): number[] {
  const points = new Set([0, ASTRAL, ASTRAL + 1])
  for (const set of sets) {
    for (let i = 0; i < set.length; i += 2) {
      points.add(set[i] ?? 0)
      points.add((set[i + 1] ?? 0) + 1)
    }
  }
  points.delete(0x10000)
  return [...points].sort((a, b) => a - b)
}

/** Stretches that no set tells apart share a class; `samples` has a symbol of each. */
function classesOf(starts: readonly number[], sets: readonly CharSet[]) {
  const parts = new Int32Array(starts.length)
  const indexOf = new Map(starts.map((start, i) => [start, i]))
  let count = 1
  for (const set of sets) {
    // What a set takes out of a part is a new part.
    const taken = new Map<number, number>()
    for (let range = 0; range < set.length; range += 2) {
      const first = indexOf.get(set[range] ?? 0) ?? 0
      const end = indexOf.get((set[range + 1] ?? 0) + 1) ?? starts.length
      for (let i = first; i < end; i += 1) {
        const part = parts[i] ?? 0
        let own = taken.get(part)
        if (own === undefined) {
          own = count
          count += 1
          taken.set(part, own)
        }
        parts[i] = own
      }
    }
  }
  const known = new Map<number, number>()
  const samples: number[] = []
  const classes = starts.map((start, i) => {
    const part = parts[i] ?? 0
    const id = known.get(part) ?? FIRST_CLASS + samples.push(start) - 1
    known.set(part, id)
    return id
  })
  if (samples.length > MAX_CLASSES) {
    const message = `the patterns of a policy tell more than ${MAX_CLASSES} kinds of characters apart`
    throw new PolicyError('pattern_too_large', message)
  }
  return { classes, samples }
}
