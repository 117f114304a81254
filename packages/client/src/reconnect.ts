/** Whether to come back after a close, and when: the table of PROTOCOL.md as delays. */
import { CLOSE_CODES, type Reconnect } from '@sluice/protocol'
import type { Close } from './connection.ts'

export interface Delays {
  /** The bound of the first random wait; it doubles with each failure in a row. */
  minMs: number
  /** The highest bound. */
  maxMs: number
}

export interface Failure extends Close {
  /** Failures in a row, this one included. */
  attempt: number
  /** Whether the last attempt was made with a fresh credential because of such a close. */
  wasSecondChance: boolean
}

const MAX_NAMED_DELAY_MS = 600_000
const NAMED_DELAY = /(\d+(?:\.\d+)?) (ms|s)\b/

/** How long to wait before the next attempt, in milliseconds; undefined: do not come back. */
export function delayAfter(failure: Failure, delays: Delays): number | undefined {
  const { code, reason, attempt, wasSecondChance } = failure
  switch (reconnectAfter(code)) {
    case 'no':
      return undefined
    case 'once':
      return wasSecondChance ? undefined : 0
    case 'slowly':
      return (delays.maxMs * (1 + Math.random())) / 2
    case 'after-delay':
      return namedDelay(reason, delays) ?? jitter(attempt, delays)
    default:
      return jitter(attempt, delays)
  }
}

/** The table's word; a code that is not in it is a proxy's. */
export function reconnectAfter(code: number): Reconnect {
  const row = Object.values(CLOSE_CODES).find((entry) => entry.code === code)
  return row?.reconnect ?? 'with-jitter'
}

/** A delay that everybody got, spread out. */
export function spread(delayMs: number, { minMs }: Delays): number {
  return delayMs + Math.random() * minMs
}

function namedDelay(reason: string, delays: Delays): number | undefined {
  const [, amount, unit] = NAMED_DELAY.exec(reason) ?? []
  if (amount === undefined) return undefined
  const delayMs = Number(amount) * (unit === 's' ? 1_000 : 1)
  return spread(Math.min(MAX_NAMED_DELAY_MS, delayMs), delays)
}

/** Full jitter: anything between 0 and a bound that doubles. */
function jitter(attempt: number, { minMs, maxMs }: Delays): number {
  return Math.random() * Math.min(maxMs, minMs * 2 ** (attempt - 1))
}
