/**
 * The errors that servers put into bodies and streams, by their status and the words that name their kind. A server's
 * message may repeat prompts and keys: it is looked through for forms that are known, and never kept.
 */
import { isJsonObject } from '../../../json-object.ts'
import type { ProviderError } from '../format.ts'
import { EXCEPTION, type Fields, isNothing, objectIn } from './chunk-fields.ts'
import { codeInWords } from './error-messages.ts'

/** A word is of letters; with long digits it could be anything. */
const WORD = /^[A-Za-z_](?:[A-Za-z_.-]|\d(?!\d{3})){0,63}$/
const MAX_WORDS = 4

/** Where a body has its error, if it is not the body itself: OpenAI, watsonx and Cloudflare, MiniMax. */
const PLACES = ['error', 'errors', 'base_resp'] as const
/** The fields with an HTTP status, and those with a word, the more exact ones first. */
const STATUS_FIELDS = ['status', 'status_code', 'statusCode', 'code'] as const
const WORD_FIELDS = ['code', 'type', 'status', 'error_type', '__type'] as const
/** What an error says of itself, in the shape of whichever server; undefined if it says nothing that is known. */
export function providerErrorOf(body: unknown): ProviderError | undefined {
  const whole = objectIn(body)
  if (whole === undefined) return errorInWords(body)
  const place = PLACES.find((name) => objectIn(whole[name]) !== undefined)
  const error = (place && objectIn(whole[place])) ?? whole
  const inner = objectIn(error.innererror) ?? {}
  const objects = error === whole ? [whole] : [error, whole]
  const status = objects
    .flatMap((fields) => STATUS_FIELDS.map((name) => statusOf(fields[name])))
    .find((candidate) => candidate !== undefined)
  const words = [error, inner, whole]
    .flatMap((fields) => WORD_FIELDS.map((name) => fields[name]))
    .concat(Object.keys(whole).filter((name) => EXCEPTION.test(name)))
    .filter((word) => typeof word === 'string' && WORD.test(word) && word !== 'error')
  return {
    status,
    words: [...new Set(words as string[])].slice(0, MAX_WORDS),
    said: codeInWords(whole),
  }
}

function errorInWords(body: unknown): ProviderError | undefined {
  const said = codeInWords(body)
  return said === undefined ? undefined : { status: undefined, words: [], said }
}

/**
 * The error that an event or one of its choices is or carries; undefined for a part of an answer.
 * @param choices the members of `chunk.choices`
 */
export function errorOf(
  chunk: Fields,
  event: string,
  choices: readonly unknown[] | undefined,
): unknown {
  if (event === 'error' || saysError(chunk.error)) return chunk
  const { base_resp: outcome, x_groq: own } = chunk
  if (isJsonObject(outcome) && !isZero(outcome.status_code)) return chunk
  if (isJsonObject(own) && saysError(own.error)) return own
  const failed = choices?.find(hasError)
  if (failed !== undefined) return failed
  return !isPart(chunk) && isErrorBody(chunk) ? chunk : undefined
}

function hasError(choice: unknown): boolean {
  return isJsonObject(choice) && saysError(choice.error)
}

/** Whether there is an error in the field for it: servers write that there is none in many ways. */
function saysError(value: unknown): boolean {
  if (isNothing(value) || isZero(value)) return false
  return typeof value !== 'object' || Object.values(value as object).some(saysError)
}

function isZero(value: unknown): boolean {
  return value === 0 || value === '0' || value === undefined
}

function isPart(chunk: Fields): boolean {
  return (
    !isNothing(chunk.choices) ||
    isJsonObject(chunk.usage) ||
    chunk.object === 'chat.completion.chunk'
  )
}

/** Names of fields that only errors have, where there are no choices; some servers have a `message` with an answer in it. */
const TEXT_NAME = /^(message|msg)$/i
const ERROR_NAME = /^(detail|fault)$|errors?$|exception$|^err(or)?(_|code$|msg$|message$)/i

/** How a body says that all is well, or under way: then its message is none of an error. */
const FINE = /^(0|200|ok|success|completed?|queued|pending|processing|running|in_progress)$/i

function isFine({ code, status, success }: Fields): boolean {
  return success === true || [code, status].some((value) => FINE.test(String(value)))
}

/** Genesys Cloud's, vLLM's, FastAPI's, MiniMax' and many others' bodies: the error is all that there is. */
function isErrorBody(chunk: Fields): boolean {
  if (chunk.object === 'error' || chunk.type === 'error' || chunk.success === false) return true
  return Object.entries(chunk).some(([name, value]) =>
    TEXT_NAME.test(name)
      ? typeof value === 'string' && value !== '' && !isFine(chunk)
      : ERROR_NAME.test(name) && !isNothing(value) && !isZero(value),
  )
}

function statusOf(value: unknown): number | undefined {
  const status = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value
  const isStatus = typeof status === 'number' && Number.isInteger(status)
  return isStatus && status >= 400 && status < 600 ? status : undefined
}
