// The alphabet of an automaton: symbols that no pattern tells apart share a class, so that a transition table needs
// tens of columns instead of 65,536.
import { beginsEscape, characterAt, characterStart, codePointOf } from '../characters.ts'
import { type FoldTable, foldAstral, IGNORED } from '../fold.ts'
import { PolicyError } from '../policy-error.ts'
import { ASTRAL, type CharSet, contains } from './char-set.ts'

/** Class of a unit that counts as nothing. */
export const CLASS_IGNORED = 0
/** Class of a surrogate and of what begins an escape sequence: the whole character has to be read to know its class. */
const CLASS_COMPOUND = 1
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
  return {
    classOf,
    size: end + 1,
    end,
    classOfCharacter: (codePoint) => {
      const known = codePoint > 0xffff ? CLASS_COMPOUND : (classOf[codePoint] ?? CLASS_IGNORED)
      if (known !== CLASS_COMPOUND) return known
      const symbol = codePoint < ASTRAL ? codePoint : foldAstral(codePoint)
      return symbol === IGNORED ? CLASS_IGNORED : (symbolClass[symbol] ?? 0)
    },
    members: (set) => {
      const result = new Uint8Array(end + 1)
      samples.forEach((symbol, i) => {
        if (contains(set, symbol)) result[FIRST_CLASS + i] = 1
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

/** One class per distinct signature, which says for each set whether it is inside; `samples` has a symbol of each class. */
function classesOf(starts: readonly number[], sets: readonly CharSet[]) {
  const signatures = starts.map(() => '')
  for (const set of sets) {
    let at = 0
    starts.forEach((start, i) => {
      while (at < set.length && (set[at + 1] ?? 0) < start) at += 2
      signatures[i] += at < set.length && (set[at] ?? 0) <= start ? '1' : '0'
    })
  }
  const known = new Map<string, number>()
  const samples: number[] = []
  const classes = signatures.map((signature, i) => {
    const id = known.get(signature) ?? FIRST_CLASS + samples.push(starts[i] ?? 0) - 1
    known.set(signature, id)
    return id
  })
  if (samples.length > MAX_CLASSES) {
    const message = `the patterns of a policy tell more than ${MAX_CLASSES} kinds of characters apart`
    throw new PolicyError('pattern_too_large', message)
  }
  return { classes, samples }
}
