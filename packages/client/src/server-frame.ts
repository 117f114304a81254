/**
 * Reads what a server sends. Nothing of it is trusted: fields that are used are checked, missing ones get a harmless value,
 * and a frame that makes no sense is none.
 */
import type { Channel, ToolCallDelta, Usage } from '@sluice/protocol'

type Fields = Record<string, unknown>

/** A terminal as the completion ends with it. */
export type Ending =
  | { type: 'complete'; finishReasons: string[]; usage: Usage; audit: Ended }
  | { type: 'blocked'; reason: string; direction: 'input' | 'output'; retracted: boolean }
  | { type: 'cancelled'; by: string; usage: Usage }

/** What a completion's audit tells its client. */
export interface Ended {
  /** ISO 8601. */
  timestamp: string
  latencyMs: number
  piiConcealed: boolean
}

export interface Acknowledged {
  requestId: string
  modelId: string
  tokenCount: number
  contextWindow: number | undefined
  dropped: number
  durable: boolean | undefined
  /** ISO 8601: until when the completion can be attached to at the latest. */
  expiresAt: string
}

export interface Piece {
  choice: number
  channel: Channel
  text: string | undefined
  toolCall: ToolCallDelta | undefined
  extra: Fields | undefined
}

export interface Refusal {
  code: string
  message: string
  retryable: boolean
  retryAfterMs: number | undefined
  requestId: string | undefined
}

export type ServerFrame =
  | { type: 'welcome'; connectionId: string; messageBytes: number; heartbeat: Heartbeat }
  | { type: 'handshake_ack'; id: string; epoch: number; ack: Acknowledged }
  | { type: 'resumed'; id: string }
  | { type: 'chunk'; id: string; from: number; seq: number; piece: Piece }
  | { type: 'ending'; id: string; from: number; seq: number; epoch: number; ending: Ending }
  | { type: 'failed'; id: string; from: number; seq: number; epoch: number; refusal: Refusal }
  | { type: 'refused'; id: string; refusal: Refusal }
  | { type: 'goaway'; reconnectAfterMs: number }
  | { type: 'other' }

export interface Heartbeat {
  intervalMs: number
  timeoutMs: number
}

/** Bounds of what a server may ask for. */
const MAX_WAIT_MS = 600_000
const MAX_MESSAGE_BYTES = 2 ** 31
const MAX_CHOICE = 1_023
const CHANNELS: readonly unknown[] = ['content', 'reasoning', 'refusal', 'tool_call']

/** The frame in a message; undefined for what is no frame. */
export function readServerFrame(data: unknown): ServerFrame | undefined {
  if (typeof data !== 'string') return undefined
  try {
    const fields: unknown = JSON.parse(data)
    return isFields(fields) ? readFields(fields) : undefined
  } catch {
    return undefined
  }
}

function readFields(fields: Fields): ServerFrame | undefined {
  const { type } = fields
  if (type === 'welcome') return welcome(fields)
  if (type === 'goaway') {
    return { type, reconnectAfterMs: number(fields.reconnectAfterMs, { max: MAX_WAIT_MS }) }
  }
  const id = string(fields.id)
  if (type === 'error') return errorFrame(fields, id)
  if (id === '') return { type: 'other' }
  if (type === 'chunk') return chunk(fields, id)
  if (type === 'handshake_ack') return acknowledgement(fields, id)
  if (type === 'resumed') return { type, id }
  if (type !== 'complete' && type !== 'blocked' && type !== 'cancelled') return { type: 'other' }
  const range = rangeOf(fields)
  if (range === undefined) return undefined
  return { type: 'ending', id, ...range, epoch: epochOf(fields), ending: ending(type, fields) }
}

function welcome({ connectionId, limits, heartbeat }: Fields): ServerFrame {
  const { messageBytes } = isFields(limits) ? limits : {}
  const { intervalMs, timeoutMs } = isFields(heartbeat) ? heartbeat : {}
  const wait = { max: MAX_WAIT_MS, min: 1_000 }
  return {
    type: 'welcome',
    connectionId: string(connectionId),
    messageBytes: number(messageBytes, { max: MAX_MESSAGE_BYTES, or: MAX_MESSAGE_BYTES }),
    heartbeat: {
      intervalMs: number(intervalMs, { ...wait, or: 25_000 }),
      timeoutMs: number(timeoutMs, { ...wait, or: 10_000 }),
    },
  }
}

