/**
 * Text wherever servers put it: plain, as a list of parts (Mistral's and Databricks' reasoning models), or as an object with
 * the text inside. Parts that think or reason are reasoning.
 */

import { CONTENT, REASONING, REFUSAL } from '../../../deltas.ts'
import { isJsonObject } from '../../../json-object.ts'
import { isThought } from './thoughts.ts'

/** Where the pieces of a text go. */
export interface PieceSink {
  piece(channel: number, text: string): void
  /** A part in which there is no text. */
  unknownPart(): void
}

/** Deeper nesting than any server has. */
const MAX_DEPTH = 6

/** The channel of a part by its type; any other type says nothing about the channel. */
const CHANNEL_OF_TYPE: Readonly<Record<string, number>> = {
  text: CONTENT,
  output_text: CONTENT,
  thinking: REASONING,
  thought: REASONING,
  reasoning: REASONING,
  reasoning_text: REASONING,
  reasoning_content: REASONING,
  summary_text: REASONING,
  refusal: REFUSAL,
}

/** The fields that have a part's text, and the channel that a field's own name tells. */
const TEXT_FIELDS: readonly (readonly [field: string, channel: number | undefined])[] = [
  ['thinking', REASONING],
  ['reasoning', REASONING],
  ['reasoning_content', REASONING],
  ['summary', REASONING],
  ['refusal', REFUSAL],
  ['text', undefined],
  ['content', undefined],
  ['value', undefined],
]

/** Hands on the pieces of text in `value`, in order. */
export function readContent(value: unknown, channel: number, sink: PieceSink): void {
  readPieces(value, channel, { sink, depth: 0 })
}

interface Place {
  sink: PieceSink
  depth: number
}

function readPieces(value: unknown, channel: number, { sink, depth }: Place): void {
  if (value === null || value === undefined) return
  const inner = { sink, depth: depth + 1 }
  if (typeof value === 'string') {
    if (value !== '') sink.piece(channel, value)
  } else if (depth === MAX_DEPTH) {
    sink.unknownPart()
  } else if (Array.isArray(value)) {
    for (const part of value) readPieces(part, channel, inner)
  } else if (isJsonObject(value)) {
    readPart(value, channel, inner)
  } else {
    sink.unknownPart()
  }
}

function readPart(part: Record<string, unknown>, channel: number, place: Place): void {
  const own = channelOf(part)
  // What stands inside reasoning stays reasoning, whatever a part of it calls itself.
  const outer = channel === CONTENT ? (own ?? channel) : channel
  let isKnown = own !== undefined
  for (const [field, implied] of TEXT_FIELDS) {
    if (part[field] === undefined) continue
    isKnown = true
    readPieces(part[field], outer === CONTENT ? (implied ?? outer) : outer, place)
  }
  if (!isKnown) place.sink.unknownPart()
}

function channelOf(part: Record<string, unknown>): number | undefined {
  if (isThought(part)) return REASONING
  return typeof part.type === 'string' ? CHANNEL_OF_TYPE[part.type] : undefined
}
