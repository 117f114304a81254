/**
 * The errors that servers put into bodies and streams, by their status, code and type. A server's message may repeat prompts
 * and keys, so it is never read.
 */
import { isJsonObject } from '../../../json-object.ts'
import type { ProviderError } from '../format.ts'
import type { Fields } from './chunk-fields.ts'

/** A code or a type is a word of letters; with long digits it could be anything. */
const WORD = /^[A-Za-z](?:[A-Za-z_.-]|\d(?!\d{3})){0,63}$/

/** What an error says of itself, in OpenAI's shape or Genesys Cloud's; undefined if it is no object or text. */
export function providerErrorOf(body: unknown): ProviderError | undefined {
  if (!isJsonObject(body)) return undefined
  const error = isJsonObject(body.error) ? body.error : body
  const status = [error.status, error.status_code, error.code, body.status, body.code]
    .map(statusOf)
    .find((candidate) => candidate !== undefined)
  return { status, code: wordOf(error.code), type: wordOf(error.type) }
}

/** The error that an event or a choice is or carries; undefined for a part of an answer. */
export function errorOf(chunk: Fields, event: string): unknown {
  if (isError(chunk.error)) return chunk
  if (event === 'error') return chunk
  const failed = choicesOf(chunk).find(({ error }) => isError(error))
  if (failed !== undefined) return failed
  // Genesys Cloud's and others' error bodies have no `error` field: each is one.
  const isChunk =
    chunk.choices !== undefined ||
    chunk.usage !== undefined ||
    chunk.object === 'chat.completion.chunk'
  const hasText = typeof chunk.message === 'string' || typeof chunk.detail === 'string'
  return !isChunk && hasText ? chunk : undefined
}

function choicesOf(chunk: Fields): Fields[] {
  return Array.isArray(chunk.choices) ? chunk.choices.filter(isJsonObject) : []
}

function isError(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false && value !== ''
}

function statusOf(value: unknown): number | undefined {
  const status = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value
  const isStatus = typeof status === 'number' && Number.isInteger(status)
  return isStatus && status >= 400 && status < 600 ? status : undefined
}

function wordOf(value: unknown): string | undefined {
  return typeof value === 'string' && WORD.test(value) ? value : undefined
}
