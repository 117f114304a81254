/**
 * The upstream as the rest of the gateway sees it: `open` asks for a completion and hands its events to a sink. Composes
 * credentials, pacing, retries and the breaker around single attempts; knows no sockets and no guard.
 */

import type { ChatRequest } from '@sluice/protocol'
import type { CircuitBreakerPolicy } from 'cockatiel'
import type { Dispatcher } from 'undici'
import { type Clock, systemClock } from '../clock.ts'
import { require } from '../commonjs.ts'
import { GatewayError } from '../errors.ts'
import { type AnswerSink, ChatStream } from './chat-stream.ts'
import { type Credentials, createCredentials } from './credentials.ts'
import { connectionFailure } from './failures.ts'
import { Pacing } from './pacing.ts'
import { RetryBudget, withRetry } from './retry.ts'
import type { ModelParameters, UpstreamAuthentication, UpstreamTarget } from './target.ts'

const { CircuitState, circuitBreaker, handleWhen, isBrokenCircuitError, SamplingBreaker } =
  require('cockatiel') as typeof import('cockatiel')

export interface UpstreamClientOptions {
  target: UpstreamTarget
  dispatcher: Dispatcher
  /** Default: the system's. */
  clock?: Clock
  /** Told of each retry: its reason has no content and no secret. */
  onRetry?: (error: GatewayError, attempt: number, delayMs: number) => void
  onRefreshFailed?: (error: GatewayError) => void
}

/** What one completion asks of the upstream. */
export interface UpstreamCall {
  /** What `encode` made of the request. */
  body: Buffer
  /** How many choices the request asks for. */
  choices: number
  /** Who asks, for fair turns. */
  client: string
  sink: AnswerSink
  /** Ends the call in any phase; its reason is what `open` and `finished` reject with. */
  signal: AbortSignal
  /** Told of each attempt when it begins. */
  onAttempt: () => void
}

/** An answer that has begun. */
export interface OpenStream {
  finished: Promise<void>
  correlationId: string | undefined
  pause(): void
  resume(): void
}

/** The breaker looks at this long, opens when this part failed, and tries again after this pause. */
const BREAKER_WINDOW_MS = 30_000
const BREAKER_THRESHOLD = 0.5
const BREAKER_MIN_RPS = 1
const BREAKER_PAUSE_MS = 5_000
/** A body up to this size is kept, in bytes: undici then writes it with its headers, in the same turn. */
const KEPT_BODY_BYTES = 8_192

export class UpstreamClient {
  readonly #options: UpstreamClientOptions
  readonly #clock: Clock
  readonly #origin: string
  readonly #path: string
  #credentials: Credentials
  readonly #pacing: Pacing
  readonly #budget: RetryBudget
  readonly #breaker: CircuitBreakerPolicy
  #retries = 0

