/** The client's one error class: what the gateway said, or what happened on the way to it. */
import type { ErrorCode } from '@sluice/protocol'

/**
 * Failures that no gateway names:
 * - `disconnected`: no connection within `giveUpAfterMs`
 * - `connection_refused`: the gateway closed with a code that says not to come back; `closeCode` has it
 * - `no_web_socket`: the runtime has none, and none was given
 * - `client_closed`: `client.close()` was called
 * - `message_too_big`: the request is over the size that the gateway takes
 * - `protocol_violation`: the gateway sent what no gateway sends
 * - `detached`: `detach()` was called
 * - `blocked`, `cancelled`: from `text()` alone, which has no other way to say that there is no whole answer
 */
export type ClientErrorCode =
  | 'disconnected'
  | 'connection_refused'
  | 'no_web_socket'
  | 'client_closed'
  | 'message_too_big'
  | 'protocol_violation'
  | 'detached'
  | 'blocked'
  | 'cancelled'

export interface SluiceErrorOptions {
  cause?: unknown
  /** Whether the same request may succeed later. Default false. */
  retryable?: boolean | undefined
  /** When to try again, in milliseconds from then, where the gateway said so. */
  retryAfterMs?: number | undefined
  requestId?: string | undefined
  closeCode?: number | undefined
}

export class SluiceError extends Error {
  override readonly name = 'SluiceError'
  /** A code of PROTOCOL.md, or one of this client; a newer gateway may have more. */
  readonly code: ErrorCode | ClientErrorCode | (string & {})
  readonly retryable: boolean
  readonly retryAfterMs: number | undefined
  readonly requestId: string | undefined
  readonly closeCode: number | undefined

  constructor(code: SluiceError['code'], message: string, options: SluiceErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retryable = options.retryable ?? false
    this.retryAfterMs = options.retryAfterMs
    this.requestId = options.requestId
    this.closeCode = options.closeCode
  }
}
