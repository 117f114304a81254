/** From a client's text to a valid `init` of dialect 1. */
import { ERROR_TEXTS, type InitMessage } from '@sluice/protocol'
import { chatRequestSchema } from '@sluice/protocol/schemas'
import { GatewayError } from '../errors.ts'
import {
  invalidRequest,
  type MessageLimits,
  parseMessage,
  refuseTooManyMessages,
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

  /** @throws GatewayError `invalid_message`, `unknown_type` or `invalid_request`, with a path and a reason for each problem */
  read(text: string): InitMessage {
    const message = parseMessage(text, this.#options)
    if (message.type !== 'init') {
      throw new GatewayError('unknown_type', `${ERROR_TEXTS.invalidType}: expected "init"`)
    }
    const { payload, onOverflow, conversationId } = message
    refuseTooManyMessages(payload, this.#options)
    const result = this.#schema.safeParse(payload)
    if (!result.success) throw invalidRequest(result.error)
    return {
      type: 'init',
      payload: result.data,
      onOverflow: overflowOf(onOverflow),
      conversationId: conversationIdOf(conversationId),
    }
  }
}

function overflowOf(value: unknown): 'reject' | 'truncate' | undefined {
  if (value === undefined || value === 'reject' || value === 'truncate') return value
  throw invalidRequest('onOverflow: expected "reject" or "truncate"')
}

function conversationIdOf(value: unknown): string | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string' && value.length > 0 && value.length <= MAX_CONVERSATION_ID)
    return value
  throw invalidRequest(
    `conversationId: expected a string of 1 to ${MAX_CONVERSATION_ID} characters`,
  )
}
