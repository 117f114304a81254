// Context words: single words that say of what follows that it is likely to be an entity, or something else. Here they
// are found; what they mean for a stream is live-contexts.ts's.
import { symbolsOf, WORD_FOLDS } from '../fold.ts'
import { ARTICLES, GENITIVES, NUMBER_ENDINGS, NUMBER_WORDS, OWNERS } from './number-words.ts'
import { classesOf, classOfUnit, DIGIT, isSpaceless, OTHER, SEPARATOR } from './word-classes.ts'
import { WordEndings } from './word-endings.ts'

/** The words that speak about one kind of entity; recognizer.ts says what each list means. Undefined: none. */
export interface Vocabulary {
  readonly context: readonly string[] | undefined
  readonly hints: readonly string[] | undefined
  readonly against: readonly string[] | undefined
}

/** What a word is. To the vocabularies of a program: vocabulary `i` has the bit `1 << i`. */
export interface WordRoles {
  readonly context: number
  readonly hints: number
  readonly against: number
  /** What it is to all of them: digits, of number-words.ts, or a compound that ends like a word for "number". */
  readonly kind: 'digits' | 'number' | 'owner' | 'article' | 'genitive' | 'compound' | undefined
  /** The vocabularies to which it may say something. */
  readonly spoken: number
}

const NO_ROLES: WordRoles = { context: 0, hints: 0, against: 0, kind: undefined, spoken: 0 }
const ALL = -1
const DIGITS_ROLES: WordRoles = { ...NO_ROLES, kind: 'digits' }
const COMPOUND_ROLES: WordRoles = { ...NO_ROLES, kind: 'compound', spoken: ALL }

/** The entry for the end of a word that has a role. No row has this number, so that one comparison tells all word ends. */
export const KNOWN_WORD = 0
/** The row between words; then those of a word of digits alone, of letters that are none of ours, and of both. */
export const BETWEEN_WORDS = 1
const NUMBER = 2
const UNKNOWN_WORD = 3
export const MIXED_WORD = 4

/** What words cost of the window in which a word counts. Numbers come in groups and in lists: they cost a quarter. */
export const WORD_COST = 4
const NUMBER_COST = 1

export function costOf({ kind }: WordRoles): number {
  return kind === 'digits' ? NUMBER_COST : WORD_COST
}

/** How `WhatsApp` begins, the one word of ours that is written with a capital inside. */
const BEFORE_CAPITAL = 'whats'
const CAPITAL_INSIDE = 'a'

/** A place in the tree of the words. `prefix`: the roles of all words that begin like this. */
interface Node {
  /** The class that leads here. */
  readonly symbolClass: number
  readonly isSpaceless: boolean
  readonly children: Node[]
  roles: WordRoles
  prefix: WordRoles
}

/**
 * The words of all vocabularies as one table. A word ends before what separates words, such as `_`, before a digit, and
 * before a capital that follows a small letter; one with `*` at its end stands for all words that begin like that.
 */
export class ContextWords {
  /** Next row by row times `size` plus class, or KNOWN_WORD. */
  readonly table: Uint16Array
  /** Number of classes. */
  readonly size: number
  readonly #classOfSymbol: ReadonlyMap<number, number>
  /** The rows before and behind the capital of `WhatsApp`. */
  readonly #beforeCapital: number
  readonly #behindCapital: number
  /** By row. */
  readonly #rolesOf: (WordRoles | undefined)[] = []

