/** Makes an id that a client chose safe to store and to print. What it means stays the client's business. */
import { createHash, createHmac } from 'node:crypto'

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
 * A longer one is cut and ends in `~` and 16 hexadecimal digits of a digest, so that two long ids stay two.
 * @param key of the digest, where the id is kept; without it SHA-256
 */
export function boundedId(value: string, key?: Buffer): string | undefined {
  if (value.length > MAX_ID_LENGTH) return shortened(value, key)
  return cleaned(value) || undefined
}

/** The first digits of a text's HMAC, or of its plain digest without a key. */
export function digestOf(text: string, key?: Buffer): string {
  const hash = key === undefined ? createHash('sha256') : createHmac('sha256', key)
  return hash.update(text).digest('hex').slice(0, DIGEST_LENGTH)
}

function shortened(value: string, key: Buffer | undefined): string {
  const digest = digestOf(value, key)
  const head = cleaned(value.slice(0, MAX_ID_LENGTH - DIGEST_LENGTH - 1))
  return `${head}~${digest}`
}

function cleaned(value: string): string {
  return value.replace(UNSAFE, '').trim()
}
