/** From the characters of a file to its texts, with bounded memory: whole files, lines, a field of JSON lines, a column of CSV. */
import { CommandError } from '../failure.ts'
import { CsvParser } from './csv-parser.ts'

/** A text may come in several pieces; the last one says so. */
export interface TextPiece {
  readonly text: string
  readonly isLast: boolean
}

/** Takes a file in chunks, wherever they end. */
export interface TextReader {
  /** @throws CommandError if the file is not what it should be */
  feed(chunk: string): TextPiece[]
  end(): TextPiece[]
}

/** Of a line of JSON and of a record of CSV, which have to be read as a whole. */
const MAX_RECORD_CHARACTERS = 16_777_216

/** The whole file is one text. */
export class WholeReader implements TextReader {
  #isEmpty = true

  feed(chunk: string): TextPiece[] {
    this.#isEmpty &&= chunk === ''
    return [{ text: chunk, isLast: false }]
  }

  end(): TextPiece[] {
    return this.#isEmpty ? [] : [{ text: '', isLast: true }]
  }
}

/** Each line is a text, without blanks before it; an empty one is none. A long line passes in pieces, and is never kept. */
export class LineReader implements TextReader {
  #isBlank = true

  feed(chunk: string): TextPiece[] {
    const pieces: TextPiece[] = []
    const lines = chunk.split('\n')
    lines.forEach((line, i) => {
      const isLast = i < lines.length - 1
      const text = this.#isBlank ? line.trimStart() : line
      this.#isBlank &&= text === ''
      if (!this.#isBlank) pieces.push({ text, isLast })
      if (isLast) this.#isBlank = true
    })
    return pieces
  }

  end(): TextPiece[] {
    return this.#isBlank ? [] : [{ text: '', isLast: true }]
  }
}

/** A field of each line of JSON, by its path: `message.text`; lists on the way are gone through. */
export class JsonLinesReader implements TextReader {
  readonly #path: readonly string[] | undefined
  readonly #file: string
  #line = ''
  #lineNumber = 0
  #firstRecord: unknown
  #hasField = false

  /** Without a field the first line is refused, and the error names the fields that there are. */
  constructor(file: string, field: string | undefined) {
    this.#file = file
    this.#path = field?.split('.')
  }

  feed(chunk: string): TextPiece[] {
    const lines = chunk.split('\n')
    lines[0] = this.#line + lines[0]
    this.#line = lines.pop() ?? ''
    if (this.#line.length > MAX_RECORD_CHARACTERS) {
      const where = `${this.#file}:${this.#lineNumber + lines.length + 1}`
      throw new CommandError(`${where} is longer than ${MAX_RECORD_CHARACTERS} characters`)
    }
    return lines.flatMap((line) => this.#textsOf(line))
  }

  end(): TextPiece[] {
    const pieces = this.#textsOf(this.#line)
    if (this.#hasField || this.#firstRecord === undefined) return pieces
    const field = this.#path?.join('.')
    const has = `in ${this.#file} the first line has: ${fieldsOf(this.#firstRecord).join(', ')}`
    throw new CommandError(`There is no text in a field "${field}"; ${has}`)
  }

  #textsOf(line: string): TextPiece[] {
    this.#lineNumber += 1
    if (line.trim() === '') return []
    const record = this.#parsed(line)
    this.#firstRecord ??= record
    if (this.#path === undefined) {
      const has = `in ${this.#file} the first line has: ${fieldsOf(record).join(', ')}`
      throw new CommandError(`Name the field with the texts by --field; ${has}`)
    }
    const texts = textsAt(record, this.#path)
    this.#hasField ||= texts.length > 0
    return texts.filter((text) => text.trim() !== '').map((text) => ({ text, isLast: true }))
  }

  #parsed(line: string): unknown {
    try {
      return JSON.parse(line)
    } catch {
      throw new CommandError(`${this.#file}:${this.#lineNumber} is no JSON`)
    }
  }
}

/** The texts and numbers at a path. */
function textsAt(value: unknown, path: readonly string[]): string[] {
  if (Array.isArray(value)) {
    const [index = '', ...rest] = path
    if (/^\d+$/.test(index)) return textsAt(value[Number(index)], rest)
    return value.flatMap((item) => textsAt(item, path))
  }
  const [name, ...rest] = path
  if (name === undefined) {
    return typeof value === 'string' || typeof value === 'number' ? [String(value)] : []
  }
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return []
  return textsAt((value as Record<string, unknown>)[name], rest)
}

const MAX_FIELDS_NAMED = 20

/** Paths of what has texts in it, for somebody who has to name one. */
function fieldsOf(record: unknown): string[] {
  const fields: string[] = []
  collectFields(record, '', fields)
  if (fields.length === 0) return ['no texts']
  return fields.length > MAX_FIELDS_NAMED ? [...fields.slice(0, MAX_FIELDS_NAMED), '...'] : fields
}

function collectFields(value: unknown, path: string, fields: string[]): void {
  if (fields.length > MAX_FIELDS_NAMED) return
  if (typeof value === 'string' || typeof value === 'number') {
    if (path !== '' && !fields.includes(path)) fields.push(path)
  } else if (Array.isArray(value)) {
    for (const item of value.slice(0, MAX_FIELDS_NAMED)) collectFields(item, path, fields)
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, inner] of Object.entries(value))
      collectFields(inner, path === '' ? name : `${path}.${name}`, fields)
  }
}

/** A column of CSV by its name in the first record. */
export class CsvReader implements TextReader {
  readonly #file: string
  readonly #column: string | undefined
  readonly #parser: CsvParser
  #index: number | undefined

  constructor(file: string, column: string | undefined) {
    this.#file = file
    this.#column = column
    this.#parser = new CsvParser(MAX_RECORD_CHARACTERS, () => {
      throw new CommandError(
        `${file} has a record of more than ${MAX_RECORD_CHARACTERS} characters; is a quote not closed?`,
      )
    })
  }

  feed(chunk: string): TextPiece[] {
    return this.#textsOf(this.#parser.feed(chunk))
  }

  end(): TextPiece[] {
    return this.#textsOf(this.#parser.end())
  }

  #textsOf(records: readonly (readonly string[])[]): TextPiece[] {
    const pieces: TextPiece[] = []
    for (const record of records) {
      if (this.#index === undefined) {
        this.#index = this.#indexIn(record)
        continue
      }
      const text = record[this.#index] ?? ''
      if (text.trim() !== '') pieces.push({ text, isLast: true })
    }
    return pieces
  }

  #indexIn(header: readonly string[]): number {
    const names = header.map((name) => name.trim())
    const index = names.indexOf(this.#column ?? '')
    if (this.#column !== undefined && index >= 0) return index
    const has = `${this.#file} has: ${names.join(', ')}`
    throw new CommandError(
      this.#column === undefined
        ? `Name the column with the texts by --column; ${has}`
        : `There is no column "${this.#column}"; ${has}`,
    )
  }
}
