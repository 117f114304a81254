/** What providers' codes and types of errors mean to us: a closed table. A word that is in no row decides nothing. */
import type { ErrorCode } from '@sluice/protocol'
import type { ProviderError } from './formats/format.ts'

/** What a failure means, and whether another attempt may cure it. */
export interface Meaning {
  code: ErrorCode
  /** In our words, for clients. */
  about: string
  isRetryable: boolean
}

const MEANINGS = {
  contextWindow: {
    code: 'context_window_exceeded',
    about: "the prompt is longer than the model's context window",
    isRetryable: false,
  },
  unknownModel: {
    code: 'unknown_model',
    about: 'the upstream does not know this model',
    isRetryable: false,
  },
  contentFilter: {
    code: 'input_blocked',
    about: "the upstream's own content filter refused the prompt",
    isRetryable: false,
  },
  credentials: {
    code: 'upstream_unauthorized',
    about: 'the credentials were refused',
    isRetryable: false,
  },
  quota: {
    code: 'upstream_rate_limited',
    about: 'the quota or the credits at the upstream are used up',
    isRetryable: false,
  },
  rate: {
    code: 'upstream_rate_limited',
    about: 'the upstream limits the rate',
    isRetryable: true,
  },
  overloaded: {
    code: 'upstream_unavailable',
    about: 'the upstream is overloaded or failed',
    isRetryable: true,
  },
  timeout: { code: 'upstream_timeout', about: 'the upstream waited too long', isRetryable: true },
} as const satisfies Readonly<Record<string, Meaning>>

/** Words as OpenAI, Azure, llama.cpp, vLLM, Anthropic, Google, Alibaba and OpenRouter have them, in lower case. */
const WORDS: ReadonlyMap<string, Meaning> = new Map(
  [
    [
      MEANINGS.contextWindow,
      'context_length_exceeded exceed_context_size_error context_window_exceeded string_above_max_length ' +
        'max_tokens_exceeded prompt_too_long',
    ],
    [
      MEANINGS.unknownModel,
      'model_not_found invalid_model unknown_model model_not_supported deploymentnotfound model_not_exist',
    ],
    [
      MEANINGS.contentFilter,
      'content_filter content_policy_violation responsibleaipolicyviolation data_inspection_failed ' +
        'moderation_blocked prompt_blocked',
    ],
    [
      MEANINGS.credentials,
      'invalid_api_key authentication_error incorrect_api_key unauthenticated',
    ],
    [MEANINGS.quota, 'insufficient_quota billing_hard_limit_reached billing_not_active arrearage'],
    [
      MEANINGS.rate,
      'rate_limit_exceeded rate_limit_error too_many_requests too.many.requests.retry.after ' +
        'resource_exhausted throttling engine_overloaded_error',
    ],
    [
      MEANINGS.overloaded,
      'overloaded_error overloaded server_error internal_server_error internal_error api_error ' +
        'service_unavailable unavailable',
    ],
    [MEANINGS.timeout, 'timeout timeout_error request_timeout deadline_exceeded'],
  ].flatMap(([meaning, words]) =>
    (words as string).split(' ').map((word) => [word, meaning as Meaning] as const),
  ),
)

/** The meaning of an error's code, else of its type; undefined if neither is known. */
export function meaningOf(error: ProviderError | undefined): Meaning | undefined {
  for (const word of [error?.code, error?.type]) {
    const meaning = word === undefined ? undefined : WORDS.get(word.toLowerCase())
    if (meaning !== undefined) return meaning
  }
  return undefined
}
