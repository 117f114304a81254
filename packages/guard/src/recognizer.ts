// What a file in recognizers/ says: how an entity looks, how sure a look is, what arithmetic it must pass. It is data
// and pure functions; nothing here knows of streams.

/** One way an entity is written. */
export interface EntityPattern {
  /** RegExp source over folded text, flags `u` and as given. One-character look-around and `\b` are possible. */
  readonly source: string
  readonly flags?: 'i'
  /** From 0 to 1: how likely a match alone is the entity. With a `check`, the score of what passes it best. */
  readonly score: number
  /** Score with a context word shortly before. Default: `hintScore`. */
  readonly contextScore?: number
  /** Score with a hint shortly before. Default: `score`. */
  readonly hintScore?: number
  /** Score with a word against shortly before. Default: `score`, so that words against only undo context words. */
  readonly againstScore?: number
  /** The score of a matched value, folded to ASCII; 0 refuses it. Must not throw. */
  readonly check?: (value: string) => number
  /** For long secrets: a match of `source` only opens the finding. */
  readonly latch?: Latch
  /** For secrets that are written in lines: a match of `source` is the header. */
  readonly armor?: Armor
}

/** The rest of an open-ended match: it is swallowed as it comes, however long it is. */
export interface Latch {
  /** RegExp source of one character: what the rest consists of. The first other character ends the match. */
  readonly body: string
  /** RegExp source of one character: what belongs to the match only if more of the body follows. */
  readonly trailing?: string
  /** RegExp source of one character: what opens a bracket. */
  readonly opening?: string
  /** RegExp source of one character: what closes one. One that was not opened in the match ends it. */
  readonly closing?: string
}

/** Lines between a header and an end line, whatever is wrapped around them; see armor.ts. */
export interface Armor {
  /** What a line looks like, or a part of one. */
  readonly lines: readonly ArmorLine[]
  /** RegExp source of the end line, with the flags of the header. */
  readonly until: string
}

export interface ArmorLine {
  /** RegExp source. */
  readonly source: string
  /** More than 0 for what is a line, folded to ASCII. Without a check, it is one only right behind the header or a line. */
  readonly check?: (value: string) => number
}

export interface Recognizer {
  /** Microsoft Presidio's name where it has one. */
  readonly entity: string
  readonly patterns: readonly EntityPattern[]
  /**
   * Words that announce the entity: one of them among the five words before a match makes it likelier. Of several, in
   * any of these lists, the nearest counts. Case and accents do not matter; `tele*` is any word that begins so.
   */
  readonly context?: readonly string[]
  /** Words that make a match a little likelier, of which it depends on the pattern whether they are enough. */
  readonly hints?: readonly string[]
  /** Words that announce something else (order, invoice, tracking). */
  readonly against?: readonly string[]
  /**
   * RegExp sources of longer texts that only look like the entity, of a hundred characters at most: a match that lies
   * in one of them is none. For what a look-around of one character cannot see.
   */
  readonly lookalikes?: readonly string[]
}
