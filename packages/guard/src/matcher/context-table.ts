// Lays the tree of the context words out as a table: a row for each place in a word, a column for each class of symbols.
import { DIGIT, OTHER, SEPARATOR } from './word-classes.ts'
import type { WordEndings } from './word-endings.ts'
import {
  COMPOUND_ROLES,
  hasRole,
  merged,
  NO_ROLES,
  RoleIds,
  WORD_COST,
  type WordRoles,
} from './word-roles.ts'
import type { WordNode } from './word-tree.ts'

/** The entry for the end of a word that has a role. No row has this number, so that one comparison tells all word ends. */
export const KNOWN_WORD = 0
/** The row between words; then those of a word of digits alone, of letters that are none of ours, and of both. */
export const BETWEEN_WORDS = 1
export const NUMBER = 2
export const UNKNOWN_WORD = 3
export const MIXED_WORD = 4

/** How many numbers of a row's key come before its transitions. */
const KEY_HEAD = 4

/** What has been read before a node. */
interface Above {
  /** The roles of the prefixes of ours. */
  readonly prefix: WordRoles
  /** The state of the endings. */
  readonly ending: number
  /** How many symbols. */
  readonly depth: number
}

const INITIAL_ROWS = 512

/** Makes the table of a tree; words that end alike share rows. */
export class ContextTableBuilder {
  readonly #size: number
  #table: Uint16Array
  #rowCount = 0
  readonly #rowIds = new Map<string, number>()
  readonly #rolesOf: (WordRoles | undefined)[]
  readonly #roleIds = new RoleIds()
  readonly #endings: WordEndings
  /** By what of an ending has been read: the row of a word that is none of ours. */
  readonly #unknown: number[] = []
  /** The classes with which words of scripts without spaces begin. */
  #spaceless: readonly number[] = []

  /** Puts into `rolesOf` what the words are that end at a row. */
  constructor(size: number, rolesOf: (WordRoles | undefined)[], endings: WordEndings) {
    this.#size = size
    this.#table = new Uint16Array(INITIAL_ROWS * size)
    this.#rolesOf = rolesOf
    this.#endings = endings
  }

  /** The rows one behind the other. */
  tableOf(root: WordNode): Uint16Array {
    for (let row = 0; row <= MIXED_WORD; row += 1) this.#add()
    this.#addUnknown()
    this.#copy(UNKNOWN_WORD, BETWEEN_WORDS)
    for (const row of [NUMBER, MIXED_WORD]) {
      this.#fillFrom(DIGIT, row, MIXED_WORD)
      this.#set(row, SEPARATOR, BETWEEN_WORDS)
    }
    for (const row of [BETWEEN_WORDS, NUMBER]) this.#set(row, DIGIT, NUMBER)
    const spaceless = root.children.filter((child) => child.isSpaceless)
    const spaced = root.children.filter((child) => !child.isSpaceless)
    for (const child of spaceless) this.#begin(child)
    this.#spaceless = spaceless.map(({ symbolClass }) => symbolClass)
    for (let row = 0; row < this.#rowCount; row += 1) {
      this.#beginSpaceless(row, [UNKNOWN_WORD, MIXED_WORD])
    }
    for (const child of spaced) this.#begin(child)
    return this.#table.slice(0, this.#rowCount * this.#size)
  }

