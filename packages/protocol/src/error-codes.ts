/**
 * The closed list of error codes in one table: one truth for every dialect, HTTP, the audit and the metrics. PROTOCOL.md
 * gives cause and cure.
 */
import type { CLOSE_CODES } from './close-codes.ts'

/** What a code means, wherever it is said. A new code has to decide all of it. */
export interface ErrorCodeRow {
  /** One sentence for people. */
  meaning: string
  /** The HTTP status of an answer that fails before it begins. */
  status: number
  /** `type` and `code` of OpenAI's error object, by which its clients tell errors apart. */
  openAi: { type: OpenAiErrorType; code: string | null }
  /** Whether the same request may succeed later, as far as the code alone tells; an error may know better. */
  isRetryable: boolean
  /** The client does not speak the protocol: too many of these close its socket. */
  isMalformed: boolean
  /** How a socket is closed for it; absent: it ends one request and never a socket. */
  close?: keyof typeof CLOSE_CODES
}

/** The values of `error.type` that OpenAI's clients know. */
export type OpenAiErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'permission_error'
  | 'rate_limit_error'
  | 'server_error'

const invalid = (code: string | null = null) => ({ type: 'invalid_request_error', code }) as const
const limited = { type: 'rate_limit_error', code: 'rate_limit_exceeded' } as const
const server = (code: string | null = null) => ({ type: 'server_error', code }) as const

/** The codes in the order of PROTOCOL.md. */
export const ERRORS = {
  invalid_message: {
    meaning: 'the message is not a JSON object within the bounds',
    status: 400,
    openAi: invalid(),
    isRetryable: false,
    isMalformed: true,
    close: 'malformed',
  },
  invalid_request: {
    meaning: 'the request breaks the schema',
    status: 400,
    openAi: invalid(),
    isRetryable: false,
    isMalformed: true,
    close: 'malformed',
  },
  unknown_type: {
    meaning: 'the message is of no type that is spoken here',
    status: 400,
    openAi: invalid(),
    isRetryable: false,
    isMalformed: true,
    close: 'malformed',
  },
  unknown_model: {
    meaning: 'there is no such model here',
    status: 404,
    openAi: invalid('model_not_found'),
    isRetryable: false,
    isMalformed: false,
  },
  context_window_exceeded: {
    meaning: "prompt and reserved answer are over the model's context window",
    status: 400,
    openAi: invalid('context_length_exceeded'),
    isRetryable: false,
    isMalformed: false,
  },
  unauthorized: {
    meaning: 'the credential is not valid, or not any more',
    status: 401,
    openAi: { type: 'authentication_error', code: 'invalid_api_key' },
    isRetryable: false,
    isMalformed: false,
    close: 'unauthorized',
  },
  forbidden: {
    meaning: 'the credential does not allow this',
    status: 403,
    openAi: { type: 'permission_error', code: null },
    isRetryable: false,
    isMalformed: false,
    close: 'forbidden',
  },
  rate_limited: {
    meaning: 'over a quota of requests, tokens or sockets',
    status: 429,
    openAi: limited,
    isRetryable: true,
    isMalformed: false,
    close: 'quota',
  },
  too_many_completions: {
    meaning: 'as many completions run as may',
    status: 429,
    openAi: limited,
    isRetryable: true,
    isMalformed: false,
  },
  duplicate_id: {
    meaning: 'the id is in use on this connection',
    status: 409,
    openAi: invalid('duplicate_id'),
    isRetryable: false,
    isMalformed: false,
  },
  unknown_id: {
    meaning: 'this connection never had that id',
    status: 404,
    openAi: invalid('unknown_id'),
    isRetryable: false,
    isMalformed: false,
  },
  not_found: {
    meaning: 'there is no such completion, or not any more',
    status: 404,
    openAi: invalid('not_found'),
    isRetryable: false,
    isMalformed: false,
  },
  conflict: {
    meaning: 'the idempotency key was used with another payload',
    status: 409,
    openAi: invalid('conflict'),
    isRetryable: false,
    isMalformed: false,
  },
  gap: {
    meaning: 'what follows that position is not kept any more',
    status: 410,
    openAi: invalid('gap'),
    isRetryable: false,
    isMalformed: false,
  },
  overloaded: {
    meaning: 'the node is full',
    status: 503,
    openAi: server('overloaded'),
    isRetryable: true,
    isMalformed: false,
    close: 'tryLater',
  },
  draining: {
    meaning: 'the node shuts down',
    status: 503,
    openAi: server('draining'),
    isRetryable: true,
    isMalformed: false,
    close: 'restart',
  },
  input_blocked: {
    meaning: 'the guard stopped the prompt',
    status: 400,
    openAi: invalid('content_filter'),
    isRetryable: false,
    isMalformed: false,
  },
  upstream_unauthorized: {
    meaning: "the upstream refused the gateway's own credentials",
    status: 502,
    openAi: server('upstream_unauthorized'),
    isRetryable: false,
    isMalformed: false,
  },
  upstream_rate_limited: {
    meaning: 'the upstream limits the rate',
    status: 429,
    openAi: limited,
    isRetryable: true,
    isMalformed: false,
  },
  upstream_rejected: {
    meaning: 'the upstream refused the request',
    status: 502,
    openAi: server('upstream_rejected'),
    isRetryable: false,
    isMalformed: false,
  },
  upstream_unavailable: {
    meaning: 'the upstream failed or cannot be reached',
    status: 503,
    openAi: server('upstream_unavailable'),
    isRetryable: true,
    isMalformed: false,
  },
  upstream_timeout: {
    meaning: 'the upstream took too long',
    status: 504,
    openAi: server('upstream_timeout'),
    isRetryable: true,
    isMalformed: false,
  },
  upstream_invalid_stream: {
    meaning: 'the upstream sent what is no answer',
    status: 502,
    openAi: server('upstream_invalid_stream'),
    isRetryable: false,
    isMalformed: false,
  },
  stream_interrupted: {
    meaning: 'the answer broke off',
    status: 502,
    openAi: server('stream_interrupted'),
    isRetryable: true,
    isMalformed: false,
  },
  internal: {
    meaning: 'a defect of the gateway',
    status: 500,
    openAi: server(),
    isRetryable: false,
    isMalformed: false,
    close: 'internal',
  },
} as const satisfies Readonly<Record<string, ErrorCodeRow>>

export type ErrorCode = keyof typeof ERRORS

export const ERROR_CODES = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]

/** The row of a code. */
export function errorRow(code: ErrorCode): ErrorCodeRow {
  return ERRORS[code]
}
