import { describe, expect, it } from 'vitest'
import { auditName } from '../src/audit/audit-name.ts'
import { boundedId } from '../src/audit/bounded-id.ts'
import { RootSecret } from '../src/root-secret.ts'

const SECRET = 'a secret of thirty-two characters'

describe('RootSecret', () => {
  it('gives each use a key of its own, the same for the same secret', () => {
    const uses = ['audit', 'tokens', 'pseudonyms', 'cluster'] as const
    const keys = uses.map((use) => new RootSecret(SECRET).key(use).toString('hex'))
    expect(new Set(keys).size).toBe(uses.length)
    expect(uses.map((use) => new RootSecret(SECRET).key(use).toString('hex'))).toEqual(keys)
    expect(new RootSecret(`${SECRET}.`).key('audit').toString('hex')).not.toBe(keys[0])
    // RFC 5869 with SHA-256, no salt and the info `audit`, as another implementation has it.
    expect(keys[0]).toBe('9e842eb7a456e458b09725977c349b29835e804e007d077a3790b441aec301c1')
  })

  it('is made for the run where none is configured, and never twice the same', () => {
    const [first, second] = [new RootSecret(undefined), new RootSecret(undefined)]
    expect([first.isTemporary, new RootSecret(SECRET).isTemporary]).toEqual([true, false])
    expect(first.key('audit').equals(second.key('audit'))).toBe(false)
  })
})

describe('a digest in the audit', () => {
  const key = (secret: string) => new RootSecret(secret).key('audit')

  it.each(['ann@example.com', 'x'.repeat(500)])('cannot be tried out without the key', (name) => {
    const own = auditName(name, key(SECRET))
    expect(own).toMatch(/~[0-9a-f]{16}$/)
    expect(own).not.toContain('ann@')
    expect(auditName(name, key(SECRET))).toBe(own)
    expect(auditName(name, key(`${SECRET}2`))).not.toBe(own)
    expect(own).not.toBe(boundedId(name))
  })

  it('is not needed where a name is no secret', () => {
    expect(auditName('order-17', key(SECRET))).toBe('order-17')
  })
})
