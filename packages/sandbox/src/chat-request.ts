/** The part of a chat request that the sandbox reads; everything else in the body is accepted and ignored. */

import { asObject, asObjects, parseObject } from './json.ts'

/** A chat request, checked as far as the sandbox uses it. */
export interface ChatRequest {
  model: string
  messages: { role: string; content: unknown }[]
  stream: boolean
  /** Whether `stream_options.include_usage` asks for a usage chunk. */
  includeUsage: boolean
  /** How many choices are asked for, if the request says so. */
  choices: number | undefined
  /** Name of the first function in `tools`. */
  firstTool: string | undefined
}

/** Reads the body of a chat request; a string says what is wrong with it. */
export function parseChatRequest(body: string): ChatRequest | string {
  const value = parseObject(body)
  if (value === undefined) return 'The body is not a JSON object.'
  const { model, messages } = value
  if (typeof model !== 'string' || model === '') return 'model must be a text that is not empty.'
  if (!Array.isArray(messages) || messages.length === 0)
    return 'messages must be a list with at least one entry.'
  if (!messages.every(isMessage)) return 'Each message must be an object with a role.'
  return {
    model,
    messages,
    stream: value.stream === true,
    includeUsage: asObject(value.stream_options).include_usage === true,
    choices: typeof value.n === 'number' ? value.n : undefined,
    firstTool: firstTool(value.tools),
  }
}

/** The text of the last message from the user; parts of a message that are no text are left out. */
export function lastUserText(request: ChatRequest): string {
  const content = request.messages.findLast((message) => message.role === 'user')?.content
  if (typeof content === 'string') return content
  const texts = asObjects(content).map((part) => part.text)
  return texts.filter((text) => typeof text === 'string').join('')
}

function isMessage(value: unknown): value is { role: string; content: unknown } {
  return typeof asObject(value).role === 'string'
}

function firstTool(tools: unknown): string | undefined {
  const name = asObject(asObjects(tools)[0]?.function).name
  return typeof name === 'string' ? name : undefined
}
