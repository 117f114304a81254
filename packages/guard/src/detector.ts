// A detector: a pattern that looks for the matches of a rule, and what decides whether a match counts.
import type { CharSet } from './matcher/char-set.ts'
import type { Standing } from './matcher/live-contexts.ts'
import type { PatternNode } from './matcher/pattern.ts'
import type { Vocabulary } from './matcher/word-roles.ts'
import type { Rule } from './rule.ts'

/** A pattern that looks for the matches of a rule. */
export interface Detector {
  readonly rule: Rule
  readonly pattern: PatternNode
  /** The score of a match by the standing that the words before it give it; it never falls. */
  readonly scores: readonly [against: number, silent: number, hinted: number, announced: number]
  /** The words that decide that; undefined if none does. */
  readonly vocabulary: Vocabulary | undefined
  /** With less than this no match may start. */
  readonly minStanding: Standing
  /** The score of a folded value, 0 if it is none. */
  readonly check: ((value: string) => number) | undefined
  readonly latch: DetectorLatch | undefined
  readonly armor: DetectorArmor | undefined
}

/** How an open-ended match goes on after its beginning: see recognizer.ts. */
export interface DetectorLatch {
  readonly body: CharSet
  readonly trailing: CharSet
  readonly opening: CharSet
  readonly closing: CharSet
}

/** What follows a header: see recognizer.ts. */
export interface DetectorArmor {
  readonly lines: readonly {
    readonly pattern: PatternNode
    readonly check: ((value: string) => number) | undefined
  }[]
  readonly until: PatternNode
}