  constructor(options: UpstreamClientOptions) {
    const { target } = options
    this.#options = options
    const { origin, pathname, search } = new URL(target.chatUrl)
    this.#origin = origin
    this.#path = pathname + search
    this.#clock = options.clock ?? systemClock
    const { monotonic } = this.#clock
    this.#credentials = this.#credentialsOf(target.authentication)
    this.#pacing = new Pacing({ ...target, monotonic })
    this.#budget = new RetryBudget(monotonic)
    this.#breaker = circuitBreaker(handleWhen(countsAgainstUpstream), {
      halfOpenAfter: BREAKER_PAUSE_MS,
      breaker: new SamplingBreaker({
        threshold: BREAKER_THRESHOLD,
        duration: BREAKER_WINDOW_MS,
        minimumRps: BREAKER_MIN_RPS,
      }),
    })
  }

  get name(): string {
    return this.#options.target.name
  }

  /** For metrics: what the upstream side does now. */
  get state(): { waiting: number; retries: number; breaker: 'closed' | 'open' | 'half-open' } {
    const breaker = this.#breaker.state
    const isClosed = breaker === CircuitState.Closed
    return {
      waiting: this.#pacing.waiting,
      retries: this.#retries,
      breaker: isClosed ? 'closed' : breaker === CircuitState.Open ? 'open' : 'half-open',
    }
  }

  /** Uses other credentials for requests from now on: a secret was rotated. */
  replaceAuthentication(authentication: UpstreamAuthentication): void {
    this.#credentials = this.#credentialsOf(authentication)
  }

  #credentialsOf(authentication: UpstreamAuthentication): Credentials {
    const { dispatcher, onRefreshFailed } = this.#options
    return createCredentials(authentication, {
      dispatcher,
      monotonic: this.#clock.monotonic,
      ...(onRefreshFailed === undefined ? {} : { onRefreshFailed }),
    })
  }

  /** Tries the credentials alone, for `sluice check`. */
  authorize(signal: AbortSignal): Promise<string | undefined> {
    return this.#credentials.authorization(signal)
  }

  /**
   * The body for a request.
   * @param request as the upstream may see it: guarded, and fitted to the context window
   * @param parameters what its model refuses
   */
  encode(request: ChatRequest, parameters: ModelParameters): Buffer {
    const { format, includeUsage } = this.#options.target
    return Buffer.from(format.encode(request, { parameters, includeUsage }))
  }

  /** Resolves when the first event was taken; rejects with a GatewayError, or with the signal's reason. */
  async open(call: UpstreamCall): Promise<OpenStream> {
    const turn = () => this.#pacing.turn(call.client, call.signal)
    let hasFreshToken = false
    const attemptWithFreshToken = async (error: unknown) => {
      // A token can die before its time (idle timeout, revocation): fetch another, once.
      if (!isRefusedToken(error) || hasFreshToken || !this.#credentials.canRenew) throw error
      hasFreshToken = true
      await turn()
      return await this.#attempt(call)
    }
    const stream = await withRetry(() => this.#attempt(call).catch(attemptWithFreshToken), {
      ...this.#options.target.retry,
      budget: this.#budget,
      signal: call.signal,
      monotonic: this.#clock.monotonic,
      turn,
      onRetry: this.#onRetry,
    })
    return {
      finished: stream.finished,
      correlationId: stream.correlationId,
      pause: () => stream.pause(),
      resume: () => stream.resume(),
    }
  }

  #onRetry = (error: GatewayError, attempt: number, delayMs: number): void => {
    this.#retries += 1
    if (error.status === 429) this.#pacing.pause(delayMs)
    this.#options.onRetry?.(error, attempt, delayMs)
  }

  async #attempt(call: UpstreamCall): Promise<ChatStream> {
    call.onAttempt()
    // Outside the breaker: one failed token request would count once for everybody who waits for it.
    const authorization = await this.#credentials.authorization(call.signal)
    try {
      return await this.#breaker.execute(() => this.#post(call, authorization))
    } catch (error) {
      if (!isBrokenCircuitError(error)) throw error
      const message = `the upstream keeps failing; it is not tried for ${BREAKER_PAUSE_MS} ms`
      throw new GatewayError('upstream_unavailable', message, {
        cause: error,
        retryAfterMs: BREAKER_PAUSE_MS,
      })
    }
  }

  async #post(call: UpstreamCall, authorization: string | undefined): Promise<ChatStream> {
    const { target, dispatcher } = this.#options
    const { body, choices, sink } = call
    const { format, extensionFields } = target
    const stream = new ChatStream({
      ...target,
      sink,
      reader: format.reader({ sink, choices, extensionFields }),
      signal: call.signal,
      clock: this.#clock,
      secrets: [authorization, ...Object.values(target.headers)],
    })
    try {
      dispatcher.dispatch(
        {
          origin: this.#origin,
          path: this.#path,
          method: 'POST',
          headers: { ...target.headers, ...requestHeaders(authorization, body.length) },
          body: bodyOf(body),
          // The stream watches its own times; undici's coarser ones are off.
          headersTimeout: 0,
          bodyTimeout: 0,
        },
        stream,
      )
    } catch (error) {
      throw connectionFailure(error, 'the upstream')
    }
    try {
      await stream.started
    } catch (error) {
      if (authorization !== undefined && isRefusedToken(error))
        this.#credentials.drop(authorization)
      throw error
    }
    return stream
  }
}

/** As undici shall write it: a long body is forgotten when it is written, a Buffer is kept until the answer ends. */
function bodyOf(body: Buffer): Buffer {
  if (body.length <= KEPT_BODY_BYTES) return body
  const once = (function* () {
    yield body
  })()
  // Undici takes any iterable, and only its types do not say so.
  return once as unknown as Buffer
}

function requestHeaders(
  authorization: string | undefined,
  contentLength: number,
): Record<string, string> {
  return {
    'content-length': String(contentLength),
    'content-type': 'application/json',
    accept: 'text/event-stream',
    'accept-encoding': 'identity',
    'user-agent': 'sluice',
    ...(authorization === undefined ? {} : { authorization }),
  }
}

function isRefusedToken(error: unknown): boolean {
  return error instanceof GatewayError && error.status === 401
}

/** A refusal of one request says nothing about the upstream's health; a failure of its own does. */
function countsAgainstUpstream(error: Error): boolean {
  return (
    error instanceof GatewayError &&
    error.isRetryable &&
    error.code !== 'upstream_rate_limited' &&
    error.code !== 'overloaded'
  )
}
