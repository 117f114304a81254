/**
 * The body of an answer, from bytes to events. What it is, its first bytes say: servers label event streams as JSON and the
 * reverse. A whole answer in JSON is taken as the one event that says the same.
 */
import { GatewayError } from '../errors.ts'
import type { ChatFormat } from './formats/format.ts'
import { SseDecoder } from './sse.ts'

export interface AnswerBodyOptions {
  /** The label of the body, in lower case. */
  contentType: string
  format: ChatFormat
  maxEventBytes: number
  onEvent: (data: string, event: string) => void
}

/** A whole answer to a streaming request is accepted up to this size. */
const MAX_JSON_BYTES = 4 * 1024 * 1024

/** White space of JSON, and the three bytes of a byte order mark: they say nothing of what follows. */
const BLANKS = new Set([0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf])
const LESS_THAN = 0x3c
/** How JSON begins that an answer can be. */
const JSON_STARTS = new Set(Buffer.from('{["'))
/** How a line of an event stream begins: a comment, or one of its fields. */
const EVENT_STARTS = new Set(Buffer.from(':deir'))

export class AnswerBody {
  readonly #options: AnswerBodyOptions
  readonly #decoder: SseDecoder
  #kind: 'unknown' | 'events' | 'json' = 'unknown'
  #json: Buffer[] = []
  #jsonBytes = 0

  constructor(options: AnswerBodyOptions) {
    this.#options = options
    this.#decoder = new SseDecoder({
      maxEventBytes: options.maxEventBytes,
      onEvent: options.onEvent,
      isComplete: (data) => options.format.isComplete(data),
    })
  }

  /** @throws GatewayError `upstream_invalid_stream`, and whatever a taken event throws */
  feed(bytes: Buffer): void {
    if (this.#kind === 'events') this.#decoder.feed(bytes)
    else if (this.#kind === 'json') this.#collect(bytes)
    else this.#begin(bytes)
  }

  /** Tells that the body ended cleanly. Throws as `feed` does. */
  end(): void {
    if (this.#kind === 'events') this.#decoder.end()
    const isJson = this.#kind === 'json' || this.#isLabelledJson
    if (this.#kind === 'events' || !isJson) return
    const text = Buffer.concat(this.#json).toString('utf8')
    this.#options.onEvent(this.#options.format.eventOf(text), 'message')
  }

  get #isLabelledJson(): boolean {
    return this.#options.contentType.includes('json')
  }

  #begin(bytes: Buffer): void {
    const start = bytes.findIndex((byte) => !BLANKS.has(byte))
    if (start === -1) return
    this.#kind = this.#kindOf(bytes[start] ?? 0)
    this.feed(bytes.subarray(start))
  }

  #kindOf(first: number): 'events' | 'json' {
    if (first === LESS_THAN) {
      const what = 'HTML or XML instead of an event stream'
      throw invalid(`answered ${what}`)
    }
    if (JSON_STARTS.has(first)) return 'json'
    return this.#isLabelledJson && !EVENT_STARTS.has(first) ? 'json' : 'events'
  }

  #collect(bytes: Buffer): void {
    this.#jsonBytes += bytes.length
    if (this.#jsonBytes > MAX_JSON_BYTES)
      throw invalid(`answered more than ${MAX_JSON_BYTES} bytes of JSON`)
    this.#json.push(bytes)
  }
}

function invalid(what: string): GatewayError {
  return new GatewayError('upstream_invalid_stream', `upstream ${what}`)
}
