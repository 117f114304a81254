// The guard over JSON text, for the arguments of tool calls and for answers in JSON: strings, keys and numbers are checked
// one by one, and what is shown instead of a match leaves the text valid JSON.
import type { Span } from './detection.ts'
import { type Finding, type GuardStream, NO_FINDINGS, type StreamResult } from './finding.ts'
import { JsonStructure } from './json-structure.ts'
import type { TextStream } from './stream.ts'

/**
 * ```
 *   opening --{ or [--> structure          opening --what no JSON answer begins with--> text
 *   structure --"--> string --"--> structure
 *   structure --like a value--> bare --bracket, comma or colon--> structure
 *   structure, bare --what no JSON has here--> text, or in arguments:
 *   structure, bare --what no JSON has here--> loose --"--> string --"--> structure (or loose at once)
 * ```
 * A bare value is a number, `true`, `false` or `null`, with the blanks behind it. `text` is guarded as any other. So is
 * `loose`, but for its strings, since whoever receives arguments may well read more than JSON out of them.
 */
type State = 'opening' | 'structure' | 'string' | 'bare' | 'loose' | 'text'

/**
 * What is known of the text. `arguments`: it is meant to be JSON, and read as such even where it is broken. `json`: it
 * is meant to be JSON, unless it turns out to be text. `answer`: it may be JSON; if it is, it begins with a bracket or a
 * brace, perhaps in a Markdown fence.
 */
export type JsonKind = 'arguments' | 'json' | 'answer'

export interface JsonOptions {
  readonly kind: JsonKind
  readonly maxSpan: number
}

