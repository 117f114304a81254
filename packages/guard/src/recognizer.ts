// What a file in recognizers/ says: how an entity looks, how sure a look is, what arithmetic it must pass. It is data
// and pure functions; nothing here knows of streams.

/** One way an entity is written. */
export interface EntityPattern {
  /** RegExp source over folded text, flags `u` and as given. One-character look-around and `\b` are possible. */
  readonly source: string
  readonly flags?: 'i'
  /** From 0 to 1: how likely a match alone is the entity. With a `check`, the score of what passes it best. */
  readonly score: number
  /** Score with a context word shortly before. Default: `score`, so that context changes nothing. */
  readonly contextScore?: number
  /** The score of a matched value, folded to ASCII; 0 refuses it. Must not throw. */
  readonly check?: (value: string) => number
  /** For long secrets: a match of `source` only opens the finding. */
  readonly latch?: Latch
}

/** The rest of an open-ended match: it is swallowed as it comes, however long it is. */
export interface Latch {
  /** RegExp source of one character: what the rest consists of. The first other character ends the match. */
  readonly body: string
  /** RegExp source of one character: what belongs to the match only if more of the body follows. */
  readonly trailing?: string
  /** RegExp source of the mark that ends the match and belongs to it. */
  readonly until?: string
}

export interface Recognizer {
  /** Microsoft Presidio's name where it has one. */
  readonly entity: string
  readonly patterns: readonly EntityPattern[]
  /** Single lower-case ASCII words that make a match likelier when one of the five words before it is one of them. */
  readonly context?: readonly string[]
}
