// The guard over an answer in which stand-ins become values again. The guard sees each stand-in as one character that no
// rule knows; behind the guard that character becomes the value, or the stand-in as it was written.
import type { Span } from '../detection.ts'
import { type GuardStream, NO_FINDINGS, type StreamResult } from '../finding.ts'
import type { JsonKind } from '../json-stream.ts'
import { JsonPlace, NOTHING } from './json-place.ts'
import { LinkPlace } from './link-place.ts'
import type { PseudonymCounts, Pseudonyms, StandIn } from './pseudonyms.ts'
import { CODE_SHAPE } from './stand-in-code.ts'
import type { Candidates, UnknownCode } from './stand-in-index.ts'
import { isWord } from './words.ts'

export interface RestoringOptions {
  readonly pseudonyms: Pseudonyms
  /** What is known of the text's being JSON; undefined: it is none. */
  readonly json: JsonKind | undefined
  /** Whether values may be put into links. */
  readonly inLinks: boolean
}

/** The private use area of the basic plane: no rule of ours looks for it. Characters of it in the answer pass alike. */
const FIRST_PLACEHOLDER = 0xe000
const PLACEHOLDERS = 0x1900

const BACKSLASH = 0x5c
const UNDERSCORE = 0x5f
/** Models escape `_` for Markdown; in a JSON string that backslash is escaped itself. */
const MAX_ESCAPES = 2
const LONGEST_CODE = 16

/** What is shown for a placeholder, and what that counts as. */
interface Occurrence {
  readonly placeholder: number
  readonly shown: string
  readonly counts: { entity: string; kind: keyof PseudonymCounts } | undefined
}

/** A stand-in in the answer, which is one character for the guard. */
interface Gap {
  readonly start: number
  readonly end: number
  /** Of what follows it. */
  readonly shift: number
}

export class RestoringStream implements GuardStream {
  readonly #guard: GuardStream
  readonly #options: RestoringOptions
  readonly #json: JsonPlace
  readonly #links = new LinkPlace()
  /** What may become a stand-in, as it was written, and the stand-ins that it may become. */
  #tail = ''
  #candidates: Candidates = NO_CANDIDATES
  #escapes = 0
  /** Whether a letter, a digit or `_` came before: before the tail, if there is one. */
  #isInWord = false
  /** Whether an escape sequence of JSON has begun: no stand-in begins in it. */
  #isInEscape = false
  #before = 0
  /** What has come of a code that is none of this request's; undefined outside of such a word. */
  #unknownCode: UnknownCode | undefined
  /** Units of the answer before the tail. */
  #passed = 0
  /** By how much a place lies further back for the guard than in the answer. */
  #shift = 0
  /** The stand-ins found since spans came, at offsets of the answer, and the shift behind each. */
  #gaps: Gap[] = []
  /** Placeholders that the guard has not let go of, in order. */
  #occurrences: Occurrence[] = []
  #nextPlaceholder = 0

  constructor(guard: GuardStream, options: RestoringOptions) {
    this.#guard = guard
    this.#options = options
    this.#json = new JsonPlace(options.json)
  }

