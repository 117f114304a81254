/** What clients are told of a failure: OpenAI's error object, and whether its SDKs should try again. */
import type { OpenAiErrorType } from '@sluice/protocol'
import type { GatewayError } from '../errors.ts'

/** The `error` of OpenAI's API. */
export interface OpenAiError {
  message: string
  type: OpenAiErrorType
  param: null
  code: string | null
}

/** What exactly was wrong, where the status or the code of the table is too wide. */
const STATUS: Readonly<Record<string, number>> = { body_too_large: 413, media_type: 415 }
const CODE: Readonly<Record<string, string>> = { content_bound: 'context_length_exceeded' }

/** Codes whose causes are the operator's affair: clients get the table's words. */
const OPERATORS = new Set([
  'internal',
  'configuration',
  'listen',
  'overloaded',
  'stream_interrupted',
])

export function openAiError(error: GatewayError): OpenAiError {
  const { type, code } = error.row.openAi
  return { message: wordsFor(error), type, param: null, code: CODE[error.reason ?? ''] ?? code }
}

/** The HTTP status of an answer that did not begin. */
export function statusOf(error: GatewayError): number {
  return STATUS[error.reason ?? ''] ?? error.row.status
}

/** The words for a client: never those of an upstream, its address or a setting's name. */
function wordsFor(error: GatewayError): string {
  return isUpstreams(error) || OPERATORS.has(error.code)
    ? sentence(error.row.meaning)
    : error.message
}

/** The headers by which OpenAI's SDKs decide on another attempt. What was tried again here already, they leave alone. */
export function retryHeaders(error: GatewayError): Record<string, string> {
  const shouldRetry = error.isRetryable && !isUpstreams(error)
  const headers = { 'x-should-retry': String(shouldRetry) }
  if (error.retryAfterMs === undefined) return headers
  const ms = Math.ceil(error.retryAfterMs)
  return {
    ...headers,
    'retry-after': String(Math.max(1, Math.ceil(ms / 1000))),
    'retry-after-ms': String(ms),
  }
}

function isUpstreams({ code, status }: GatewayError): boolean {
  return status !== undefined || code.startsWith('upstream_')
}

function sentence(meaning: string): string {
  return `${meaning.charAt(0).toUpperCase()}${meaning.slice(1)}`
}
