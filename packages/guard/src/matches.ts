// From what the automata accept to findings: arithmetic, length, context, open-ended matches and allow-lists are judged
// here, for one stream. Where threads stand is scanner.ts's, what is shown resolver.ts's.
import { Armors } from './armor.ts'
import { characterAt, codePointOf } from './characters.ts'
import { foldIdentifiers } from './fold.ts'
import type { HeldText } from './held-text.ts'
import { symbolStart } from './matcher/alphabet.ts'
import type { Accept } from './matcher/lazy-dfa.ts'
import { AGAINST, ANNOUNCED, HINTED, SILENT } from './matcher/live-contexts.ts'
import type { MatchEnd } from './matcher/reverse-search.ts'
import { usesValue } from './operators.ts'
import type { DetectorMeaning, LatchClasses, Program } from './program.ts'
import type { Candidate, OpenCandidate, Resolver } from './resolver.ts'
import type { Rule } from './rule.ts'

interface Span {
  readonly start: number
  readonly end: number
}

/** A stretch in which no finding of `rule`, or of any, lies. */
interface AllowedSpan extends Span {
  readonly rule: Rule | undefined
}

/** An open-ended match that has begun. */
interface OpenMatch {
  readonly detector: number
  readonly classes: LatchClasses
  readonly candidate: OpenCandidate
  /** How many brackets are open in it. */
  depth: number
}

/** A detector accepts before the symbol of class `after`; the threads that do are `groups`, and began at their `starts`. */
interface Acceptance extends Accept {
  readonly starts: Int32Array
  readonly after: number
}

export class Matches {
  readonly #program: Program
  readonly #held: HeldText
  readonly #resolver: Resolver
  readonly #wasLive: (gate: number, offset: number) => boolean
  #open: OpenMatch[] = []
  #allowed: AllowedSpan[] = []
  /** Matches of `block` rules that an allow-list may still cover. */
  #waiting: Candidate[] = []
  /** The stretch that was folded last; plain if folding changed nothing. */
  readonly #foldedStretch = { start: 0, end: 0, text: '', isPlain: false }
  readonly #armors: Armors
  /** The match that ends the stream. */
  blockedBy: Candidate | undefined

