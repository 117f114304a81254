/**
 * Writes text frames of RFC 6455 (section 5.2) into one buffer, so that everything one socket gets in a turn is one
 * write. A server's frames are not masked and, here, never fragmented.
 */

const FIN_TEXT = 0x81
const LENGTH_16 = 126
const LENGTH_64 = 127
const MAX_HEADER_BYTES = 10
const INITIAL_BYTES = 65_536
/** A buffer that one huge frame grew is not kept. */
const KEPT_BYTES = 1_048_576

/** One batch serves all sockets: it is filled and taken within one turn. */
export class FrameBatch {
  #bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES)
  #length = 0

  /** Bytes that wait to be taken. */
  get length(): number {
    return this.#length
  }

  /** Begins a frame with `payloadBytes` of payload; exactly so many must follow. */
  begin(payloadBytes: number): void {
    this.#reserve(MAX_HEADER_BYTES + payloadBytes)
    const bytes = this.#bytes
    bytes[this.#length] = FIN_TEXT
    if (payloadBytes < LENGTH_16) {
      bytes[this.#length + 1] = payloadBytes
      this.#length += 2
    } else if (payloadBytes < 65_536) {
      bytes[this.#length + 1] = LENGTH_16
      bytes.writeUInt16BE(payloadBytes, this.#length + 2)
      this.#length += 4
    } else {
      bytes[this.#length + 1] = LENGTH_64
      bytes.writeUInt32BE(0, this.#length + 2)
      bytes.writeUInt32BE(payloadBytes, this.#length + 6)
      this.#length += MAX_HEADER_BYTES
    }
  }

  /** Adds payload bytes. */
  add(source: Buffer, start: number, end: number): void {
    source.copy(this.#bytes, this.#length, start, end)
    this.#length += end - start
  }

  /** Adds payload that is ASCII. */
  ascii(text: string): void {
    for (let i = 0; i < text.length; i += 1) this.#bytes[this.#length + i] = text.charCodeAt(i)
    this.#length += text.length
  }

  /** Adds a whole frame. */
  text(payload: string): void {
    const length = Buffer.byteLength(payload)
    this.begin(length)
    this.#length += this.#bytes.write(payload, this.#length, 'utf8')
  }

  /** A copy of the frames, and an empty batch. */
  take(): Buffer {
    const frames = Buffer.allocUnsafe(this.#length)
    this.#bytes.copy(frames, 0, 0, this.#length)
    this.#length = 0
    if (this.#bytes.length > KEPT_BYTES) this.#bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES)
    return frames
  }

  #reserve(more: number): void {
    const needed = this.#length + more
    if (needed <= this.#bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2))
    this.#bytes.copy(grown, 0, 0, this.#length)
    this.#bytes = grown
  }
}
