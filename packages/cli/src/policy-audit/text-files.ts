/** The files that an audit reads: which there are, what kind each is, and its characters in chunks. Nothing is written. */
import { createReadStream, type Dirent, type Stats } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { CommandError } from '../failure.ts'
import {
  CsvReader,
  JsonLinesReader,
  LineReader,
  type TextReader,
  WholeReader,
} from './text-readers.ts'

export interface TextFile {
  readonly path: string
  readonly bytes: number
}

export interface ReaderOptions {
  /** Path of the field with the texts, for JSON lines. */
  readonly field?: string | undefined
  /** Name of the column with the texts, for CSV. */
  readonly column?: string | undefined
  /** Each line of .txt, .md and .json is a text. */
  readonly lines?: boolean | undefined
}

const WHOLE = new Set(['.txt', '.md', '.markdown', '.json'])
const JSON_LINES = new Set(['.jsonl', '.ndjson'])
const CSV = new Set(['.csv', '.tsv'])

/** The file itself, or all files in a folder and the folders in it, in the order of their names. Hidden ones and links are left out. */
export async function* textFiles(path: string): AsyncGenerator<TextFile> {
  const found = await statOf(path)
  if (found.isDirectory()) yield* filesIn(path)
  else yield { path, bytes: found.size }
}

async function statOf(path: string): Promise<Stats> {
  try {
    return await stat(path)
  } catch (error) {
    const isAbsent = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw isAbsent ? new CommandError(`There is no file or folder ${path}`) : error
  }
}

async function* filesIn(folder: string): AsyncGenerator<TextFile> {
  const entries = await readdir(folder, { withFileTypes: true })
  for (const entry of entries.sort(byName)) {
    if (entry.name.startsWith('.')) continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* filesIn(path)
    else if (entry.isFile()) yield { path, bytes: (await stat(path)).size }
  }
}

function byName(a: Dirent, b: Dirent): number {
  return a.name < b.name ? -1 : 1
}

/** What takes the texts out of a file of this name. */
export function readerOf(path: string, { field, column, lines }: ReaderOptions): TextReader {
  const extension = extname(path).toLowerCase()
  if (CSV.has(extension)) return new CsvReader(path, column)
  if (JSON_LINES.has(extension)) return new JsonLinesReader(path, field)
  return WHOLE.has(extension) && lines !== true ? new WholeReader() : new LineReader()
}

/**
 * The characters of a file in chunks; undefined instead of the first one if the file is no text: it has a zero byte in
 * its first 64 KiB, as images and documents have, and texts in UTF-16.
 */
export async function* charactersOf(path: string): AsyncGenerator<string | undefined> {
  const decoder = new TextDecoder('utf-8')
  let isFirst = true
  for await (const chunk of createReadStream(path)) {
    const bytes = chunk as Buffer
    if (isFirst && bytes.includes(0)) {
      yield undefined
      return
    }
    isFirst = false
    yield decoder.decode(bytes, { stream: true })
  }
  yield decoder.decode()
}