  constructor(program: Program, parts: MatchesParts) {
    this.#program = program
    this.#held = parts.held
    this.#resolver = parts.resolver
    this.#wasLive = parts.wasLive
    this.#armors = new Armors({
      maxSpan: program.maxSpan,
      now: () => this.#held.now,
      open: (candidate) => this.#openMatch(candidate),
      undecidedFrom: (candidate) => this.#undecidedFrom(candidate),
      folded: (start, end) => this.#folded(start, end),
      oldestStart: () => this.#oldestStart(),
    })
  }

  /** The bits that are live while something is open. */
  get openGates(): number {
    return this.#armors.gates
  }

  /** There is something to see to at every symbol: an open-ended match, a match that may block, or a block. */
  isBusy = false

  /** There is nothing that text waits for or that has to be seen to when it is let go of. */
  get isIdle(): boolean {
    return !this.isBusy && this.#allowed.length === 0
  }

  get isWaiting(): boolean {
    return this.#waiting.length > 0
  }

  /** Judges what is accepted before a symbol of class `after`, by threads that began at their `starts`. */
  acceptAll(accepts: readonly Accept[], starts: Int32Array, after: number): void {
    for (const { detector, groups } of accepts) this.#accept({ detector, groups, starts, after })
  }

  /** Judges a match that ends at the last symbol. */
  #accept(acceptance: Acceptance): void {
    const { detector } = acceptance
    const meaning = this.#program.meanings[detector]
    if (meaning === undefined) return
    const span = { start: earliestStart(acceptance), end: this.#held.symbolEnd }
    switch (meaning.role) {
      case 'allow':
        this.#allow(span, meaning.rule)
        return
      case 'line':
        this.#armors.takeLine(meaning, span.start, span.end)
        return
      case 'end':
        this.#armors.end(meaning.of, span.end)
        return
      case 'armor':
        this.#armors.announce(meaning, detector, span)
        this.isBusy = true
        return
      case 'latch':
        if (!this.#open.some((open) => open.detector === detector)) this.#begin(meaning, acceptance)
        return
      case 'match': {
        const candidate = this.#judge(meaning, acceptance)
        if (candidate !== undefined) this.#found(candidate)
      }
    }
  }

  /** A term of a rule ends at the last symbol. */
  acceptTerm(rule: Rule, start: number): void {
    const end = this.#held.symbolEnd
    if (start >= this.#oldestStart()) {
      this.#found({ rule, start, end, score: 1, isCut: false })
    }
  }

  /** Takes a match that something else than the automata has found. */
  take(candidate: Candidate): void {
    this.#found(candidate)
  }

  /** Carries the open-ended matches over a symbol between two offsets. */
  extend(symbolClass: number, start: number, end: number): void {
    this.expire(start)
    let over: OpenMatch[] | undefined
    for (const open of this.#open) {
      const { body, trailing, opening, closing } = open.classes
      const closes = closing[symbolClass] === 1
      if (opening[symbolClass] === 1) open.depth += 1
      if (closes) open.depth -= 1
      if (trailing[symbolClass] === 1 && !closes) continue
      if (body[symbolClass] === 1 && open.depth >= 0) {
        open.candidate.end = end
      } else {
        over ??= []
        over.push(open)
      }
    }
    if (over !== undefined) this.#close(over)
    const isOpen = this.#open.length > 0 || this.#armors.isOpen
    this.isBusy = isOpen || this.isWaiting || this.blockedBy !== undefined
  }

  /** Closes the open-ended matches that would make more than maxSpan wait at an offset. */
  expire(now: number): void {
    this.#armors.expire(now)
    const oldest = now - this.#program.maxSpan
    let over: OpenMatch[] | undefined
    for (const open of this.#open) {
      if (this.#undecidedFrom(open.candidate) >= oldest) continue
      over ??= []
      over.push(open)
    }
    if (over !== undefined) this.#close(over)
  }

  /** A flood belongs to whatever is open: nobody may end a key with characters that do not count. */
  bridge(end: number): void {
    for (const { candidate } of this.#open) candidate.end = end
    this.#armors.bridge(end)
  }

  /** The text is over, and with it whatever is open. */
  closeAll(): void {
    this.#close(this.#open)
    this.#armors.lapseAll()
  }

  /** The offset before which open-ended matches leave nothing undecided. */
  earliestUndecided(now: number): number {
    let earliest = this.#armors.earliestUndecided(now)
    for (const { candidate } of this.#open) {
      earliest = Math.min(earliest, this.#undecidedFrom(candidate))
    }
    return earliest
  }

  /** An open-ended match is certain up to its end, unless an allow-list covers it as far as it has come. */
  #undecidedFrom(candidate: Candidate): number {
    return this.#isAllowed(candidate) ? candidate.start : candidate.end
  }

  /** What lies further back than that may have been shown as a finding. */
  #allow({ start, end }: Span, rule: Rule | undefined): void {
    this.#allowed.push({ start: Math.max(start, this.#oldestStart()), end, rule })
  }

  /** Of a match that is cut it is not known where it began, so nothing contains it. */
  #isAllowed({ start, end, rule, isCut }: Candidate): boolean {
    if (isCut) return false
    return this.#allowed.some((allowed) => {
      const isAbout = allowed.rule === undefined || allowed.rule === rule
      return isAbout && allowed.start <= start && end <= allowed.end
    })
  }

  /** Before `watermark` all matches are known: drops those that an allowed text contains, and blocks if one is left. */
  settle(watermark: number): void {
    if (this.#allowed.length > 0) {
      this.#resolver.drop((known) => known.start < watermark && this.#isAllowed(known))
      this.#waiting = this.#waiting.filter((known) => !this.#isAllowed(known))
      this.#allowed = this.#allowed.filter((span) => span.end > watermark)
    }
    if (this.#waiting.length === 0) return
    for (const candidate of this.#waiting) if (candidate.start < watermark) this.#block(candidate)
  }

  /** The match with the earliest start that passes. */
  #judge(meaning: DetectorMeaning, acceptance: Acceptance): Candidate | undefined {
    if (meaning.detector.check === undefined) return this.#uncheckedMatch(meaning, acceptance)
    const { groups, starts } = acceptance
    const candidate = this.#checkedMatch(meaning, starts[groups[0] ?? 0] ?? 0)
    if (candidate !== undefined) return candidate
    if (this.#program.reverseSearch().canMerge(acceptance.detector)) {
      return this.#tracedMatch(meaning, acceptance)
    }
    for (let i = 1; i < groups.length; i += 1) {
      const later = this.#checkedMatch(meaning, starts[groups[i] ?? 0] ?? 0)
      if (later !== undefined) return later
    }
    return undefined
  }

  /**
   * Threads have met, so the starts of the groups are not all there are: they are read from the text. The earliest one
   * has been refused.
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

  /** Text before this offset may have been shown before the symbol that is being looked at. */
  #oldestStart(): number {
    return this.#held.back(this.#program.maxSpan)
  }

  /** Of a match that is too long the end is concealed, as far back as text has been held. */
  #uncheckedMatch(meaning: DetectorMeaning, acceptance: Acceptance): Candidate {
    const end = this.#held.symbolEnd
    const began = earliestStart(acceptance)
    const start = Math.max(began, this.#oldestStart())
    const { rule } = meaning.detector
    return { rule, start, end, score: this.#scoreAt(meaning, start), isCut: began < start }
  }

  #checkedMatch(meaning: DetectorMeaning, start: number): Candidate | undefined {
    const { rule, check } = meaning.detector
    const end = this.#held.symbolEnd
    if (check === undefined || start < this.#oldestStart()) return undefined
    const score = check(this.#folded(start, end))
    if (score <= 0) return undefined
    return { rule, start, end, score: this.#scoreAt(meaning, start, score), isCut: false }
  }

  /** What checks are made on. Several starts are asked for one end, so the longest stretch is remembered. */
  #folded(start: number, end: number): string {
    const known = this.#foldedStretch
    if (end === known.end && start >= known.start && known.isPlain) {
      return known.text.slice(start - known.start)
    }
    const raw = this.#held.slice(start, end)
    const text = foldIdentifiers(raw)
    known.start = start
    known.end = end
    known.text = text
    known.isPlain = text === raw
    return text
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
    const start = Math.max(earliestStart(acceptance), this.#oldestStart())
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

  #begin(meaning: DetectorMeaning, acceptance: Acceptance): void {
    const { detector } = acceptance
    const classes = this.#program.latches.get(detector)
    const match = this.#judge(meaning, acceptance)
    const candidate = match && this.#openMatch(match)
    if (classes === undefined || candidate === undefined) return
    this.#open = [...this.#open, { detector, classes, candidate, depth: 0 }]
    this.isBusy = true
  }

  /** Takes a match that has begun, unless it ends the stream. */
  #openMatch(candidate: Candidate): OpenCandidate | undefined {
    if (candidate.rule.action !== 'block') return this.#resolver.open(candidate)
    this.#found(candidate)
    return undefined
  }

  #close(over: readonly OpenMatch[]): void {
    for (const { candidate } of over) candidate.isOpen = false
    this.#open = this.#open.filter((open) => !over.includes(open))
    this.isBusy = true
  }

  #found(candidate: Candidate): void {
    const { rule, start, end } = candidate
    const value = usesValue(rule.action) ? this.#held.slice(start, end) : ''
    if (rule.action !== 'block') this.#resolver.add(candidate, value)
    else if (this.#program.revocable.has(rule)) this.#waiting.push(candidate)
    else this.#block(candidate)
    if (rule.action === 'block') this.isBusy = true
  }

  /** Of several matches that would block at once the earliest counts, then the first rule. */
  #block(candidate: Candidate): void {
    const other = this.blockedBy
    const isFirst =
      other === undefined ||
      candidate.start < other.start ||
      (candidate.start === other.start && candidate.rule.index < other.rule.index)
    if (isFirst) this.blockedBy = candidate
  }
}

export interface MatchesParts {
  readonly held: HeldText
  readonly resolver: Resolver
  /** Whether a match from an offset on started while its context was live. */
  readonly wasLive: (gate: number, offset: number) => boolean
}

function earliestStart({ starts, groups }: Acceptance): number {
  return starts[groups[0] ?? 0] ?? 0
}
