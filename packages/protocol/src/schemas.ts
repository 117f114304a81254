/**
 * Schemas of what a client sends, for the server's edge. They bound shapes; the bytes, the nesting depth and the number
 * of messages are bounded by the caller before (a schema library walks everything it is given).
 */
import { z } from 'zod'
import type { ChatRequest } from './chat-request.ts'
import { withOurNames } from './openai-names.ts'

export { openAiNames } from './openai-names.ts'

/** What a deployment sets. */
export interface ChatRequestLimits {
  /** The longest content of one message in UTF-16 code units; the tutorial's is 4,096. */
  maxContentCharacters: number
  /** Fields of an assistant's message and of its tool calls that pass besides `EXTENSION_FIELDS`. Default: none. */
  extensionFields?: readonly string[]
}

/** What providers want back in the second turn of a tool loop: fields of an assistant's message and of its tool calls. */
const EXTENSION_FIELDS: readonly string[] = [
  'reasoning_content',
  'reasoning',
  'reasoning_details',
  'reasoning_signature',
  'thinking_blocks',
  'thought_signature',
  'extra_content',
  'provider_specific_fields',
]

/** At most this many problems are reported for one request. */
export const MAX_ISSUES = 20
/** Sizes that no setting changes; each is beyond what any known model accepts. */
const MAX_TOOLS = 128
const MAX_TOOL_CALLS = 128
const MAX_NAME_CHARACTERS = 256
/** Gemini puts a signature of some kilobytes into the id of a call. */
const MAX_CALL_ID_CHARACTERS = 8_192
const MAX_PARTS = 1_024
const MAX_EXTENSION_CHARACTERS = 262_144
const MAX_CHOICES = 8
const MAX_STOPS = 4
const MAX_STOP_CHARACTERS = 1024

const name = z.string().min(1).max(MAX_NAME_CHARACTERS)
const callId = z.string().min(1).max(MAX_CALL_ID_CHARACTERS)

/** Any object, as it is: a library's record walks and copies every field, and there may be thousands. */
export const jsonObject = z
  .unknown()
  .refine((value) => typeof value === 'object' && value !== null && !Array.isArray(value), {
    error: 'expected an object',
  })
  .meta({ type: 'object' }) as unknown as z.ZodType<Record<string, unknown>>

const tool = z.object({
  type: z.literal('function'),
  function: z.object({
    name,
    description: z.string().optional(),
    parameters: jsonObject.optional(),
    strict: z.boolean().nullish(),
  }),
})

const textPart = z.object({ type: z.literal('text'), text: z.string() })

/** Text, or a list of text parts, which are put together line by line. */
function contentSchema(maxCharacters: number) {
  const text = z.string().max(maxCharacters)
  const parts = z.array(textPart).min(1).max(MAX_PARTS)
  const error = 'expected text, or a list of parts { type: "text", text }, and no other part'
  const joined = parts.transform((list) => list.map((part) => part.text).join('\n')).pipe(text)
  return z.union([text, joined], { error })
}

/** Any JSON of a bounded size, by the field's name. */
function extensionShape(limits: ChatRequestLimits) {
  const names = [...EXTENSION_FIELDS, ...(limits.extensionFields ?? [])]
  const isSmall = (value: unknown) =>
    (JSON.stringify(value)?.length ?? 0) <= MAX_EXTENSION_CHARACTERS
  const error = `expected at most ${MAX_EXTENSION_CHARACTERS} characters of JSON`
  const value = z.unknown().refine(isSmall, { error }).optional()
  return Object.fromEntries(names.map((field) => [field, value]))
}

/** Client libraries send back null or an empty list where the model called nothing. */
function toolCallsSchema<T>(toolCall: z.ZodType<T>) {
  const calls = z.array(toolCall).max(MAX_TOOL_CALLS).nullish()
  return calls.transform((list) => (list?.length ? list : undefined))
}

function messageSchema(limits: ChatRequestLimits) {
  const content = contentSchema(limits.maxContentCharacters)
  const extensions = extensionShape(limits)
  const toolCall = z.object({
    ...extensions,
    id: callId,
    type: z.literal('function'),
    function: z.object({ name, arguments: z.string().max(limits.maxContentCharacters) }),
  })
  const text = { content, name: name.optional() }
  return z.discriminatedUnion('role', [
    z.object({ role: z.literal('system'), ...text }),
    z.object({ role: z.literal('developer'), ...text }),
    z.object({ role: z.literal('user'), ...text }),
    z.object({
      ...extensions,
      role: z.literal('assistant'),
      content: content.nullish(),
      name: name.optional(),
      tool_calls: toolCallsSchema(toolCall),
    }),
    z.object({ role: z.literal('tool'), content, tool_call_id: callId }),
  ])
}

/**
 * The schema of an `init`'s payload. OpenAI's names of fields are taken for ours; what is known and cannot be honoured is
 * refused. Unknown fields are ignored, as the tutorial's schema ignores them.
 */
export function chatRequestSchema(limits: ChatRequestLimits): z.ZodType<ChatRequest> {
  const stop = z.string().min(1).max(MAX_STOP_CHARACTERS)
  const penalty = z.number().min(-2).max(2).optional()
  const request = z.object({
    modelId: name,
    messages: z.array(messageSchema(limits)).min(1),
    temperature: z.number().min(0).max(2).optional(),
    maxTokens: z.int().min(1).optional(),
    topP: z.number().min(0).max(1).optional(),
    n: z.int().min(1).max(MAX_CHOICES).optional(),
    stop: z.union([stop, z.array(stop).min(1).max(MAX_STOPS)]).optional(),
    seed: z.int().optional(),
    frequencyPenalty: penalty,
    presencePenalty: penalty,
    reasoningEffort: z
      .string()
      .regex(/^[a-z]{1,16}$/)
      .optional(),
    tools: z.array(tool).min(1).max(MAX_TOOLS).optional(),
    toolChoice: z.union([z.enum(['none', 'auto', 'required']), jsonObject]).optional(),
    parallelToolCalls: z.boolean().optional(),
    responseFormat: jsonObject.optional(),
    logprobs: z.boolean().optional(),
    topLogprobs: z.int().min(0).max(20).optional(),
  })
  return z.preprocess(withOurNames, request)
}
