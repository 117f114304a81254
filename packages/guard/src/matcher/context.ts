// Context words: single words that say of what follows that it is likely to be an entity, or something else. Here they
// are found; what they mean for a stream is live-contexts.ts's.
import { symbolsOf, wordFoldTable } from '../fold.ts'
import { type CharSet, charSetMatching, contains } from './char-set.ts'
import { ARTICLES, GENITIVES, NUMBER_ENDINGS, NUMBER_WORDS, OWNERS } from './number-words.ts'
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

/** The class of what separates words. */
export const SEPARATOR = 0
export const DIGIT = 1
/** Any other symbol of words; the symbols that occur in our words have classes of their own from here on. */
const OTHER = 2
const FIRST_LETTER = 3
/** Added to the class of a capital: behind a small letter or a digit it begins a word. */
const CAPITAL = 0x80
/** What is left of a class without that. */
export const WORD_CLASS = 0x7f
/** Classes share a unit of sixteen bits with those of the automaton. */
const MAX_CLASSES = WORD_CLASS

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

/**
 * Blocks of scripts that write no space between words, where a word counts wherever it stands, whatever is around it:
 * Thai and Lao, Myanmar, Hangul, Khmer, kana and Han (Unicode Standard, Blocks.txt).
 */
const SPACELESS: CharSet = [
  ...[0x0e00, 0x0eff, 0x1000, 0x109f, 0x1100, 0x11ff, 0x1780, 0x17ff, 0x2e80, 0x9fff],
  ...[0xa960, 0xa97f, 0xaa60, 0xaa7f, 0xac00, 0xd7ff, 0xf900, 0xfaff, 0xff66, 0xffdc],
]

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
  #unitClasses: Uint8Array | undefined
  /** By row. */
  readonly #rolesOf: (WordRoles | undefined)[] = []

  constructor(vocabularies: readonly Vocabulary[]) {
    const words = wordsOf(vocabularies)
    this.#classOfSymbol = classesOf(words)
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

  /** By UTF-16 unit: its class, with CAPITAL where it is one. Made when first asked for. */
  unitClasses(): Uint8Array {
    this.#unitClasses ??= classTable(this.#classOfSymbol)
    return this.#unitClasses
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
    return symbolsOf(word, wordFoldTable()).map(
      (symbol) => this.#classOfSymbol.get(symbol) ?? OTHER,
    )
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
    // A word of one letter does not end at a digit: `T0123` is a code.
    const wordEnds = above.depth === 0 ? DIGIT : OTHER
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
  const symbols = symbolsOf(isPrefix ? word.slice(0, -1) : word, wordFoldTable())
  return { symbols, isPrefix, roles }
}

/**
 * Letters of Latin words have a class each. The other scripts share classes, so that the table has a column for each
 * letter of the script with the most. But no text is taken for a word of another script: each word has a mark, a letter
 * whose class is its own, and nobody mixes scripts in a word.
 */
function classesOf(words: readonly RoledWord[]): Map<number, number> {
  const classes = new Map<number, number>()
  const add = (symbol: number, symbolClass: number) => {
    classes.set(symbol, symbolClass)
    next = Math.max(next, symbolClass + 1)
  }
  let next = FIRST_LETTER
  const scripts = byScript(words)
  for (const symbol of symbolsIn(scripts.get(LATIN) ?? [])) add(symbol, next)
  scripts.delete(LATIN)
  for (const ofScript of scripts.values()) {
    for (const symbol of marksOf(ofScript)) add(symbol, next)
  }
  const first = next
  for (const ofScript of scripts.values()) {
    const unmarked = symbolsIn(ofScript).filter((symbol) => !classes.has(symbol))
    unmarked.forEach((symbol, i) => {
      add(symbol, first + i)
    })
  }
  if (next <= MAX_CLASSES) return classes
  throw new RangeError(`context words have more than ${MAX_CLASSES} kinds of characters`)
}

function byScript(words: readonly RoledWord[]): Map<number, RoledWord[]> {
  const scripts = new Map<number, RoledWord[]>()
  for (const word of words) {
    const script = scriptOf(word.symbols[0] ?? 0)
    scripts.set(script, [...(scripts.get(script) ?? []), word])
  }
  return scripts
}

function symbolsIn(words: readonly RoledWord[]): number[] {
  return [...new Set(words.flatMap((word) => word.symbols))]
}

/** Letters of which each word has one: its first one where a word may begin anywhere, else those that most words have. */
function marksOf(words: readonly RoledWord[]): number[] {
  const firsts = words.map(({ symbols }) => symbols[0] ?? 0)
  if (firsts.every(isSpaceless)) return [...new Set(firsts)]
  const marks: number[] = []
  for (let left = words; left.length > 0; ) {
    const counts = symbolsIn(left).map((symbol) => ({ symbol, words: having(symbol, left) }))
    const best = counts.reduce((a, b) => (b.words.length > a.words.length ? b : a))
    marks.push(best.symbol)
    left = left.filter((word) => !best.words.includes(word))
  }
  return marks
}

function having(symbol: number, words: readonly RoledWord[]): readonly RoledWord[] {
  return words.filter(({ symbols }) => symbols.includes(symbol))
}

const LATIN = 0
/** Where Latin letters end in Unicode, and where kana, Han and Hangul begin; the others are in stretches of 128. */
const LATIN_END = 0x250
const EAST_ASIAN = [0x2e80, 0x3400, 0xac00] as const

/** Whether a symbol belongs to a script that writes no space between words. */
export function isSpaceless(symbol: number): boolean {
  return contains(SPACELESS, symbol)
}

function scriptOf(symbol: number): number {
  if (symbol < LATIN_END) return LATIN
  return EAST_ASIAN.findLast((start) => symbol >= start) ?? symbol >> 7
}

function classTable(classOfSymbol: ReadonlyMap<number, number>): Uint8Array {
  const ofSymbol = new Uint8Array(0x10000)
  const letters = wordSymbols()
  for (let i = 0; i < letters.length; i += 2) {
    ofSymbol.fill(OTHER, letters[i] ?? 0, (letters[i + 1] ?? 0) + 1)
  }
  ofSymbol.fill(DIGIT, 0x30, 0x3a)
  for (const [symbol, symbolClass] of classOfSymbol) ofSymbol[symbol] = symbolClass
  const folds = wordFoldTable()
  const classes = new Uint8Array(0x10000)
  for (let unit = 0; unit < classes.length; unit += 1) {
    classes[unit] = ofSymbol[folds[unit] ?? 0] ?? SEPARATOR
  }
  const capitals = charSetMatching('\\p{Lu}')
  for (let i = 0; i < capitals.length; i += 2) {
    for (let unit = capitals[i] ?? 0; unit <= (capitals[i + 1] ?? 0); unit += 1) {
      classes[unit] = (classes[unit] ?? 0) | CAPITAL
    }
  }
  return classes
}

let letters: readonly number[] | undefined

function wordSymbols(): readonly number[] {
  letters ??= charSetMatching('[\\p{L}\\p{M}]')
  return letters
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

/** Whether a word begins with a symbol of a class, although one of class `before` is right before it. */
export function beginsWord(contextClass: number, before: number): boolean {
  return contextClass > CAPITAL && before !== SEPARATOR && before < CAPITAL
}
