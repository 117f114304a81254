/** From a client's text to a valid `init`: size, nesting and number first, then the schema. */
import { ERROR_TEXTS, type InitMessage } from '@sluice/protocol'
import { chatRequestSchema, MAX_ISSUES } from '@sluice/protocol/schemas'
import { GatewayError } from '../errors.ts'
import { isJsonObject } from '../json-object.ts'

export interface RequestReaderOptions {
  maxJsonDepth: number
  maxMessages: number
  maxContentCharacters: number
  /** Fields of an assistant's message that pass besides the known ones. Default: none. */
  extensionFields?: readonly string[]
}

const MAX_CONVERSATION_ID = 128
/** Far more than the longest conversation has. Parsing and checking millions of values would keep everybody waiting. */
const MAX_JSON_VALUES = 200_000
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c

export class RequestReader {
  readonly #options: RequestReaderOptions
  readonly #schema

  constructor(options: RequestReaderOptions) {
    this.#options = options
    this.#schema = chatRequestSchema(options)
  }

  /** @throws GatewayError `invalid_message`, `unknown_type` or `invalid_request`, with a path and a reason for each problem */
  read(text: string): InitMessage {
    const message = this.#parse(text)
    if (message.type !== 'init') {
      throw new GatewayError('unknown_type', `${ERROR_TEXTS.invalidType}: expected "init"`)
    }
    const { payload, onOverflow, conversationId } = message
    this.#limitMessages(payload)
    const result = this.#schema.safeParse(payload)
    if (!result.success) throw invalid(result.error.issues.map(describeIssue))
    return {
      type: 'init',
      payload: result.data,
      onOverflow: overflowOf(onOverflow),
      conversationId: conversationIdOf(conversationId),
    }
  }

  #parse(text: string): Record<string, unknown> {
    const { maxJsonDepth: depth } = this.#options
    const excess = excessOf(text, { depth, values: MAX_JSON_VALUES })
    if (excess !== undefined) {
      const limits = {
        depth: `nested deeper than ${depth} (SLUICE_MAX_JSON_DEPTH)`,
        values: `made of more than ${MAX_JSON_VALUES} JSON values`,
      }
      throw new GatewayError('invalid_message', `The message is ${limits[excess]}`)
    }
    let message: unknown
    try {
      message = JSON.parse(text)
    } catch {
      throw new GatewayError('invalid_message', 'The message is not valid JSON')
    }
    if (isJsonObject(message)) return message
    throw new GatewayError('invalid_message', 'The message is not a JSON object')
  }

  /** Before the schema, because a schema library describes every problem it finds. */
  #limitMessages(payload: unknown): void {
    const messages = (payload as { messages?: unknown } | null | undefined)?.messages
    if (!Array.isArray(messages) || messages.length <= this.#options.maxMessages) return
    throw invalid([
      `messages: ${messages.length} messages, at most ${this.#options.maxMessages} (SLUICE_MAX_MESSAGES)`,
    ])
  }
}

function invalid(problems: string[]): GatewayError {
  const shown = problems.slice(0, MAX_ISSUES)
  if (problems.length > shown.length) shown.push(`and ${problems.length - shown.length} more`)
  return new GatewayError('invalid_request', `${ERROR_TEXTS.invalidSchema}: ${shown.join('; ')}`)
}

/** A problem's place and reason; the library's reasons name types and limits, never the value. */
function describeIssue(issue: { path: PropertyKey[]; message: string; code?: string }): string {
  const path = issue.path.length === 0 ? 'payload' : issue.path.map(String).join('.')
  return `${path.slice(0, 200)}: ${issue.message}`
}

function overflowOf(value: unknown): 'reject' | 'truncate' | undefined {
  if (value === undefined || value === 'reject' || value === 'truncate') return value
  throw invalid(['onOverflow: expected "reject" or "truncate"'])
}

function conversationIdOf(value: unknown): string | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string' && value.length > 0 && value.length <= MAX_CONVERSATION_ID)
    return value
  throw invalid([`conversationId: expected a string of 1 to ${MAX_CONVERSATION_ID} characters`])
}

/** What of JSON text is over its limit, found without parsing it: values are counted by brackets and commas. */
export function excessOf(
  text: string,
  limits: { readonly depth: number; readonly values: number },
): 'depth' | 'values' | undefined {
  let depth = 0
  let values = 0
  let isInString = false
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i)
    if (isInString) {
      if (code === BACKSLASH) i += 1
      else if (code === QUOTE) isInString = false
    } else if (code === QUOTE) {
      isInString = true
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      depth += 1
      values += 1
      if (depth > limits.depth) return 'depth'
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      depth -= 1
    } else if (code === COMMA) {
      values += 1
    }
    if (values > limits.values) return 'values'
  }
  return undefined
}
