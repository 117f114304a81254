/** The gateway's one error class: a code from a closed list, and whether trying again may help, decided where it is made. */
import { type ErrorCode, type ErrorCodeRow, errorRow } from '@sluice/protocol'

/** Codes of the protocol, and two that only an operator sees. */
export type GatewayErrorCode = ErrorCode | 'configuration' | 'listen'

/**
 * `oauth_credentials`: the token endpoint refused the gateway's client id and secret. `body_too_large`, `media_type`: what
 * is wrong with the body of an HTTP request. `content_bound`: a message is longer than the upstream's profile lets it be.
 */
export type ErrorReason = 'oauth_credentials' | 'body_too_large' | 'media_type' | 'content_bound'

export interface GatewayErrorOptions {
  cause?: unknown
  /** Whether the same request may succeed later. Default false. */
  isRetryable?: boolean
  /** When to try again, in milliseconds from now, where the other side said so. */
  retryAfterMs?: number
  /** With the code `gap`: the oldest sequence number that is kept. */
  oldest?: number
  /** The upstream's HTTP status. */
  status?: number
  /** What exactly was wrong, where a code is too wide for a dialect to find its words. */
  reason?: ErrorReason
  /** The upstream's name for the failed request (`ININ-Correlation-Id`, `x-request-id`). */
  correlationId?: string
  /** The upstream's own code and type of the error: words of a closed form, for the log alone. */
  upstreamError?: string
  /** What helps who runs the gateway: an address, the setting that changes it. For the log alone. */
  detail?: string
}

/** A failure with a text for clients: it never carries an upstream's words or address, a setting, a prompt or a secret. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError'
  readonly code: GatewayErrorCode
  readonly isRetryable: boolean
  readonly retryAfterMs: number | undefined
  readonly oldest: number | undefined
  readonly status: number | undefined
  readonly correlationId: string | undefined
  readonly reason: ErrorReason | undefined
  readonly upstreamError: string | undefined
  readonly detail: string | undefined

  constructor(code: GatewayErrorCode, message: string, options: GatewayErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.isRetryable = options.isRetryable ?? false
    this.retryAfterMs = options.retryAfterMs
    this.oldest = options.oldest
    this.status = options.status
    this.correlationId = options.correlationId
    this.reason = options.reason
    this.upstreamError = options.upstreamError
    this.detail = options.detail
  }

  /** The code as clients know it: one that only an operator sees is a defect to them. */
  get publicCode(): ErrorCode {
    const { code } = this
    return code === 'configuration' || code === 'listen' ? 'internal' : code
  }

  /** What the code means to clients; one that only an operator sees is a defect to them. */
  get row(): ErrorCodeRow {
    return errorRow(this.publicCode)
  }
}

/** What a client is told of an exception that nobody foresaw. */
export function internalError(cause: unknown): GatewayError {
  return new GatewayError('internal', 'an unexpected failure of the gateway', { cause })
}
