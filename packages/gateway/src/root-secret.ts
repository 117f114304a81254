/** The one secret of a deployment, and the keys that are derived from it: each use has its own, and none tells another. */
import { hkdfSync, randomBytes } from 'node:crypto'

/**
 * What a key is for. `audit`: digests of names that the audit conceals. `tokens`: tokens for browsers. `pseudonyms`:
 * stand-ins for personal data. `cluster`: what nodes tell each other.
 */
export type KeyUse = 'audit' | 'tokens' | 'pseudonyms' | 'cluster'

/** Bytes of a derived key, as many as SHA-256 has. */
const KEY_BYTES = 32

export class RootSecret {
  readonly #secret: string
  /** Made for this run, because none was configured: what depends on it ends with the process. */
  readonly isTemporary: boolean

  constructor(configured: string | undefined) {
    this.#secret = configured ?? randomBytes(KEY_BYTES).toString('base64url')
    this.isTemporary = configured === undefined
  }

  /** HKDF with SHA-256 (RFC 5869), the use as its info. */
  key(use: KeyUse): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#secret, '', use, KEY_BYTES))
  }
}
