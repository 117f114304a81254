/** The text form of a client key. Which keys exist is for key-store.ts. */
import { createHash, randomInt } from 'node:crypto'

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const ID_LENGTH = 12
/** 40 characters of 62 are 238 bits, above the 192 that no guessing reaches. */
const SECRET_LENGTH = 40

/** Begins every key, so that secret scanners and people recognise one. */
export const KEY_PREFIX = 'sluice_sk_'

/** The form for secret scanners: prefix, public id, secret. */
export const KEY_PATTERN = new RegExp(
  `^${KEY_PREFIX}([0-9A-Za-z]{${ID_LENGTH}})_[0-9A-Za-z]{${SECRET_LENGTH}}$`,
)

/** A new key and its public id. The key is shown once and never stored. */
export function generateKey(): { id: string; key: string } {
  const id = randomText(ID_LENGTH)
  return { id, key: `${KEY_PREFIX}${id}_${randomText(SECRET_LENGTH)}` }
}

/** The public id in a key, or undefined for a text of another form. */
export function keyId(key: string): string | undefined {
  return KEY_PATTERN.exec(key)?.[1]
}

/**
 * SHA-256 of the whole key. A slow password hash would add nothing: the secret is random and long, so that nobody can
 * try the possible ones.
 */
export function hashKey(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}

function randomText(length: number): string {
  return Array.from({ length }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join('')
}
