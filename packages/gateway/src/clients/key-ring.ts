/** The keys that a running gateway accepts. The file they come from is for key-store.ts, watching it for the server. */
import { timingSafeEqual } from 'node:crypto'
import { hashKey, keyId } from './api-key.ts'
import { type AuthResult, accepted, refused } from './auth-result.ts'
import { keyFileTime, readKeys, type StoredKey } from './key-store.ts'
import type { Principal } from './principal.ts'

/** Ids of keys that a reload found different. */
export interface KeyChanges {
  readonly added: readonly string[]
  /** Other limits, models, policy, name or expiry: in force from each client's next request. */
  readonly changed: readonly string[]
  /** Newly revoked, or no longer in the file: their sockets are to be closed. */
  readonly revoked: readonly string[]
}

/** The key file as the running gateway knows it. */
export interface KeyFileState {
  /** When the version in use was written, in milliseconds since the epoch. */
  readonly writtenAt: number
  /** Whether a later look at the file failed: it is gone, not readable or not valid, and the old keys stay in use. */
  readonly isRefused: boolean
}

interface RingKey {
  readonly hash: Buffer
  readonly stored: StoredKey
  readonly expiresAt: number | undefined
}

/** Compared with when the id is unknown, so that the answer takes as long. */
const NO_HASH = Buffer.alloc(32)

/** Accepts and refuses keys. */
export class KeyRing {
  readonly #path: string
  readonly #now: () => number
  #keys: ReadonlyMap<string, RingKey> = new Map()
  #file: KeyFileState = { writtenAt: 0, isRefused: true }

  private constructor(path: string, now: () => number) {
    this.#path = path
    this.#now = now
  }

  /**
   * Reads the file. `now` is in milliseconds since the epoch.
   * @throws GatewayError `configuration` when it cannot be read or is not valid.
   */
  static async load(path: string, now: () => number): Promise<KeyRing> {
    const ring = new KeyRing(path, now)
    await ring.reload()
    return ring
  }

  get path(): string {
    return this.#path
  }

  get file(): KeyFileState {
    return this.#file
  }

  /** The keys that are not revoked. */
  get live(): readonly StoredKey[] {
    const all = [...this.#keys.values()].map(({ stored }) => stored)
    return all.filter(({ revokedAt }) => revokedAt === undefined)
  }

  /** What a client may do now, by the id of its key; undefined once that is revoked or gone. */
  principal(id: string): Principal | undefined {
    const key = this.#keys.get(id)
    return key === undefined || key.stored.revokedAt !== undefined ? undefined : principalOf(key)
  }

  /** Checks a credential. Only who holds the secret learns that a key is revoked or expired. */
  check(credential: string): AuthResult {
    const id = keyId(credential)
    if (id === undefined) return refused('malformed')
    const key = this.#keys.get(id)
    const isEqual = timingSafeEqual(hashKey(credential), key?.hash ?? NO_HASH)
    if (key === undefined || !isEqual) return refused('unknown_key')
    if (key.stored.revokedAt !== undefined) return refused('revoked_key')
    if (key.expiresAt !== undefined && key.expiresAt <= this.#now()) return refused('expired_key')
    return accepted(principalOf(key))
  }

  /**
   * Reads the file again and takes it whole, or leaves everything as it is.
   * @throws GatewayError `configuration` when it cannot be read or is not valid.
   */
  async reload(): Promise<KeyChanges> {
    const before = this.#keys
    try {
      // The time first: a change while the file is read is then noticed at the next look.
      const writtenAt = await keyFileTime(this.#path)
      this.#keys = indexed(await readKeys(this.#path))
      this.#file = { writtenAt, isRefused: false }
    } catch (error) {
      this.#file = { ...this.#file, isRefused: true }
      throw error
    }
    return compared(before, this.#keys)
  }
}

function indexed(keys: readonly StoredKey[]): ReadonlyMap<string, RingKey> {
  return new Map(
    keys.map((stored) => [
      stored.id,
      {
        stored,
        hash: Buffer.from(stored.hash.slice('sha256:'.length), 'hex'),
        expiresAt: stored.expiresAt === undefined ? undefined : Date.parse(stored.expiresAt),
      },
    ]),
  )
}

function compared(
  before: ReadonlyMap<string, RingKey>,
  after: ReadonlyMap<string, RingKey>,
): KeyChanges {
  const isLive = (key: RingKey | undefined) =>
    key !== undefined && key.stored.revokedAt === undefined
  const isSame = (id: string) =>
    JSON.stringify(before.get(id)?.stored) === JSON.stringify(after.get(id)?.stored)
  const live = [...after.keys()].filter((id) => isLive(after.get(id)))
  return {
    added: live.filter((id) => !isLive(before.get(id))),
    changed: live.filter((id) => isLive(before.get(id)) && !isSame(id)),
    revoked: [...before.keys()].filter((id) => isLive(before.get(id)) && !isLive(after.get(id))),
  }
}

function principalOf({ stored, expiresAt }: RingKey): Principal {
  const { id, name, tenant, labels, allowedModels, policy, trustedRoles, limits } = stored
  const may = { allowedModels, policy, trustedRoles, limits, expiresAt }
  return { kind: 'key', id, name, tenant, labels, ...may }
}