  /** `spans` are at offsets of the answer. What they cover of a stand-in stays: it is nothing that the answer brings. */
  push(delta: string, spans?: readonly Span[]): StreamResult {
    const shift = this.#shift
    this.#gaps = []
    const taken = this.#taken(delta)
    const seen = spans?.flatMap((span) => seenByGuard(span, shift, this.#gaps))
    return this.#shown(this.#guard.push(taken, seen))
  }

  release(): StreamResult {
    const before = this.#guard.push(this.#givenUp())
    return this.#shown(joined(before, this.#guard.release()))
  }

  end(): StreamResult {
    const before = this.#guard.push(this.#givenUp())
    this.#endWord()
    return this.#shown(joined(before, this.#guard.end()))
  }

  /** A delta as the guard is to see it, without what may yet become a stand-in. */
  #taken(delta: string): string {
    let taken = ''
    let from = 0
    for (let at = 0; at < delta.length; at += 1) {
      const unit = delta.charCodeAt(at)
      if (this.#tail === '' && !isPlaceholder(unit) && !this.#mayBegin(unit)) {
        this.#pass(unit)
        continue
      }
      taken += delta.slice(from, at) + this.#take(unit)
      from = at + 1
    }
    return from === 0 ? delta : taken + delta.slice(from)
  }

  #take(unit: number): string {
    if (this.#tail !== '') return this.#takeOfCandidate(unit)
    if (!this.#mayBegin(unit)) return this.#plain(unit)
    this.#candidates = this.#options.pseudonyms.index.at(this.#isInWord)
    return this.#takeOfCandidate(unit)
  }

  #mayBegin(unit: number): boolean {
    return !this.#isInEscape && this.#options.pseudonyms.index.mayBegin(unit, this.#isInWord)
  }

  #takeOfCandidate(unit: number): string {
    if (unit === BACKSLASH && this.#mayEscape()) {
      this.#tail += '\\'
      this.#escapes += 1
      return ''
    }
    const { index } = this.#options.pseudonyms
    const isAllowed = this.#escapes === 0 || unit === UNDERSCORE
    const next = isAllowed
      ? index.narrowed(this.#candidates, upperCase(unit), this.#isInWord)
      : undefined
    if (next === undefined) return this.#takeOther(unit)
    this.#tail += String.fromCharCode(unit)
    this.#escapes = 0
    this.#candidates = next
    const standIn = index.complete(next, this.#isInWord)
    return standIn === undefined ? '' : this.#found(standIn)
  }

  #mayEscape(): boolean {
    if (this.#escapes === MAX_ESCAPES) return false
    const { index } = this.#options.pseudonyms
    return index.narrowed(this.#candidates, UNDERSCORE, this.#isInWord) !== undefined
  }

  /** Takes a character with which the tail becomes no stand-in. */
  #takeOther(unit: number): string {
    const { index } = this.#options.pseudonyms
    const code = index.codeSoFar(this.#candidates, this.#isInWord)
    const text = this.#givenUp()
    if (this.#tail === '') this.#unknownCode = code
    return text + this.#take(unit)
  }

  /** The tail as plain text. A shorter one may begin in it, and stay. */
  #givenUp(): string {
    const tail = this.#tail
    if (tail === '') return ''
    this.#tail = ''
    this.#escapes = 0
    let text = this.#plain(tail.charCodeAt(0))
    for (let at = 1; at < tail.length; at += 1) text += this.#take(tail.charCodeAt(at))
    return text
  }

  #found(standIn: StandIn): string {
    const { inLinks } = this.#options
    const written = this.#tail
    this.#tail = ''
    const isKept = !inLinks && this.#links.isInLink
    const isQuoted = this.#json.isInString
    for (let at = 0; at < written.length; at += 1) this.#pass(written.charCodeAt(at), isKept)
    this.#noteGap(written.length)
    const { entity, value } = standIn
    if (isKept) return this.#placeholder(written, { entity, kind: 'keptInLinks' })
    this.#links.takeWord()
    const shown = isQuoted ? JSON.stringify(value).slice(1, -1) : value
    return this.#placeholder(shown, { entity, kind: 'restored' })
  }

  #noteGap(length: number): void {
    const end = this.#passed
    this.#shift += length - 1
    this.#gaps.push({ start: end - length, end, shift: this.#shift })
  }

  #plain(unit: number): string {
    this.#pass(unit)
    const character = String.fromCharCode(unit)
    return isPlaceholder(unit) ? this.#placeholder(character, undefined) : character
  }

