/** Makes an id that a client chose safe to store and to print. What it means stays the client's business. */
import { createHash } from 'node:crypto'

/** Longest id kept as it is, in UTF-16 units. */
export const MAX_ID_LENGTH = 128

const DIGEST_LENGTH = 16

/**
 * Control characters (C0, DEL, C1), line and paragraph separators, and the invisible ones that reorder or hide text:
 * they would let an id forge a line of a terminal, a log or a CSV file.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/**
 * The id without unsafe characters and surrounding blanks, at most 128 UTF-16 units; undefined when nothing is left.
 * A longer one is cut and ends in `~` and 16 hexadecimal digits of its SHA-256, so that two long ids stay two.
 */
export function boundedId(value: string): string | undefined {
  if (value.length > MAX_ID_LENGTH) return shortened(value)
  return cleaned(value) || undefined
}

function shortened(value: string): string {
  const digest = createHash('sha256').update(value).digest('hex').slice(0, DIGEST_LENGTH)
  const head = cleaned(value.slice(0, MAX_ID_LENGTH - DIGEST_LENGTH - 1))
  return `${head}~${digest}`
}

function cleaned(value: string): string {
  return value.replace(UNSAFE, '').trim()
}
