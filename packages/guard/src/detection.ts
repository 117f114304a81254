// What a model finds and no pattern can: names, streets, cities. A detector is somebody else's and asynchronous; here is
// what it has to say, and how its spans become findings like any other. When it is asked is the caller's affair.

/** A stretch of a text that a detector takes for an entity. */
export interface Span {
  readonly entity: string
  /** UTF-16 offset in the text. */
  readonly start: number
  /** UTF-16 offset after the last character. */
  readonly end: number
  /** Confidence from 0 to 1. */
  readonly score: number
}

/** The runtime's `AbortSignal`, where it has one. */
type Signal = typeof globalThis extends { AbortSignal: { prototype: infer T } } ? T : object

export interface DetectOptions {
  /** Language of the text, as in BCP 47. Default: the detector's own. */
  readonly language?: string
  /** Whose text it is: what is remembered of one's texts must not show in how another's are served. Default: nobody's. */
  readonly scope?: string
  /** Aborts the work; `detect` then rejects. */
  readonly signal: Signal
}

/** Finds entities in a whole segment of text, of any length. It must not keep what it is given. */
export interface SegmentDetector {
  /** The entities that it may find: a rule may name them although no pattern finds them. */
  readonly entities: readonly string[]
  /** Offsets are those of the segment. Rejects if it cannot judge it. */
  detect(segment: string, options: DetectOptions): Promise<readonly Span[]>
}

/** What becomes of a text that a detector cannot judge: it is blocked, or passes with what patterns find in it. */
export type OnFailure = 'block' | 'pass'

/** The detectors that look at one kind of text. */
export interface Detection {
  readonly detectors: readonly NamedDetector[]
  /** `block` if any rule in question says so. */
  readonly onFailure: OnFailure
}

export interface NamedDetector extends SegmentDetector {
  readonly name: string
}

/** Detectors by the names that policies give them. */
export type DetectorTable = Readonly<Record<string, SegmentDetector>>
