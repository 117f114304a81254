// Equal values by number.

/** Numbers of 16 bits as a text: a key. */
export function textOf(numbers: readonly number[]): string {
  return String.fromCharCode(...numbers)
}

/** Numbers equal values, those whose keys are equal, in order of appearance. */
export class Interner<T> {
  readonly values: T[] = []
  readonly #keyOf: (value: T) => string
  readonly #ids = new Map<string, number>()
  /** Repeats ask for the same object again and again. */
  readonly #seen = new Map<T, number>()

  constructor(keyOf: (value: T) => string) {
    this.#keyOf = keyOf
  }

  idOf(value: T): number {
    const seen = this.#seen.get(value)
    if (seen !== undefined) return seen
    const key = this.#keyOf(value)
    const id = this.#ids.get(key) ?? this.values.push(value) - 1
    this.#ids.set(key, id)
    this.#seen.set(value, id)
    return id
  }
}
