/**
 * What `sluice chat` takes from a frame. Whoever listens at the URL may send anything, so each field is read for itself
 * and has its type, or a default, afterwards. Making text harmless for a terminal is for terminal.ts.
 */

export interface ToolCallPart {
  index: number
  text: string
}

/** What one chunk adds, over all its choices. */
export interface ChunkFrame {
  type: 'chunk'
  reasoning: string
  answer: string
  toolCalls: ToolCallPart[]
  /** A choice has ended. */
  isFinish: boolean
}

export type Frame =
  | { type: 'handshake_ack'; tokenCount: number; dropped: number }
  | ChunkFrame
  | { type: 'complete'; tokenCount: number; isFiltered: boolean }
  | { type: 'blocked' | 'error'; reason: string }
  /** A kind of message that this command does not know: newer gateways may have more. */
  | { type: 'unknown' }

/** Reads a frame's text; undefined if it is no message at all. */
export function readFrame(text: string): Frame | undefined {
  const message = objectIn(parsed(text))
  if (message === undefined || typeof message.type !== 'string') return undefined
  switch (message.type) {
    case 'handshake_ack':
      return {
        type: 'handshake_ack',
        tokenCount: countIn(message.tokenCount),
        dropped: countIn(message.dropped),
      }
    case 'chunk':
      return chunkFrame(message.data)
    case 'complete': {
      const { tokenCount, ppiFiltered } = objectIn(message.auditLog) ?? {}
      return { type: 'complete', tokenCount: countIn(tokenCount), isFiltered: ppiFiltered === true }
    }
    case 'blocked':
      return { type: 'blocked', reason: textIn(message.reason) }
    case 'error':
      return { type: 'error', reason: textIn(message.message) }
    default:
      return { type: 'unknown' }
  }
}

function chunkFrame(data: unknown): ChunkFrame {
  const frame: ChunkFrame = {
    type: 'chunk',
    reasoning: '',
    answer: '',
    toolCalls: [],
    isFinish: false,
  }
  for (const choice of listIn(objectIn(data)?.choices)) {
    const { delta, finish_reason: reason } = objectIn(choice) ?? {}
    const {
      content,
      reasoning_content: long,
      reasoning: short,
      tool_calls: calls,
    } = objectIn(delta) ?? {}
    frame.reasoning += textIn(long) || textIn(short)
    frame.answer += textIn(content)
    for (const call of listIn(calls)) frame.toolCalls.push(toolCallPart(call))
    if (typeof reason === 'string') frame.isFinish = true
  }
  return frame
}

function toolCallPart(call: unknown): ToolCallPart {
  const { index, function: called } = objectIn(call) ?? {}
  const { name, arguments: given } = objectIn(called) ?? {}
  return { index: countIn(index), text: `${textIn(name)} ${textIn(given)}`.trim() }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function objectIn(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? (value as Record<string, unknown>) : undefined
}

function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** A text, or the texts of a list of parts, which upstreams may send under policy `off`. */
function textIn(value: unknown): string {
  if (typeof value === 'string') return value
  return listIn(value)
    .map((part) => objectIn(part)?.text)
    .filter((text) => typeof text === 'string')
    .join('')
}

function countIn(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : 0
}
