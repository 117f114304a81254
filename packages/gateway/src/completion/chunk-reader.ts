/** Reads the parts of a chat-completion chunk from what an upstream sent: the shapes of chunk-fields.ts, in order. */
import { GatewayError } from '../errors.ts'
import { indexOf, isObject, wordOrUndefined } from './chunk-fields.ts'
import type { ToolCallPart } from './guarded-choice.ts'
import { CHANNEL_FIELDS } from './log.ts'

type Fields = Record<string, unknown>

/** More choices or tool calls than any request asks for. */
const MAX_CHOICES = 128
const MAX_TOOL_CALLS = 128

/** @throws GatewayError `upstream_invalid_stream` */
export function parseChunk(data: string): Fields {
  let chunk: unknown
  try {
    chunk = JSON.parse(data)
  } catch {
    throw invalidChunk('is not JSON')
  }
  if (!isObject(chunk)) throw invalidChunk('is not a JSON object')
  return chunk
}

/** The error object that a chunk is or carries; undefined for a chunk. */
export function errorOf(chunk: Fields, event: string): unknown {
  if (chunk.error !== undefined && chunk.error !== null) return chunk.error
  if (event === 'error') return chunk
  // Genesys Cloud's error body has no `error` field: it is one.
  const isChunk = chunk.choices !== undefined || chunk.usage !== undefined
  return !isChunk && typeof chunk.message === 'string' ? chunk : undefined
}

/** The choices of a chunk with their indices; a usage chunk has none. */
export function* choicesOf(chunk: Fields): Generator<[Fields, number]> {
  if (!Array.isArray(chunk.choices)) return
  let position = 0
  for (const choice of chunk.choices) {
    const index = isObject(choice) ? indexOf(choice.index, position, MAX_CHOICES) : undefined
    if (index === undefined)
      throw invalidChunk(`has a choice without an index below ${MAX_CHOICES}`)
    yield [choice, index]
    position += 1
  }
}

export function deltaOf(choice: Fields): Fields {
  return isObject(choice.delta) ? choice.delta : {}
}

/** The texts of a delta that are not empty, by the log's channels. */
export function* textsOf(delta: Fields): Generator<[channel: number, text: string]> {
  for (let channel = 0; channel < CHANNEL_FIELDS.length; channel += 1) {
    const text = delta[CHANNEL_FIELDS[channel] ?? '']
    if (typeof text === 'string' && text !== '') yield [channel, text]
  }
}

export function* toolCallsOf(delta: Fields): Generator<ToolCallPart> {
  if (!Array.isArray(delta.tool_calls)) return
  let position = 0
  for (const call of delta.tool_calls) {
    const index = isObject(call) ? indexOf(call.index, position, MAX_TOOL_CALLS) : undefined
    if (index === undefined)
      throw invalidChunk(`has a tool call without an index below ${MAX_TOOL_CALLS}`)
    const called = isObject(call.function) ? call.function : {}
    const text = typeof called.arguments === 'string' ? called.arguments : ''
    yield {
      index,
      id: wordOrUndefined(call.id),
      name: wordOrUndefined(called.name),
      arguments: text,
    }
    position += 1
  }
}

/** The text of a chunk that has one and says nothing else that is news. */
export function loneTextOf(chunk: Fields) {
  if (!Array.isArray(chunk.choices) || chunk.choices.length !== 1 || isObject(chunk.usage))
    return undefined
  const [choice] = chunk.choices as Fields[]
  if (choice === undefined || typeof choice.finish_reason === 'string') return undefined
  const delta = deltaOf(choice)
  if (typeof delta.role === 'string' || Array.isArray(delta.tool_calls)) return undefined
  const [only, ...others] = textsOf(delta)
  if (only === undefined || others.length > 0) return undefined
  const [channel, text] = only
  return {
    choice: indexOf(choice.index, 0, MAX_CHOICES) ?? 0,
    channel,
    field: CHANNEL_FIELDS[channel] ?? '',
    text,
  }
}

export function invalidChunk(what: string): GatewayError {
  return new GatewayError('upstream_invalid_stream', `an event of the upstream ${what}`)
}
