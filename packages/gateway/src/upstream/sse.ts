/**
 * A decoder for Server-Sent Events by the WHATWG rules (https://html.spec.whatwg.org/multipage/server-sent-events.html,
 * section 9.2.6), from bytes to events, with no I/O of its own. Lines are found in the bytes and decoded whole, so that
 * no split of the input can matter: a line end is never part of another UTF-8 sequence.
 *
 * Two deviations, because real servers do so. WHATWG drops a last event that no blank line ends; here it counts if the
 * stream ended cleanly and its data is complete. WHATWG ignores a field `error`; here it is an event of that type with the
 * field's value as data (llama.cpp).
 */
import { GatewayError } from '../errors.ts'

const LF = 10
const CR = 13
const COLON = 58
const SPACE = 32

export interface SseDecoderOptions {
  /** The most bytes one event may have, field names included. */
  maxEventBytes: number
  /** Called for each event that has data, in order. `event` is its type, `message` if it names none. */
  onEvent: (data: string, event: string) => void
  /** Whether the data of a last event, which no blank line ended, is all there. */
  isComplete: (data: string) => boolean
}

/** Feed it bytes as they come; an event over the limit throws `upstream_invalid_stream` and ends its use. */
export class SseDecoder {
  readonly #maxEventBytes: number
  readonly #onEvent: (data: string, event: string) => void
  readonly #isComplete: (data: string) => boolean
  /** The beginning of a line whose end has not come, in the first `#carried` bytes. */
  #carry: Buffer = Buffer.allocUnsafe(0)
  #carried = 0
  #eventBytes = 0
  #data: string | undefined
  #event = ''
  #atStart = true
  /** The last line ended with a CR: an LF that follows belongs to it. */
  #skipLineFeed = false

  constructor(options: SseDecoderOptions) {
    this.#maxEventBytes = options.maxEventBytes
    this.#onEvent = options.onEvent
    this.#isComplete = options.isComplete
  }

  /** Decodes as many lines as `bytes` ends; what is left waits for the next call. */
  feed(bytes: Buffer): void {
    let position = 0
    if (this.#skipLineFeed && bytes.length > 0) {
      this.#skipLineFeed = false
      if (bytes[0] === LF) position = 1
    }
    // One search for a CR a call, not a test a byte: hardly any server sends one.
    let nextReturn = bytes.indexOf(CR, position)
    while (position < bytes.length) {
      let lineEnd = bytes.indexOf(LF, position)
      if (nextReturn !== -1 && nextReturn < position) nextReturn = bytes.indexOf(CR, position)
      if (nextReturn !== -1 && (lineEnd === -1 || nextReturn < lineEnd)) lineEnd = nextReturn
      if (lineEnd === -1) break
      this.#endLine(bytes, position, lineEnd)
      position = lineEnd + 1
      if (bytes[lineEnd] === CR) {
        if (position === bytes.length) this.#skipLineFeed = true
        else if (bytes[position] === LF) position += 1
      }
    }
    if (position < bytes.length) this.#carryOver(bytes, position)
  }

  /** Tells that the stream ended cleanly; delivers a last event without a blank line if it is complete. */
  end(): void {
    if (this.#carried > 0) this.#endLine(this.#carry, this.#carried, this.#carried)
    if (this.#data !== undefined && this.#isComplete(this.#data)) this.#dispatch()
  }

  #carryOver(bytes: Buffer, start: number): void {
    const length = bytes.length - start
    this.#limit(this.#carried + length)
    const needed = this.#carried + length
    if (needed > this.#carry.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, Math.min(needed * 2, this.#maxEventBytes)))
      this.#carry.copy(grown, 0, 0, this.#carried)
      this.#carry = grown
    }
    bytes.copy(this.#carry, this.#carried, start)
    this.#carried = needed
  }

  #endLine(bytes: Buffer, start: number, end: number): void {
    if (this.#carried === 0) {
      this.#line(bytes, start, end)
      return
    }
    // At the end of the stream the carry itself is passed, with nothing to add to it.
    if (bytes !== this.#carry) this.#carryOver(bytes.subarray(0, end), start)
    const length = this.#carried
    this.#carried = 0
    this.#line(this.#carry, 0, length)
    // An unusually long line must not cost its memory for the rest of the stream.
    if (this.#carry.length > 16_384) this.#carry = Buffer.allocUnsafe(0)
  }

  #line(bytes: Buffer, from: number, end: number): void {
    // With the byte order mark, as a line that comes in pieces is limited: no split makes a difference.
    this.#limit(end - from)
    let start = from
    if (this.#atStart) {
      this.#atStart = false
      if (bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf)
        start += 3
    }
    if (start >= end) {
      this.#dispatch()
      return
    }
    const isData = isDataField(bytes, start, end)
    const colon = isData ? start + 4 : bytes.indexOf(COLON, start)
    // A line that begins with a colon is a comment: keep-alives do not add up to an event.
    if (colon === start) return
    this.#eventBytes += end - start
    const nameEnd = colon === -1 || colon >= end ? end : colon
    let valueStart = Math.min(nameEnd + 1, end)
    if (valueStart < end && bytes[valueStart] === SPACE) valueStart += 1
    const name = isData ? 'data' : bytes.toString('latin1', start, nameEnd)
    this.#field(name, bytes.toString('utf8', valueStart, end))
  }

  #field(name: string, value: string): void {
    if (name === 'data') this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`
    else if (name === 'event') this.#event = value
    else if (name === 'error') {
      this.#event = 'error'
      this.#field('data', value)
    }
  }

  #dispatch(): void {
    const data = this.#data
    const event = this.#event
    this.#data = undefined
    this.#event = ''
    this.#eventBytes = 0
    if (data !== undefined) this.#onEvent(data, event === '' ? 'message' : event)
  }

  #limit(more: number): void {
    if (this.#eventBytes + more <= this.#maxEventBytes) return
    throw new GatewayError(
      'upstream_invalid_stream',
      `an event of the upstream is over ${this.#maxEventBytes} bytes`,
      { detail: 'SLUICE_UPSTREAM_MAX_EVENT_BYTES' },
    )
  }
}

/** The line that nearly every line is; spares the search for its colon. */
function isDataField(bytes: Buffer, start: number, end: number): boolean {
  return (
    end - start > 4 &&
    bytes[start + 4] === COLON &&
    bytes[start] === 0x64 &&
    bytes[start + 1] === 0x61 &&
    bytes[start + 2] === 0x74 &&
    bytes[start + 3] === 0x61
  )
}