function acknowledgement(fields: Fields, id: string): ServerFrame | undefined {
  const requestId = string(fields.requestId)
  if (requestId === '') return undefined
  const ack = {
    requestId,
    modelId: string(fields.modelId),
    tokenCount: number(fields.tokenCount),
    contextWindow: optionalNumber(fields.contextWindow),
    dropped: number(fields.dropped),
    durable: typeof fields.durable === 'boolean' ? fields.durable : undefined,
    expiresAt: string(fields.expiresAt),
  }
  return { type: 'handshake_ack', id, epoch: epochOf(fields), ack }
}

function chunk(fields: Fields, id: string): ServerFrame | undefined {
  const range = rangeOf(fields)
  if (range === undefined) return undefined
  const { text, toolCall, extra, channel } = fields
  const piece: Piece = {
    choice: number(fields.choice, { max: MAX_CHOICE }),
    channel: CHANNELS.includes(channel) ? (channel as Channel) : 'content',
    // A channel that this client does not know would else be shown as the answer.
    text: typeof text === 'string' && isKnown(channel) ? text : undefined,
    toolCall: isFields(toolCall) ? toolCallOf(toolCall) : undefined,
    extra: isFields(extra) ? extra : undefined,
  }
  return { type: 'chunk', id, ...range, piece }
}

function isKnown(channel: unknown): boolean {
  return channel === undefined || CHANNELS.includes(channel)
}

function toolCallOf({ index, id, name, arguments: json, extra }: Fields): ToolCallDelta {
  return {
    index: number(index),
    ...(typeof id === 'string' && { id }),
    ...(typeof name === 'string' && { name }),
    ...(typeof json === 'string' && { arguments: json }),
    ...(isFields(extra) && { extra }),
  }
}

function ending(type: Ending['type'], fields: Fields): Ending {
  const { finishReasons, audit, retracted, direction } = fields
  const usage = usageOf(fields.usage)
  if (type === 'complete') {
    const reasons = Array.isArray(finishReasons) ? finishReasons.map(string) : []
    return { type, finishReasons: reasons, usage, audit: endedOf(isFields(audit) ? audit : {}) }
  }
  if (type === 'cancelled') return { type, by: string(fields.by), usage }
  return {
    type,
    reason: string(fields.reason),
    direction: direction === 'input' ? 'input' : 'output',
    // Whoever is in doubt removes the text.
    retracted: retracted !== false,
  }
}

function endedOf({ timestamp, latencyMs, piiConcealed }: Fields): Ended {
  return {
    timestamp: string(timestamp),
    latencyMs: number(latencyMs),
    piiConcealed: piiConcealed === true,
  }
}

function usageOf(usage: unknown): Usage {
  const { promptTokens, completionTokens, estimated } = isFields(usage) ? usage : {}
  return {
    promptTokens: number(promptTokens),
    completionTokens: number(completionTokens),
    estimated: estimated !== false,
  }
}

function errorFrame(fields: Fields, id: string): ServerFrame {
  const refusal = {
    code: string(fields.code) || 'internal',
    message: string(fields.message),
    retryable: fields.retryable === true,
    retryAfterMs: optionalNumber(fields.retryAfterMs),
    requestId: string(fields.requestId) || undefined,
  }
  const range = rangeOf(fields)
  if (range === undefined) return { type: 'refused', id, refusal }
  return { type: 'failed', id, ...range, epoch: epochOf(fields), refusal }
}

/** The entries that a frame covers; undefined if it names none. */
function rangeOf({ seq, from = seq }: Fields): { from: number; seq: number } | undefined {
  if (!isPosition(seq) || !isPosition(from) || from > seq) return undefined
  return { from, seq }
}

function isPosition(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1
}

function epochOf({ epoch }: Fields): number {
  return isPosition(epoch) ? epoch : 1
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function string(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** A finite number within bounds; what is none is `or`. */
function number(value: unknown, { min = 0, max = Number.MAX_SAFE_INTEGER, or = 0 } = {}): number {
  return Math.min(max, Math.max(min, optionalNumber(value) ?? or))
}

function optionalNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}
