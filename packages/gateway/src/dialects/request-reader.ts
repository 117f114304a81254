/** From a client's message to a valid request: an `init` of dialect 1, or what other dialects make of their own. */
import { type ChatRequest, ERROR_TEXTS, type InitMessage } from '@sluice/protocol'
import { chatRequestSchema } from '@sluice/protocol/schemas'
import { GatewayError } from '../errors.ts'
import {
  invalidRequest,
  type MessageLimits,
  parseMessage,
  refuseTooManyMessages,
  type TheirNames,
} from './message.ts'

export interface RequestReaderOptions extends MessageLimits {
  maxContentCharacters: number
  /** Fields of an assistant's message that pass besides the known ones. Default: none. */
  extensionFields?: readonly string[]
}

const MAX_CONVERSATION_ID = 128

export class RequestReader {
  readonly #options: RequestReaderOptions
  readonly #schema

  constructor(options: RequestReaderOptions) {
    this.#options = options
    this.#schema = chatRequestSchema(options)
  }

  /** @throws GatewayError `unknown_type` or `invalid_request`, with a path and a reason for each problem */
  read(message: Readonly<Record<string, unknown>>): InitMessage {
    if (message.type !== 'init') {
      throw new GatewayError('unknown_type', `${ERROR_TEXTS.invalidType}: expected "init"`)
    }
    const { payload, onOverflow, conversationId } = message
    return {
      type: 'init',
      payload: this.check(payload),
      onOverflow: overflowOf(onOverflow),
      conversationId: conversationIdOf(conversationId),
    }
  }

  /** JSON inside a message, within the bounds of one. @throws GatewayError `invalid_message` */
  parse(text: string): Record<string, unknown> {
    return parseMessage(Buffer.from(text), this.#options).fields
  }

  /** A payload that is valid. @throws GatewayError `invalid_request`, with a path and a reason for each problem */
  check(payload: unknown, names?: TheirNames): ChatRequest {
    refuseTooManyMessages(payload, this.#options)
    const result = this.#schema.safeParse(payload)
    if (!result.success) throw invalidRequest(result.error, names)
    return result.data
  }
}

/** @param name what the client calls it. @throws GatewayError `invalid_request` */
export function overflowOf(value: unknown, name = 'onOverflow'): 'reject' | 'truncate' | undefined {
  if (value === undefined || value === 'reject' || value === 'truncate') return value
  throw invalidRequest(`${name}: expected "reject" or "truncate"`)
}

/** @param name what the client calls it. @throws GatewayError `invalid_request` */
export function conversationIdOf(value: unknown, name = 'conversationId'): string | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string' && value.length > 0 && value.length <= MAX_CONVERSATION_ID)
    return value
  throw invalidRequest(`${name}: expected a string of 1 to ${MAX_CONVERSATION_ID} characters`)
}
