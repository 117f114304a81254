/** A client at the door: who it is, and from where it comes. */
import { networkOf } from './network.ts'
import type { Principal } from './principal.ts'

export interface Client {
  readonly principal: Principal
  /** The address of its end of the connection, as far as trusted proxies tell. */
  readonly address: string
}

/**
 * The name by which its completions are its own, in its tenant alone. All clients without a credential together own
 * theirs, and so does each subject of a key's tokens. Kinds, tenants and ids of keys have no blanks, so two owners never have one name.
 */
export function ownerOf({ principal: { kind, tenant = '', id, grant } }: Client): string {
  const subject = grant?.subject === undefined ? '' : ` ${grant.subject}`
  return `${kind} ${tenant} ${id}${subject}`
}

/**
 * The name under which its use is counted and its turns are given: a key, a subject in its tenant, or an address, by which
 * clients without a credential are told apart.
 */
export function quotaNameOf({ principal: { kind, tenant = '', id }, address }: Client): string {
  return kind === 'anonymous' ? `address ${networkOf(address)}` : `${kind} ${tenant} ${id}`
}
