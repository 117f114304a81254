// The words of the vocabularies as a tree by their symbols, before it is laid out as a table.
import { IGNORED, WORD_FOLDS } from '../fold.ts'
import { ABBREVIATIONS, ARTICLES, GENITIVES, NUMBER_WORDS, OWNERS } from './number-words.ts'
import { isSpaceless, OTHER, SEPARATOR } from './word-classes.ts'
import { ALL, merged, NO_ROLES, type Vocabulary, WORD_LISTS, type WordRoles } from './word-roles.ts'

/** One word of one vocabulary, in folded symbols. Words are of the Basic Multilingual Plane and have no escape sequences. */
export interface RoledWord {
  readonly symbols: readonly number[]
  readonly isPrefix: boolean
  readonly roles: WordRoles
}

/** The words of some vocabularies, and those that mean the same to all. */
export function wordsOf(vocabularies: readonly Vocabulary[]): RoledWord[] {
  const words = vocabularies.flatMap((vocabulary, i) =>
    WORD_LISTS.flatMap((list) => {
      const roles = { ...NO_ROLES, [list]: 1 << i, spoken: 1 << i }
      return (vocabulary[list] ?? []).map((word) => roledWord(word, roles))
    }),
  )
  const common = {
    ...{ number: NUMBER_WORDS, abbreviation: ABBREVIATIONS, genitive: GENITIVES },
    ...{ owner: OWNERS, article: ARTICLES },
  } as const
  for (const kind of ['number', 'abbreviation', 'genitive', 'owner', 'article'] as const) {
    const roles = { ...NO_ROLES, kind, spoken: kind === 'owner' || kind === 'article' ? 0 : ALL }
    for (const word of common[kind]) words.push(roledWord(word, roles))
  }
  return words
}

function roledWord(word: string, roles: WordRoles): RoledWord {
  const isPrefix = word.endsWith('*')
  const length = isPrefix ? word.length - 1 : word.length
  const symbols: number[] = []
  for (let at = 0; at < length; at += 1) {
    const symbol = WORD_FOLDS.at(word.charCodeAt(at))
    if (symbol !== IGNORED) symbols.push(symbol)
  }
  return { symbols, isPrefix, roles }
}

/** A place in the tree of the words. `prefix`: the roles of all words that begin like this. */
export interface WordNode {
  /** The class that leads here. */
  readonly symbolClass: number
  readonly isSpaceless: boolean
  readonly children: WordNode[]
  roles: WordRoles
  prefix: WordRoles
}

/** All words as one tree; `classes` are those of their symbols. */
export function treeOf(
  words: readonly RoledWord[],
  classes: ReadonlyMap<number, number>,
): WordNode {
  const root = newNode(SEPARATOR, false)
  for (const word of words) insert(root, word, classes)
  return root
}

function newNode(symbolClass: number, isSpaceless: boolean): WordNode {
  return { symbolClass, isSpaceless, children: [], roles: NO_ROLES, prefix: NO_ROLES }
}

function insert(root: WordNode, word: RoledWord, classes: ReadonlyMap<number, number>): void {
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
