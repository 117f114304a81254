/** A JSON value as text, value by value: what `JSON.stringify` makes of it, without writing megabytes at once. */
export function* jsonPieces(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) {
    yield JSON.stringify(value)
  } else if (Array.isArray(value)) {
    let start = '['
    for (const item of value) {
      yield start
      yield* jsonPieces(item)
      start = ','
    }
    yield value.length === 0 ? '[]' : ']'
  } else {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined)
    let start = '{'
    for (const [name, field] of fields) {
      yield `${start}${JSON.stringify(name)}:`
      yield* jsonPieces(field)
      start = ','
    }
    yield fields.length === 0 ? '{}' : '}'
  }
}
