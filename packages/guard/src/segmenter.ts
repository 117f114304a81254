// Where a text that arrives in pieces is cut for a detector: at ends of sentences and lines, and where there is none for
// long, at a blank. The text alone decides, so that the segments are the same however it arrives.

/** UTF-16 units of a segment: what an answer is held back for at most, besides the time of the detector. */
export const MAX_SEGMENT_LENGTH = 240

const LINE_FEED = 0x0a
const FULL_STOP = 0x2e
/** Ends of sentences that are followed by a blank, and those that need none. */
const ENDS = /[.!?…]/
const WIDE_ENDS = /[。！？｡]/
const CLOSING = /["')\]}»”’*_`]/
/** What stands before a full stop that ends no sentence: a number, an initial, a title. */
const ABBREVIATION =
  /(?:^|[^\p{L}\p{N}])(?:\d+|\p{L}|dr|mr|mrs|ms|prof|st|jr|sr|sra|hr|fr|mme|mlle|no|nr)\.$/iu
const LONGEST_ABBREVIATION = 8

export class Segmenter {
  #text = ''
  /** Offset up to which the text has been looked at. */
  #seen = 0
  /** Offset behind the last blank; 0 while there is none. */
  #afterBlank = 0

  /** Characters that wait for the end of their segment. */
  get held(): number {
    return this.#text.length
  }

  /** The segments that end with this piece of the text; joined, all segments are the text. */
  push(text: string): string[] {
    const segments: string[] = []
    this.#text += text
    while (this.#seen < this.#text.length) {
      const end = this.#endAt(this.#seen)
      this.#seen += 1
      if (end > 0) segments.push(this.#cut(end))
    }
    return segments
  }

  /** Ends the text, or what came of it before another: its last segment, empty if there is none. */
  end(): string {
    return this.#cut(this.#text.length)
  }

  /** The length of the segment that ends with the unit at an offset; 0 if none does. */
  #endAt(at: number): number {
    const text = this.#text
    const unit = text.charCodeAt(at)
    if (unit === LINE_FEED || WIDE_ENDS.test(text.charAt(at))) return at + 1
    if (isBlank(unit)) {
      this.#afterBlank = at + 1
      if (endsSentence(text, at)) return at + 1
    }
    if (at + 1 < MAX_SEGMENT_LENGTH) return 0
    return this.#afterBlank > 0 ? this.#afterBlank : boundaryUpTo(text, at + 1)
  }

  #cut(end: number): string {
    const segment = this.#text.slice(0, end)
    this.#text = this.#text.slice(end)
    this.#seen = Math.max(this.#seen - end, 0)
    this.#afterBlank = 0
    return segment
  }
}

function isBlank(unit: number): boolean {
  return unit === 0x20 || unit === 0x09 || unit === 0x0d || unit === 0xa0 || unit === 0x3000
}

/** Whether a sentence ends before the blank at an offset. */
function endsSentence(text: string, blank: number): boolean {
  let at = blank - 1
  while (at > 0 && CLOSING.test(text.charAt(at))) at -= 1
  if (at < 0 || !ENDS.test(text.charAt(at))) return false
  if (text.charCodeAt(at) !== FULL_STOP) return true
  return !ABBREVIATION.test(text.slice(Math.max(0, at - LONGEST_ABBREVIATION), at + 1))
}

/** The offset, or the one before it in the middle of a surrogate pair. */
function boundaryUpTo(text: string, at: number): number {
  const isHigh = (text.charCodeAt(at - 1) & 0xfc00) === 0xd800
  return isHigh && at > 1 ? at - 1 : at
}
