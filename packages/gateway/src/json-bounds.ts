/** How deep JSON text is nested and of how many values it is made, found without parsing it, piece by piece. */

const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c

export class JsonBounds {
  readonly #limits: { readonly depth: number; readonly values: number }
  #depth = 0
  /** Counted by brackets and commas. */
  #values = 0
  #isInString = false
  #isEscaped = false

  constructor(limits: { readonly depth: number; readonly values: number }) {
    this.#limits = limits
  }

  /** Values so far, give or take the first of each list and object. */
  get values(): number {
    return this.#values
  }

  /** What is over its limit with the next piece of the text, if anything is. */
  add(text: string): 'depth' | 'values' | undefined {
    const { depth: maxDepth, values: maxValues } = this.#limits
    let [depth, values, isInString] = [this.#depth, this.#values, this.#isInString]
    let i = this.#isEscaped && text.length > 0 ? 1 : 0
    for (; i < text.length; i += 1) {
      const code = text.charCodeAt(i)
      if (isInString) {
        if (code === BACKSLASH) i += 1
        else if (code === QUOTE) isInString = false
      } else if (code === QUOTE) {
        isInString = true
      } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
        depth += 1
        values += 1
        if (depth > maxDepth) return 'depth'
      } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
        depth -= 1
      } else if (code === COMMA) {
        values += 1
      }
      if (values > maxValues) return 'values'
    }
    if (text.length > 0) this.#isEscaped = i > text.length
    this.#depth = depth
    this.#values = values
    this.#isInString = isInString
    return undefined
  }
}
