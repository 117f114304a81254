// From JavaScript RegExp source to a small syntax tree. Only what a finite automaton can decide is let through; the
// tree knows nothing of states (nfa.ts) and no RegExp of a user is ever run.
import { PolicyError } from '../policy-error.ts'
import { type CharSet, ignoringCase, LETTERS_AND_DIGITS, WORD } from './char-set.ts'
import { PatternReader, type Reading } from './pattern-reader.ts'

/**
 * A condition on the place between two symbols: it looks at one symbol to the left and one to the right.
 * `behind`/`ahead`: that neighbour exists and is in the set (`negate` turns the whole into its opposite).
 */
export interface Assertion {
  readonly kind: 'behind' | 'ahead' | 'boundary' | 'start' | 'end'
  readonly set: CharSet
  readonly negate: boolean
  /** Whether `behind` and `boundary` also hold where a capital follows a small letter, as in `awsKeyAKIA`. */
  readonly splitsWords: boolean
}

export type PatternNode =
  | { readonly kind: 'symbol'; readonly set: CharSet }
  | { readonly kind: 'sequence'; readonly items: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly options: readonly PatternNode[] }
  | {
      readonly kind: 'repeat'
      readonly item: PatternNode
      readonly min: number
      readonly max: number
    }
  | { readonly kind: 'assertion'; readonly assertion: Assertion }

/** In UTF-16 units. What is longer is a list, and better written as terms or as several rules. */
const MAX_SOURCE_LENGTH = 4000
/** Brackets within brackets: everything that walks through a pattern does so recursively. */
const MAX_DEPTH = 100
/** Each is a pass over all characters. */
const MAX_PROPERTIES = 50
/** What brackets may stand in without being any, and brackets. */
const TOKENS = /\\.|\[(?:\\.|[^\\\]])*\]|[()]/gs

/**
 * Parses RegExp source of at most 4,000 UTF-16 units. `flags` may hold `i` and `u`.
 * @throws PolicyError `pattern_syntax`, `pattern_unsupported` or `pattern_too_large`, with the position in the source.
 */
export function parsePattern(source: string, flags = ''): PatternNode {
  return parse(source, flags, { word: WORD, splitsWords: false })
}

/**
 * Parses the source of a recognizer's pattern. As a person sees it, `_` and a change of case begin a word: a look-behind
 * and `\b` take `\w` for letters and digits, and a negative look-behind and `\b` also hold before a capital that follows a
 * small letter, unless the pattern does not tell cases apart.
 */
export function parseRecognizerPattern(source: string, flags = ''): PatternNode {
  const key = `${flags}/${source}`
  const known = recognizerPatterns.get(key)
  if (known !== undefined) return known
  const edges = { word: LETTERS_AND_DIGITS, splitsWords: !flags.includes('i') }
  const pattern = parse(source, flags, edges)
  recognizerPatterns.set(key, pattern)
  return pattern
}

/** There are as many as recognizers have, and all policies share them. */
const recognizerPatterns = new Map<string, PatternNode>()

/** Where words begin and end. */
type Edges = Pick<Reading, 'word' | 'splitsWords'>

function parse(source: string, flags: string, edges: Edges): PatternNode {
  if (!/^[iu]*$/.test(flags)) {
    throw new PolicyError('pattern_unsupported', `flags may be "i" and "u", not "${flags}"`)
  }
  refuseTooLarge(source)
  const [ignoresCase, isUnicode] = [flags.includes('i'), flags.includes('u')]
  const pattern = new PatternReader(source, { ignoresCase, isUnicode, ...edges }).read()
  refuseInvalid(source, flags)
  return pattern
}

/** The engine's own parser has the last word on what is a RegExp. It only parses, nothing is run. */
function refuseInvalid(source: string, flags: string): void {
  try {
    new RegExp(source, flags)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new PolicyError('pattern_syntax', error.message, { cause: error })
  }
}

/** Looks at the source alone: neither the parser nor anything behind it has to be able to bear the rest. */
function refuseTooLarge(source: string): void {
  if (source.length > MAX_SOURCE_LENGTH) throw tooLarge('characters', MAX_SOURCE_LENGTH)
  let depth = 0
  let properties = 0
  for (const { 0: token, index } of source.matchAll(TOKENS)) {
    if (token === '(') depth += 1
    else if (token === ')') depth -= 1
    else properties += token.match(/\\[pP]/g)?.length ?? 0
    if (depth > MAX_DEPTH) throw tooLarge('brackets within each other', MAX_DEPTH, index)
    if (properties > MAX_PROPERTIES) throw tooLarge('Unicode properties', MAX_PROPERTIES, index)
  }
}

function tooLarge(what: string, limit: number, position?: number): PolicyError {
  const message = `a pattern may have ${limit} ${what} at most`
  return new PolicyError('pattern_too_large', message, position === undefined ? {} : { position })
}

/** Parses RegExp source that matches exactly one character. */
export function parseCharSet(source: string): CharSet {
  const node = parsePattern(source, 'u')
  const only = node.kind === 'sequence' && node.items.length === 1 ? node.items[0] : undefined
  if (only?.kind === 'symbol') return only.set
  throw new PolicyError('pattern_unsupported', 'expected a pattern of one character')
}

/** The pattern of one literal text, given as symbols, in upper and lower case. */
export function literalPattern(symbols: readonly number[]): PatternNode {
  const items = symbols.map((symbol): PatternNode => {
    return { kind: 'symbol', set: ignoringCase([symbol, symbol]) }
  })
  return { kind: 'sequence', items }
}
