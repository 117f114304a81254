/**
 * Long texts in windows: a detector sees so many characters at once. Windows overlap, so that what one cuts another sees
 * whole; what several find of one thing becomes one span.
 */
import type { Span } from '@sluice/guard'

/** UTF-16 units of a window: some 1,000 tokens of prose. */
const WINDOW_LENGTH = 4_000
/** What two windows share. Longer entities than this may be found in parts. */
const OVERLAP = 200

export interface Window {
  readonly start: number
  readonly text: string
}

/** The windows of a text; each but the first begins behind white space, if there is some to begin behind. */
export function windowsOf(text: string, length = WINDOW_LENGTH): Window[] {
  const windows: Window[] = []
  let start = 0
  while (start + length < text.length) {
    const end = start + length
    windows.push({ start, text: text.slice(start, end) })
    start = wordStart(text, end - Math.min(OVERLAP, length >> 1), end)
  }
  windows.push({ start, text: text.slice(start) })
  return windows
}

/** The first place between two offsets that lies behind white space; else the first one, moved off a surrogate pair. */
function wordStart(text: string, from: number, to: number): number {
  for (let at = from; at < to; at += 1) if (/\s/.test(text.charAt(at - 1))) return at
  return /[\udc00-\udfff]/.test(text.charAt(from)) ? from + 1 : from
}

/** The spans in a text of what was found in its windows. Where two of one entity overlap they are one. */
export function mergeSpans(found: readonly { window: Window; spans: readonly Span[] }[]): Span[] {
  const all = found.flatMap(({ window, spans }) =>
    spans.map((span) => ({
      ...span,
      start: span.start + window.start,
      end: span.end + window.start,
    })),
  )
  all.sort((a, b) => a.start - b.start || b.end - a.end)
  const merged: { entity: string; start: number; end: number; score: number }[] = []
  const last = new Map<string, (typeof merged)[number]>()
  for (const span of all) {
    const before = last.get(span.entity)
    if (before !== undefined && span.start < before.end) {
      before.end = Math.max(before.end, span.end)
      before.score = Math.max(before.score, span.score)
      continue
    }
    const own = { ...span }
    merged.push(own)
    last.set(span.entity, own)
  }
  return merged
}
