import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sluice, temporaryFolder } from './sluice-process.ts'

describe('sluice keys', () => {
  it('creates a key that is shown once and stored as a hash', async () => {
    const folder = temporaryFolder()
    const { code, stdout, stderr } = await sluice(['keys', 'create', 'desk'], { folder })
    expect(code).toBe(0)
    const key = stdout.trim()
    expect(key).toMatch(/^\S{40,}$/)
    expect(stderr).not.toContain(key)
    const file = join(folder, 'sluice-keys.json')
    expect(readFileSync(file, 'utf8')).not.toContain(key)
    expect(statSync(file).mode & 0o077).toBe(0)
  })

  it('lists keys without their hashes, and revokes one', async () => {
    const folder = temporaryFolder()
    await sluice(['keys', 'create', 'desk', '--model', 'gpt-4o', '--sockets', '2'], { folder })
    const listed = await sluice(['keys', 'list', '--json'], { folder })
    const [key] = JSON.parse(listed.stdout)
    expect(key).toMatchObject({ name: 'desk', allowedModels: ['gpt-4o'], limits: { sockets: 2 } })
    expect(listed.stdout).not.toContain('sha256')
    expect((await sluice(['keys', 'revoke', key.id], { folder })).code).toBe(0)
    expect((await sluice(['keys', 'list'], { folder })).stdout).toContain('revoked')
  })

  it('takes a built-in policy or one of sluice.yaml, and no other', async () => {
    const folder = temporaryFolder()
    writeFileSync(
      join(folder, 'sluice.yaml'),
      'policies: { desk: { rules: [{ entity: CREDIT_CARD, action: { kind: redact } }] } }',
    )
    const create = (policy: string) =>
      sluice(['keys', 'create', 'x', '--policy', policy], { folder })
    expect((await create('strict')).code).toBe(0)
    expect((await create('desk')).code).toBe(0)
    const { code, stdout, stderr } = await create('stndard')
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toBe(
      'sluice: no policy is called "stndard"; allowed: seed, standard, strict, off, desk\n',
    )
    const { stdout: listed } = await sluice(['keys', 'list', '--json'], { folder })
    expect(JSON.parse(listed)).toHaveLength(2)
  })

  it('says how to begin where there is no key, and what is wrong with a number', async () => {
    expect((await sluice(['keys', 'list'])).stderr).toContain('sluice keys create <name>')
    const { code, stderr } = await sluice(['keys', 'create', 'desk', '--sockets', 'many'])
    expect(code).not.toBe(0)
    expect(stderr).toContain('expected a whole number from 1')
  })
})
