/**
 * Schemas of what a client sends, for the server's edge. They bound shapes; the bytes, the nesting depth and the number
 * of messages are bounded by the caller before (a schema library walks everything it is given).
 */
import { z } from 'zod'
import type { ChatRequest } from './chat-request.ts'

/** What a deployment sets. */
export interface ChatRequestLimits {
  /** The longest content of one message in UTF-16 code units; the tutorial's is 4,096. */
  maxContentCharacters: number
}

/** At most this many problems are reported for one request. */
export const MAX_ISSUES = 20
/** Sizes that no setting changes; each is beyond what any known model accepts. */
const MAX_TOOLS = 128
const MAX_TOOL_CALLS = 128
const MAX_NAME_CHARACTERS = 256
const MAX_STOPS = 4
const MAX_STOP_CHARACTERS = 1024

const name = z.string().min(1).max(MAX_NAME_CHARACTERS)

const tool = z.object({
  type: z.literal('function'),
  function: z.object({
    name,
    description: z.string().optional(),
    parameters: z.record(z.string(), z.unknown()).optional(),
    strict: z.boolean().nullish(),
  }),
})

function messageSchema(maxContentCharacters: number) {
  const content = z.string().max(maxContentCharacters)
  const toolCall = z.object({
    id: name,
    type: z.literal('function'),
    function: z.object({ name, arguments: content }),
  })
  const text = { content, name: name.optional() }
  return z.discriminatedUnion('role', [
    z.object({ role: z.literal('system'), ...text }),
    z.object({ role: z.literal('developer'), ...text }),
    z.object({ role: z.literal('user'), ...text }),
    z.object({
      role: z.literal('assistant'),
      content: content.nullish(),
      name: name.optional(),
      tool_calls: z.array(toolCall).min(1).max(MAX_TOOL_CALLS).optional(),
    }),
    z.object({ role: z.literal('tool'), content, tool_call_id: name }),
  ])
}

/** The schema of an `init`'s payload. Unknown fields are ignored, as the tutorial's schema ignores them. */
export function chatRequestSchema(limits: ChatRequestLimits): z.ZodType<ChatRequest> {
  const stop = z.string().min(1).max(MAX_STOP_CHARACTERS)
  return z.object({
    modelId: name,
    messages: z.array(messageSchema(limits.maxContentCharacters)).min(1),
    temperature: z.number().min(0).max(2).optional(),
    maxTokens: z.int().min(1).optional(),
    topP: z.number().min(0).max(1).optional(),
    stop: z.union([stop, z.array(stop).min(1).max(MAX_STOPS)]).optional(),
    seed: z.int().optional(),
    tools: z.array(tool).min(1).max(MAX_TOOLS).optional(),
    toolChoice: z
      .union([z.enum(['none', 'auto', 'required']), z.record(z.string(), z.unknown())])
      .optional(),
    responseFormat: z.record(z.string(), z.unknown()).optional(),
  })
}
