// Whether a place in a text lies in a JSON string, by the text before it alone, so that what is put there is escaped. What
// counts as JSON is what json-stream.ts guards as JSON.

import type { JsonKind } from '../json-stream.ts'
import { JsonStructure } from '../json-structure.ts'

/** `loose`: arguments that are broken, in which strings are still strings. */
type State = 'opening' | 'structure' | 'string' | 'bare' | 'loose' | 'text'

/** What `take` gives within an escape sequence. */
export const NOTHING = -1

const DOUBLE_QUOTE = 0x22
const BACKSLASH = 0x5c
const LETTER_U = 0x75
const LONGEST_OPENING = 12
/** What may stand before a JSON answer: white space and the fence of a Markdown code block. */
const OPENING = /^\s*(?:`{0,3}|```[a-z\d]{1,8}|```[a-z\d]{0,8}\s+)$/
const BARE = /[-+.\w]/
const BARE_START = /[-\dtfn]/
const ESCAPED: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

export class JsonPlace {
  #state: State
  readonly #kind: JsonKind | undefined
  readonly #structure = new JsonStructure()
  #opening = ''
  #hasBegun = false
  #isBroken = false
  /** What has come of an escape sequence behind its backslash; undefined outside of one. */
  #escape: string | undefined

  /** @param kind what is known of the text; undefined: it is no JSON */
  constructor(kind: JsonKind | undefined) {
    this.#kind = kind
    this.#state = stateAtFirst(kind)
  }

  get isInString(): boolean {
    return this.#state === 'string'
  }

  /** Takes a character; what it says: in a string, that for which an escape sequence stands, when it is over. */
  take(unit: number): number {
    if (this.#state === 'text') return unit
    if (this.#state === 'string') return this.#takeOfString(unit)
    this.#takeOutside(String.fromCharCode(unit))
    return unit
  }

  #takeOfString(unit: number): number {
    if (this.#escape !== undefined) return this.#takeOfEscape(unit)
    if (unit === BACKSLASH) {
      this.#escape = ''
      return NOTHING
    }
    if (unit === DOUBLE_QUOTE) this.#state = this.#isBroken ? 'loose' : 'structure'
    return unit
  }

  #takeOfEscape(unit: number): number {
    const sequence = `${this.#escape}${String.fromCharCode(unit)}`
    const isUnicode = sequence.charCodeAt(0) === LETTER_U
    const isOver = !isUnicode || sequence.length === 5
    this.#escape = isOver ? undefined : sequence
    if (!isOver) return NOTHING
    if (isUnicode) return Number.parseInt(sequence.slice(1), 16) || 0
    return (ESCAPED[sequence] ?? sequence).charCodeAt(0)
  }

  #takeOutside(character: string): void {
    if (this.#state === 'opening') this.#takeOpening(character)
    else if (this.#state === 'loose') this.#takeLoose(character)
    else this.#takeStructure(character)
  }

  #takeOpening(character: string): void {
    if (character === '{' || character === '[') {
      this.#state = 'structure'
      this.#takeStructure(character)
      return
    }
    const isMoreSpace = /\s/.test(character) && /^$|\s$/.test(this.#opening)
    if (!isMoreSpace) this.#opening += character
    const isOpening = this.#opening.length <= LONGEST_OPENING && OPENING.test(this.#opening)
    if (!isOpening) this.#state = 'text'
  }

  #takeLoose(character: string): void {
    if (character === '"') this.#state = 'string'
  }

  #takeStructure(character: string): void {
    if (this.#state === 'bare' && BARE.test(character)) return
    this.#state = 'structure'
    if (/[ \t\n\r]/.test(character)) return
    if ('{}[],:'.includes(character)) {
      this.#hasBegun = true
      if (!this.#structure.takeMark(character)) this.#break(character)
    } else if (character === '"') {
      this.#hasBegun = true
      if (this.#structure.takeString()) this.#state = 'string'
      else this.#break(character)
    } else if (BARE_START.test(character) && this.#structure.takeBare()) this.#state = 'bare'
    else this.#break(character)
  }

  #break(character: string): void {
    this.#isBroken = true
    this.#state = this.#kind === 'arguments' && this.#hasBegun ? 'loose' : 'text'
    if (this.#state === 'loose') this.#takeLoose(character)
  }
}

function stateAtFirst(kind: JsonKind | undefined): State {
  if (kind === undefined) return 'text'
  return kind === 'answer' ? 'opening' : 'structure'
}
