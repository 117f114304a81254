// The short code of a stand-in: derived from the value with a secret key, so that nobody can find the value by trying.
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'

/** Douglas Crockford's base 32: no I, L and O, which look like 1 and 0, and no U. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const MIN_LENGTH = 4
const FIRST_LETTER = ALPHABET.indexOf('A')

/** What looks like a code: those of collisions are longer than four characters. */
export const CODE_SHAPE = /^(?=[^\d]*\d)[\dA-HJKMNP-TV-Z]{4,8}$/i

/**
 * A code for what `parts` say. It has a digit, so that it is never a word. `attempt` counts from 0: each gives another code,
 * one character longer than the one before.
 */
export function standInCode(key: Uint8Array, parts: readonly string[], attempt: number): string {
  const digest = hmac(sha256, key, utf8ToBytes(JSON.stringify([...parts, attempt])))
  const length = MIN_LENGTH + attempt
  let from = 0
  for (let at = 0; at + length <= digest.length; at += 1) {
    if (digest.subarray(at, at + length).every((byte) => byte % 32 >= FIRST_LETTER)) continue
    from = at
    break
  }
  return [...digest.subarray(from, from + length)].map((byte) => ALPHABET[byte % 32]).join('')
}
