/** Offsets of languages that count code points, such as Python, as UTF-16 offsets. */
import type { Span } from '@sluice/guard'

/** The spans of a text whose offsets count code points; offsets beyond the text stay beyond it. */
export function fromCodePoints(text: string, spans: readonly Span[]): Span[] {
  if (!/[\ud800-\udbff]/.test(text)) return [...spans]
  const offsets: number[] = []
  let at = 0
  for (const character of text) {
    offsets.push(at)
    at += character.length
  }
  offsets.push(at)
  const offsetOf = (count: number) => offsets[count] ?? Number.NaN
  return spans.map((span) => ({ ...span, start: offsetOf(span.start), end: offsetOf(span.end) }))
}
