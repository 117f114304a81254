/** What the audit calls a thing that a client named: bounded, printable, and without personal data. */
import { createHash } from 'node:crypto'
import { compilePolicy } from '@sluice/guard'
import { boundedId } from './bounded-id.ts'

/** Names are checked by this policy, whatever the completion's own is. */
const policy = compilePolicy('standard')
const DIGEST_LENGTH = 16

/**
 * The name as the audit stores it; undefined when nothing is left of it. One with personal data becomes a digest, so that
 * two conversations stay two and erasing by the client's own name still finds its records.
 */
export function auditName(name: string): string | undefined {
  const bounded = boundedId(name)
  if (bounded === undefined) return undefined
  const { text, blocked } = policy.scan(bounded, { direction: 'input' })
  if (blocked === undefined && text === bounded) return bounded
  return `concealed~${createHash('sha256').update(name).digest('hex').slice(0, DIGEST_LENGTH)}`
}
