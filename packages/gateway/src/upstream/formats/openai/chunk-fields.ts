/** The forms of single fields of a chunk, read defensively: a known field could carry an unexpected value. */
import { GatewayError } from '../../../errors.ts'
import { isJsonObject } from '../../../json-object.ts'

export type Fields = Record<string, unknown>

/** AWS names an event of its streams after the exception that it is. */
export const EXCEPTION = /^[a-z]+Exception$/i

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

/** Whole seconds since the epoch; some servers send fractions of them, text, or milliseconds. */
export function secondsOf(value: unknown): number | undefined {
  const time = typeof value === 'string' && /^\d{1,13}(\.\d+)?$/.test(value) ? +value : value
  if (typeof time !== 'number' || !(time >= 0)) return undefined
  const seconds = time < MAX_EPOCH_SECONDS ? time : time / 1000
  return seconds < MAX_EPOCH_SECONDS ? Math.floor(seconds) : undefined
}

/** Whether a field says nothing, in any of the ways in which servers write that. */
export function isNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false) return true
  return Array.isArray(value) && value.length === 0
}

/**
 * The members of a list, also where a server sends its one member itself, or members by their numbers; undefined if there
 * is no list.
 * @throws GatewayError `upstream_invalid_stream` for any other value
 */
export function membersOf(value: unknown, what: string): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value
  if (isNothing(value)) return undefined
  if (!isJsonObject(value)) throw invalidChunk(`has ${what} that are no list`)
  const isByNumber = Object.keys(value).every((key) => /^\d{1,3}$/.test(key))
  return isByNumber ? Object.values(value) : [value]
}

/** An object, also one in a list, as Gemini wraps its errors; undefined for anything else. */
export function objectIn(value: unknown): Fields | undefined {
  const only: unknown = Array.isArray(value) ? value[0] : value
  return isJsonObject(only) ? only : undefined
}

/**
 * A whole number from 0, such as the index of a choice, also as text; undefined if absent, or below 0, as gateways before
 * Bedrock count the first call.
 */
export function indexOf(value: unknown, what: string): number | undefined {
  if (value === undefined || value === null) return undefined
  if (Number.isInteger(value) && (value as number) < 0) return undefined
  if (typeof value === 'string' && /^\d{1,9}$/.test(value)) return Number(value)
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw invalidChunk(`has a ${what} without a proper index`)
}

export function invalidChunk(what: string): GatewayError {
  return new GatewayError('upstream_invalid_stream', `an event of the upstream ${what}`)
}
