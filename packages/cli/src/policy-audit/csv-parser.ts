/**
 * CSV as RFC 4180 has it, in chunks: fields may be quoted, and a quoted one may hold separators, line breaks and doubled
 * quotes. The separator is the one of comma, semicolon and tab that the first line has most of.
 */
const SEPARATORS = [',', ';', '\t'] as const

export class CsvParser {
  readonly #maxCharacters: number
  readonly #onTooLong: () => never
  #separator: string | undefined
  /** What has come while the first line, and with it the separator, is not known. */
  #beginning = ''
  #record: string[] = []
  #field = ''
  #length = 0
  #state: 'start' | 'plain' | 'quoted' | 'quote' = 'start'

  /** `onTooLong` is called for a record of more characters, and must throw. */
  constructor(maxCharacters: number, onTooLong: () => never) {
    this.#maxCharacters = maxCharacters
    this.#onTooLong = onTooLong
  }

  feed(chunk: string): string[][] {
    if (this.#separator !== undefined) return this.#parse(chunk)
    this.#beginning += chunk
    if (this.#beginning.length > this.#maxCharacters) this.#onTooLong()
    return this.#beginning.includes('\n') ? this.#begin() : []
  }

  end(): string[][] {
    const records = this.#separator === undefined ? this.#begin() : []
    if (this.#field !== '' || this.#record.length > 0) records.push(this.#endRecord())
    return records
  }

  #begin(): string[][] {
    const text = this.#beginning
    const [firstLine = ''] = text.split('\n', 1)
    const unquoted = firstLine.replace(/"[^"]*"/g, '')
    const count = (separator: string) => unquoted.split(separator).length
    this.#separator = SEPARATORS.reduce((best, each) => (count(each) > count(best) ? each : best))
    this.#beginning = ''
    return this.#parse(text)
  }

  #parse(chunk: string): string[][] {
    const records: string[][] = []
    for (let i = 0; i < chunk.length; i += 1) {
      const character = chunk[i] as string
      this.#length += 1
      if (this.#length > this.#maxCharacters) this.#onTooLong()
      if (this.#state === 'quoted') {
        if (character === '"') this.#state = 'quote'
        else this.#field += character
      } else if (character === this.#separator) this.#endField()
      else if (character === '\n') {
        if (this.#field !== '' || this.#record.length > 0) records.push(this.#endRecord())
        else this.#length = 0
      } else this.#take(character)
    }
    return records
  }

  /** A character that is neither inside of quotes nor ends a field. */
  #take(character: string): void {
    if (character === '"' && this.#state === 'start') this.#state = 'quoted'
    else if (character === '"' && this.#state === 'quote') {
      this.#field += '"'
      this.#state = 'quoted'
    } else {
      this.#field += character
      this.#state = 'plain'
    }
  }

  #endField(): void {
    this.#record.push(this.#field)
    this.#field = ''
    this.#state = 'start'
  }

  #endRecord(): string[] {
    if (this.#field.endsWith('\r')) this.#field = this.#field.slice(0, -1)
    this.#endField()
    const record = this.#record
    this.#record = []
    this.#length = 0
    return record
  }
}
