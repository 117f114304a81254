/** Finish reasons as servers spell them, to OpenAI's five. */

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
      'complete',
      'completed',
      'finished',
    ],
    length: [
      'length',
      'max_tokens',
      'max_output_tokens',
      'max_completion_tokens',
      'max_length',
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
    ],
  }).flatMap(([reason, spellings]) => spellings.map((spelling) => [spelling, reason])),
)

/** What some servers send in each chunk before the last, as a text. */
const NO_REASONS: ReadonlySet<string> = new Set(['', 'null', 'none', 'finish_reason_unspecified'])

/** Gemini's enumeration by number (https://ai.google.dev/api/generate-content#FinishReason); 0 is no reason. */
const NUMBERED = [undefined, 'stop', 'length', 'content_filter', 'content_filter', 'other']

/** Longer ones are no reason but a text. */
const MAX_CHARACTERS = 64

/** OpenAI's reason, or the server's own word for another; undefined if there is none. */
export function finishReasonOf(value: unknown): string | undefined {
  if (typeof value === 'number') return NUMBERED[value] ?? (value === 0 ? undefined : 'other')
  if (typeof value !== 'string') return undefined
  const spelling = value
    .trim()
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[\s-]+/g, '_')
  if (NO_REASONS.has(spelling)) return undefined
  const known = REASONS.get(spelling)
  if (known !== undefined) return known
  return value.length <= MAX_CHARACTERS ? value : 'other'
}
