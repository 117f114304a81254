// The guard over JSON text, for the arguments of tool calls: strings, keys and numbers are checked by their decoded
// value, so that `\u0034` hides nothing, and what is shown instead of a match leaves the text valid JSON.
import { type Finding, type GuardStream, NO_FINDINGS, type StreamResult } from './finding.ts'
import { JsonStructure } from './json-structure.ts'
import type { TextStream } from './stream.ts'

/**
 * ```
 *   structure --"--> string --"--> structure          string --\\--> escape --> string
 *   structure --like a value--> bare --bracket, comma or colon--> structure
 *   structure, bare --what no JSON has here--> loose --"--> string --"--> structure (or loose at once)
 *   structure, bare --the same, before any bracket or string--> text
 * ```
 * A bare value is a number, `true`, `false` or `null`, with the blanks behind it. What has stopped being JSON is guarded
 * as plain text, but for its strings; what never was, as a whole.
 */
type State = 'structure' | 'string' | 'escape' | 'bare' | 'loose' | 'text'

const KEYWORDS = ['true', 'false', 'null']
const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }
const UNICODE_ESCAPE = /^u[0-9a-fA-F]{4}$/
const UNICODE_ESCAPE_LENGTH = 5
const MAX_ANCHORS = 64

/** Offset `raw` of the JSON text is offset `decoded` of the values, and so on up to the next anchor. */
interface Anchor {
  readonly decoded: number
  readonly raw: number
}

export class JsonStream implements GuardStream {
  /** Guards the values, one after the other, as one text with a boundary after each. */
  readonly #values: TextStream
  readonly #maxSpan: number
  #state: State = 'structure'
  readonly #structure = new JsonStructure()
  /** Whether a bracket or a string has come. */
  #hasBegun = false
  /** Whether something has come that no JSON has. */
  #isBroken = false
  /** Units of the JSON text that were taken in, and of the values that were decoded from them. */
  #raw = 0
  #decoded = 0
  #anchors: Anchor[] = []
  /** With more than these, those that no finding can need any more are forgotten. */
  #maxAnchors = MAX_ANCHORS
  /** Decoded text of the current push that the guard has not seen yet. */
  #waiting = ''
  /** The escape sequence being read, without its backslash. */
  #escape = ''
  /** The bare value being read, up to one unit more than maxSpan, and what the guard has shown of it. */
  #bare = ''
  #bareShown = ''
  #shown = ''
  #findings: Finding[] = []
  #last: StreamResult | undefined

  constructor(values: TextStream, maxSpan: number) {
    this.#values = values
    this.#maxSpan = maxSpan
  }

  push(delta: string): StreamResult {
    for (let at = 0; at < delta.length && this.#last?.blocked === undefined; at += 1) {
      this.#take(delta.charAt(at))
      this.#raw += 1
    }
    this.#pass()
    return this.#result()
  }

  end(): StreamResult {
    const cutOff = this.#state === 'escape' ? `\\${this.#escape}` : ''
    this.#endValue()
    this.#showStructure(cutOff)
    const result = this.#result()
    this.#last = { ...result, ...this.#values.end(), text: result.text, findings: result.findings }
    return this.#last
  }

