/**
 * The fields of a request that OpenAI's clients send under names of their own. Nothing of them is dropped silently: each has
 * a name here, changes nothing of the answer, or is refused.
 */
import type { z } from 'zod'

type Fields = Record<string, unknown>

const OUR_NAMES: Readonly<Record<string, string>> = {
  max_tokens: 'maxTokens',
  max_completion_tokens: 'maxTokens',
  top_p: 'topP',
  frequency_penalty: 'frequencyPenalty',
  presence_penalty: 'presencePenalty',
  reasoning_effort: 'reasoningEffort',
  tool_choice: 'toolChoice',
  parallel_tool_calls: 'parallelToolCalls',
  response_format: 'responseFormat',
  top_logprobs: 'topLogprobs',
}

/** OpenAI's names of those fields that a request has under them, by ours. */
export function openAiNames(request: Readonly<Fields>): Record<string, string> {
  const given = Object.entries(OUR_NAMES).filter(([theirs]) => Object.hasOwn(request, theirs))
  return Object.fromEntries(given.map(([theirs, ours]) => [ours, theirs]))
}

/** What asks for something that the gateway does not do. */
const REFUSED: ReadonlySet<string> = new Set([
  'audio',
  'function_call',
  'functions',
  'logit_bias',
  'modalities',
  'prediction',
  'web_search_options',
])

const TWO_VALUES = 'is given under two names, with two values'

/** Fields for which null is as good as nothing: OpenAI's clients send it. */
const OPTIONAL = new Set(['temperature', 'stop', 'seed', 'n', 'tools', 'logprobs'])

/** A request with our names for its fields; adds an issue for each field that cannot be honoured. */
export function withOurNames(value: unknown, context: z.RefinementCtx): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const renamed: Fields = {}
  for (const [field, given] of Object.entries(value)) {
    const ours = OUR_NAMES[field] ?? field
    const isOptional = ours !== field || OPTIONAL.has(field) || REFUSED.has(field)
    if (given === null && isOptional) continue
    const problem = problemOf(value as Fields, field, ours)
    const isOther = ours in renamed && renamed[ours] !== given
    if (isOther) context.addIssue({ code: 'custom', path: [field], message: TWO_VALUES })
    else if (problem !== undefined)
      context.addIssue({ code: 'custom', path: [field], message: problem })
    else renamed[ours] = given
  }
  return renamed
}

function problemOf(request: Fields, field: string, ours: string): string | undefined {
  if (REFUSED.has(field)) return 'this gateway cannot honour it; leave it out'
  if (field === 'model' && request.modelId === undefined)
    return 'the name of the model belongs into `modelId`'
  const isTwice = ours !== field && request[ours] !== undefined && request[ours] !== request[field]
  return isTwice ? TWO_VALUES : undefined
}
