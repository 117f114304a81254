import { describe, expect, it } from 'vitest'
import { parseAuditTarget } from '../../src/audit/audit-target.ts'

describe('parseAuditTarget', () => {
  it.each([
    [undefined, { kind: 'file', path: './sluice-audit.db' }],
    ['', { kind: 'file', path: './sluice-audit.db' }],
    ['off', { kind: 'off' }],
    [' OFF ', { kind: 'off' }],
    ['/var/lib/sluice/audit.db', { kind: 'file', path: '/var/lib/sluice/audit.db' }],
    ['C:\\sluice\\audit.db', { kind: 'file', path: 'C:\\sluice\\audit.db' }],
  ])('reads %j', (value, expected) => {
    expect(parseAuditTarget(value)).toEqual(expected)
  })

  it.each(['postgres://user:secret@host/db', ':memory:', 'file:audit.db?mode=ro'])(
    'refuses %j without repeating it',
    (value) => {
      expect(() => parseAuditTarget(value)).toThrow(/SLUICE_AUDIT must be "off" or the path/)
      expect(() => parseAuditTarget(value)).not.toThrow(/secret/)
    },
  )
})
