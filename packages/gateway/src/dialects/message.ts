/** What every message of a client goes through before its schema: bounds of nesting and number, then the parser. */
import { TextDecoder } from 'node:util'
import { ERROR_TEXTS } from '@sluice/protocol'
import { MAX_ISSUES } from '@sluice/protocol/schemas'
import type { RequestSize } from '../completion/memory-budget.ts'
import { GatewayError } from '../errors.ts'
import { JsonBounds } from '../json-bounds.ts'
import { isJsonObject } from '../json-object.ts'
import type { Task } from '../scheduler.ts'

export interface MessageLimits {
  maxJsonDepth: number
  maxMessages: number
}

/** More than the longest conversation with the most tools has. Parsing and checking more would keep everybody waiting. */
export const MAX_JSON_VALUES = 20_000
/** Bytes that are decoded and looked at without a look at the clock: about a millisecond's. */
const SLICE_BYTES = 262_144
const NOTHING = new Uint8Array(0)

/** A message as an object. */
export interface ParsedMessage {
  readonly fields: Record<string, unknown>
  /** Of the message as it came. */
  readonly size: RequestSize
}

/** Reads a message at once. @throws GatewayError `invalid_message` */
export function parseMessage(bytes: Uint8Array, limits: MessageLimits): ParsedMessage {
  const bounds = new JsonBounds({ depth: limits.maxJsonDepth, values: MAX_JSON_VALUES })
  const text = decode(new TextDecoder('utf-8', { fatal: true }), bytes)
  refuseExcess(bounds.add(text), limits)
  return { fields: objectIn(text), size: { bytes: bytes.length, values: bounds.values } }
}

/**
 * Reads a message in turns. Of these nothing but the parser's own, which cannot be interrupted, is longer
 * than a slice.
 * @param chunks its bytes, which are dropped as soon as they are read
 * @throws GatewayError `invalid_message`, and as the task does
 */
export async function parseInTurns(
  chunks: Uint8Array[],
  limits: MessageLimits,
  task: Task,
): Promise<ParsedMessage> {
  const bounds = new JsonBounds({ depth: limits.maxJsonDepth, values: MAX_JSON_VALUES })
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const texts: string[] = []
  let bytes = 0
  for (const chunk of chunks.splice(0)) {
    bytes += chunk.length
    for (let start = 0; start < chunk.length; start += SLICE_BYTES) {
      if (task.isOver()) await task.next()
      const text = decode(decoder, chunk.subarray(start, start + SLICE_BYTES), { stream: true })
      refuseExcess(bounds.add(text), limits)
      texts.push(text)
    }
  }
  texts.push(decode(decoder, NOTHING))
  await task.next()
  return { fields: objectIn(texts.splice(0).join('')), size: { bytes, values: bounds.values } }
}

function decode(decoder: TextDecoder, bytes: Uint8Array, options?: { stream: boolean }): string {
  try {
    return decoder.decode(bytes, options)
  } catch {
    throw new GatewayError('invalid_message', 'The message is not valid UTF-8')
  }
}

function refuseExcess(excess: 'depth' | 'values' | undefined, limits: MessageLimits): void {
  if (excess === undefined) return
  const what = {
    depth: `nested deeper than ${limits.maxJsonDepth}`,
    values: `made of more than ${MAX_JSON_VALUES} JSON values`,
  }
  throw new GatewayError('invalid_message', `The message is ${what[excess]}`)
}

function objectIn(text: string): Record<string, unknown> {
  let message: unknown
  try {
    message = JSON.parse(text)
  } catch {
    throw new GatewayError('invalid_message', 'The message is not valid JSON')
  }
  if (isJsonObject(message)) return message
  throw new GatewayError('invalid_message', 'The message is not a JSON object')
}

/** Before the schema, because a schema library describes every problem it finds. @throws GatewayError `invalid_request` */
export function refuseTooManyMessages(payload: unknown, { maxMessages }: MessageLimits): void {
  const messages = (payload as { messages?: unknown } | null | undefined)?.messages
  if (!Array.isArray(messages) || messages.length <= maxMessages) return
  throw invalidRequest(`messages: ${messages.length} messages, at most ${maxMessages}`)
}

interface Issue {
  code?: string
  path: PropertyKey[]
  message: string
}

/** What a client calls what our schema has under other names. */
export interface TheirNames {
  /** Of the whole that was checked. Default: `payload`. */
  whole?: string
  /** Of its fields. */
  fields?: Readonly<Record<string, string>>
}

/** A refusal that says what is wrong: one problem, or those that a schema found. */
export function invalidRequest(
  problem: string | { issues: readonly Issue[] },
  names: TheirNames = {},
): GatewayError {
  const problems =
    typeof problem === 'string'
      ? [problem]
      : problem.issues.map(({ path, message }) => `${placeOf(path, names)}: ${message}`)
  const shown = problems.slice(0, MAX_ISSUES)
  if (problems.length > shown.length) shown.push(`and ${problems.length - shown.length} more`)
  const isLength = typeof problem !== 'string' && problem.issues.every(isContentLength)
  return new GatewayError('invalid_request', `${ERROR_TEXTS.invalidSchema}: ${shown.join('; ')}`, {
    ...(isLength ? { reason: 'content_bound' as const } : {}),
  })
}

function isContentLength({ code, path: [list, , field] }: Issue): boolean {
  return code === 'too_big' && list === 'messages' && field === 'content'
}

/** Where a problem is. (Its reason is the library's, and names types and limits, never the value.) */
function placeOf(path: PropertyKey[], { whole = 'payload', fields = {} }: TheirNames): string {
  const [field] = path
  if (field === undefined) return whole
  // What is inside a field of another name may have another form there.
  return fields[String(field)] ?? path.map(String).join('.').slice(0, 200)
}
