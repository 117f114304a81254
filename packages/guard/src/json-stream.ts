// The guard over JSON text, for the arguments of tool calls: strings, keys and numbers are checked by their decoded
// value, so that `\u0034` hides nothing, and what is shown instead of a match leaves the text valid JSON.
import { type Finding, type GuardStream, NO_FINDINGS, type StreamResult } from './finding.ts'
import type { TextStream } from './stream.ts'

/**
 * ```
 *   beginning --like JSON--> structure                beginning --other--> text
 *   structure --"--> string --"--> structure          string --\--> escape --> string
 *   structure --other--> bare --structure or quote--> structure (or string)
 * ```
 * A bare value is a number, `true`, `false` or `null`. What does not begin like JSON is guarded as plain text.
 */
type State = 'beginning' | 'structure' | 'string' | 'escape' | 'bare' | 'text'

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }
const UNICODE_ESCAPE = /^u[0-9a-fA-F]{4}$/
const UNICODE_ESCAPE_LENGTH = 5

/** Offset `raw` of the JSON text is offset `decoded` of the values, and so on up to the next anchor. */
interface Anchor {
  readonly decoded: number
  readonly raw: number
}

export class JsonStream implements GuardStream {
  /** Guards the values, one after the other, as one text with a boundary after each. */
  readonly #values: TextStream
  readonly #maxSpan: number
  #state: State = 'beginning'
  /** Units of the JSON text that were taken in, and of the values that were decoded from them. */
  #raw = 0
  #decoded = 0
  #anchors: Anchor[] = []
  /** Decoded text of the current push that the guard has not seen yet. */
  #waiting = ''
  /** The escape sequence being read, without its backslash. */
  #escape = ''
  /** The bare value being read, and what the guard has shown of it. */
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
    if (this.#state === 'beginning' && !isSpace(character)) this.#begin(character)
    switch (this.#state) {
      case 'text':
        this.#decode(character)
        break
      case 'beginning':
      case 'structure':
        if (character === '"') this.#beginString()
        else if (isStructure(character)) this.#showStructure(character)
        else this.#beginBare(character)
        break
      case 'string':
        if (character === '"') {
          this.#endValue()
          this.#showStructure(character)
        } else if (character === '\\') {
          this.#state = 'escape'
        } else {
          this.#decode(character)
        }
        break
      case 'escape':
        this.#takeEscaped(character)
        break
      case 'bare':
        if (character !== '"' && !isStructure(character)) {
          this.#bare += character
          this.#decode(character)
          break
        }
        this.#endValue()
        this.#take(character)
    }
  }

  /** The first character that says something decides. */
  #begin(character: string): void {
    const isJson = '{["-0123456789tfn'.includes(character)
    this.#state = isJson ? 'structure' : 'text'
    this.#anchors = [{ decoded: 0, raw: this.#raw }]
  }

  /** Nothing follows a block, not even a bracket. */
  #showStructure(character: string): void {
    if (this.#last?.blocked === undefined) this.#shown += character
  }

  #beginString(): void {
    this.#showStructure('"')
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
    if (!this.#isBetweenValues) this.#keep(this.#values.endValue())
    if (this.#state === 'bare') this.#showBare()
    this.#state = 'structure'
  }

  #keep(result: StreamResult): void {
    this.#last = result
    for (const finding of result.findings) this.#findings.push(this.#inRaw(finding))
    if (this.#state !== 'bare') {
      const isText = this.#state === 'text'
      this.#shown += isText ? result.text : JSON.stringify(result.text).slice(1, -1)
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
    else this.#shown += JSON.stringify(this.#bareShown)
    this.#bare = ''
    this.#bareShown = ''
  }

  #inRaw(finding: Finding): Finding {
    return { ...finding, start: this.#rawOffset(finding.start), end: this.#rawOffset(finding.end) }
  }

  #rawOffset(decoded: number): number {
    const anchor = this.#anchors.findLast((known) => known.decoded <= decoded)
    return anchor === undefined ? decoded : anchor.raw + decoded - anchor.decoded
  }

  get #isBetweenValues(): boolean {
    return this.#state === 'structure' || this.#state === 'beginning'
  }

  #result(): StreamResult {
    const text = this.#shown
    const findings = this.#findings.length === 0 ? NO_FINDINGS : this.#findings
    this.#shown = ''
    if (findings.length > 0) this.#findings = []
    const { blocked, held = 0 } = this.#last ?? {}
    if (blocked !== undefined) return { text, findings, held: 0, blocked }
    const waiting = this.#isBetweenValues ? 0 : held + this.#escape.length
    return { text, findings, held: waiting + this.#bareShown.length }
  }
}

function isSpace(character: string): boolean {
  return ' \t\n\r'.includes(character)
}

function isStructure(character: string): boolean {
  return '{}[],: \t\n\r'.includes(character)
}
