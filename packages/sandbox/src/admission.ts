/** Decides whether a request to an API may pass: bearer token and rate limit, or API key. */

import type { Exchange } from './exchange.ts'
import type { Internals } from './internals.ts'

/** Checks the credentials and the rate limit; answers false when the request has been refused. */
export function admit(exchange: Exchange, internals: Internals): boolean {
  return exchange.dialect === 'openai'
    ? admitKey(exchange, internals)
    : admitToken(exchange, internals)
}

function admitKey(exchange: Exchange, { settings }: Internals): boolean {
  if (settings.apiKey === undefined || exchange.bearer === settings.apiKey) return true
  exchange.fail(401, { message: 'Incorrect API key provided.' })
  return false
}

function admitToken(exchange: Exchange, { tokens, rateLimit, ledger }: Internals): boolean {
  const token = exchange.bearer
  if (token === undefined) {
    const message = 'No authentication bearer token specified in authorization header.'
    exchange.fail(401, { code: 'authentication.required', message })
    return false
  }
  if (!tokens.isAlive(token)) {
    exchange.fail(401)
    return false
  }
  const seconds = rateLimit.take(token)
  if (seconds === 0) return true
  ledger.count('rateLimited')
  exchange.failRateLimit({ seconds, header: String(seconds) })
  return false
}