const KEYWORDS = ['true', 'false', 'null']
/** What may stand before a JSON answer; `#opening` has runs of white space as one. */
const OPENING = /^(?:`{0,3}|```[a-z0-9]{1,8}|```[a-z0-9]{0,8}\s)$/

export class JsonStream implements GuardStream {
  /** Guards the values, one after the other, as one text with a boundary after each. */
  readonly #values: TextStream
  readonly #options: JsonOptions
  #state: State
  readonly #structure = new JsonStructure()
  /** Whether a bracket or a string has come. */
  #hasBegun = false
  /** Whether something has come that no JSON has. */
  #isBroken = false
  /** What has come of the opening. */
  #opening = ''
  /** Whether the next character of a string stands for itself, because of a backslash. */
  #isEscaped = false
  /** Units that were taken in, and those of them that were given to the guard. */
  #taken = 0
  #given = 0
  /** How much further the value being read lies in the text than in what the guard was given. */
  #shift = 0
  /** Text of the current push that the guard has not seen yet. */
  #waiting = ''
  /** The bare value being read, up to one unit more than maxSpan, and what the guard has shown of it. */
  #bare = ''
  #bareShown = ''
  #shown = ''
  #findings: Finding[] = []
  /** What detectors found in text that has not come yet, or in the value that is being read. */
  #spans: readonly Span[] = []
  /** Whether the value being read is not known to those of them that reach into it. */
  #isNewValue = true
  #last: StreamResult | undefined

  constructor(values: TextStream, options: JsonOptions) {
    this.#values = values
    this.#options = options
    this.#state = options.kind === 'answer' ? 'opening' : 'structure'
  }

  /** It has never been anything but text: the guard of the values does it all. */
  get #isPlain(): boolean {
    return this.#state === 'text' && this.#taken === this.#given
  }

  push(delta: string, spans?: readonly Span[]): StreamResult {
    if (spans !== undefined && spans.length > 0) this.#spans = [...this.#spans, ...spans]
    if (this.#isPlain) {
      if (this.#spans.length > 0) this.#expectSpans(Number.POSITIVE_INFINITY)
      return this.#values.push(delta)
    }
    for (let at = 0; at < delta.length && this.#last?.blocked === undefined; ) {
      at += this.#takeFrom(delta, at)
    }
    this.#pass()
    return this.#result()
  }

  /** A bare value stays held: what it is shows only at its end. */
  release(): StreamResult {
    if (this.#isPlain) return this.#values.release()
    if (this.#state !== 'bare' && this.#last?.blocked === undefined)
      this.#keep(this.#values.release())
    return this.#result()
  }

  end(): StreamResult {
    if (this.#isPlain) return this.#values.end()
    this.#endValue()
    const result = this.#result()
    this.#last = { ...result, ...this.#values.end(), text: result.text, findings: result.findings }
    return this.#last
  }

  /** Takes some characters from an offset on; how many. */
  #takeFrom(delta: string, at: number): number {
    const plain = this.#plainUntil(delta, at) - at
    if (plain > 0) this.#give(delta.slice(at, at + plain))
    else this.#take(delta.charAt(at))
    const length = Math.max(plain, 1)
    this.#taken += length
    return length
  }

  /** Up to where characters from an offset on mean nothing to the structure. */
  #plainUntil(delta: string, at: number): number {
    if (this.#state === 'text') return delta.length
    let end = at
    if (this.#state !== 'string' || this.#isEscaped) return end
    while (end < delta.length && !isQuoteOrBackslash(delta.charCodeAt(end))) end += 1
    return end
  }

  #take(character: string): void {
    switch (this.#state) {
      case 'opening':
        this.#takeOpening(character)
        break
      case 'structure':
        this.#takeStructure(character)
        break
      case 'string':
        this.#takeOfString(character)
        break
      case 'bare':
        this.#takeBare(character)
        break
      case 'loose':
        if (character === '"') this.#beginString()
        else this.#give(character)
        break
      case 'text':
        this.#give(character)
    }
  }

  #takeOpening(character: string): void {
    if (character === '{' || character === '[') {
      this.#endValue()
      this.#takeStructure(character)
      return
    }
    this.#give(character)
    const isMoreSpace = isSpace(character) && /^$|\s$/.test(this.#opening)
    if (isMoreSpace) return
    this.#opening += character
    if (!OPENING.test(this.#opening)) this.#state = 'text'
  }

  #takeStructure(character: string): void {
    if (character === '"') this.#beginString()
    else if (this.#isBroken) this.#goOnLoose(character)
    else if (isSpace(character)) this.#showStructure(character)
    else if (isMark(character) && this.#structure.takeMark(character)) this.#showMark(character)
    else if (continuesBare('', character) && this.#structure.takeBare()) this.#beginBare(character)
    else this.#goOnLoose(character)
  }

  #takeOfString(character: string): void {
    if (character === '"' && !this.#isEscaped) {
      this.#endValue()
      this.#showStructure(character)
      return
    }
    this.#isEscaped = character === '\\' && !this.#isEscaped
    this.#give(character)
  }

  /** Blanks stay with the value: `4111 1111` is no JSON, but may be the beginning of a card. */
  #takeBare(character: string): void {
    if (isMark(character) && this.#structure.takeMark(character)) {
      this.#endValue()
      this.#showMark(character)
    } else if (isSpace(character) && this.#bare.length >= this.#options.maxSpan) {
      this.#endValue()
      this.#showStructure(character)
    } else if (isSpace(character) || continuesBare(this.#bare, character)) {
      if (this.#bare.length <= this.#options.maxSpan) this.#bare += character
      this.#give(character)
    } else {
      this.#shown += this.#bareShown
      this.#bareShown = ''
      this.#bare = ''
      this.#stopBeingJson()
      this.#take(character)
    }
  }

  #goOnLoose(character: string): void {
    this.#shift = this.#taken - this.#given
    this.#stopBeingJson()
    this.#take(character)
  }

  #stopBeingJson(): void {
    this.#isBroken = true
    const isLoose = this.#options.kind === 'arguments' && this.#hasBegun
    this.#state = isLoose ? 'loose' : 'text'
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
    if (this.#isBroken && this.#options.kind !== 'arguments') {
      this.#goOnLoose('"')
      return
    }
    this.#showMark('"')
    this.#state = 'string'
    this.#isEscaped = false
    this.#shift = this.#taken + 1 - this.#given
    this.#values.isQuoting = true
  }

  #beginBare(character: string): void {
    this.#state = 'bare'
    this.#shift = this.#taken - this.#given
    this.#bare = character
    this.#bareShown = ''
    this.#give(character)
  }

  #give(text: string): void {
    if (this.#spans.length > 0) this.#expectSpans(text.length)
    this.#waiting += text
    this.#given += text.length
  }

  /** Tells the guard of the spans that reach into the next characters, each once a value, at its offsets. */
  #expectSpans(length: number): void {
    const from = this.#taken
    const back = from - this.#given
    const reached = this.#spans.filter(
      ({ start, end }) =>
        start < from + length && from < end && (this.#isNewValue || from <= start),
    )
    this.#isNewValue = false
    this.#values.expect(
      reached.map((span) => ({
        ...span,
        start: Math.max(span.start, from) - back,
        end: span.end - back,
      })),
    )
    this.#spans = this.#spans.filter(({ end }) => from + length < end)
  }

  /** Hands what has come to the guard. */
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
    this.#isNewValue = true
    this.#values.isQuoting = false
  }

  #keep(result: StreamResult): void {
    this.#last = result
    for (const finding of result.findings) {
      const { start, end } = finding
      this.#findings.push({ ...finding, start: start + this.#shift, end: end + this.#shift })
    }
    if (this.#state !== 'bare') {
      this.#shown += result.text
      return
    }
    this.#bareShown += result.text
    // No number is that long: whatever it is, it need not become a JSON string.
    if (this.#bare.length <= this.#options.maxSpan) return
    this.#shown += this.#bareShown
    this.#bareShown = ''
  }

  /** A bare value is shown as it was, or as a string if something in it is concealed. */
  #showBare(): void {
    const isWhole = this.#bare.length <= this.#options.maxSpan && this.#last?.blocked === undefined
    if (!isWhole || this.#bareShown === this.#bare) this.#shown += this.#bareShown
    else this.#shown += this.#bareShown.replace(VALUE_AND_BLANKS, asString)
    this.#bare = ''
    this.#bareShown = ''
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

  /** How many characters wait if the guard holds `held`; a bare value is shown at its end. */
  #waits(held: number): number {
    if (this.#state === 'structure') return 0
    const isBare = this.#state === 'bare' && this.#bare.length <= this.#options.maxSpan
    return isBare ? this.#bare.length : held
  }
}

const VALUE_AND_BLANKS = /^(.*?)([ \t\n\r]*)$/s

function asString(_whole: string, value: string, blanks: string): string {
  return JSON.stringify(value) + blanks
}

/** Whether a bare value may go on with a character. Of a number only the characters are looked at, not their order. */
function continuesBare(bare: string, character: string): boolean {
  const isNumber =
    bare === '' ||
    (NUMBER_BEGINS.includes(bare.charAt(0)) && !isSpace(bare.charAt(bare.length - 1)))
  if (isNumber && IN_NUMBER.includes(character)) return true
  return KEYWORDS.some((keyword) => keyword.startsWith(bare + character))
}

const NUMBER_BEGINS = '0123456789-'
const IN_NUMBER = `${NUMBER_BEGINS}+.eE`

function isQuoteOrBackslash(unit: number): boolean {
  return unit === 0x22 || unit === 0x5c
}

function isSpace(character: string): boolean {
  return ' \t\n\r'.includes(character)
}

function isMark(character: string): boolean {
  return '{}[],:'.includes(character)
}
