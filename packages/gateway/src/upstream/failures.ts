/**
 * What the upstream's failures mean: from a status, an error body or a broken connection to one of our errors. Texts are
 * our own, plus status and correlation id: an upstream's words may echo prompts and keys, so they are never passed on.
 */
import { GatewayError } from '../errors.ts'
import { errors } from '../undici.ts'
import type { ProviderError } from './formats/format.ts'
import { meaningOf } from './provider-errors.ts'
import { type ResponseHeaders, single } from './response-headers.ts'

/** A longer wait than this in a `Retry-After` is taken as absurd and capped (one day). */
const MAX_RETRY_AFTER_MS = 86_400_000

/**
 * Statuses that another attempt may cure; every other 4xx says that the request itself is wrong. Beside HTTP's: a lock
 * that OpenAI could not get (409), a model that failed behind its server (424, Hugging Face and SageMaker), no capacity
 * (498, Groq).
 */
const RETRYABLE_STATUS = new Set([408, 409, 424, 425, 429, 498, 500, 502, 503, 504])
/** Of those, the ones that say nothing of the request. */
const UNAVAILABLE_STATUS = new Set([409, 424, 425, 498])

/**
 * Beside those: 520 to 527 are what Cloudflare says of a server behind it that failed
 * (https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors), 529 is overload.
 */
function isRetryableStatus(status: number): boolean {
  return RETRYABLE_STATUS.has(status) || (status >= 520 && status <= 529)
}

const ADVICE: Record<number, string> = {
  400: 'unknown model, prompt over the window, or a field that this upstream does not take',
  401: 'the credentials were refused',
  402: 'the credits at the upstream are used up',
  403: 'the credentials have no permission for this',
  404: 'no such path or model',
  408: 'the upstream waited too long',
  413: 'the request is too large for this upstream',
  422: 'the upstream could not process the request',
  429: 'the upstream limits the rate',
}

/** For the log: what to look at. */
const OPERATOR_ADVICE: Record<number, string> = {
  403: 'Genesys Cloud: the scope or role ai:llm',
  404: 'check the base URL, the chat path and the model',
}

export interface RefusedAnswer {
  status: number
  headers: ResponseHeaders
  correlationId: string | undefined
  /** What its body says, in closed words. */
  error: ProviderError | undefined
  now: number
}

/** The error for a response whose status is not 200. A code of the body that is known says more than the status. */
export function statusFailure(answer: RefusedAnswer): GatewayError {
  const { status, headers, correlationId, error, now } = answer
  const retryAfterMs = retryAfterOf(headers, now)
  const meaning = meaningOf(error, status)
  const about = meaning?.about ?? adviceFor(status)
  return new GatewayError(
    meaning?.code ?? codeFor(status),
    `upstream answered ${status}: ${about}${suffix(correlationId)}`,
    {
      status,
      // A request that is too large for a minute's tokens is so the next time, too (Groq).
      isRetryable: status !== 413 && (meaning?.isRetryable ?? isRetryableStatus(status)),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(correlationId === undefined ? {} : { correlationId }),
      ...wordsOf(error),
      ...(OPERATOR_ADVICE[status] === undefined ? {} : { detail: OPERATOR_ADVICE[status] }),
    },
  )
}

function suffix(correlationId: string | undefined): string {
  return correlationId === undefined ? '' : ` (correlation id ${correlationId})`
}

/** The provider's own words for the log; of a closed form. */
function wordsOf(error: ProviderError | undefined) {
  const { words = [], said } = error ?? {}
  const told = said === undefined ? words : [...words, `message:${said}`]
  return told.length === 0 ? {} : { upstreamError: told.join(' ') }
}

function adviceFor(status: number): string {
  const known = ADVICE[status]
  if (known !== undefined) return known
  if (status >= 500 || UNAVAILABLE_STATUS.has(status)) return 'the upstream failed'
  if (status >= 300 && status < 400) return 'a redirect, which is not followed'
  return 'the request was refused'
}

