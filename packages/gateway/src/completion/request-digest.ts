/** The digest of a request, the same whatever the order of its fields. */
import { createHash, type Hash } from 'node:crypto'
import type { Task } from '../scheduler.ts'

/** Characters that are hashed without a look at the clock: far less than a millisecond's. */
const PIECE_CHARACTERS = 65_536

/**
 * Hashes piece by piece, in the task's turns: a request may be megabytes. Without a task at once, so that small requests
 * keep their order. Rejects as the task does.
 */
export async function requestDigest(request: unknown, task: Task | undefined): Promise<string> {
  const digest = new Digest()
  for (const _ of digest.steps(request)) if (task?.isOver() === true) await task.next()
  return digest.end()
}

/**
 * Every value begins with its kind, and what has a length with that: so no two values are written alike. Fields without a
 * value are left out, as in JSON.
 */
class Digest {
  readonly #hash: Hash = createHash('sha256')
  /** Short values wait here: there may be thousands, and each update of a hash leaves JavaScript. */
  #pending = ''

  end(): string {
    this.#flush()
    return this.#hash.digest('base64')
  }

  /** Takes a value in, in steps. */
  *steps(value: unknown): Generator<void> {
    yield
    if (typeof value === 'string') yield* this.#text(value)
    else if (Array.isArray(value)) yield* this.#list(value)
    else if (typeof value === 'object' && value !== null)
      yield* this.#object(value as Readonly<Record<string, unknown>>)
    else this.#add(`${typeof value} ${value};`)
  }

  *#list(items: readonly unknown[]): Generator<void> {
    this.#add(`list ${items.length};`)
    for (const item of items) yield* this.steps(item)
  }

  *#object(fields: Readonly<Record<string, unknown>>): Generator<void> {
    const names = Object.keys(fields).filter((name) => fields[name] !== undefined)
    this.#add(`object ${names.length};`)
    for (const name of names.sort()) {
      yield* this.#text(name)
      yield* this.steps(fields[name])
    }
  }

  *#text(text: string): Generator<void> {
    this.#add(`text ${text.length};`)
    for (let start = 0; start < text.length; start += PIECE_CHARACTERS) {
      yield
      this.#add(text.slice(start, start + PIECE_CHARACTERS))
    }
  }

  #add(piece: string): void {
    this.#pending += piece
    if (this.#pending.length >= PIECE_CHARACTERS) this.#flush()
  }

  /** As UTF-16: UTF-8 has no form of half a surrogate pair, and writes all of them alike. */
  #flush(): void {
    this.#hash.update(this.#pending, 'utf16le')
    this.#pending = ''
  }
}
