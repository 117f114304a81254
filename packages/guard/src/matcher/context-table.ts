// Lays the tree of the context words out as a table: a row for each place in a word, a column for each class of symbols.
import { DIGIT, OTHER, SEPARATOR } from './word-classes.ts'
import type { WordEndings } from './word-endings.ts'
import {
  COMPOUND_ROLES,
  hasRole,
  keyOf,
  merged,
  NO_ROLES,
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

/** What has been read before a node. */
interface Above {
  /** The roles of the prefixes of ours. */
  readonly prefix: WordRoles
  /** The state of the endings. */
  readonly ending: number
  /** How many symbols. */
  readonly depth: number
}

/** Makes rows of a tree; words that end alike share them. */
export class ContextTableBuilder {
  readonly #size: number
  readonly #rows: Uint16Array[] = []
  readonly #rowIds = new Map<string, number>()
  readonly #rolesOf: (WordRoles | undefined)[]
  readonly #endings: WordEndings
  /** By what of an ending has been read: the row of a word that is none of ours. */
  readonly #unknown: number[] = []
  /** The classes with which words of scripts without spaces begin. */
  #spaceless: readonly number[] = []

  /** Puts into `rolesOf` what the words are that end at a row. */
  constructor(size: number, rolesOf: (WordRoles | undefined)[], endings: WordEndings) {
    this.#size = size
    this.#rolesOf = rolesOf
    this.#endings = endings
  }

  rowsOf(root: WordNode): readonly Uint16Array[] {
    const [, between, number, unknown, mixed] = Array.from({ length: MIXED_WORD + 1 }, () =>
      this.#add(),
    )
    this.#addUnknown(unknown)
    between?.set(unknown ?? [])
    between?.fill(NUMBER, DIGIT, OTHER)
    for (const row of [number, mixed]) row?.fill(MIXED_WORD).fill(BETWEEN_WORDS, SEPARATOR, DIGIT)
    number?.fill(NUMBER, DIGIT, OTHER)
    const spaceless = root.children.filter((child) => child.isSpaceless)
    const spaced = root.children.filter((child) => !child.isSpaceless)
    for (const child of spaceless) this.#begin(between, child)
    this.#spaceless = spaceless.map(({ symbolClass }) => symbolClass)
    for (const row of this.#rows) this.#beginSpaceless(row, [UNKNOWN_WORD, MIXED_WORD])
    for (const child of spaced) this.#begin(between, child)
    return this.#rows
  }

  /** The rows of words that are none of ours: they differ by what of an ending has been read. */
  #addUnknown(unknown: Uint16Array | undefined): void {
    const rows = Array.from({ length: this.#endings.count }, (_, state) => {
      this.#unknown[state] = state === 0 ? UNKNOWN_WORD : this.#rows.length
      return state === 0 ? unknown : this.#add()
    })
    rows.forEach((row, state) => {
      for (let symbolClass = OTHER; symbolClass < this.#size; symbolClass += 1) {
        row?.fill(this.#unknownBehind(state, symbolClass), symbolClass, symbolClass + 1)
      }
      row?.fill(BETWEEN_WORDS, SEPARATOR, DIGIT)
      row?.fill(MIXED_WORD, DIGIT, OTHER)
      if (!this.#endings.isWhole(state)) return
      row?.fill(KNOWN_WORD, SEPARATOR, OTHER)
      this.#rolesOf[this.#unknown[state] ?? 0] = COMPOUND_ROLES
    })
  }

  #unknownBehind(state: number, symbolClass: number): number {
    return this.#unknown[this.#endings.next(state, symbolClass)] ?? UNKNOWN_WORD
  }

  /** Where a symbol of a script without spaces leads to one of some rows, and so on with no word of ours, it begins one. */
  #beginSpaceless(row: Uint16Array, instead: readonly number[]): void {
    const between = this.#rows[BETWEEN_WORDS]
    for (const symbolClass of this.#spaceless) {
      const start = between?.[symbolClass] ?? UNKNOWN_WORD
      if (instead.includes(row[symbolClass] ?? KNOWN_WORD)) row[symbolClass] = start
    }
  }

  #begin(between: Uint16Array | undefined, child: WordNode): void {
    const row = this.#rowOf(child, { prefix: NO_ROLES, ending: 0, depth: 0 })
    between?.fill(row, child.symbolClass, child.symbolClass + 1)
  }

  #rowOf(node: WordNode, above: Above): number {
    const prefix = merged(above.prefix, node.prefix)
    const ending = this.#endings.next(above.ending, node.symbolClass)
    const isCompound = this.#endings.isWhole(ending) && !hasRole(prefix)
    const own = merged(node.roles, prefix)
    const roles = isCompound ? merged(own, COMPOUND_ROLES) : own
    const rows = node.children.map((child) =>
      this.#rowOf(child, { prefix, ending, depth: above.depth + 1 }),
    )
    // A word of one letter does not end at a digit, since `T0123` is a code; neither does `de` in hexadecimal numbers.
    const wordEnds = above.depth === 0 || roles.kind === 'genitive' ? DIGIT : OTHER
    let key = node.isSpaceless ? 'spaceless' : `${wordEnds}`
    key += `/${ending}`
    if (hasRole(roles)) key += `${keyOf(roles)} ${keyOf(prefix)}`
    node.children.forEach(({ symbolClass }, i) => {
      key += `,${symbolClass}:${rows[i]}`
    })
    return this.#intern(key, roles, (cells) => {
      const unknown = this.#rows[this.#unknown[ending] ?? 0]
      if (unknown !== undefined) cells.set(unknown)
      cells.fill(BETWEEN_WORDS, SEPARATOR, DIGIT)
      cells.fill(MIXED_WORD, DIGIT, OTHER)
      if (hasRole(prefix)) this.#goOn(cells, this.#tailOf(prefix))
      node.children.forEach(({ symbolClass }, i) => {
        cells[symbolClass] = rows[i] ?? UNKNOWN_WORD
      })
      if (hasRole(roles))
        cells.fill(KNOWN_WORD, SEPARATOR, node.isSpaceless ? this.#size : wordEnds)
    })
  }

  /** The row of all words that have begun with a prefix. */
  #tailOf(roles: WordRoles): number {
    return this.#intern(`tail ${keyOf(roles)}`, roles, (cells, row) => {
      this.#goOn(cells, row)
      cells.fill(KNOWN_WORD, SEPARATOR, OTHER)
    })
  }

  #goOn(cells: Uint16Array, tail: number): void {
    cells.fill(tail, OTHER)
    this.#beginSpaceless(cells, [tail])
  }

  #intern(key: string, roles: WordRoles, fill: (cells: Uint16Array, row: number) => void): number {
    const known = this.#rowIds.get(key)
    if (known !== undefined) return known
    const row = this.#rows.length
    this.#rowIds.set(key, row)
    this.#rolesOf[row] = hasRole(roles) ? roles : undefined
    fill(this.#add(), row)
    return row
  }

  #add(): Uint16Array {
    const row = new Uint16Array(this.#size)
    this.#rows.push(row)
    return row
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