  /** The rows of words that are none of ours: they differ by what of an ending has been read. */
  #addUnknown(): void {
    for (let state = 0; state < this.#endings.count; state += 1) {
      this.#unknown[state] = state === 0 ? UNKNOWN_WORD : this.#add()
    }
    this.#unknown.forEach((row, state) => {
      for (let symbolClass = OTHER; symbolClass < this.#size; symbolClass += 1) {
        this.#set(row, symbolClass, this.#unknownBehind(state, symbolClass))
      }
      this.#set(row, SEPARATOR, BETWEEN_WORDS)
      this.#set(row, DIGIT, MIXED_WORD)
      if (!this.#endings.isWhole(state)) return
      this.#endWord(row, OTHER)
      this.#rolesOf[row] = COMPOUND_ROLES
    })
  }

  #unknownBehind(state: number, symbolClass: number): number {
    return this.#unknown[this.#endings.next(state, symbolClass)] ?? UNKNOWN_WORD
  }

  /** Where a symbol of a script without spaces leads to one of some rows, and so on with no word of ours, it begins one. */
  #beginSpaceless(row: number, instead: readonly number[]): void {
    for (const symbolClass of this.#spaceless) {
      const start = this.#at(BETWEEN_WORDS, symbolClass)
      if (instead.includes(this.#at(row, symbolClass))) this.#set(row, symbolClass, start)
    }
  }

  #begin(child: WordNode): void {
    const row = this.#rowOf(child, { prefix: NO_ROLES, ending: 0, depth: 0 })
    this.#set(BETWEEN_WORDS, child.symbolClass, row)
  }

  #rowOf(node: WordNode, above: Above): number {
    const prefix = merged(above.prefix, node.prefix)
    const ending = this.#endings.next(above.ending, node.symbolClass)
    const isCompound = this.#endings.isWhole(ending) && !hasRole(prefix)
    const own = merged(node.roles, prefix)
    const roles = isCompound ? merged(own, COMPOUND_ROLES) : own
    // A word of one letter does not end at a digit, since `T0123` is a code; neither does `de` in hexadecimal numbers.
    const wordEnds = above.depth === 0 || roles.kind === 'genitive' ? DIGIT : OTHER
    const end = node.isSpaceless ? this.#size : wordEnds
    const key = [end, ending, this.#roleIds.of(roles), this.#roleIds.of(prefix)]
    const below = { prefix, ending, depth: above.depth + 1 }
    for (const child of node.children) key.push(child.symbolClass, this.#rowOf(child, below))
    return this.#intern(key, roles, (row) => {
      const unknown = this.#unknown[ending] ?? UNKNOWN_WORD
      this.#copy(hasRole(prefix) ? this.#tailOf(prefix) : unknown, row)
      this.#set(row, SEPARATOR, BETWEEN_WORDS)
      this.#set(row, DIGIT, MIXED_WORD)
      for (let i = KEY_HEAD; i < key.length; i += 2) this.#set(row, key[i] ?? 0, key[i + 1] ?? 0)
      if (hasRole(roles)) this.#endWord(row, end)
    })
  }

  /** The row of all words that have begun with a prefix. */
  #tailOf(roles: WordRoles): number {
    return this.#intern([this.#roleIds.of(roles)], roles, (row) => {
      this.#fillFrom(OTHER, row, row)
      this.#beginSpaceless(row, [row])
      this.#endWord(row, OTHER)
    })
  }

  /** The row of a key, whose numbers have 16 bits each. */
  #intern(key: readonly number[], roles: WordRoles, fill: (row: number) => void): number {
    const text = String.fromCharCode(...key)
    const known = this.#rowIds.get(text)
    if (known !== undefined) return known
    const row = this.#add()
    this.#rowIds.set(text, row)
    this.#rolesOf[row] = hasRole(roles) ? roles : undefined
    fill(row)
    return row
  }

  #add(): number {
    const row = this.#rowCount
    this.#rowCount += 1
    if (this.#rowCount * this.#size > this.#table.length) {
      const larger = new Uint16Array(this.#table.length * 2)
      larger.set(this.#table)
      this.#table = larger
    }
    return row
  }

  #at(row: number, symbolClass: number): number {
    return this.#table[row * this.#size + symbolClass] ?? KNOWN_WORD
  }

  #set(row: number, symbolClass: number, next: number): void {
    this.#table[row * this.#size + symbolClass] = next
  }

  #fillFrom(symbolClass: number, row: number, next: number): void {
    this.#table.fill(next, row * this.#size + symbolClass, (row + 1) * this.#size)
  }

  /** Before the classes below `end` a word ends. */
  #endWord(row: number, end: number): void {
    this.#table.fill(KNOWN_WORD, row * this.#size, row * this.#size + end)
  }

  #copy(from: number, to: number): void {
    const start = from * this.#size
    this.#table.copyWithin(to * this.#size, start, start + this.#size)
  }
}

/**
 * What a word costs that says nothing, where it ends between a row and the next; 0 where none ends. In arithmetic alone,
 * since a processor cannot foresee the ends of words.
 */
export function costOfSilent(row: number, next: number): number {
  const isEnd = (next - NUMBER) >> 31
  const isWord = (NUMBER - row) >> 31
  return isEnd & (((row - BETWEEN_WORDS) & ~isWord) | (WORD_COST & isWord))
}