function codeFor(status: number) {
  if (status === 401 || status === 403) return 'upstream_unauthorized'
  if (status === 429) return 'upstream_rate_limited'
  if (status === 408 || status === 504) return 'upstream_timeout'
  const isUnavailable = status >= 500 || UNAVAILABLE_STATUS.has(status)
  return isUnavailable ? 'upstream_unavailable' : 'upstream_rejected'
}

/** The failure that an error inside a stream means, whose status was 200. */
export function errorObjectFailure(error: ProviderError | undefined): GatewayError {
  const status = error?.status
  const meaning = meaningOf(error, status)
  const named = status === undefined ? '' : ` ${status}`
  const about = meaning === undefined ? '' : `: ${meaning.about}`
  const code = meaning?.code ?? (status === undefined ? 'upstream_unavailable' : codeFor(status))
  return new GatewayError(code, `upstream reported an error${named} inside its stream${about}`, {
    isRetryable: meaning?.isRetryable ?? (status !== undefined && isRetryableStatus(status)),
    ...(status === undefined ? {} : { status }),
    ...wordsOf(error),
  })
}

/** Causes that no other attempt cures: a name or a certificate that is wrong stays wrong. */
const PERMANENT =
  /^(CERT_|ERR_TLS|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|EPROTO|UND_ERR_INVALID_ARG)/

/** The error for a connection that could not be made or that broke. `whom` names the peer; its address is for the log. */
export function connectionFailure(error: unknown, whom: string, address?: string): GatewayError {
  const detail = address === undefined ? {} : { detail: address }
  if (error instanceof errors.HTTPParserError) {
    return new GatewayError('upstream_invalid_stream', `${whom} does not speak HTTP`, {
      cause: error,
      ...detail,
    })
  }
  const code = causeCode(error)
  const isTimeout = /TIMEOUT|ETIMEDOUT/.test(code)
  const what = isTimeout ? 'did not answer in time' : describe(code)
  return new GatewayError(
    isTimeout ? 'upstream_timeout' : 'upstream_unavailable',
    `${whom} ${what} (${code})`,
    {
      cause: error,
      isRetryable: !PERMANENT.test(code),
      ...detail,
    },
  )
}

function describe(code: string): string {
  if (code === 'ECONNREFUSED') return 'refused the connection'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'could not be found by name'
  return PERMANENT.test(code) ? 'could not be trusted' : 'broke the connection'
}

function causeCode(error: unknown): string {
  for (
    let at = error as { code?: unknown; cause?: unknown } | undefined;
    at;
    at = at.cause as typeof at
  ) {
    if (typeof at.code === 'string') return at.code
  }
  return 'unknown cause'
}

/** The three forms of an HTTP date (RFC 9110 section 5.6.7); `Date.parse` takes a lot more for a date, `-1` included. */
const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? [\w -]+ \d\d:\d\d:\d\d( \d{4}| GMT)$/

/**
 * `Retry-After` (RFC 9110 section 10.2.3): seconds or an HTTP date.
 * @returns milliseconds from `now`, at most a day; undefined if absent or unreadable
 */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  const text = value?.trim()
  if (text === undefined || text === '') return undefined
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : dateOf(text) - now
  if (Number.isNaN(ms)) return undefined
  return Math.min(Math.max(0, Math.ceil(ms)), MAX_RETRY_AFTER_MS)
}

/** How long to wait: `retry-after-ms`, which OpenAI's SDKs prefer because it is finer, else `Retry-After`. */
function retryAfterOf(headers: ResponseHeaders, now: number): number | undefined {
  const ms = single(headers['retry-after-ms'])?.trim() ?? ''
  if (/^\d+(\.\d+)?$/.test(ms)) return Math.min(Math.ceil(Number(ms)), MAX_RETRY_AFTER_MS)
  return parseRetryAfter(single(headers['retry-after']), now)
}

/** Milliseconds since the epoch; NaN for what is no HTTP date. Its oldest form has no zone and means GMT, too. */
function dateOf(text: string): number {
  if (!HTTP_DATE.test(text)) return Number.NaN
  return Date.parse(text.endsWith('GMT') ? text : `${text} GMT`)
}
