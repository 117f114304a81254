/** The control endpoint under `/sandbox`: a test or a person sets faults and reads what the sandbox saw. */

import { SandboxError } from './errors.ts'
import type { Exchange } from './exchange.ts'
import type { FaultQueue } from './faults.ts'
import type { Internals } from './internals.ts'
import { parseObject } from './json.ts'
import type { SandboxStats } from './ledger.ts'

/** All counters. */
export function statsOf({ ledger, tokens }: Internals): SandboxStats {
  return { ...ledger.stats(), tokensIssued: tokens.issued }
}

/** Forgets faults, counters, requests and rate limits; tokens stay good. */
export function resetAll({ faults, ledger, rateLimit, tokens }: Internals): void {
  faults.clear()
  ledger.clear()
  rateLimit.clear()
  tokens.clearCount()
}

/** `GET /sandbox/stats` */
export function handleStats(exchange: Exchange, internals: Internals): void {
  exchange.json(200, statsOf(internals))
}

/** `GET /sandbox/requests` */
export function handleRequests(exchange: Exchange, { ledger }: Internals): void {
  exchange.json(200, { requests: ledger.requests() })
}

/** `POST /sandbox/reset` */
export function handleReset(exchange: Exchange, internals: Internals): void {
  resetAll(internals)
  exchange.json(200, {})
}

/** `POST /sandbox/revoke`, with `{"token": "..."}` for one token or without a body for all. */
export function handleRevoke(exchange: Exchange, { tokens }: Internals): void {
  const token = parseObject(exchange.body)?.token
  exchange.json(200, { revoked: tokens.revoke(typeof token === 'string' ? token : undefined) })
}

/** `POST /sandbox/faults`, with a `FaultQueue`. */
export function handleFaults(exchange: Exchange, { faults }: Internals): void {
  try {
    faults.add(readQueue(exchange.body))
    exchange.json(200, {})
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error
    exchange.fail(400, { message: error.message })
  }
}

function readQueue(body: string): FaultQueue {
  const queue = parseObject(body)
  if (queue !== undefined && isFaultQueue(queue)) return queue
  throw new SandboxError('invalid_fault', 'expected {"chat": [model, ...], "token": [fault, ...]}')
}

function isFaultQueue(value: object): value is FaultQueue {
  return Object.entries(value).every(
    ([name, faults]) =>
      (name === 'chat' || name === 'token') &&
      Array.isArray(faults) &&
      faults.every((fault) => typeof fault === 'string'),
  )
}
