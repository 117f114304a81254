/**
 * The schema of a request for a response: the body of OpenAI's `POST /v1/responses`. What the gateway cannot honour is
 * refused by name. What nobody knows is ignored, and null is as good as nothing, because OpenAI's clients send it.
 */
import { z } from 'zod'
import { jsonObject } from './schemas.ts'

const KEEPS_NOTHING = 'no conversations are kept here; send all of it as input'
const NOT_HERE = 'this gateway cannot honour it; leave it out'
const ITEM_REFERENCE =
  'no items are kept here; send the item itself (the AI SDK does with store: false)'
const OTHER_ITEM = 'expected message, function_call, function_call_output or reasoning'
const FUNCTIONS_ONLY = 'expected function: hosted and custom tools are not offered here'
const TEXT_ONLY = 'expected text, or a list of parts with text, and no other part'
const NO_LOGPROBS = 'log probabilities are not given here: they repeat the answer past the guard'
const NO_VERBOSITY = 'only medium, the default, can be honoured'

/** What OpenAI allows. */
const MAX_METADATA = { pairs: 16, key: 64, value: 512 }

/** A field that has to be absent, null or empty. */
function nothing(error: string) {
  return z.unknown().refine(isNothing, { error }).optional()
}

function isNothing(value: unknown): boolean {
  if (typeof value !== 'object') return value === undefined
  return value === null || Object.keys(value).length === 0
}

const part = z.discriminatedUnion(
  'type',
  [
    z.object({ type: z.enum(['input_text', 'output_text', 'text']), text: z.string() }),
    z.object({ type: z.literal('refusal'), refusal: z.string() }),
  ],
  { error: TEXT_ONLY },
)

/** Text, or parts, which are put together line by line. */
const content = z
  .union([z.string(), z.array(part)], { error: TEXT_ONLY })
  .transform((given) =>
    typeof given === 'string'
      ? given
      : given.map((each) => (each.type === 'refusal' ? each.refusal : each.text)).join('\n'),
  )

const reasoningText = z.array(z.object({ text: z.string() })).nullish()

const item = z.discriminatedUnion(
  'type',
  [
    z.object({
      type: z.literal('message').optional(),
      role: z.enum(['user', 'assistant', 'system', 'developer']),
      content,
    }),
    // Loose: fields that a provider wants back stand beside the known ones.
    z.looseObject({
      type: z.literal('function_call'),
      call_id: z.string(),
      name: z.string(),
      arguments: z.string(),
    }),
    z.object({ type: z.literal('function_call_output'), call_id: z.string(), output: content }),
    z.object({
      type: z.literal('reasoning'),
      content: reasoningText,
      summary: reasoningText,
      encrypted_content: z.string().nullish(),
    }),
  ],
  {
    error: ({ input }) =>
      (input as { type?: unknown } | null)?.type === 'item_reference' ? ITEM_REFERENCE : OTHER_ITEM,
  },
)

/** A text is one message of the user. */
const input = z.preprocess(
  (given) => (typeof given === 'string' ? [{ role: 'user', content: given }] : given),
  z.array(item, { error: 'expected text or a list of items' }),
)

const tool = z.discriminatedUnion(
  'type',
  [
    z.object({
      type: z.literal('function'),
      name: z.string(),
      description: z.string().nullish(),
      parameters: jsonObject.nullish(),
      strict: z.boolean().nullish(),
    }),
  ],
  { error: FUNCTIONS_ONLY },
)

const toolChoice = z.union(
  [
    z.enum(['none', 'auto', 'required']),
    z.object({ type: z.literal('function'), name: z.string() }),
  ],
  { error: 'expected none, auto, required, or one function by its name' },
)

const format = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text') }),
  z.object({ type: z.literal('json_object') }),
  z.looseObject({ type: z.literal('json_schema') }),
])

const metadata = z
  .record(z.string().max(MAX_METADATA.key), z.string().max(MAX_METADATA.value))
  .refine((pairs) => Object.keys(pairs).length <= MAX_METADATA.pairs, {
    error: `at most ${MAX_METADATA.pairs} pairs`,
  })

/** Numbers, names and texts are bounded by the schema of the chat request that becomes of it. */
export const responsesSchema = z.object({
  model: z.string(),
  input,
  instructions: z.string().nullish(),
  stream: z.boolean().nullish(),
  background: z.boolean().nullish(),
  store: z.boolean().nullish(),
  metadata: metadata.nullish(),
  max_output_tokens: z.number().nullish(),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: toolChoice.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  text: z
    .object({
      format: format.nullish(),
      verbosity: z.literal('medium', { error: NO_VERBOSITY }).nullish(),
    })
    .nullish(),
  reasoning: z
    .object({
      effort: z.string().nullish(),
      summary: z.string().nullish(),
      generate_summary: z.string().nullish(),
    })
    .nullish(),
  truncation: z.enum(['auto', 'disabled']).nullish(),
  include: z
    .array(z.string().refine((what) => !what.endsWith('logprobs'), { error: NO_LOGPROBS }))
    .nullish(),
  top_logprobs: z.literal(0, { error: NO_LOGPROBS }).nullish(),
  previous_response_id: nothing(KEEPS_NOTHING),
  conversation: nothing(KEEPS_NOTHING),
  prompt: nothing(NOT_HERE),
  context_management: nothing(NOT_HERE),
  moderation: nothing(NOT_HERE),
})

/** A valid request for a response. */
export type ResponsesRequest = z.output<typeof responsesSchema>

/** An item of its input. */
export type ResponsesItem = ResponsesRequest['input'][number]