  #take(character: string): void {
    switch (this.#state) {
      case 'structure':
        this.#takeStructure(character)
        break
      case 'string':
        this.#takeOfString(character)
        break
      case 'escape':
        this.#takeEscaped(character)
        break
      case 'bare':
        this.#takeBare(character)
        break
      case 'loose':
        if (character === '"') this.#beginString()
        else this.#decode(character)
        break
      case 'text':
        this.#decode(character)
    }
  }

  #takeStructure(character: string): void {
    if (character === '"') this.#beginString()
    else if (this.#isBroken) this.#beginLoose(character)
    else if (isSpace(character)) this.#showStructure(character)
    else if (isMark(character) && this.#structure.takeMark(character)) this.#showMark(character)
    else if (continuesBare('', character) && this.#structure.takeBare()) this.#beginBare(character)
    else this.#beginLoose(character)
  }

  #takeOfString(character: string): void {
    if (character === '\\') {
      this.#state = 'escape'
    } else if (character === '"') {
      this.#endValue()
      this.#showStructure(character)
    } else {
      this.#decode(character)
    }
  }

  /** Blanks stay with the value: `4111 1111` is no JSON, but may be the beginning of a card. */
  #takeBare(character: string): void {
    if (isMark(character) && this.#structure.takeMark(character)) {
      this.#endValue()
      this.#showMark(character)
    } else if (isSpace(character) && this.#bare.length >= this.#maxSpan) {
      this.#endValue()
      this.#showStructure(character)
    } else if (isSpace(character) || continuesBare(this.#bare, character)) {
      if (this.#bare.length <= this.#maxSpan) this.#bare += character
      this.#decode(character)
    } else {
      this.#shown += this.#bareShown
      this.#bareShown = ''
      this.#bare = ''
      this.#stopBeingJson()
      this.#take(character)
    }
  }

  #beginLoose(character: string): void {
    this.#anchors = [{ decoded: this.#decoded, raw: this.#raw }]
    this.#stopBeingJson()
    this.#take(character)
  }

  #stopBeingJson(): void {
    this.#isBroken = true
    this.#state = this.#hasBegun ? 'loose' : 'text'
  }

  /** Nothing follows a block, not even a bracket. */
  #showStructure(character: string): void {
    if (this.#last?.blocked === undefined) this.#shown += character
  }

  #showMark(mark: string): void {
    this.#hasBegun = true
    this.#showStructure(mark)
  }

  #beginString(): void {
    if (this.#state === 'loose') this.#endValue()
    if (!this.#structure.takeString()) this.#isBroken = true
    this.#showMark('"')
    this.#state = 'string'
    this.#anchors = [{ decoded: this.#decoded, raw: this.#raw + 1 }]
  }

  #beginBare(character: string): void {
    this.#state = 'bare'
    this.#anchors = [{ decoded: this.#decoded, raw: this.#raw }]
    this.#bare = character
    this.#bareShown = ''
    this.#decode(character)
  }

  #decode(text: string): void {
    this.#waiting += text
    this.#decoded += text.length
  }

  #takeEscaped(character: string): void {
    this.#escape += character
    if (this.#escape.startsWith('u') && this.#escape.length < UNICODE_ESCAPE_LENGTH) return
    if (this.#escape.length === 1) this.#decode(ESCAPES[character] ?? character)
    else if (!UNICODE_ESCAPE.test(this.#escape)) this.#decode(`\\${this.#escape}`)
    else this.#decode(String.fromCharCode(Number.parseInt(this.#escape.slice(1), 16)))
    this.#anchors.push({ decoded: this.#decoded, raw: this.#raw + 1 })
    this.#escape = ''
    this.#state = 'string'
  }

  /** Hands the decoded text to the guard. */
  #pass(): void {
    if (this.#waiting.length === 0) return
    const waiting = this.#waiting
    this.#waiting = ''
    this.#keep(this.#values.push(waiting))
  }

  #endValue(): void {
    this.#pass()
    if (this.#state !== 'structure') this.#keep(this.#values.endValue())
    if (this.#state === 'bare') this.#showBare()
    this.#state = 'structure'
  }

  #keep(result: StreamResult): void {
    this.#last = result
    for (const finding of result.findings) this.#findings.push(this.#inRaw(finding))
    if (this.#anchors.length > this.#maxAnchors) this.#forgetAnchors()
    if (this.#state === 'string' || this.#state === 'escape') {
      this.#shown += JSON.stringify(result.text).slice(1, -1)
      return
    }
    if (this.#state !== 'bare') {
      this.#shown += result.text
      return
    }
    this.#bareShown += result.text
    // No number is that long: whatever it is, it need not become a JSON string.
    if (this.#bare.length <= this.#maxSpan) return
    this.#shown += this.#bareShown
    this.#bareShown = ''
  }

  /** A bare value is shown as it was, or as a string if something in it is concealed. */
  #showBare(): void {
    const isWhole = this.#bare.length <= this.#maxSpan && this.#last?.blocked === undefined
    if (!isWhole || this.#bareShown === this.#bare) this.#shown += this.#bareShown
    else this.#shown += this.#bareShown.replace(VALUE_AND_BLANKS, asString)
    this.#bare = ''
    this.#bareShown = ''
  }

  #inRaw(finding: Finding): Finding {
    return { ...finding, start: this.#rawOffset(finding.start), end: this.#rawOffset(finding.end) }
  }

  /** A text of a million escape sequences must not be remembered by its escape sequences. */
  #forgetAnchors(): void {
    const { earliestStart } = this.#values
    const needed = this.#anchors.findLastIndex((known) => known.decoded <= earliestStart)
    this.#anchors = this.#anchors.slice(Math.max(needed, 0))
    this.#maxAnchors = Math.max(MAX_ANCHORS, 2 * this.#anchors.length)
  }

  #rawOffset(decoded: number): number {
    const anchor = this.#anchors.findLast((known) => known.decoded <= decoded)
    return anchor === undefined ? decoded : anchor.raw + decoded - anchor.decoded
  }

  #result(): StreamResult {
    const text = this.#shown
    const findings = this.#findings.length === 0 ? NO_FINDINGS : this.#findings
    this.#shown = ''
    if (findings.length > 0) this.#findings = []
    const { blocked, held = 0 } = this.#last ?? {}
    if (blocked !== undefined) return { text, findings, held: 0, blocked }
    return { text, findings, held: this.#waits(held) }
  }

  /** How many characters wait if `held` of the decoded ones do; a bare value is shown at its end. */
  #waits(held: number): number {
    if (this.#state === 'structure') return 0
    if (this.#state === 'bare' && this.#bare.length <= this.#maxSpan) return this.#bare.length
    return held + this.#escape.length
  }
}

const VALUE_AND_BLANKS = /^(.*?)([ \t\n\r]*)$/s

function asString(_whole: string, value: string, blanks: string): string {
  return JSON.stringify(value) + blanks
}

/** Whether a bare value may go on with a character. Of a number only the characters are looked at, not their order. */
function continuesBare(bare: string, character: string): boolean {
  if (KEYWORDS.some((keyword) => keyword.startsWith(bare + character))) return true
  const isNumber = bare === '' || (/[-\d]/.test(bare.charAt(0)) && !isSpace(bare.slice(-1)))
  return isNumber && /[-+.eE\d]/.test(character)
}

function isSpace(character: string): boolean {
  return ' \t\n\r'.includes(character)
}

function isMark(character: string): boolean {
  return '{}[],:'.includes(character)
}
