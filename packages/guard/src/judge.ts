// Judges whether what a detector accepts is a match: arithmetic, length and the words before it, for one stream.
import { characterAt, codePointOf } from './characters.ts'
import { foldIdentifiers, foldsToItself } from './fold.ts'
import type { HeldText } from './held-text.ts'
import type { Accept } from './matcher/action.ts'
import { symbolStart } from './matcher/alphabet.ts'
import { AGAINST, ANNOUNCED, HINTED, SILENT } from './matcher/live-contexts.ts'
import type { MatchEnd } from './matcher/reverse-search.ts'
import type { Starts } from './matcher/threads.ts'
import type { Candidate } from './pending-matches.ts'
import type { DetectorMeaning, Program } from './program.ts'

/** A detector accepts before the symbol of class `after`; the threads that do are `groups`, and began at their `starts`. */
export interface Acceptance extends Accept, Pick<Starts, 'starts' | 'met'> {
  readonly after: number
}

/** Whether a match from an offset on started while a gate was live. */
export type WasLive = (gate: number, offset: number) => boolean

export class Judge {
  readonly #program: Program
  readonly #held: HeldText
  readonly #wasLive: WasLive
  /** A stretch that folding leaves as it is: what is asked for next mostly begins in it. */
  #plainFrom = 0
  #plainTo = 0

  constructor(program: Program, parts: { readonly held: HeldText; readonly wasLive: WasLive }) {
    this.#program = program
    this.#held = parts.held
    this.#wasLive = parts.wasLive
  }

  /** The match with the earliest start that passes. */
  matchOf(meaning: DetectorMeaning, acceptance: Acceptance): Candidate | undefined {
    if (meaning.detector.check === undefined) return this.#uncheckedMatch(meaning, acceptance)
    const { groups, starts, met } = acceptance
    const earliest = earliestStart(acceptance)
    const candidate = this.#checkedMatch(meaning, earliest)
    if (candidate !== undefined) return candidate
    if (earliest <= met) return this.#tracedMatch(meaning, acceptance)
    for (let i = 1; i < groups.length; i += 1) {
      const later = this.#checkedMatch(meaning, starts[groups[i] ?? 0] ?? 0)
      if (later !== undefined) return later
    }
    return undefined
  }

  /**
   * Threads may have met, so the starts of the groups are not all there are: they are read from the text. The earliest
   * one has been refused.
   */
  #tracedMatch(meaning: DetectorMeaning, acceptance: Acceptance): Candidate | undefined {
    const from = this.#traceableFrom()
    const place = this.#matchEnd(acceptance, from)
    const starts = this.#program.reverseSearch().starts(acceptance.detector, place)
    for (let i = starts.length - 1; i >= 0; i -= 1) {
      const start = from + (starts[i] ?? 0)
      if (start === earliestStart(acceptance)) continue
      if (meaning.gate !== 0 && !this.#wasLive(meaning.gate, start)) continue
      const candidate = this.#checkedMatch(meaning, start)
      if (candidate !== undefined) return candidate
    }
    return undefined
  }

  #isTooOld(start: number): boolean {
    return start < this.#held.now - this.#program.maxSpan && start < this.oldestStart()
  }

  /** Text before this offset may have been shown before the symbol that is being looked at. */
  oldestStart(): number {
    return this.#held.back(this.#program.maxSpan)
  }

  /** Of a match that is too long the end is concealed, as far back as text has been held. */
  #uncheckedMatch(meaning: DetectorMeaning, acceptance: Acceptance): Candidate {
    const end = this.#held.symbolEnd
    const began = earliestStart(acceptance)
    const start = Math.max(began, this.oldestStart())
    const { rule } = meaning.detector
    return { rule, start, end, score: this.#scoreAt(meaning, start), isCut: began < start }
  }

  #checkedMatch(meaning: DetectorMeaning, start: number): Candidate | undefined {
    const { rule, check } = meaning.detector
    const end = this.#held.symbolEnd
    if (check === undefined || this.#isTooOld(start)) return undefined
    const score = check(this.folded(start, end))
    if (score <= 0) return undefined
    return { rule, start, end, score: this.#scoreAt(meaning, start, score), isCut: false }
  }

  /** What checks are made on. */
  folded(start: number, end: number): string {
    const raw = this.#held.slice(start, end)
    return this.#isPlain(raw, start) ? raw : foldIdentifiers(raw)
  }

  /** Whether a text that begins at an offset folds to itself. */
  #isPlain(text: string, start: number): boolean {
    const end = start + text.length
    if (start < this.#plainFrom || start > this.#plainTo) {
      this.#plainFrom = start
      this.#plainTo = start
    }
    while (this.#plainTo < end && foldsToItself(text.charCodeAt(this.#plainTo - start))) {
      this.#plainTo += 1
    }
    return this.#plainTo >= end
  }

  /** The score of a match; `checked` is what its check gives it. */
  #scoreAt({ detector, bits }: DetectorMeaning, start: number, checked?: number): number {
    const { scores } = detector
    const score = checked ?? scores[SILENT]
    if (bits[ANNOUNCED] !== 0 && this.#wasLive(bits[ANNOUNCED], start))
      return Math.max(score, scores[ANNOUNCED])
    if (bits[HINTED] !== 0 && this.#wasLive(bits[HINTED], start))
      return Math.max(score, scores[HINTED])
    if (bits[SILENT] === 0 || this.#wasLive(bits[SILENT], start)) return score
    return Math.min(score, scores[AGAINST])
  }

  /** No match reaches back over the place where the text last began anew. */
  #traceableFrom(): number {
    return Math.max(this.#held.base, this.#held.edge)
  }

  /** Offsets are counted from `from`. */
  #matchEnd(acceptance: Acceptance, from: number): MatchEnd {
    const { after } = acceptance
    const { text, base, symbolEnd, edge } = this.#held
    const start = Math.max(earliestStart(acceptance), this.oldestStart())
    return {
      text: text.slice(from - base),
      before: edge === from ? -1 : this.#lastTaken(),
      after,
      end: symbolEnd - from,
      earliest: start - from,
    }
  }

  /** Code point of the last character that counts before what is held; -1 at the start. */
  #lastTaken(): number {
    const { taken } = this.#held
    const at = symbolStart(this.#program.automaton.alphabet, taken, taken.length)
    return at < 0 ? -1 : codePointOf(characterAt(taken, at))
  }
}

/** The groups are in the order of their starts. */
export function earliestStart({ starts, groups }: Acceptance): number {
  return starts[groups[0] ?? 0] ?? 0
}
