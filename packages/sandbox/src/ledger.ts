/** Remembers what reached the sandbox, so that a test can prove what a client did: counters and the last requests. */

import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { Exchange } from './exchange.ts'
import { parseObject } from './json.ts'

const maxRequests = 200
/** Bodies above this many characters are not kept. */
const maxKeptBody = 64 * 1024
const secretHeaders = ['authorization', 'proxy-authorization', 'cookie', 'x-api-key', 'api-key']

/** Counters since the start or the last reset; requests to `/sandbox/*` are not counted. */
export interface SandboxStats {
  /** Requests of every kind. */
  requests: number
  /** Requests for an access token. */
  tokenRequests: number
  /** Access tokens issued. */
  tokensIssued: number
  /** Chat requests, refused ones included. */
  chatRequests: number
  /** Requests over the rate limit. */
  rateLimited: number
  /** Requests that followed the redirect of `sandbox-redirect`. */
  redirectsFollowed: number
  /** Answers to chat requests under way now: streams, and requests that wait for their headers. */
  openStreams: number
  /** Most of them at one time. */
  peakOpenStreams: number
  /** Answers that were sent to their end. */
  finishedStreams: number
  /** Answers that the client left before their end. */
  abortedStreams: number
  /** Answers that the sandbox itself broke off. */
  brokenStreams: number
}

/** One request as it came, without its secrets. */
export interface RecordedRequest {
  /** Milliseconds since 1970. */
  at: number
  correlationId: string
  method: string
  path: string
  /** Values of credentials are replaced; the scheme stays (`Bearer [redacted]`). */
  headers: IncomingHttpHeaders
  /** JSON if it is an object, form fields without the secret, else text; null if it is over 64 KiB. */
  body: unknown
  bodyBytes: number
}

type Counter = keyof Omit<SandboxStats, 'openStreams' | 'peakOpenStreams' | 'tokensIssued'>

const zero = (): Record<Counter, number> => ({
  requests: 0,
  tokenRequests: 0,
  chatRequests: 0,
  rateLimited: 0,
  redirectsFollowed: 0,
  finishedStreams: 0,
  abortedStreams: 0,
  brokenStreams: 0,
})

/** The books of the sandbox. */
export class Ledger {
  #counters = zero()
  #requests: RecordedRequest[] = []
  #open = 0
  #peak = 0
  readonly #broken = new WeakSet<ServerResponse>()

  /** Counts one event. */
  count(counter: Counter): void {
    this.#counters[counter] += 1
  }

  /** Keeps a request, without its secrets. */
  record(exchange: Exchange, at: number): void {
    const { request, correlationId, path, body } = exchange
    const headers = redactHeaders(request.headers)
    const kept = body.length > maxKeptBody ? null : readableBody(exchange)
    const bodyBytes = Buffer.byteLength(body)
    this.#requests.push({
      at,
      correlationId,
      method: request.method ?? '',
      path,
      headers,
      body: kept,
      bodyBytes,
    })
    if (this.#requests.length > maxRequests) this.#requests.shift()
  }

  /** Follows an answer until its connection lets go of it. */
  follow(response: ServerResponse): void {
    this.#open += 1
    this.#peak = Math.max(this.#peak, this.#open)
    response.once('close', () => {
      this.#open -= 1
      if (this.#broken.has(response)) this.count('brokenStreams')
      else this.count(response.writableFinished ? 'finishedStreams' : 'abortedStreams')
    })
  }

  /** Notes that the sandbox breaks this answer off by itself. */
  markBroken(response: ServerResponse): void {
    this.#broken.add(response)
  }

  /** The last 200 requests, oldest first. */
  requests(): RecordedRequest[] {
    return [...this.#requests]
  }

  /** The counters; the number of issued tokens is known elsewhere. */
  stats(): Omit<SandboxStats, 'tokensIssued'> {
    return { ...this.#counters, openStreams: this.#open, peakOpenStreams: this.#peak }
  }

  /** Starts new books; answers under way stay open. */
  clear(): void {
    this.#counters = zero()
    this.#requests = []
    this.#peak = this.#open
  }
}

function redactHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const redacted = { ...headers }
  for (const name of secretHeaders) {
    const value = redacted[name]
    if (value === undefined) continue
    const scheme = /^(Basic|Bearer) /i.exec(String(value))?.[1]
    redacted[name] = scheme === undefined ? '[redacted]' : `${scheme} [redacted]`
  }
  return redacted
}

function readableBody(exchange: Exchange): unknown {
  if (exchange.mediaType !== 'application/x-www-form-urlencoded') {
    return parseObject(exchange.body) ?? exchange.body
  }
  const form = new URLSearchParams(exchange.body)
  if (form.has('client_secret')) form.set('client_secret', '[redacted]')
  return Object.fromEntries(form)
}
