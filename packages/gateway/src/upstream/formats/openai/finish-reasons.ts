/** Finish reasons as servers spell them and wherever they put them, to OpenAI's five. */
import { isJsonObject } from '../../../json-object.ts'
import type { Fields } from './chunk-fields.ts'

/** Spellings, in lower case with an underscore between words. What is in no row passes as it came, if the guard lets it. */
const REASONS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    stop: [
      'stop',
      'stop_sequence',
      'stop_token',
      'end_turn',
      'pause_turn',
      'eos',
      'eos_token',
      'eos_found',
      'stop_string_found',
      'complete',
      'completed',
      'finished',
      'normal',
    ],
    length: [
      'length',
      'max_tokens',
      'max_output_tokens',
      'max_completion_tokens',
      'max_length',
      'max_token',
      'max_new_tokens',
      'max_predicted_tokens_reached',
      'context_length_reached',
      'token_limit',
      'model_length',
      'model_context_window_exceeded',
    ],
    tool_calls: ['tool_calls', 'tool_call', 'tool_use', 'function_call'],
    content_filter: [
      'content_filter',
      'content_filtered',
      'refusal',
      'safety',
      'recitation',
      'blocklist',
      'prohibited_content',
      'spii',
      'image_safety',
      'guardrail_intervened',
      'error_toxic',
      'sensitive',
    ],
  }).flatMap(([reason, spellings]) => spellings.map((spelling) => [spelling, reason])),
)

/** What some servers send in each chunk before the last, as a text. */
const NO_REASONS: ReadonlySet<string> = new Set([
  ...['', 'null', 'none', 'false', 'unspecified', 'not_finished'],
])
/** How an enumeration's name stands before its member, where a server writes it out. */
const ENUMERATION = /^(finish_reason[._:]+|stop_reason[.:]+)/
/** Whatever failed, and however it is spelt. */
const FAILURE = /^(.*_)?(error|failed|failure)$/
/** The reason of an answer that its server did not finish. */
export const ERROR_REASON = 'error'

/** Gemini's enumeration by number (https://ai.google.dev/api/generate-content#FinishReason); 0 is no reason. */
const NUMBERED = [undefined, 'stop', 'length', 'content_filter', 'content_filter', 'other']

/** Longer ones are no reason but a text. */
const MAX_CHARACTERS = 64
/** Of what is looked at for a known spelling. */
const MAX_SPELLING_CHARACTERS = 1_024

/** The reason that a choice has, in whichever field it has it. */
export function finishReasonIn(choice: Fields): string | undefined {
  const delta = isJsonObject(choice.delta) ? choice.delta : {}
  // Beside a finish reason vLLM names the token that it stopped at in `stop_reason`.
  const stop = typeof choice.stop_reason === 'string' ? choice.stop_reason : undefined
  return (
    finishReasonOf(choice.finish_reason) ??
    finishReasonOf(choice.finishReason) ??
    finishReasonOf(delta.finish_reason) ??
    finishReasonOf(stop)
  )
}

/** OpenAI's reason, `error`, or the server's own word for another; undefined if there is none. */
function finishReasonOf(value: unknown): string | undefined {
  if (typeof value === 'number') return NUMBERED[value] ?? (value === 0 ? undefined : 'other')
  // SGLang's own form: what stopped it, and at which token.
  if (isJsonObject(value)) return finishReasonOf(value.type)
  if (typeof value !== 'string') return undefined
  if (value.length > MAX_SPELLING_CHARACTERS) return 'other'
  const spelling = value
    .trim()
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[\s-]+/g, '_')
    .replace(ENUMERATION, '')
  if (NO_REASONS.has(spelling)) return undefined
  const known = REASONS.get(spelling)
  if (known !== undefined) return known
  if (FAILURE.test(spelling)) return ERROR_REASON
  return value.length <= MAX_CHARACTERS ? value : 'other'
}
