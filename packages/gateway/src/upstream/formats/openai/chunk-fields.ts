/** The forms of single fields of a chunk, read defensively: a known field could carry an unexpected value. */
import { GatewayError } from '../../../errors.ts'

export type Fields = Record<string, unknown>

/** Ids, model names and fingerprints: one word of the characters that they really have. */
const WORD = /^[\w.:/@+-]{1,200}$/
/** Seconds since the epoch up to the year 5138: one digit less than a card number has at least. */
const MAX_EPOCH_SECONDS = 1e11

export function wordOrUndefined(value: unknown): string | undefined {
  return typeof value === 'string' && WORD.test(value) ? value : undefined
}

/** Text of one line without control characters, or a number as such text. */
export function lineOrUndefined(value: unknown, maxCharacters: number): string | undefined {
  const line = typeof value === 'number' ? String(value) : value
  const isLine =
    typeof line === 'string' &&
    line.length > 0 &&
    line.length <= maxCharacters &&
    !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(line)
  return isLine ? line : undefined
}

/** Whole seconds; some servers send fractions of them, or text. */
export function secondsOf(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && /^\d{1,11}(\.\d+)?$/.test(value) ? +value : value
  const isTime = typeof seconds === 'number' && seconds >= 0 && seconds < MAX_EPOCH_SECONDS
  return isTime ? Math.floor(seconds) : undefined
}

/** A whole number from 0, such as the index of a choice, also as text; undefined if absent. */
export function indexOf(value: unknown, what: string): number | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string' && /^\d{1,9}$/.test(value)) return Number(value)
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw invalidChunk(`has a ${what} without a proper index`)
}

export function invalidChunk(what: string): GatewayError {
  return new GatewayError('upstream_invalid_stream', `an event of the upstream ${what}`)
}
