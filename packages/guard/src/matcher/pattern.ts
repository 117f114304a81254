// From JavaScript RegExp source to a small syntax tree. Only what a finite automaton can decide is let through; the
// tree knows nothing of states (nfa.ts) and no RegExp of a user is ever run.
import { type AST, RegExpParser, RegExpSyntaxError } from '@eslint-community/regexpp'
import { PolicyError } from '../policy-error.ts'
import {
  ANY,
  type CharSet,
  charSetMatching,
  complementOf,
  DIGIT,
  ignoringCase,
  LETTERS_AND_DIGITS,
  SPACE,
  unionOf,
  WORD,
} from './char-set.ts'

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
interface Edges {
  readonly word: CharSet
  readonly splitsWords: boolean
}

function parse(source: string, flags: string, edges: Edges): PatternNode {
  if (!/^[iu]*$/.test(flags)) {
    throw new PolicyError('pattern_unsupported', `flags may be "i" and "u", not "${flags}"`)
  }
  refuseTooLarge(source)
  try {
    const unicode = flags.includes('u')
    const parser = new RegExpParser({ ecmaVersion: 2024 })
    const pattern = parser.parsePattern(source, 0, source.length, { unicode })
    return new TreeBuilder(flags.includes('i'), edges).alternatives(pattern.alternatives)
  } catch (error) {
    if (!(error instanceof RegExpSyntaxError)) throw error
    throw new PolicyError('pattern_syntax', error.message, { position: error.index, cause: error })
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

class TreeBuilder {
  readonly #ignoreCase: boolean
  readonly #edges: Edges
  /** What `\w` means. */
  readonly #word: CharSet

  constructor(ignoreCase: boolean, edges: Edges, word = WORD) {
    this.#ignoreCase = ignoreCase
    this.#edges = edges
    this.#word = word
  }

  alternatives(alternatives: readonly AST.Alternative[]): PatternNode {
    const options = alternatives.map((alternative) => this.#sequence(alternative.elements))
    const [only] = options
    return options.length === 1 && only !== undefined ? only : { kind: 'choice', options }
  }

  #sequence(elements: readonly AST.Element[]): PatternNode {
    return { kind: 'sequence', items: elements.map((element) => this.#element(element)) }
  }

  #element(element: AST.Element): PatternNode {
    switch (element.type) {
      case 'Character':
      case 'CharacterClass':
      case 'CharacterSet':
        return { kind: 'symbol', set: this.#set(element) }
      case 'Assertion':
        return { kind: 'assertion', assertion: this.#assertion(element) }
      case 'Quantifier': {
        const { min, max } = element
        return { kind: 'repeat', item: this.#element(element.element), min, max }
      }
      case 'CapturingGroup':
        return this.alternatives(element.alternatives)
      case 'Group':
        if (element.modifiers) throw unsupported('modifiers', element)
        return this.alternatives(element.alternatives)
      case 'Backreference':
        throw unsupported('a back-reference', element)
      default:
        throw unsupported('a character class with set operations', element)
    }
  }

  #assertion(node: AST.Assertion): Assertion {
    switch (node.kind) {
      case 'word':
        return this.#edge('boundary', this.#edges.word, node.negate)
      case 'start':
      case 'end':
        return { kind: node.kind, set: [], negate: false, splitsWords: false }
      case 'lookahead':
        return { kind: 'ahead', set: this.#lookedAt(node), negate: node.negate, splitsWords: false }
      default: {
        const inside = new TreeBuilder(this.#ignoreCase, this.#edges, this.#edges.word)
        return this.#edge('behind', inside.#lookedAt(node), node.negate)
      }
    }
  }

  #edge(kind: 'behind' | 'boundary', set: CharSet, negate: boolean): Assertion {
    const isEdge = negate === (kind === 'behind')
    return { kind, set, negate, splitsWords: isEdge && this.#edges.splitsWords }
  }

  /** A look-around of exactly one character is a condition on a neighbour; anything longer is not finite here. */
  #lookedAt(node: AST.LookaheadAssertion | AST.LookbehindAssertion): CharSet {
    const sets = node.alternatives.map((alternative) => {
      const [element] = alternative.elements
      if (alternative.elements.length !== 1 || element === undefined) {
        throw unsupported('look-around over more or less than one character', node)
      }
      const parsed = this.#element(element)
      if (parsed.kind !== 'symbol') {
        throw unsupported('look-around over more or less than one character', node)
      }
      return parsed.set
    })
    return unionOf(sets)
  }

  #set(node: AST.Character | AST.CharacterClass | AST.CharacterSet): CharSet {
    if (node.type === 'CharacterClass') return this.#classSet(node)
    const set = node.type === 'Character' ? characterSet(node) : escapeSet(node, this.#word)
    return this.#ignoreCase ? ignoringCase(set) : set
  }

  #classSet(node: AST.CharacterClass): CharSet {
    const sets: CharSet[] = []
    for (const element of node.elements) {
      switch (element.type) {
        case 'Character':
          sets.push(characterSet(element))
          break
        case 'CharacterClassRange':
          sets.push(rangeSet(element))
          break
        case 'CharacterSet':
          sets.push(escapeSet(element, this.#word))
          break
        default:
          throw unsupported('a character class with set operations', element)
      }
    }
    const set = this.#ignoreCase ? ignoringCase(unionOf(sets)) : unionOf(sets)
    return node.negate ? complementOf(set) : set
  }
}

function characterSet(node: AST.Character): CharSet {
  if (isAstral(node.value)) throw unsupported('a character beyond U+FFFF', node)
  return [node.value, node.value]
}

function rangeSet(node: AST.CharacterClassRange): CharSet {
  if (isAstral(node.min.value) || node.max.value === 0x10ffff) {
    throw unsupported('a character beyond U+FFFF', node)
  }
  characterSet(node.max)
  return [node.min.value, node.max.value]
}

function isAstral(codePoint: number): boolean {
  return codePoint > 0xffff || (codePoint >= 0xd800 && codePoint <= 0xdfff)
}

function escapeSet(node: AST.CharacterSet, word: CharSet): CharSet {
  switch (node.kind) {
    case 'any':
      return ANY
    case 'digit':
      return node.negate ? complementOf(DIGIT) : DIGIT
    case 'word':
      return node.negate ? complementOf(word) : word
    case 'space':
      return node.negate ? complementOf(SPACE) : SPACE
    default:
      return propertySet(node)
  }
}

function propertySet(node: AST.UnicodePropertyCharacterSet): CharSet {
  if (node.strings) throw unsupported('a property of strings', node)
  return charSetMatching(node.raw)
}

function unsupported(what: string, node: { readonly start: number }): PolicyError {
  return new PolicyError(
    'pattern_unsupported',
    `${what} is not possible here: a pattern must be one a finite automaton can decide`,
    { position: node.start },
  )
}
