/** Bytes that are put together in one buffer and leave as one: a connection then gets one write a turn. */

const INITIAL_BYTES = 65_536
/** A buffer that one huge message grew is not kept. */
const KEPT_BYTES = 1_048_576

/** One batch serves all connections: it is filled and taken within one turn. */
export class ByteBatch {
  protected bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES)
  protected size = 0

  /** Bytes that wait to be taken. */
  get length(): number {
    return this.size
  }

  /** Makes room for a message of so many bytes, which must follow. */
  begin(messageBytes: number): void {
    const needed = this.size + messageBytes
    if (needed <= this.bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2))
    this.bytes.copy(grown, 0, 0, this.size)
    this.bytes = grown
  }

  /** Adds bytes of a message that was begun. */
  add(source: Buffer, start: number, end: number): void {
    source.copy(this.bytes, this.size, start, end)
    this.size += end - start
  }

  /** Adds ASCII of a message that was begun. */
  ascii(text: string): void {
    for (let i = 0; i < text.length; i += 1) this.bytes[this.size + i] = text.charCodeAt(i)
    this.size += text.length
  }

  /** Adds a whole message. */
  text(message: string): void {
    this.begin(Buffer.byteLength(message))
    this.size += this.bytes.write(message, this.size, 'utf8')
  }

  /** A copy of what was put together, and an empty batch. */
  take(): Buffer {
    const taken = Buffer.allocUnsafe(this.size)
    this.bytes.copy(taken, 0, 0, this.size)
    this.size = 0
    if (this.bytes.length > KEPT_BYTES) this.bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES)
    return taken
  }
}
