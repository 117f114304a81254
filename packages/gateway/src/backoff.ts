/**
 * How long to wait before trying again: exponential backoff with full jitter
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter), so that those who failed together do not
 * come back together.
 */
export interface Backoff {
  /** Upper bound of the first wait, doubled for each further one. */
  baseDelayMs: number
  /** Upper bound of every wait. */
  maxDelayMs: number
  /** From 0 up to 1. Default `Math.random`. */
  random?: () => number
}

/** Milliseconds before a retry, the first being 1. */
export function backoffMs(retry: number, { baseDelayMs, maxDelayMs, random }: Backoff): number {
  return (random ?? Math.random)() * Math.min(maxDelayMs, baseDelayMs * 2 ** (retry - 1))
}
