/** What the audit calls a thing that a client named: bounded, printable, and without personal data. */
import { builtInPolicy } from '../request/policies.ts'
import { boundedId, digestOf } from './bounded-id.ts'

/** Names are checked by this policy, whatever the completion's own is. */
const POLICY = 'standard'

/** Compiles what the first name would otherwise wait for. */
export function warmAuditNames(): void {
  builtInPolicy(POLICY)
}

/**
 * The name as the audit stores it; undefined when nothing is left of it. One with personal data becomes a digest, so that
 * two conversations stay two and erasing by the client's own name still finds its records.
 * @param key of the digests: without it nobody can try names out
 */
export function auditName(name: string, key: Buffer): string | undefined {
  const bounded = boundedId(name, key)
  if (bounded === undefined) return undefined
  const { text, blocked } = builtInPolicy(POLICY).scan(bounded, { direction: 'input' })
  if (blocked === undefined && text === bounded) return bounded
  return `concealed~${digestOf(name, key)}`
}
