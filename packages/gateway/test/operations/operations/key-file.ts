/** A file of client keys as `sluice keys` makes it, and gateways that ask for them. */
import { join } from 'node:path'
import { createKey, type KeyAttributes, revokeKey } from '@sluice/gateway'
import { temporaryFolder } from './temporary-folder.ts'

export interface KeyFile {
  readonly path: string
  /** Makes a key; the answer is the key itself and its public id. */
  create(attributes?: Partial<KeyAttributes>): Promise<{ key: string; id: string }>
  revoke(id: string): Promise<void>
}

export function keyFile(): KeyFile {
  const path = join(temporaryFolder(), 'keys.json')
  return {
    path,
    create: async (attributes = {}) => {
      const request = { path, now: Date.now() }
      const { key, stored } = await createKey(request, { name: 'a client', ...attributes })
      return { key, id: stored.id }
    },
    revoke: async (id) => void (await revokeKey({ path, now: Date.now() }, id)),
  }
}

/** The subprotocol by which a browser shows a key. */
export function keyProtocol(key: string): string {
  return `sluice.key.${Buffer.from(key).toString('base64url')}`
}

/** The header by which a server shows a key or token. */
export function bearer(credential: string): { headers: { authorization: string } } {
  return { headers: { authorization: `Bearer ${credential}` } }
}
