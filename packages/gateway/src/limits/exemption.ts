/** Who has no quota: a client without a credential on the machine itself, which could do anything else as well. */
import type { Principal } from '../clients/principal.ts'
import { isLoopbackAddress } from '../loopback.ts'

export function isExempt({ kind }: Principal, address: string): boolean {
  return kind === 'anonymous' && isLoopbackAddress(address)
}
