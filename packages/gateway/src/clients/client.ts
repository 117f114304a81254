/** A client at the door: who it is, and from where it comes. */
import type { Principal } from './principal.ts'

export interface Client {
  readonly principal: Principal
  /** The address of its end of the connection, as far as trusted proxies tell. */
  readonly address: string
}

/** The name by which its completions are its own. All clients without a credential together own theirs. */
export function ownerOf({ principal: { kind, id } }: Client): string {
  return `${kind} ${id}`
}
