// The guard over one plain text that arrives in pieces: text comes in, is scanned, and is let go as soon as no open match
// can reach it any more. What matches is scanner.ts's, what is shown of it resolver.ts's.
import { boundaryBefore, characterAt, MAX_UNITS, unfinishedUnits, unitsOf } from './characters.ts'
import type { Span } from './detection.ts'
import { type Block, type GuardStream, NO_FINDINGS, type StreamResult } from './finding.ts'
import { HeldText } from './held-text.ts'
import { FIRST_CLASS, symbolStart } from './matcher/alphabet.ts'
import type { Candidate } from './pending-matches.ts'
import type { Program } from './program.ts'
import type { Pseudonyms } from './pseudonyms/pseudonyms.ts'
import { Resolver, toFinding } from './resolver.ts'
import { Scanner } from './scanner.ts'

/** A longer delta is taken in slices, so that what is found in it is shown and forgotten before there is much of it. */
const MAX_SLICE = 1024
const NO_SPANS: readonly Span[] = []

export class TextStream implements GuardStream {
  readonly #program: Program
  readonly #held = new HeldText()
  readonly #resolver: Resolver
  readonly #scanner: Scanner
  #blocked: Block | undefined
  #isOver = false
  /** Offset up to which the text has been let go of, although it is still held to judge what follows it. */
  #released = 0
  /** What detectors found and has not come in whole. */
  #spans: readonly Span[] = NO_SPANS

  /** @param pseudonyms the stand-ins of what its rules pseudonymize */
  constructor(program: Program, pseudonyms?: Pseudonyms) {
    this.#program = program
    this.#resolver = new Resolver(pseudonyms)
    this.#scanner = new Scanner(program, this.#held, this.#resolver)
  }

