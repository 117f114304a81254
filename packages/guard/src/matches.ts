// From what the automata accept to findings, for one stream: open-ended matches, allow-lists and blocks are kept here.
// Where threads stand is scanner.ts's, whether a match passes judge.ts's, what is shown resolver.ts's.
import { AllowedSpans } from './allowed-spans.ts'
import { Armors } from './armor.ts'
import type { HeldText } from './held-text.ts'
import { type Acceptance, earliestStart, Judge, type WasLive } from './judge.ts'
import type { Accept } from './matcher/action.ts'
import type { Starts } from './matcher/threads.ts'
import { usesValue } from './operators.ts'
import type { Candidate, OpenCandidate } from './pending-matches.ts'
import type { DetectorMeaning, LatchClasses, Program } from './program.ts'
import type { Resolver } from './resolver.ts'
import type { Rule } from './rule.ts'

/** An open-ended match that has begun. */
interface OpenMatch {
  readonly detector: number
  readonly classes: LatchClasses
  readonly candidate: OpenCandidate
  /** How many brackets are open in it. */
  depth: number
}

export class Matches {
  readonly #program: Program
  readonly #held: HeldText
  readonly #resolver: Resolver
  readonly #judge: Judge
  #open: OpenMatch[] = []
  readonly #allowed = new AllowedSpans()
  /** Matches of `block` rules that an allow-list may still cover. */
  #waiting: Candidate[] = []
  readonly #armors: Armors
  /** The match that ends the stream. */
  blockedBy: Candidate | undefined

  constructor(program: Program, parts: MatchesParts) {
    this.#program = program
    this.#held = parts.held
    this.#resolver = parts.resolver
    this.#judge = new Judge(program, parts)
    this.#armors = new Armors({
      maxSpan: program.maxSpan,
      now: () => this.#held.now,
      open: (candidate) => this.#openMatch(candidate),
      undecidedFrom: (candidate) => this.#undecidedFrom(candidate),
      folded: (start, end) => this.#judge.folded(start, end),
      oldestStart: () => this.#judge.oldestStart(),
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
    return !this.isBusy && this.#allowed.isEmpty
  }

  get isWaiting(): boolean {
    return this.#waiting.length > 0
  }

  /** Judges what is accepted before a symbol of class `after`, by some of the threads that are open. */
  acceptAll(accepts: readonly Accept[], { starts, met }: Starts, after: number): void {
    for (const { detector, groups } of accepts) {
      this.#accept({ detector, groups, starts, met, after })
    }
  }

  /** Judges a match that ends at the last symbol. */
  #accept(acceptance: Acceptance): void {
    const { detector } = acceptance
    const meaning = this.#program.meanings[detector]
    if (meaning === undefined) return
    const span = { start: earliestStart(acceptance), end: this.#held.symbolEnd }
    switch (meaning.role) {
      case 'allow':
        this.#allowed.add(span, meaning.rule, this.#judge.oldestStart())
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
        const candidate = this.#judge.matchOf(meaning, acceptance)
        if (candidate !== undefined) this.#found(candidate)
      }
    }
  }

  /** A term of a rule ends at the last symbol. */
  acceptTerm(rule: Rule, start: number): void {
    const end = this.#held.symbolEnd
    if (start >= this.#judge.oldestStart()) {
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
    if (this.#open.length > 0) this.#close(this.#open)
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
    return this.#allowed.contain(candidate) ? candidate.start : candidate.end
  }

  /** Before `watermark` all matches are known: drops those that an allowed text contains, and blocks if one is left. */
  settle(watermark: number): void {
    if (!this.#allowed.isEmpty) {
      this.#resolver.drop((known) => known.start < watermark && this.#allowed.contain(known))
      this.#waiting = this.#waiting.filter((known) => !this.#allowed.contain(known))
      this.#allowed.forgetBefore(watermark)
    }
    if (this.#waiting.length === 0) return
    for (const candidate of this.#waiting) if (candidate.start < watermark) this.#block(candidate)
  }

  #begin(meaning: DetectorMeaning, acceptance: Acceptance): void {
    const { detector } = acceptance
    const classes = this.#program.latches.get(detector)
    const match = this.#judge.matchOf(meaning, acceptance)
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
  readonly wasLive: WasLive
}
