/** How a stream of an upstream fails by itself: it breaks off, or falls silent. Failures that servers tell are failures.ts's. */
import { GatewayError } from '../errors.ts'

/** After the first delta nothing is retried, whatever the failure says of itself. */
export function notRetryable(error: unknown): unknown {
  if (!(error instanceof GatewayError) || !error.isRetryable) return error
  const { status, correlationId, retryAfterMs, upstreamError } = error
  return new GatewayError(error.code, error.message, {
    cause: error.cause,
    ...(status === undefined ? {} : { status }),
    ...(correlationId === undefined ? {} : { correlationId }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(upstreamError === undefined ? {} : { upstreamError }),
  })
}

/** The stream ended where it should not. */
export function interrupted(what: string, cause?: unknown): GatewayError {
  return new GatewayError('stream_interrupted', `the upstream's stream ${what}`, {
    cause,
    isRetryable: true,
  })
}

/** @param ms how long nothing came */
export function timedOut(sawByte: boolean, ms: number): GatewayError {
  const message = sawByte
    ? `the upstream sent nothing for ${ms} ms`
    : `the upstream's answer did not begin within ${ms} ms`
  const detail = sawByte
    ? 'SLUICE_UPSTREAM_IDLE_TIMEOUT_MS'
    : 'SLUICE_UPSTREAM_FIRST_BYTE_TIMEOUT_MS'
  return new GatewayError('upstream_timeout', message, { isRetryable: true, detail })
}
