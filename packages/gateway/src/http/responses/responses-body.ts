/** The body of `POST /v1/responses`: OpenAI's request, as our own, and what the answer repeats of it. */
import { type ResponsesRequest, responsesSchema } from '@sluice/protocol/responses-schema'
import { invalidRequest } from '../../dialects/message.ts'
import type { RequestReader } from '../../dialects/request-reader.ts'
import type { Asked } from '../post-completion.ts'
import { inputMessages } from './input-messages.ts'

/** What a client asked for. */
export interface ResponsesBody extends Asked {
  echo: string
  /** The answer is to come as events, else as one object. */
  isStream: boolean
  /** It goes on without its connection, and is asked for later. */
  isBackground: boolean
  /** It can be asked for later. */
  isStored: boolean
}

/** What a client asks for that wants to send reasoning back. */
const STATE = 'reasoning.encrypted_content'

/** @throws GatewayError `invalid_request` */
export function readResponsesBody(
  fields: Record<string, unknown>,
  reader: RequestReader,
): ResponsesBody {
  const read = responsesSchema.safeParse(fields)
  if (!read.success) throw invalidRequest(read.error, { whole: 'body' })
  const { data } = read
  const isBackground = data.background ?? false
  const isStored = data.store ?? true
  if (isBackground && !isStored)
    throw invalidRequest('store: a response in the background has to be stored')
  const { truncation } = data
  return {
    request: reader.check(chatRequest(data, reader), { fields: NAMES }),
    echo: JSON.stringify(echoOf(data)),
    onOverflow:
      truncation === 'auto' ? 'truncate' : truncation === 'disabled' ? 'reject' : undefined,
    isStream: data.stream ?? false,
    isBackground,
    isStored,
  }
}

/** What the fields of a chat request are called here. */
const NAMES: Readonly<Record<string, string>> = {
  modelId: 'model',
  messages: 'input',
  maxTokens: 'max_output_tokens',
  topP: 'top_p',
  toolChoice: 'tool_choice',
  parallelToolCalls: 'parallel_tool_calls',
  reasoningEffort: 'reasoning.effort',
  responseFormat: 'text.format',
}

/** A chat request; its own schema bounds what is in it. */
function chatRequest(body: ResponsesRequest, reader: RequestReader): Record<string, unknown> {
  const wanted = {
    modelId: body.model,
    messages: inputMessages(body, reader),
    maxTokens: body.max_output_tokens,
    temperature: body.temperature,
    topP: body.top_p,
    ...toolsOf(body),
    reasoningEffort: body.reasoning?.effort,
    responseFormat: responseFormatOf(body),
  }
  return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value != null))
}

/** Where there are no tools, many servers do not want to hear how they are to be chosen. */
function toolsOf({ tools, tool_choice: choice, parallel_tool_calls: parallel }: ResponsesRequest) {
  if (!tools?.length) return {}
  return {
    tools: tools.map(({ type, ...fields }) => {
      const given = Object.entries(fields).filter(([, value]) => value !== null)
      return { type, function: Object.fromEntries(given) }
    }),
    toolChoice:
      typeof choice === 'object' && choice !== null
        ? { type: 'function', function: { name: choice.name } }
        : choice,
    parallelToolCalls: parallel,
  }
}

function responseFormatOf({ text }: ResponsesRequest) {
  const { format } = text ?? {}
  if (format?.type !== 'json_schema') return format?.type === 'text' ? undefined : format
  const { type, ...schema } = format
  return { type, json_schema: schema }
}

/** Nothing that was said: neither instructions nor definitions of tools. */
function echoOf(body: ResponsesRequest): Record<string, unknown> {
  const { effort = null, summary = body.reasoning?.generate_summary ?? null } = body.reasoning ?? {}
  return {
    model: body.model,
    background: body.background ?? false,
    ...(body.include?.includes(STATE) ? { include: [STATE] } : {}),
    instructions: null,
    max_output_tokens: body.max_output_tokens ?? null,
    metadata: body.metadata ?? {},
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: null,
    reasoning: { effort, summary },
    store: body.store ?? true,
    temperature: body.temperature ?? null,
    tool_choice: body.tool_choice ?? 'auto',
    tools: [],
    top_p: body.top_p ?? null,
    truncation: body.truncation ?? 'disabled',
  }
}