  /** Notes where the text has got to. */
  #pass(unit: number, isOfLinks = true): void {
    this.#passed += 1
    const wasInString = this.#json.isInString
    const said = this.#json.take(unit)
    this.#isInEscape = said === NOTHING
    this.#isInWord = isWord(said) && !(this.#before === BACKSLASH && isBlankLetter(unit))
    this.#before = unit
    if (this.#unknownCode !== undefined) this.#takeOfUnknown(unit)
    if (!wasInString && this.#json.isInString) this.#links.beginString()
    else if (wasInString && !this.#json.isInString) this.#links.reset()
    else if (isOfLinks && !this.#isInEscape) this.#links.take(said)
  }

  #takeOfUnknown(unit: number): void {
    const unknown = this.#unknownCode
    if (!this.#isInWord) this.#endWord()
    else if (unknown !== undefined && unknown.code.length < LONGEST_CODE)
      unknown.code += String.fromCharCode(unit)
  }

  #endWord(): void {
    const unknown = this.#unknownCode
    this.#unknownCode = undefined
    if (unknown !== undefined && CODE_SHAPE.test(unknown.code))
      this.#options.pseudonyms.note(unknown.entity, 'unknown')
  }

  #placeholder(shown: string, counts: Occurrence['counts']): string {
    const placeholder = FIRST_PLACEHOLDER + this.#nextPlaceholder
    this.#nextPlaceholder = (this.#nextPlaceholder + 1) % PLACEHOLDERS
    this.#occurrences.push({ placeholder, shown, counts })
    return String.fromCharCode(placeholder)
  }

  #shown(result: StreamResult): StreamResult {
    if (this.#occurrences.length === 0 && this.#tail === '') return result
    const held = result.held + this.#tail.length
    return { ...result, held, text: this.#expanded(result.text) }
  }

  /** A text of the guard with what stands for its placeholders. Those that a rule has concealed are passed over. */
  #expanded(text: string): string {
    let expanded = ''
    let from = 0
    for (let at = 0; at < text.length && this.#occurrences.length > 0; at += 1) {
      const unit = text.charCodeAt(at)
      if (!isPlaceholder(unit)) continue
      const place = this.#occurrences.findIndex(({ placeholder }) => placeholder === unit)
      const occurrence = this.#occurrences[place]
      if (occurrence === undefined) continue
      this.#occurrences.splice(0, place + 1)
      expanded += text.slice(from, at) + occurrence.shown
      from = at + 1
      const { counts } = occurrence
      if (counts !== undefined) this.#options.pseudonyms.note(counts.entity, counts.kind)
    }
    return from === 0 ? text : expanded + text.slice(from)
  }
}

/**
 * A span as the guard sees it, in parts between stand-ins.
 * @param shift how much further back the guard sees the first part
 */
function seenByGuard({ start, end, ...span }: Span, shift: number, gaps: readonly Gap[]): Span[] {
  const parts: Span[] = []
  let from = start
  let back = shift
  for (const gap of gaps) {
    if (gap.start >= end) break
    if (gap.start > from) parts.push({ ...span, start: from - back, end: gap.start - back })
    from = Math.max(from, gap.end)
    back = gap.shift
  }
  if (from < end) parts.push({ ...span, start: from - back, end: end - back })
  return parts
}

const NO_CANDIDATES: Candidates = { low: 0, high: 0, depth: 0 }

function joined(first: StreamResult, second: StreamResult): StreamResult {
  const findings =
    first.findings.length + second.findings.length === 0
      ? NO_FINDINGS
      : [...first.findings, ...second.findings]
  return { ...first, ...second, text: first.text + second.text, findings }
}

function isPlaceholder(unit: number): boolean {
  return unit >= FIRST_PLACEHOLDER && unit < FIRST_PLACEHOLDER + PLACEHOLDERS
}

/** Whether a letter stands for white space behind a backslash, in code that is shown as text. */
function isBlankLetter(unit: number): boolean {
  return unit === 0x6e || unit === 0x72 || unit === 0x74
}

function upperCase(unit: number): number {
  return unit >= 0x61 && unit <= 0x7a ? unit - 0x20 : unit
}
