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
  /** Says no more than that something failed: any other word says more. */
  failed: {
    code: 'upstream_unavailable',
    about: 'the upstream is overloaded or failed',
    isRetryable: true,
  },
  timeout: { code: 'upstream_timeout', about: 'the upstream waited too long', isRetryable: true },
} as const satisfies Readonly<Record<string, Meaning>>

/**
 * Words as OpenAI, Azure, llama.cpp, vLLM, Anthropic, Google, Alibaba, AWS, OpenRouter, LiteLLM and others have them, as
 * `bare` leaves them.
 */
const WORDS: ReadonlyMap<string, Meaning> = new Map(
  [
    [
      MEANINGS.contextWindow,
      'context_length_exceeded exceed_context_size context_window_exceeded string_above_max_length ' +
        'max_tokens_exceeded prompt_too_long tokens_too_long model_max_prompt_tokens_exceeded',
    ],
    [
      MEANINGS.unknownModel,
      'model_not_found invalid_model unknown_model model_not_supported deployment_not_found ' +
        'model_not_exist model_decommissioned model_not_available model_not_open ' +
        'invalid_endpoint_or_model.not_found endpoint_not_found resource_does_not_exist',
    ],
    [
      MEANINGS.contentFilter,
      'content_filter content_policy_violation responsible_ai_policy_violation ' +
        'data_inspection_failed moderation_blocked prompt_blocked sensitive_words_detected ' +
        'sensitive_content_detected input_text_sensitive_content_detected',
    ],
    [
      MEANINGS.credentials,
      'invalid_api_key wrong_api_key authentication invalid_authentication incorrect_api_key ' +
        'unauthenticated',
    ],
    [
      MEANINGS.quota,
      'insufficient_quota exceeded_current_quota billing_hard_limit_reached billing_not_active ' +
        'arrearage budget_exceeded credit_limit token_quota_reached insufficient_balance ' +
        'not_enough_balance insufficient_user_quota account_overdue billing',
    ],
    [
      MEANINGS.rate,
      'rate_limit_exceeded rate_limit rate_limit_reached too_many_requests ' +
        'too.many.requests.retry.after resource_exhausted throttling engine_overloaded ' +
        'request_limit_exceeded limit_requests limit_tokens limit_burst_rate',
    ],
    [
      MEANINGS.overloaded,
      'overloaded service_unavailable unavailable model_not_ready no_capacity queue_exceeded ' +
        'server_is_overloaded server_overloaded provider_unavailable',
    ],
    [MEANINGS.failed, 'server internal_server internal api'],
    [MEANINGS.timeout, 'timeout request_timeout model_timeout deadline_exceeded'],
  ].flatMap(([meaning, words]) =>
    (words as string).split(' ').map((word) => [bare(word), meaning as Meaning] as const),
  ),
)

/** `RateLimitError`, `rate_limit_error` and `rate-limit` are one word. */
function bare(word: string): string {
  return word
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .replace(/(error|exception)$/, '')
}

/**
 * The meaning of the first word that is known; undefined if none is. What the message says comes after the words.
 * @param status the HTTP status of the failure: one that blames the request says more than that the upstream failed
 */
export function meaningOf(
  error: ProviderError | undefined,
  status: number | undefined,
): Meaning | undefined {
  if (error === undefined) return undefined
  const isBlamed = status !== undefined && status >= 400 && status < 500
  const told = error.said === undefined ? error.words : [...error.words, error.said]
  const known = told
    .map(meaningOfWord)
    .filter((meaning) => meaning !== undefined)
    .filter((meaning) => !(isBlamed && blamesUpstream(meaning)))
  return known.find((meaning) => meaning !== MEANINGS.failed) ?? known[0]
}

function meaningOfWord(word: string): Meaning | undefined {
  // A family's word comes before the point (`Throttling.RateQuota`).
  return WORDS.get(bare(word)) ?? WORDS.get(bare(word.split('.')[0] ?? ''))
}

function blamesUpstream(meaning: Meaning): boolean {
  return meaning === MEANINGS.overloaded || meaning === MEANINGS.failed
}
