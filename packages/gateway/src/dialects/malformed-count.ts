/** Counts the malformed messages of one socket; too many within a minute close it. */
import { CLOSE_CODES } from '@sluice/protocol'
import type { GatewayError } from '../errors.ts'
import type { Socket } from '../socket/socket.ts'

const WINDOW_MS = 60_000

export class MalformedCount {
  #count = 0
  /** When the window ends, `performance.now()`. */
  #until = 0

  /** Notes a refusal: closes the socket if it is one malformed message more than `perMinute`. */
  note(error: GatewayError, socket: Socket, perMinute: number): void {
    if (!error.row.isMalformed) return
    const now = performance.now()
    if (now > this.#until) {
      this.#until = now + WINDOW_MS
      this.#count = 0
    }
    this.#count += 1
    if (this.#count <= perMinute) return
    socket.close(
      CLOSE_CODES.malformed.code,
      `more than ${perMinute} malformed messages in a minute`,
    )
  }
}
