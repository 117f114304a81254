import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { assertWritable, parseAuditTarget } from '../../src/audit/audit-target.ts'
import { temporaryFolder } from '../operations/temporary-folder.ts'

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

describe('assertWritable', () => {
  it('takes a file that could be made, and makes none', () => {
    const path = join(temporaryFolder(), 'audit.db')
    expect(() => assertWritable({ kind: 'file', path })).not.toThrow()
    expect(existsSync(path)).toBe(false)
  })

  it('refuses one in a folder that does not exist, and names the setting', () => {
    const path = join(temporaryFolder(), 'nope', 'audit.db')
    expect(() => assertWritable({ kind: 'file', path })).toThrow(/\(ENOENT\); SLUICE_AUDIT names/)
  })
})
