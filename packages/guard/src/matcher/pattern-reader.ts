// Reads JavaScript RegExp source into a syntax tree, of which it lets through what a finite automaton can decide.
import { ANY, type CharSet, complementOf, ignoringCase, unionOf, WORD } from './char-set.ts'
import type { Assertion, PatternNode } from './pattern.ts'
import { codeOf, readEscape, syntaxError, unsupported } from './pattern-escapes.ts'
import { SourceCursor } from './source-cursor.ts'

/** How a source is to be read. */
export interface Reading {
  /** Whether the flag `i` is set. */
  readonly ignoresCase: boolean
  /** Whether the flag `u` is set. */
  readonly isUnicode: boolean
  /** What `\w` means in a look-behind, and `\b` looks at. */
  readonly word: CharSet
  /** Whether a word also begins where a capital follows a small letter. */
  readonly splitsWords: boolean
}

const QUANTIFIER = /(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/y
/** How a group begins, behind its bracket, that looks neither ahead nor behind. */
const GROUP = /\?(?::|<(?![=!])[^>]*>)|(?!\?)/y
/** The rest of a character class behind its bracket. */
const CLASS = /(?:\\.|[^\\\]])*\]/sy
const LOOK_AROUND = /\?(<?)([=!])/y

const BACKSPACE = 8
const DASH: CharSet = [0x2d, 0x2d]
const AT_START: Assertion = { kind: 'start', set: [], negate: false, splitsWords: false }
const AT_END: Assertion = { kind: 'end', set: [], negate: false, splitsWords: false }

export class PatternReader {
  readonly #cursor: SourceCursor
  readonly #reading: Reading
  /** What `\w` means here. */
  #word = WORD
  /** By source, those outside look-behinds: patterns repeat themselves. */
  readonly #classes = new Map<string, CharSet>()

  constructor(source: string, reading: Reading) {
    this.#cursor = new SourceCursor(source)
    this.#reading = reading
  }

  /**
   * @throws PolicyError `pattern_unsupported`, or `pattern_syntax` for most of what is no RegExp; with the position in
   *   the source.
   */
  read(): PatternNode {
    const node = this.#choice()
    const { next, at } = this.#cursor
    if (next !== '') throw syntaxError('a bracket is closed that was not opened', at)
    return node
  }

  #choice(): PatternNode {
    const first = this.#sequence()
    if (this.#cursor.next !== '|') return first
    const options = [first]
    while (this.#cursor.eat('|')) options.push(this.#sequence())
    return { kind: 'choice', options }
  }

  #sequence(): PatternNode {
    const items: PatternNode[] = []
    for (;;) {
      const { next } = this.#cursor
      if (next === '' || next === '|' || next === ')') return { kind: 'sequence', items }
      items.push(this.#repeated(this.#term()))
    }
  }

  #repeated(item: PatternNode): PatternNode {
    const start = this.#cursor.at
    const quantifier = this.#quantifier()
    if (quantifier === null) return item
    const [, sign, least = '', comma, most = ''] = quantifier
    if (sign !== undefined) {
      const max = sign === '?' ? 1 : Number.POSITIVE_INFINITY
      return { kind: 'repeat', item, min: sign === '+' ? 1 : 0, max }
    }
    const min = Number(least)
    if (comma === '') return { kind: 'repeat', item, min, max: min }
    const max = most === '' ? Number.POSITIVE_INFINITY : Number(most)
    if (min > max) throw syntaxError('the numbers of a repeat are out of order', start)
    return { kind: 'repeat', item, min, max }
  }

  #quantifier(): RegExpExecArray | null {
    return '*+?{'.includes(this.#cursor.next || ' ') ? this.#cursor.match(QUANTIFIER) : null
  }

