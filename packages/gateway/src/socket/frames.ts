/**
 * Writes text frames of RFC 6455 (section 5.2) into one buffer, so that everything one socket gets in a turn is one
 * write. A server's frames are not masked and, here, never fragmented.
 */
import { ByteBatch } from '../byte-batch.ts'

const FIN_TEXT = 0x81
const LENGTH_16 = 126
const LENGTH_64 = 127
const MAX_HEADER_BYTES = 10

export class FrameBatch extends ByteBatch {
  /** Begins a frame with `payloadBytes` of payload; exactly so many must follow. */
  override begin(payloadBytes: number): void {
    super.begin(MAX_HEADER_BYTES + payloadBytes)
    const { bytes } = this
    bytes[this.size] = FIN_TEXT
    if (payloadBytes < LENGTH_16) {
      bytes[this.size + 1] = payloadBytes
      this.size += 2
    } else if (payloadBytes < 65_536) {
      bytes[this.size + 1] = LENGTH_16
      bytes.writeUInt16BE(payloadBytes, this.size + 2)
      this.size += 4
    } else {
      bytes[this.size + 1] = LENGTH_64
      bytes.writeUInt32BE(0, this.size + 2)
      bytes.writeUInt32BE(payloadBytes, this.size + 6)
      this.size += MAX_HEADER_BYTES
    }
  }
}
