/**
 * When a failed attempt is worth another one, and after how long: a backoff, an overall deadline, and a budget that keeps
 * retries a small part of all requests while an upstream is down.
 */
import { backoffMs } from '../backoff.ts'
import { systemClock } from '../clock.ts'
import { GatewayError } from '../errors.ts'
import type { UpstreamRetry } from './target.ts'

/** Retries may be this part of all requests, over a window, once the free ones are spent. */
const BUDGET_RATIO = 0.2
const BUDGET_FREE = 10
const BUDGET_WINDOW_MS = 10_000

/** Counts requests and retries; refuses retries beyond a fifth of the requests (Google's SRE book, chapter 21). */
export class RetryBudget {
  readonly #monotonic: () => number
  #windowEnds = 0
  #requests = 0
  #retries = 0

  constructor(monotonic: () => number = systemClock.monotonic) {
    this.#monotonic = monotonic
  }

  request(): void {
    this.#roll()
    this.#requests += 1
  }

  /** Takes one retry from the budget; false if none is left. */
  retry(): boolean {
    this.#roll()
    if (this.#retries >= BUDGET_FREE + this.#requests * BUDGET_RATIO) return false
    this.#retries += 1
    return true
  }

  #roll(): void {
    const now = this.#monotonic()
    if (now < this.#windowEnds) return
    this.#windowEnds = now + BUDGET_WINDOW_MS
    this.#requests = 0
    this.#retries = 0
  }
}

export interface RetryOptions extends UpstreamRetry {
  budget: RetryBudget
  signal: AbortSignal
  /** Milliseconds that never jump. Default: the system's clock. */
  monotonic?: () => number
  random?: () => number
  /** Awaited before each attempt; what it throws is final, because it has waited already. */
  turn?: () => Promise<void>
  /** Told before each wait. */
  onRetry?: (error: GatewayError, attempt: number, delayMs: number) => void
}

/**
 * Runs `attempt` until it succeeds, fails for good, or may not be repeated. Only a GatewayError with `isRetryable` is
 * repeated; anything else, an abort above all, passes through as it is.
 */
export async function withRetry<T>(
  attempt: (n: number) => Promise<T>,
  options: RetryOptions,
): Promise<T> {
  const monotonic = options.monotonic ?? systemClock.monotonic
  const deadline = monotonic() + options.deadlineMs
  options.budget.request()
  for (let n = 1; ; n += 1) {
    await options.turn?.()
    try {
      return await attempt(n)
    } catch (error) {
      if (!(error instanceof GatewayError) || options.signal.aborted) throw error
      const delayMs = delayBefore(n, error, options)
      if (!error.isRetryable || n >= options.maxAttempts) throw afterAttempts(error, n)
      if (delayMs > options.maxDelayMs) throw afterAttempts(tooLongToWait(error, options), n)
      if (monotonic() + delayMs > deadline || !options.budget.retry()) throw afterAttempts(error, n)
      options.onRetry?.(error, n, delayMs)
      await sleep(delayMs, options.signal)
    }
  }
}

function delayBefore(n: number, error: GatewayError, options: RetryOptions): number {
  // A wait of 0, or a date that has passed, must not turn into a burst.
  return Math.max(error.retryAfterMs ?? 0, Math.ceil(backoffMs(n, options)))
}

/** The same failure, its text saying how often it was tried. */
function afterAttempts(error: GatewayError, attempts: number): GatewayError {
  return attempts === 1 ? error : reworded(error, `${error.message}, after ${attempts} attempts`)
}

/** The same failure, its text saying why it was not tried again: only a `Retry-After` is longer than the longest wait. */
function tooLongToWait(error: GatewayError, { maxDelayMs }: RetryOptions): GatewayError {
  const seconds = Math.ceil((error.retryAfterMs ?? 0) / 1000)
  const limit = `longer than the ${maxDelayMs} ms that are waited at most`
  return reworded(error, `${error.message}; its Retry-After of ${seconds} s is ${limit}`, {
    detail: 'SLUICE_RETRY_MAX_DELAY_MS',
  })
}

function reworded(
  error: GatewayError,
  message: string,
  { detail = error.detail }: { detail?: string | undefined } = {},
): GatewayError {
  return new GatewayError(error.code, message, {
    cause: error.cause,
    isRetryable: error.isRetryable,
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
    ...(error.status === undefined ? {} : { status: error.status }),
    ...(error.reason === undefined ? {} : { reason: error.reason }),
    ...(error.correlationId === undefined ? {} : { correlationId: error.correlationId }),
    ...(error.upstreamError === undefined ? {} : { upstreamError: error.upstreamError }),
    ...(detail === undefined ? {} : { detail }),
  })
}

/** Waits; rejects with the signal's reason at once when it aborts. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const abort = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', abort)
      resolve()
    }, ms)
    signal.addEventListener('abort', abort, { once: true })
  })
}