  #term(): PatternNode {
    const start = this.#cursor.at
    if (this.#quantifier() !== null) throw syntaxError('there is nothing to repeat', start)
    const character = this.#cursor.take()
    switch (character) {
      case '(':
        return this.#group(start)
      case '^':
        return { kind: 'assertion', assertion: AT_START }
      case '$':
        return { kind: 'assertion', assertion: AT_END }
      case '[':
        return { kind: 'symbol', set: this.#class(start) }
      case '.':
        return { kind: 'symbol', set: ANY }
      case '\\':
        return this.#escaped()
      default:
        if (this.#reading.isUnicode && /[\]{}]/.test(character)) {
          throw syntaxError(`"${character}" needs a backslash`, start)
        }
        return this.#symbol(codeOf(character, start))
    }
  }

  #escaped(): PatternNode {
    const { word } = this.#reading
    if (this.#cursor.eat('b')) return this.#edge('boundary', word, false)
    if (this.#cursor.eat('B')) return this.#edge('boundary', word, true)
    return this.#symbol(this.#escape())
  }

  #escape(): number | CharSet {
    return readEscape(this.#cursor, { isUnicode: this.#reading.isUnicode, word: this.#word })
  }

  #symbol(value: number | CharSet): PatternNode {
    return { kind: 'symbol', set: this.#inAnyCase(setOf(value)) }
  }

  #inAnyCase(set: CharSet): CharSet {
    return this.#reading.ignoresCase ? ignoringCase(set) : set
  }

  #edge(kind: 'behind' | 'boundary', set: CharSet, negate: boolean): PatternNode {
    const isEdge = negate === (kind === 'behind')
    const splitsWords = isEdge && this.#reading.splitsWords
    return { kind: 'assertion', assertion: { kind, set, negate, splitsWords } }
  }

  #group(start: number): PatternNode {
    if (this.#cursor.match(GROUP) !== null) return this.#inside(start)
    const look = this.#cursor.match(LOOK_AROUND)
    if (look === null) throw syntaxError('there is no such kind of group', start)
    const [, behind, sign] = look
    const negate = sign === '!'
    if (behind === '') {
      const set = this.#lookedAt(start)
      return { kind: 'assertion', assertion: { kind: 'ahead', set, negate, splitsWords: false } }
    }
    this.#word = this.#reading.word
    const set = this.#lookedAt(start)
    this.#word = WORD
    return this.#edge('behind', set, negate)
  }

  #inside(start: number): PatternNode {
    const node = this.#choice()
    if (this.#cursor.eat(')')) return node
    throw syntaxError(`the group that begins at ${start} has no end`, this.#cursor.at)
  }

  /** A look-around of exactly one character is a condition on a neighbour; anything longer is not finite here. */
  #lookedAt(start: number): CharSet {
    const node = this.#inside(start)
    const sets = (node.kind === 'choice' ? node.options : [node]).map((option) => {
      const [only, more] = option.kind === 'sequence' ? option.items : []
      if (only?.kind === 'symbol' && more === undefined) return only.set
      throw unsupported('look-around over more or less than one character', start)
    })
    return unionOf(sets)
  }

  #class(start: number): CharSet {
    const source = this.#cursor.match(CLASS)?.[0] ?? ''
    const known = this.#word === WORD ? this.#classes.get(source) : undefined
    if (known !== undefined) return known
    this.#cursor.at = start + 1
    const set = this.#newClass(start)
    if (this.#word === WORD) this.#classes.set(source, set)
    return set
  }

  #newClass(start: number): CharSet {
    const isNegated = this.#cursor.eat('^')
    const sets: CharSet[] = []
    while (!this.#cursor.eat(']')) {
      if (this.#cursor.next === '') {
        throw syntaxError(`the class that begins at ${start} has no end`, this.#cursor.at)
      }
      sets.push(this.#classItem())
    }
    const set = this.#inAnyCase(unionOf(sets))
    return isNegated ? complementOf(set) : set
  }

  /** A character, a range, or a set of characters that a backslash stands for. */
  #classItem(): CharSet {
    const start = this.#cursor.at
    const low = this.#classAtom()
    if (typeof low !== 'number' || !this.#isRange()) return setOf(low)
    this.#cursor.take()
    const high = this.#classAtom()
    // Without the flag `u` a dash before a set stands for itself.
    if (typeof high !== 'number') return unionOf([setOf(low), DASH, high])
    if (low > high) throw syntaxError('the ends of a range are out of order', start)
    return [low, high]
  }

  /** Whether a dash follows that is neither the last of the class nor of the source. */
  #isRange(): boolean {
    return this.#cursor.next === '-' && this.#cursor.sees(/-[^\]]/y)
  }

  #classAtom(): number | CharSet {
    const start = this.#cursor.at
    const character = this.#cursor.take()
    if (character !== '\\') return codeOf(character, start)
    return this.#cursor.eat('b') ? BACKSPACE : this.#escape()
  }
}

function setOf(value: number | CharSet): CharSet {
  return typeof value === 'number' ? [value, value] : value
}
