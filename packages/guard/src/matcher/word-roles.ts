// What a word is to the vocabularies of a program, and what it costs of the window in which a word counts.

/** The words that speak about one kind of entity; recognizer.ts says what each list means. */
export interface Vocabulary {
  readonly context?: readonly string[]
  readonly hints?: readonly string[]
  readonly against?: readonly string[]
}

export const WORD_LISTS = ['context', 'hints', 'against'] as const

/** What a word is. To the vocabularies of a program: vocabulary `i` has the bit `1 << i`. */
export interface WordRoles {
  readonly context: number
  readonly hints: number
  readonly against: number
  /** What it is to all of them: digits, of number-words.ts, or a compound that ends like a word for "number". */
  readonly kind:
    | 'digits'
    | 'number'
    | 'abbreviation'
    | 'owner'
    | 'article'
    | 'genitive'
    | 'compound'
    | undefined
  /** The vocabularies to which it may say something. */
  readonly spoken: number
}

export const NO_ROLES: WordRoles = { context: 0, hints: 0, against: 0, kind: undefined, spoken: 0 }
/** Of the vocabularies. */
export const ALL = -1
export const DIGITS_ROLES: WordRoles = { ...NO_ROLES, kind: 'digits' }
export const COMPOUND_ROLES: WordRoles = { ...NO_ROLES, kind: 'compound', spoken: ALL }

/** What words cost of the window in which a word counts. Numbers come in groups and in lists: they cost a quarter. */
export const WORD_COST = 4
const NUMBER_COST = 1

export function costOf({ kind }: WordRoles): number {
  return kind === 'digits' ? NUMBER_COST : WORD_COST
}

/** What a word is that is both. */
export function merged(a: WordRoles, b: WordRoles): WordRoles {
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

export function hasRole(roles: WordRoles): boolean {
  return roles !== NO_ROLES
}

/** Numbers roles, equal ones alike. */
export class RoleIds {
  readonly #byRoles = new Map<WordRoles, number>()
  readonly #byContent = new Map<string, number>()

  of(roles: WordRoles): number {
    const known = this.#byRoles.get(roles)
    if (known !== undefined) return known
    const { context, hints, against, kind } = roles
    const content = `${context}/${hints}/${against}/${kind}`
    const id = this.#byContent.get(content) ?? this.#byContent.size
    this.#byContent.set(content, id)
    this.#byRoles.set(roles, id)
    return id
  }
}
