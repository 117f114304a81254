import { chmodSync, chownSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { SluiceProcess, sluice, temporaryFolder } from './sluice-process.ts'

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

  it.each([
    ['desk', '--model', 'a', '--model', 'b,c'],
    ['--model', 'a', '--model', 'b,c', 'desk'],
    ['--model', 'a,b', 'desk', '--model', 'c'],
  ])('takes name and options in any order: %s %s %s %s %s', async (...args) => {
    const folder = temporaryFolder()
    expect((await sluice(['keys', 'create', ...args], { folder })).code).toBe(0)
    const { stdout } = await sluice(['keys', 'list', '--json'], { folder })
    expect(JSON.parse(stdout)[0]).toMatchObject({ name: 'desk', allowedModels: ['a', 'b', 'c'] })
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
      'sluice: no policy is called "stndard"; allowed: seed, standard, strict, private, off, desk\n',
    )
    const { stdout: listed } = await sluice(['keys', 'list', '--json'], { folder })
    expect(JSON.parse(listed)).toHaveLength(2)
  })

  it('gives a key a tenant and labels, and refuses forms that audit and metrics could not take', async () => {
    const folder = temporaryFolder()
    const labels = ['--label', 'team=billing', '--label', 'site=Kraków 2']
    const args = ['keys', 'create', 'desk', '--tenant', 'acme', ...labels]
    expect((await sluice(args, { folder })).code).toBe(0)
    const { stdout } = await sluice(['keys', 'list', '--json'], { folder })
    const expected = { tenant: 'acme', labels: { team: 'billing', site: 'Kraków 2' } }
    expect(JSON.parse(stdout)[0]).toMatchObject(expected)
    expect((await sluice(['keys', 'list'], { folder })).stdout).toContain(
      'tenant acme  team=billing  site=Kraków 2',
    )
    for (const [wrong, problem] of [
      [['--tenant', 'a b'], 'a tenant is at most 64'],
      [['--label', 'team'], 'expected name=value'],
      [['--label', 'Team=x'], 'the name of a label'],
      [['--label', 'tenant=x'], 'the name of a label'],
      [['--label', `team=${'x'.repeat(65)}`], 'the value of a label'],
      [Array.from('abcdefghi', (n) => ['--label', `${n}=x`]).flat(), 'at most 8 labels'],
    ] as const) {
      const { code, stderr } = await sluice(['keys', 'create', 'x', ...wrong], { folder })
      expect(code).not.toBe(0)
      expect(stderr).toContain(problem)
    }
  })

  it('has roles of a key trusted, each named by itself', async () => {
    const folder = temporaryFolder()
    const roles = ['--trusted-role', 'system', '--trusted-role', 'developer']
    expect((await sluice(['keys', 'create', 'desk', ...roles], { folder })).code).toBe(0)
    expect((await sluice(['keys', 'list'], { folder })).stdout).toContain(
      'trusts system, developer',
    )
    const { stdout } = await sluice(['keys', 'list', '--json'], { folder })
    expect(JSON.parse(stdout)[0].trustedRoles).toEqual(['system', 'developer'])
    const wrong = await sluice(['keys', 'create', 'x', '--trusted-role', 'operator'], { folder })
    expect(wrong.code).not.toBe(0)
    expect(wrong.stderr).toContain('expected one of system, developer, user, assistant, tool')
  })

  it('says how to begin where there is no key, and what is wrong with a number', async () => {
    expect((await sluice(['keys', 'list'])).stderr).toContain('sluice keys create <name>')
    const { code, stderr } = await sluice(['keys', 'create', 'desk', '--sockets', 'many'])
    expect(code).not.toBe(0)
    expect(stderr).toContain('expected a whole number from 1')
  })

  it('says whether the running gateway has taken a revocation, and fails if it could not read it', async () => {
    const folder = temporaryFolder()
    const SLUICE_KEYS_FILE = join(folder, 'sluice-keys.json')
    const create = async () => {
      const { stderr } = await sluice(['keys', 'create', 'desk'], { folder })
      return /Key (\S+) is in/.exec(stderr)?.[1] ?? ''
    }
    const [first, second] = [await create(), await create()]
    const SLUICE_ADMIN_PORT = String(await freePort())
    const env = { SLUICE_KEYS_FILE, SLUICE_ADMIN_PORT, SLUICE_HOST: '127.0.0.1' }
    const gateway = new SluiceProcess(['serve', '--port', '0'], { env, folder })
    await gateway.prints(/gateway is ready/)
    const revoked = await sluice(['keys', 'revoke', first], { env, folder })
    expect(revoked).toMatchObject({ code: 0, stdout: `Key ${first} is revoked\n` })
    expect(revoked.stderr).toContain('has taken the change')
    // What a gateway that may not read the file sees, as any user's test can make it: the path leads elsewhere.
    const content = readFileSync(SLUICE_KEYS_FILE)
    unlinkSync(SLUICE_KEYS_FILE)
    await gateway.prints(/the new key file is refused/)
    const elsewhere = join(folder, 'elsewhere.json')
    writeFileSync(elsewhere, content)
    const refused = await sluice(['keys', 'revoke', second, '--file', elsewhere], { env, folder })
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('could not read its key file and still accepts')
  })

  it('says that no running gateway reads the file where another one is in use', async () => {
    const folder = temporaryFolder()
    const { stderr } = await sluice(['keys', 'create', 'desk'], { folder })
    const SLUICE_ADMIN_PORT = String(await freePort())
    const gateway = new SluiceProcess(['serve', '--port', '0'], { env: { SLUICE_ADMIN_PORT } })
    await gateway.prints(/gateway is ready/)
    const id = /Key (\S+) is in/.exec(stderr)?.[1] ?? ''
    const revoked = await sluice(['keys', 'revoke', id], { env: { SLUICE_ADMIN_PORT }, folder })
    expect(revoked.code).toBe(0)
    expect(revoked.stderr).toContain('does not read')
  })

  it('warns of a file that everybody may write', async () => {
    const folder = temporaryFolder()
    await sluice(['keys', 'create', 'desk'], { folder })
    chmodSync(join(folder, 'sluice-keys.json'), 0o666)
    expect((await sluice(['keys', 'list'], { folder })).stderr).toContain('may write the key file')
  })

  it.skipIf(process.getuid?.() !== 0)(
    'tells root whose a new file is, and refuses to take one from its owner',
    async () => {
      const folder = temporaryFolder()
      const { stderr } = await sluice(['keys', 'create', 'desk'], { folder })
      expect(stderr).toContain('belongs to root, mode 0600: chown it')
      const file = join(folder, 'sluice-keys.json')
      chmodSync(folder, 0o777)
      chmodSync(file, 0o666)
      chownSync(file, 4_321, 4_321)
      const before = readFileSync(file, 'utf8')
      const id = /Key (\S+) is in/.exec(stderr)?.[1] ?? ''
      const revoked = await sluice(['keys', 'revoke', id], { folder, uid: 65_534 })
      expect(revoked.code).toBe(1)
      expect(revoked.stderr).toContain('belongs to user 4321')
      expect(readFileSync(file, 'utf8')).toBe(before)
      expect(statSync(file).uid).toBe(4_321)
    },
  )
})

async function freePort(): Promise<number> {
  const server = createServer()
  onTestFinished(() => void server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
