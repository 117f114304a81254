// A place in the source of a pattern that is read from left to right.

export class SourceCursor {
  /** Offset of the next UTF-16 unit. */
  at = 0
  readonly #source: string

  constructor(source: string) {
    this.#source = source
  }

  /** The next UTF-16 unit, empty at the end. */
  get next(): string {
    return this.#source.charAt(this.at)
  }

  /** The next unit, past which it goes. */
  take(): string {
    const unit = this.next
    this.at += unit.length
    return unit
  }

  /** Goes past the next unit if it is this one. */
  eat(unit: string): boolean {
    if (this.next !== unit) return false
    this.at += 1
    return true
  }

  /** Whether a sticky RegExp matches here. */
  sees(expression: RegExp): boolean {
    expression.lastIndex = this.at
    return expression.test(this.#source)
  }

  /** Goes past what a sticky RegExp matches here. */
  match(expression: RegExp): RegExpExecArray | null {
    expression.lastIndex = this.at
    const match = expression.exec(this.#source)
    if (match !== null) this.at += match[0].length
    return match
  }
}
