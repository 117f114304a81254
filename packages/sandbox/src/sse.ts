/** Writes event data as an event stream (WHATWG HTML, section 9.2) in every form the standard allows, and cuts it into packets. */

/** How the events are written. */
export interface SseFormat {
  /** Line ending; default LF. */
  newline?: '\n' | '\r' | '\r\n'
  /** Starts with a byte order mark. */
  bom?: true
  /** Puts comments, `event`, `id` and `retry` fields and unknown fields around the data. */
  comments?: true
  /** Spreads the data of each event over several `data` lines, without the space after the colon. */
  multiline?: true
  /** The stream ends right after the last data, without the line endings that would finish the event. */
  openEnd?: true
}

/** How the bytes are cut into writes. */
export type Packets = 'event' | 'byte' | 'character-halves' | 'eight-events' | 'drip'

/** Bytes in a packet of a slow drip. */
const dripBytes = 24

/** The packets of a stream: one buffer for each write. */
export function encodeStream(
  events: readonly string[],
  format: SseFormat = {},
  packets: Packets = 'event',
): Buffer[] {
  const frames = events.map((data, index) => encodeEvent(data, index, format))
  if (format.bom) frames[0] = `\uFEFF${frames[0] ?? ''}`
  if (format.openEnd) frames.push((frames.pop() ?? '').trimEnd())
  return cut(frames, packets)
}

function encodeEvent(data: string, index: number, format: SseFormat): string {
  const newline = format.newline ?? '\n'
  const lines = format.multiline ? dataLines(data) : [`data: ${data}`]
  if (format.comments) {
    lines.unshift(': keep-alive', 'event: message', `id: ${index}`, 'retry: 3000')
    lines.push(':', 'unknown: field', 'data-like: field')
  }
  return lines.join(newline) + newline + newline
}

/** JSON may be broken at any place outside its strings; indenting it finds those places. */
function dataLines(data: string): string[] {
  const text = data.startsWith('{') ? JSON.stringify(JSON.parse(data), null, 1) : data
  return text.split('\n').map((line) => `data:${line}`)
}

function cut(frames: readonly string[], packets: Packets): Buffer[] {
  switch (packets) {
    case 'event':
      return frames.map((frame) => Buffer.from(frame))
    case 'eight-events':
      return inGroups(frames, 8).map((group) => Buffer.from(group.join('')))
    case 'byte':
      return slices(Buffer.from(frames.join('')), 1)
    case 'drip':
      return slices(Buffer.from(frames.join('')), dripBytes)
    case 'character-halves':
      return insideCharacters(Buffer.from(frames.join('')))
  }
}

function inGroups<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size)
  return Array.from({ length: count }, (_, group) => items.slice(group * size, (group + 1) * size))
}

function slices(bytes: Buffer, size: number): Buffer[] {
  const count = Math.ceil(bytes.length / size)
  return Array.from({ length: count }, (_, part) => bytes.subarray(part * size, (part + 1) * size))
}

/** Cuts after the first byte of each character that takes more than one. */
function insideCharacters(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = []
  let start = 0
  for (let at = 0; at < bytes.length; at += 1) {
    if ((bytes[at] ?? 0) < 0xc0) continue
    parts.push(bytes.subarray(start, at + 1))
    start = at + 1
  }
  return [...parts, bytes.subarray(start)]
}
