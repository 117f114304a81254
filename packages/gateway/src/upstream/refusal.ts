/** An answer that is none: a status other than 200, and of its body as much as tells why. */
import type { Clock } from '../clock.ts'
import type { GatewayError } from '../errors.ts'
import { statusFailure } from './failures.ts'
import type { ChatFormat } from './formats/format.ts'
import type { ResponseHeaders } from './response-headers.ts'

/** An error's body is read for its code, and to let the connection live on; past this it is cut. */
const MAX_ERROR_BYTES = 65_536

export interface RefusalParts {
  readonly status: number
  readonly headers: ResponseHeaders
  readonly correlationId: string | undefined
  readonly format: ChatFormat
  readonly clock: Clock
}

export class Refusal {
  readonly #parts: RefusalParts
  #body: Buffer[] = []
  #bytes = 0

  constructor(parts: RefusalParts) {
    this.#parts = parts
  }

  /** @throws GatewayError the failure, if the body is longer than is read of one */
  collect(bytes: Buffer): void {
    this.#bytes += bytes.length
    if (this.#bytes > MAX_ERROR_BYTES) throw this.failure()
    this.#body.push(bytes)
  }

  /** What the status, the headers and the body so far say. */
  failure(): GatewayError {
    const { format, clock, ...answer } = this.#parts
    const error = format.errorOf(Buffer.concat(this.#body).toString('utf8'))
    return statusFailure({ ...answer, error, now: clock.now() })
  }

  /** Forgets the body. */
  release(): void {
    this.#body = []
  }
}
