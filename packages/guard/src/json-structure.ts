// What JSON (RFC 8259) allows to come next, one token after the other. What stands in strings and numbers is not its
// business; json-stream.ts asks it where a text has stopped being JSON.

/** Brackets open at once. Parsers give up earlier; the bound keeps a stream's memory small. */
const MAX_DEPTH = 10_000

type Next = 'value' | 'key' | 'colon' | 'nothing'

export class JsonStructure {
  /** The brackets that are open. */
  readonly #open: string[] = []
  #next: Next = 'value'

  /** Takes a bracket, a comma or a colon. Whether it may stand here; one document may follow another. */
  takeMark(mark: string): boolean {
    switch (mark) {
      case '{':
      case '[':
        return this.#begin(mark)
      case '}':
        return this.#end('{')
      case ']':
        return this.#end('[')
      case ',':
        return this.#goOn('nothing', this.#open.at(-1) === '{' ? 'key' : 'value')
      default:
        return this.#goOn('colon', 'value')
    }
  }

  /** Takes a string, as a key or as a value. */
  takeString(): boolean {
    if (this.#next === 'key') return this.#goOn('key', 'colon')
    this.#startOver()
    return this.takeBare()
  }

  /** Takes a number, `true`, `false` or `null`. */
  takeBare(): boolean {
    return this.#goOn('value', 'nothing', true)
  }

  #begin(bracket: string): boolean {
    this.#startOver()
    if (this.#next !== 'value' || this.#open.length === MAX_DEPTH) return false
    this.#open.push(bracket)
    this.#next = bracket === '{' ? 'key' : 'value'
    return true
  }

  /** A comma before the closing bracket is let pass. */
  #end(bracket: string): boolean {
    const isOver = this.#next === 'nothing' || this.#next === (bracket === '{' ? 'key' : 'value')
    if (!isOver || this.#open.at(-1) !== bracket) return false
    this.#open.pop()
    this.#next = 'nothing'
    return true
  }

  #startOver(): void {
    if (this.#open.length === 0) this.#next = 'value'
  }

  #goOn(from: Next, to: Next, atTop = false): boolean {
    if (this.#next !== from || (this.#open.length === 0 && !atTop)) return false
    this.#next = to
    return true
  }
}
