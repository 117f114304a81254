/**
 * What a JSON text says, without its escape sequences: a detector reads `Renée` where a program wrote `Ren\u00e9e`. Offsets
 * lead back to the text as it was written.
 */
import type { Span } from '@sluice/guard'

export interface PlainText {
  readonly text: string
  /** Spans of `text` as spans of what it was read from. */
  readonly written: (spans: readonly Span[]) => readonly Span[]
}

/** What JSON begins with. Text that only begins alike is read with other escape sequences, too: its offsets hold. */
const BEGINNING = /^\s*["[{]/
const ESCAPE = /\\(?:u[\da-fA-F]{4}|["\\/bfnrt])/g
const MEANINGS: Readonly<Record<string, string>> = {
  ...{ '\\b': '\b', '\\f': '\f', '\\n': '\n', '\\r': '\r', '\\t': '\t' },
}

/**
 * A text that is no JSON, or has no escape sequence, is what it says.
 * @param isJson or a part of it; default: whether it begins like JSON
 */
export function plainTextOf(text: string, isJson = BEGINNING.test(text)): PlainText {
  if (!isJson || !text.includes('\\')) return { text, written: (spans) => spans }
  /** By escape sequence: the offset behind it in the plain text, and how much longer it was written up to there. */
  const ends: number[] = []
  const longer: number[] = []
  let more = 0
  const plain = text.replace(ESCAPE, (sequence, index: number) => {
    more += sequence.length - 1
    ends.push(index + sequence.length - more)
    longer.push(more)
    return meaningOf(sequence)
  })
  const writtenAt = (at: number) => at + (longer[lastUpTo(ends, at)] ?? 0)
  const written = (span: Span) => ({
    ...span,
    start: writtenAt(span.start),
    end: writtenAt(span.end),
  })
  return { text: plain, written: (spans) => spans.map(written) }
}

function meaningOf(sequence: string): string {
  if (sequence.length === 2) return MEANINGS[sequence] ?? sequence.charAt(1)
  return String.fromCharCode(Number.parseInt(sequence.slice(2), 16))
}

/** The index of the last of ascending offsets that is not behind one; -1 if there is none. */
function lastUpTo(offsets: readonly number[], at: number): number {
  let low = 0
  let high = offsets.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((offsets[middle] ?? 0) > at) high = middle
    else low = middle + 1
  }
  return low - 1
}