  push(delta: string, spans?: readonly Span[]): StreamResult {
    if (spans !== undefined && spans.length > 0) this.expect(spans)
    if (delta.length > MAX_SLICE) return this.#pushSlices(delta)
    if (this.#isOver) return this.#afterwards()
    this.#held.append(delta)
    this.#scanner.scan(false)
    if (this.#spans.length > 0) this.#takeSpans()
    return this.#result()
  }

  #pushSlices(delta: string): StreamResult {
    const results: StreamResult[] = []
    for (let at = 0; at < delta.length && this.#blocked === undefined; at += MAX_SLICE) {
      results.push(this.push(delta.slice(at, at + MAX_SLICE)))
    }
    const last = results.at(-1) ?? this.#afterwards()
    const text = results.map((result) => result.text).join('')
    return { ...last, text, findings: results.flatMap((result) => result.findings) }
  }

  /** Notes what detectors found in text that is still to come, at offsets of the stream. */
  expect(spans: readonly Span[]): void {
    if (this.#program.spanRules.length === 0) return
    const { base } = this.#held
    const coming = spans.map((span) => ({ ...span, start: Math.max(span.start, base) }))
    this.#spans = [...this.#spans, ...coming.filter(({ start, end }) => start < end)]
  }

  /** Takes the spans that have come in whole; at the end of a text `isOver` they end with it. */
  #takeSpans(isOver = false): void {
    const { now } = this.#held
    const isWhole = ({ start, end }: Span) => end <= now || (isOver && start < now)
    for (const span of this.#spans) if (isWhole(span)) this.#takeSpan(span)
    const rest = this.#spans.filter((span) => !isWhole(span))
    this.#spans = rest.length === 0 || isOver ? NO_SPANS : rest
    const { matches } = this.#scanner
    if (matches.isWaiting) matches.settle(this.#watermark())
  }

  #takeSpan({ entity, start, end, score }: Span): void {
    const { base, text, now } = this.#held
    const from = base + boundaryBefore(text, start - base)
    const to = base + boundaryAfter(text, Math.min(end, now) - base)
    for (const { rule, threshold } of this.#program.spanRules) {
      if (rule.entity !== entity || score < threshold) continue
      this.#scanner.matches.take({ rule, start: from, end: to, score, isCut: false })
    }
  }

  /** Where nothing is decided yet, because a span has begun that has not come in whole. */
  #watermark(): number {
    let watermark = this.#scanner.watermark()
    if (this.#spans.length === 0) return watermark
    const { base, text } = this.#held
    for (const { start } of this.#spans) {
      // It may turn out to begin in the middle of a character, and then conceals all of it.
      const before = Math.max(start - MAX_UNITS, base)
      if (before < watermark) watermark = base + boundaryBefore(text, before - base)
    }
    return watermark
  }

  release(): StreamResult {
    if (this.#isOver) return this.#afterwards()
    // What has been let go of in two halves cannot be read as one character any more.
    if (unfinishedUnits(this.#held.text) > 0) return this.endValue()
    const { matches } = this.#scanner
    if (matches.blockedBy === undefined) this.#scanner.scanPause()
    if (this.#spans.length > 0) this.#takeSpans(true)
    if (matches.blockedBy === undefined) matches.settle(this.#held.now)
    if (matches.blockedBy !== undefined) return this.#block(matches.blockedBy, this.#held.now)
    const from = Math.max(this.#held.base, this.#released)
    this.#released = this.#held.now
    const text = this.#resolver.show(this.#held.slice(from, this.#released), from)
    return { text, findings: this.#resolver.report(this.#released), held: 0 }
  }

  end(): StreamResult {
    const result = this.endValue()
    this.#isOver = true
    return result
  }

  /** Ends one text and lets another begin: no match reaches across, but context words before it count for the next. */
  endValue(): StreamResult {
    if (this.#isOver) return this.#afterwards()
    this.#scanner.scan(true)
    // Before the end lets go of everything: a block that waits for an allow-list is judged by it.
    if (this.#spans.length > 0) this.#takeSpans(true)
    if (this.#scanner.matches.blockedBy === undefined) this.#scanner.scanEnd()
    const result = this.#result()
    this.#resolver.endText()
    return result
  }

  /** Whether the text stands in a JSON string, so that what is put into it has to be escaped. */
  set isQuoting(isQuoting: boolean) {
    this.#resolver.isQuoting = isQuoting
  }

  #result(): StreamResult {
    const { matches } = this.#scanner
    const watermark = this.#watermark()
    if (matches.isIdle && this.#resolver.isIdle && this.#released <= this.#held.base) {
      const from = this.#held.base
      const text = this.#resolver.show(this.#take(watermark), from)
      return { text, findings: NO_FINDINGS, held: this.#held.length }
    }
    return this.#resultOfMatches(watermark)
  }

  #resultOfMatches(watermark: number): StreamResult {
    const { matches } = this.#scanner
    if (matches.blockedBy !== undefined) return this.#block(matches.blockedBy, watermark)
    matches.settle(watermark)
    const text = this.#show(watermark)
    const end = this.#held.base + this.#held.length
    const findings = this.#resolver.report(watermark)
    const covered = Math.max(this.#resolver.coveredUntil(watermark), this.#released)
    return { text, findings, held: Math.max(end - covered, 0) }
  }

  /** What is shown of the text before `to`, which is let go of. */
  #show(to: number): string {
    const from = this.#held.base
    const text = this.#take(to)
    const released = Math.min(this.#released - from, text.length)
    if (released <= 0) return this.#resolver.show(text, from)
    return this.#resolver.show(text.slice(released), from + released)
  }

  /** Lets go of what lies before `to`, remembering it if a character in it counts. */
  #take(to: number): string {
    const held = this.#held
    const { base } = held
    if (to === base) return ''
    const text = held.take(to)
    const { alphabet } = this.#program.automaton
    const lastClass = alphabet.classes.at(held.lastUnit)
    // The last unit may be that of an escape sequence which counts as nothing.
    const counts = lastClass >= FIRST_CLASS && held.compoundEnd <= base
    if (counts || symbolStart(alphabet, text, text.length) >= 0) held.taken = text
    return text
  }

  #block(by: Candidate, watermark: number): StreamResult {
    this.#isOver = true
    const to = Math.min(watermark, by.start)
    this.#scanner.matches.settle(to)
    const text = this.#show(to)
    const findings = [...this.#resolver.report(to), ...this.#resolver.reportRest(), toFinding(by)]
    this.#held.clear()
    this.#blocked = blockOf(by)
    return { text, findings, held: 0, blocked: this.#blocked }
  }

  #afterwards(): StreamResult {
    const nothing = { text: '', findings: NO_FINDINGS, held: 0 }
    return this.#blocked === undefined ? nothing : { ...nothing, blocked: this.#blocked }
  }
}

/** The offset, or where the character ends that it would cut. */
function boundaryAfter(text: string, at: number): number {
  const start = boundaryBefore(text, at)
  return start === at ? at : start + unitsOf(characterAt(text, start))
}

function blockOf({ rule }: Candidate): Block {
  const { id, entity, category } = rule
  return category === undefined ? { ruleId: id, entity } : { ruleId: id, entity, category }
}
