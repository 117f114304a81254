// Secrets in armour: lines of base64 between a header and an end line, with whatever code, comments, tables or JSON wrap
// around them. Where headers, lines and ends are is the automaton's to find; what they mean for one stream is kept here.

import type { Candidate, OpenCandidate } from './pending-matches.ts'
import type { DetectorMeaning, LineMeaning } from './program.ts'

/** So many UTF-16 units behind a header or a line wait for the next line: wrappings and a short last line are shorter. */
const MAX_WAIT = 160
/** So many units behind a header or a line, a line still counts, although the text in between has been shown. */
const MAX_REACH = 400
/** At most a line break and a blank line are between two lines of which the second need not look like base64. */
const MAX_GAP = 2

/**
 * ```
 *   header --> announced --line--> certain --line--> certain --end line--> over
 *                  |                  |
 *                  +--no line within MAX_WAIT--> lapsed --line--> certain, from that line on
 *                                                  +--no line within MAX_REACH--> over
 * ```
 * What is certain is concealed up to the end of the last line. What is behind it waits, and so does all of what is only
 * announced, so that a mere mention of a header stays as it is.
 */
interface OpenArmor {
  readonly detector: number
  readonly meaning: DetectorMeaning
  /** Where the header began; undefined once the armour has lapsed. */
  start: number | undefined
  /** Where the header or the last line ended. */
  end: number
  candidate: OpenCandidate | undefined
}

/** What armour needs of the stream that it is found in. */
export interface ArmorStream {
  readonly maxSpan: number
  /** The offset up to which the text has been looked at. */
  readonly now: () => number
  /** Takes a candidate that has become certain; undefined if it ends the stream and so does not stay open. */
  readonly open: (candidate: Candidate) => OpenCandidate | undefined
  /** Where what waits because of a candidate begins. */
  readonly undecidedFrom: (candidate: Candidate) => number
  /** The text between two offsets, as checks see it. */
  readonly folded: (start: number, end: number) => string
  /** No candidate may start before. */
  readonly oldestStart: () => number
}

export class Armors {
  readonly #stream: ArmorStream
  readonly #maxWait: number
  #open: OpenArmor[] = []
  /** The bits that are live while lines and ends count. */
  gates = 0

  constructor(stream: ArmorStream) {
    this.#stream = stream
    this.#maxWait = Math.min(MAX_WAIT, stream.maxSpan)
  }

  get isOpen(): boolean {
    return this.#open.length > 0
  }

  /** A header has been seen. One behind another replaces it, unless that has already been followed by a line. */
  announce(meaning: DetectorMeaning, detector: number, span: { start: number; end: number }): void {
    const { start, end } = span
    this.expire(this.#stream.now())
    const known = this.#open.find((armor) => armor.detector === detector)
    if (known?.candidate !== undefined) {
      this.#grow(known, end)
      return
    }
    this.#remove(detector)
    this.#open.push({ detector, meaning, start, end, candidate: undefined })
    this.gates |= meaning.openGate
  }

  /** What may be a line lies between two offsets. */
  takeLine({ of, check }: LineMeaning, start: number, end: number): void {
    this.expire(this.#stream.now())
    const armor = this.#open.find(({ detector }) => detector === of)
    if (armor === undefined || !this.#isLine(armor, check, { start, end })) return
    this.#extend(armor, start, end)
  }

  #extend(armor: OpenArmor, lineStart: number, end: number): void {
    if (armor.candidate === undefined) this.#begin(armor, lineStart, end)
    else this.#grow(armor, end)
  }

  /** What goes on with a line that is known needs no check, nor does a line right behind another. */
  #isLine(armor: OpenArmor, check: LineMeaning['check'], span: { start: number; end: number }) {
    if (check === undefined) return span.start - armor.end <= MAX_GAP
    if (span.start < armor.end) return true
    const from = Math.max(span.start, this.#stream.oldestStart())
    return check(this.#stream.folded(from, span.end)) > 0
  }

  #begin(armor: OpenArmor, lineStart: number, end: number): void {
    const { rule, scores } = armor.meaning.detector
    const start = armor.start ?? Math.max(lineStart, this.#stream.oldestStart())
    const [, score] = scores
    armor.start = start
    armor.candidate = this.#stream.open({ rule, start, end, score, isCut: false })
    armor.end = end
    if (armor.candidate === undefined) this.#remove(armor.detector)
  }

  #grow(armor: OpenArmor, end: number): void {
    armor.end = end
    if (armor.candidate !== undefined) armor.candidate.end = end
  }

  /** An end line has been seen. */
  end(detector: number, end: number): void {
    this.expire(this.#stream.now())
    const armor = this.#open.find((open) => open.detector === detector)
    if (armor === undefined) return
    this.#grow(armor, end)
    this.#remove(detector)
  }

  /** Lets go of what has waited long enough at an offset. */
  expire(now: number): void {
    for (const armor of this.#open) {
      const waitsFrom = this.#waitsFrom(armor) ?? now
      const waitsTooLong = now - waitsFrom > this.#stream.maxSpan || now - armor.end > this.#maxWait
      if (waitsTooLong) lapse(armor)
      if (now - armor.end > MAX_REACH) this.#remove(armor.detector)
    }
  }

  /** A flood counts as a line: nobody may end or hide a key with characters that do not count. */
  bridge(end: number): void {
    this.expire(end)
    for (const armor of [...this.#open]) {
      if (armor.start !== undefined) this.#extend(armor, armor.start, end)
    }
  }

  /** A text is over. Lines in the next one still count: in JSON, each may be a value of its own. */
  lapseAll(): void {
    for (const armor of this.#open) lapse(armor)
  }

  /** The offset before which nothing is undecided. */
  earliestUndecided(now: number): number {
    let earliest = now
    for (const armor of this.#open) earliest = Math.min(earliest, this.#waitsFrom(armor) ?? now)
    return earliest
  }

  #waitsFrom({ candidate, start }: OpenArmor): number | undefined {
    return candidate === undefined ? start : this.#stream.undecidedFrom(candidate)
  }

  #remove(detector: number): void {
    for (const armor of this.#open) {
      if (armor.detector !== detector) continue
      lapse(armor)
      this.gates &= ~armor.meaning.openGate
    }
    this.#open = this.#open.filter((armor) => armor.detector !== detector)
  }
}

function lapse(armor: OpenArmor): void {
  if (armor.candidate !== undefined) armor.candidate.isOpen = false
  armor.candidate = undefined
  armor.start = undefined
}