  constructor(vocabularies: readonly Vocabulary[]) {
    const words = wordsOf(vocabularies)
    this.#classOfSymbol = classesOf(words.map(({ symbols }) => symbols))
    this.size = Math.max(OTHER, ...this.#classOfSymbol.values()) + 1
    const root = newNode(SEPARATOR, false)
    for (const word of words) insert(root, word, this.#classOfSymbol)
    this.#rolesOf[NUMBER] = DIGITS_ROLES
    const endings = new WordEndings(NUMBER_ENDINGS.map((word) => this.#classesIn(word)))
    const rows = new TableBuilder(this.size, this.#rolesOf, endings).rowsOf(root)
    this.table = new Uint16Array(rows.length * this.size)
    rows.forEach((row, i) => {
      this.table.set(row, i * this.size)
    })
    this.#beforeCapital = this.#rowBehind(BEFORE_CAPITAL)
    this.#behindCapital = this.#rowBehind(BEFORE_CAPITAL + CAPITAL_INSIDE)
  }

  /** The class of a UTF-16 unit, with CAPITAL where it is one. */
  classOf(unit: number): number {
    return classOfUnit(unit, this.#classOfSymbol)
  }

  /** What the word is that ends at a row. */
  rolesAt(row: number): WordRoles {
    return this.#rolesOf[row] ?? NO_ROLES
  }

  /** Whether a capital that leads from a row to the next goes on with a word, as in `WhatsApp`, and begins none. */
  goesOn(row: number, next: number): boolean {
    return row === this.#beforeCapital && next === this.#behindCapital && next > UNKNOWN_WORD
  }

  /** Whether a word that ends at a row is of a script without spaces: whatever follows it begins a word, as it is. */
  endsAnywhere(row: number): boolean {
    return this.table[row * this.size + OTHER] === KNOWN_WORD
  }

  /** Where a word has come to of which only the first part is there. */
  #rowBehind(part: string): number {
    return this.#classesIn(part).reduce(
      (row, symbolClass) => this.table[row * this.size + symbolClass] ?? UNKNOWN_WORD,
      BETWEEN_WORDS,
    )
  }

  #classesIn(word: string): number[] {
    return symbolsOf(word, WORD_FOLDS).map((symbol) => this.#classOfSymbol.get(symbol) ?? OTHER)
  }
}

/** So many combinations of vocabularies are remembered, the last ones. */
const MAX_REMEMBERED = 8
const remembered = new Map<string, ContextWords>()

/** The words of some vocabularies. Policies that use the same ones share them: they are dear to make and to keep. */
export function contextWordsOf(vocabularies: readonly Vocabulary[]): ContextWords {
  const key = JSON.stringify(vocabularies)
  let words = remembered.get(key)
  if (words === undefined) {
    const [oldest] = remembered.keys()
    if (remembered.size >= MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest)
    words = new ContextWords(vocabularies)
    remembered.set(key, words)
  }
  return words
}

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
class TableBuilder {
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

  rowsOf(root: Node): readonly Uint16Array[] {
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

  #begin(between: Uint16Array | undefined, child: Node): void {
    const row = this.#rowOf(child, { prefix: NO_ROLES, ending: 0, depth: 0 })
    between?.fill(row, child.symbolClass, child.symbolClass + 1)
  }

  #rowOf(node: Node, above: Above): number {
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

/** One word of one vocabulary, in folded symbols. */
interface RoledWord {
  readonly symbols: readonly number[]
  readonly isPrefix: boolean
  readonly roles: WordRoles
}

function wordsOf(vocabularies: readonly Vocabulary[]): RoledWord[] {
  const words = vocabularies.flatMap((vocabulary, i) =>
    (['context', 'hints', 'against'] as const).flatMap((list) => {
      const roles = { ...NO_ROLES, [list]: 1 << i, spoken: 1 << i }
      return (vocabulary[list] ?? []).map((word) => roledWord(word, roles))
    }),
  )
  const common = {
    ...{ number: NUMBER_WORDS, owner: OWNERS, article: ARTICLES, genitive: GENITIVES },
  } as const
  for (const kind of ['number', 'owner', 'article', 'genitive'] as const) {
    const roles = { ...NO_ROLES, kind, spoken: kind === 'number' || kind === 'genitive' ? ALL : 0 }
    for (const word of common[kind]) words.push(roledWord(word, roles))
  }
  return words
}

function roledWord(word: string, roles: WordRoles): RoledWord {
  const isPrefix = word.endsWith('*')
  const symbols = symbolsOf(isPrefix ? word.slice(0, -1) : word, WORD_FOLDS)
  return { symbols, isPrefix, roles }
}

function newNode(symbolClass: number, isSpaceless: boolean): Node {
  return { symbolClass, isSpaceless, children: [], roles: NO_ROLES, prefix: NO_ROLES }
}

function insert(root: Node, word: RoledWord, classes: ReadonlyMap<number, number>): void {
  let node = root
  for (const symbol of word.symbols) {
    const symbolClass = classes.get(symbol) ?? OTHER
    let child = node.children.find((known) => known.symbolClass === symbolClass)
    if (child === undefined) {
      child = newNode(symbolClass, isSpaceless(symbol))
      node.children.push(child)
    }
    node = child
  }
  if (word.isPrefix) node.prefix = merged(node.prefix, word.roles)
  else node.roles = merged(node.roles, word.roles)
}

function merged(a: WordRoles, b: WordRoles): WordRoles {
  if (b === NO_ROLES || a === b) return a
  if (a === NO_ROLES) return b
  return {
    context: a.context | b.context,
    hints: a.hints | b.hints,
    against: a.against | b.against,
    kind: a.kind ?? b.kind,
    spoken: a.spoken | b.spoken,
  }
}

function hasRole(roles: WordRoles): boolean {
  return roles !== NO_ROLES
}

function keyOf({ context, hints, against, kind }: WordRoles): string {
  return `${context}/${hints}/${against}/${kind}`
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
