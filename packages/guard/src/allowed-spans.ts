// The stretches of one stream that only look like matches: an allow-list's values, and a recognizer's lookalikes.
import type { Candidate } from './pending-matches.ts'
import type { Rule } from './rule.ts'

/** A stretch of text by offsets. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** A stretch in which no finding of `rule`, or of any, lies. */
interface AllowedSpan extends Span {
  readonly rule: Rule | undefined
}

export class AllowedSpans {
  #spans: AllowedSpan[] = []

  get isEmpty(): boolean {
    return this.#spans.length === 0
  }

  /** What lies before `oldest` may have been shown as a finding, so it is not allowed any more. */
  add({ start, end }: Span, rule: Rule | undefined, oldest: number): void {
    this.#spans.push({ start: Math.max(start, oldest), end, rule })
  }

  /** Whether one of them holds all of a match. Of a match that is cut it is not known where it began: nothing does. */
  contain({ start, end, rule, isCut }: Candidate): boolean {
    if (isCut) return false
    return this.#spans.some((allowed) => {
      const isAbout = allowed.rule === undefined || allowed.rule === rule
      return isAbout && allowed.start <= start && end <= allowed.end
    })
  }

  /** Forgets those that end before an offset, or there. */
  forgetBefore(offset: number): void {
    this.#spans = this.#spans.filter((span) => span.end > offset)
  }
}
