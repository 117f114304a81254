/** What an event's data is before anything is read of it: a chunk, the end of the stream, or a keep-alive. */
import { type Fields, invalidChunk, isNothing, objectIn } from './chunk-fields.ts'
import { refuseDeep } from './depth.ts'

const DONE = '[DONE]'
/** Some servers put blanks or quotation marks around it, write it small, or leave out the brackets. */
const LOOSE_DONE = /^\s*"?(\[done\]|done)"?\s*$/i

export function isDone(data: string): boolean {
  return data === DONE || (data.length < 64 && LOOSE_DONE.test(data))
}

const PING = /^(ping|heartbeat|keep[-_]?alive)$/i

const NO_DATA = new Set(['', 'null', '""', '[]'])

/** Data that servers send to keep a connection alive: none, `null`, a comment that became data, a named ping. */
function isKeepAlive(data: string, event: string): boolean {
  if (PING.test(event)) return true
  const start = data.length < 1_024 ? data.trim() : data
  return NO_DATA.has(start) || start.startsWith(':')
}

/** What an event without choices may have and be no other thing than a chunk. */
const CHUNK_FIELDS = new Set([
  ...['id', 'object', 'created', 'model', 'provider', 'system_fingerprint', 'service_tier'],
  ...['choices', 'usage', 'x_groq', 'timings', 'error', 'base_resp'],
])

/** Whether an event without choices is neither usage, nor an envelope alone, nor a ping. */
export function isForeign(event: Fields, extensionFields: readonly string[]): boolean {
  const names = [event.type, event.event, event.object]
  if (names.some((name) => typeof name === 'string' && PING.test(name))) return false
  return Object.keys(event).some(
    (field) =>
      !CHUNK_FIELDS.has(field) && !extensionFields.includes(field) && !isNothing(event[field]),
  )
}

/**
 * The chunk in an event's data; undefined for a keep-alive, an error for an error that has no JSON.
 * @throws GatewayError `upstream_invalid_stream`
 */
export function parseChunk(data: string, event: string): Fields | undefined {
  if (isKeepAlive(data, event)) return undefined
  refuseDeep(data)
  let chunk: unknown
  try {
    chunk = JSON.parse(data)
  } catch {
    // An event that calls itself an error is one, whatever words it has.
    if (event === 'error') return { error: data }
    throw invalidChunk('is not JSON')
  }
  const only = Array.isArray(chunk) && chunk.length > 1 ? undefined : objectIn(chunk)
  if (only !== undefined) return only
  if (event === 'error') return { error: chunk }
  throw invalidChunk('is not a JSON object')
}

/** Where one event's data ends and the next one begins, if a server leaves out what stands between them. */
const SEAM = /\n|(?<=\})data: ?/

/** The events in an event's data, where a server leaves out the blank lines between them, or all; undefined if it is one. */
export function eventsIn(data: string): readonly string[] | undefined {
  if (!data.includes('\n') && !data.includes('}data:')) return undefined
  const lines = data.split(SEAM)
  return lines.every((line) => isDone(line) || isObject(line)) ? lines : undefined
}

/** The events of a body with one on each line and no name of the field before it; undefined if it is anything else. */
export function eventsOnLines(text: string): readonly string[] | undefined {
  const lines = text.split('\n').map((line) => line.trim().replace(/^data: ?/, ''))
  return eventsIn(lines.filter((line) => line !== '').join('\n'))
}

function isObject(line: string): boolean {
  try {
    return objectIn(JSON.parse(line)) !== undefined
  } catch {
    return false
  }
}
