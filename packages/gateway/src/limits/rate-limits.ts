/** Requests and tokens a minute, for each client and each address. Counting windows is rate-limiter-flexible's. */
import { createRequire } from 'node:module'
import type * as limiters from 'rate-limiter-flexible'
import { type Client, quotaNameOf } from '../clients/client.ts'
import { networkOf } from '../clients/network.ts'
import type { Principal } from '../clients/principal.ts'
import type { TokenEstimate } from '../completion/order.ts'
import { GatewayError } from '../errors.ts'
import { isExempt } from './exemption.ts'

/** From its own file: the package's index loads the limiters of twenty stores. */
const RateLimiterMemory = createRequire(import.meta.url)(
  'rate-limiter-flexible/lib/RateLimiterMemory.js',
) as typeof limiters.RateLimiterMemory

/** The gateway's own limits a minute; 0 is none. A principal's own come first. */
export interface RateSettings {
  clientRequestsPerMinute: number
  clientTokensPerMinute: number
  addressRequestsPerMinute: number
}

const MINUTE_SECONDS = 60
/** What an answer of unknown length is thought to take of a client's minute. */
const UNKNOWN_ANSWER = 0.1

/** What is left of one of a client's minutes. */
export interface Standing {
  what: 'requests' | 'tokens'
  limit: number
  remaining: number
  /** Until the minute begins again. */
  resetMs: number
}

export class RateLimits {
  #settings: RateSettings
  /** One counter for each number of points a minute: keys with the same limit share it. */
  readonly #limiters = new Map<string, limiters.RateLimiterMemory>()

  constructor(settings: RateSettings) {
    this.#settings = settings
  }

  /** Applies other limits; windows that run go on where the number is the same. */
  reload(settings: RateSettings): void {
    this.#settings = settings
  }

  /**
   * Takes one request from the client's and the address's minute.
   * @throws GatewayError `rate_limited`, saying what, how much and when again
   */
  async admit(principal: Principal, address: string): Promise<void> {
    await this.#request(principal, address, 1)
  }

  /** The same, and takes nothing. */
  async check(principal: Principal, address: string): Promise<void> {
    await this.#request(principal, address, 0)
  }

  async #request(principal: Principal, address: string, points: 0 | 1): Promise<void> {
    if (isExempt(principal, address)) return
    const { clientRequestsPerMinute, addressRequestsPerMinute } = this.#settings
    const requests = principal.limits?.requestsPerMinute ?? clientRequestsPerMinute
    await this.#take({
      what: 'requests',
      whom: 'this client',
      id: quotaNameOf({ principal, address }),
      limit: requests,
      points,
    })
    await this.#take({
      what: 'requests',
      whom: 'this address',
      id: networkOf(address),
      limit: addressRequestsPerMinute,
      points,
    })
    const tokens = this.#tokenLimit(principal)
    // Nothing is taken yet: how many tokens it costs is known at the end; a minute that is spent lets nothing begin.
    await this.#take({
      what: 'tokens',
      whom: 'this client',
      id: quotaNameOf({ principal, address }),
      limit: tokens,
      points: 0,
    })
  }

  /**
   * Takes the tokens that a completion may cost from the client's minute, so that simultaneous ones do not all take what is
   * left. An answer of unknown length counts as a tenth of the minute. The first of a minute always passes.
   * @returns settles what it really cost: gives back what was too much, takes what is missing
   * @throws GatewayError `rate_limited`
   */
  async reserve(
    { principal, address }: Client,
    { promptTokens, maxTokens }: TokenEstimate,
  ): Promise<(used: number) => void> {
    const limit = this.#tokenLimit(principal)
    if (limit === 0 || isExempt(principal, address)) return () => {}
    const id = quotaNameOf({ principal, address })
    const limiter = this.#limiter('tokens', limit)
    const tokens = promptTokens + (maxTokens ?? Math.ceil(limit * UNKNOWN_ANSWER))
    const state = await limiter.penalty(id, tokens)
    if (state.consumedPoints > limit && state.consumedPoints > tokens) {
      await limiter.reward(id, tokens)
      throw exceeded({ what: 'tokens', whom: 'this client', limit }, state.msBeforeNext)
    }
    return (used) =>
      void (used < tokens ? limiter.reward(id, tokens - used) : limiter.penalty(id, used - tokens))
  }

  /** What is left of a client's minutes, of those that it has. */
  async standing(principal: Principal, address: string): Promise<Standing[]> {
    if (isExempt(principal, address)) return []
    const { clientRequestsPerMinute } = this.#settings
    const id = quotaNameOf({ principal, address })
    const requests = principal.limits?.requestsPerMinute ?? clientRequestsPerMinute
    const standings = await Promise.all([
      this.#left('requests', id, { limiter: 'this client', limit: requests }),
      this.#left('tokens', id, { limiter: 'tokens', limit: this.#tokenLimit(principal) }),
    ])
    return standings.filter(({ limit }) => limit > 0)
  }

  async #left(
    what: Standing['what'],
    id: string,
    { limiter, limit }: { limiter: string; limit: number },
  ): Promise<Standing> {
    const state = limit === 0 ? null : await this.#limiter(limiter, limit).get(id)
    const remaining = Math.max(0, limit - (state?.consumedPoints ?? 0))
    return { what, limit, remaining, resetMs: Math.max(0, state?.msBeforeNext ?? 0) }
  }

  #tokenLimit(principal: Principal): number {
    return principal.limits?.tokensPerMinute ?? this.#settings.clientTokensPerMinute
  }

  async #take(wanted: {
    what: string
    whom: string
    id: string
    limit: number
    points: number
  }): Promise<void> {
    const { what, whom, id, limit, points } = wanted
    if (limit === 0) return
    const limiter = this.#limiter(`${whom} ${what}`.endsWith('tokens') ? 'tokens' : whom, limit)
    const state =
      points === 0
        ? await limiter.get(id)
        : await limiter.consume(id, points).catch((state: limiters.RateLimiterRes) => state)
    if (
      state === null ||
      (points === 0 ? state.consumedPoints < limit : state.consumedPoints <= limit)
    )
      return
    throw exceeded({ what, whom, limit }, state.msBeforeNext)
  }

  #limiter(kind: string, points: number): limiters.RateLimiterMemory {
    const key = `${kind} ${points}`
    const known = this.#limiters.get(key)
    if (known !== undefined) return known
    const limiter = new RateLimiterMemory({ points, duration: MINUTE_SECONDS, keyPrefix: kind })
    this.#limiters.set(key, limiter)
    return limiter
  }
}

function exceeded(
  { what, whom, limit }: { what: string; whom: string; limit: number },
  msBeforeNext: number,
): GatewayError {
  const seconds = Math.max(1, Math.ceil(msBeforeNext / 1000))
  const message = `Rate limit exceeded: ${limit} ${what} a minute for ${whom}; try again in ${seconds} s`
  return new GatewayError('rate_limited', message, {
    isRetryable: true,
    retryAfterMs: msBeforeNext,
  })
}
