// The alphabet of an automaton: symbols that no pattern tells apart share a class, so that a transition table needs
// tens of columns instead of 65,536.
import { beginsEscape, characterAt, characterStart, codePointOf } from '../characters.ts'
import { type FoldTable, foldAstral, IGNORED } from '../fold.ts'
import { PolicyError } from '../policy-error.ts'
import { ASTRAL, type CharSet } from './char-set.ts'

/** Class of a unit that counts as nothing. */
export const CLASS_IGNORED = 0
/** Class of a surrogate and of what begins an escape sequence: the whole character has to be read to know its class. */
export const CLASS_COMPOUND = 1
/** The first class that is a symbol. */
export const FIRST_CLASS = 2
const MAX_CLASSES = 250

export interface Alphabet {
  /** Class of each UTF-16 unit, folding included. */
  readonly classOf: Uint8Array
  /** Number of classes, the end of the text included. */
  readonly size: number
  /** The class of the end of the text, the last one. */
  readonly end: number
  /** Class of a character that has been read, folding included. */
  classOfCharacter(codePoint: number): number
  /** One byte per class: 1 where the class belongs to the set. */
  members(set: CharSet): Uint8Array
}

/** @throws PolicyError `pattern_too_large` if the sets tell too many symbols apart. */
export function createAlphabet(sets: readonly CharSet[], folds: FoldTable): Alphabet {
  const starts = cutPoints(sets)
  const { classes, samples } = classesOf(starts, sets)
  const symbolClass = new Uint8Array(0x10000)
  starts.forEach((start, i) => {
    symbolClass.fill(classes[i] ?? 0, start, starts[i + 1] ?? 0x10000)
  })
  const classOf = new Uint8Array(0x10000)
  for (let unit = 0; unit < classOf.length; unit += 1) {
    const symbol = folds[unit] ?? unit
    classOf[unit] = symbol === IGNORED ? CLASS_IGNORED : (symbolClass[symbol] ?? 0)
  }
  classOf.fill(CLASS_COMPOUND, 0xd800, 0xe000)
  for (let unit = 0; unit < 0x80; unit += 1) if (beginsEscape(unit)) classOf[unit] = CLASS_COMPOUND
  return alphabetOf(classOf, samples, symbolClass)
}

function alphabetOf(
  classOf: Uint8Array,
  samples: readonly number[],
  symbolClass: Uint8Array,
): Alphabet {
  const end = FIRST_CLASS + samples.length
  // What takes several units counts as one of these: the rest of the table need not be kept.
  const ofAscii = symbolClass.slice(0, 0x80)
  const ofAstral = symbolClass[ASTRAL] ?? 0
  return {
    classOf,
    size: end + 1,
    end,
    classOfCharacter: (codePoint) => {
      const known = codePoint > 0xffff ? CLASS_COMPOUND : (classOf[codePoint] ?? CLASS_IGNORED)
      if (known !== CLASS_COMPOUND) return known
      const symbol = codePoint < ASTRAL ? codePoint : foldAstral(codePoint)
      if (symbol === IGNORED) return CLASS_IGNORED
      return symbol === ASTRAL ? ofAstral : (ofAscii[symbol] ?? 0)
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
  const symbolClass = alphabet.classOf[text.charCodeAt(at)] ?? CLASS_IGNORED
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
