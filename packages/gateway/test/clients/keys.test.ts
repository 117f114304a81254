import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { generateKey, hashKey, KEY_PATTERN, keyId } from '../../src/clients/api-key.ts'
import { KeyRing } from '../../src/clients/key-ring.ts'
import {
  createKey,
  keyFileProblem,
  listKeys,
  readKeys,
  revokeKey,
} from '../../src/clients/key-store.ts'

const NOW = Date.UTC(2026, 0, 1)

function keyFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-keys-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'keys.json')
}

function edit(path: string, change: (key: Record<string, unknown>) => void): void {
  const file = JSON.parse(readFileSync(path, 'utf8'))
  change(file.keys[0])
  writeFileSync(path, JSON.stringify(file))
}

describe('generateKey', () => {
  it('makes keys of one recognisable form, never one twice', () => {
    const keys = Array.from({ length: 500 }, generateKey)
    for (const { id, key } of keys) {
      expect(key).toMatch(/^sluice_sk_[0-9A-Za-z]{12}_[0-9A-Za-z]{40}$/)
      expect(keyId(key)).toBe(id)
    }
    expect(new Set(keys.map(({ key }) => key)).size).toBe(500)
    expect(new Set(keys.map(({ id }) => id)).size).toBe(500)
  })

  it.each([
    '',
    'sluice_sk_',
    'sluice_sk_abc_def',
    `x${'sluice_sk_000000000000_'}${'0'.repeat(40)}`,
  ])('does not take %j for a key', (text) => {
    expect(KEY_PATTERN.test(text)).toBe(false)
    expect(keyId(text)).toBeUndefined()
  })
})

describe('the key file', () => {
  it('keeps the hash of a key, and the key nowhere', async () => {
    const path = keyFile()
    const { key, stored } = await createKey({ path, now: NOW }, { name: 'agent desktop' })
    const text = readFileSync(path, 'utf8')
    expect(text).toContain(hashKey(key).toString('hex'))
    expect(text).not.toContain(key.slice(-40))
    expect(stored).toMatchObject({ name: 'agent desktop', createdAt: '2026-01-01T00:00:00.000Z' })
    expect(await readKeys(path)).toEqual([stored])
  })

  it('is readable by its owner alone, and leaves nothing beside it', async () => {
    const path = keyFile()
    await createKey({ path, now: NOW }, { name: 'a' })
    await createKey({ path, now: NOW }, { name: 'b' })
    expect((statSync(path).mode & 0o777).toString(8)).toBe('600')
    expect(readdirSync(dirname(path))).toEqual(['keys.json'])
  })

  it.each([0o600, 0o640, 0o444])('keeps mode %o when it is rewritten', async (mode) => {
    const path = keyFile()
    const { stored } = await createKey({ path, now: NOW }, { name: 'a' })
    chmodSync(path, mode)
    await revokeKey({ path, now: NOW }, stored.id)
    expect((statSync(path).mode & 0o777).toString(8)).toBe(mode.toString(8))
  })

  it.skipIf(process.getuid?.() !== 0)('keeps owner and group when root rewrites it', async () => {
    const path = keyFile()
    const { stored } = await createKey({ path, now: NOW }, { name: 'a' })
    chownSync(path, 4_321, 1_234)
    await revokeKey({ path, now: NOW }, stored.id)
    await createKey({ path, now: NOW }, { name: 'b' })
    const { uid, gid, mode } = statSync(path)
    expect([uid, gid, mode & 0o777]).toEqual([4_321, 1_234, 0o600])
  })

  it('is changed behind a link, and the link stays one', async () => {
    const path = keyFile()
    const { stored } = await createKey({ path, now: NOW }, { name: 'a' })
    const link = keyFile()
    symlinkSync(path, link)
    await revokeKey({ path: link, now: NOW }, stored.id)
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
    expect((await readKeys(path))[0]?.revokedAt).toBeDefined()
  })

  it.each([
    [0o600, false],
    [0o644, false],
    [0o660, false],
    [0o666, true],
    [0o602, true],
  ])('of mode %o is complained of where everybody may write it: %s', async (mode, isOpen) => {
    const path = keyFile()
    await createKey({ path, now: NOW }, { name: 'a' })
    chmodSync(path, mode)
    const problem = await keyFileProblem(path)
    expect(problem?.includes(`mode 0${mode.toString(8)}`) ?? false).toBe(isOpen)
  })

  it('lists no keys where there is no file yet, but does not serve without it', async () => {
    const path = keyFile()
    expect(await listKeys(path)).toEqual([])
    await expect(KeyRing.load(path, () => NOW)).rejects.toMatchObject({ code: 'configuration' })
  })

  it('revokes once and keeps the first time', async () => {
    const path = keyFile()
    const { stored } = await createKey({ path, now: NOW }, { name: 'a' })
    await revokeKey({ path, now: NOW + 1_000 }, stored.id)
    await revokeKey({ path, now: NOW + 9_000 }, stored.id)
    expect(await readKeys(path)).toEqual([{ ...stored, revokedAt: '2026-01-01T00:00:01.000Z' }])
  })

  it('refuses to revoke what is not there, and can be changed afterwards', async () => {
    const path = keyFile()
    await createKey({ path, now: NOW }, { name: 'a' })
    await expect(revokeKey({ path, now: NOW }, 'absent')).rejects.toThrow(/no key with this id/)
    await createKey({ path, now: NOW }, { name: 'b' })
    expect(await readKeys(path)).toHaveLength(2)
  })

  it('loses no key when commands run at the same time: each succeeds or says so', async () => {
    const path = keyFile()
    const names = Array.from({ length: 20 }, (_, n) => `key ${n}`)
    const results = await Promise.allSettled(
      names.map((name) => createKey({ path, now: NOW }, { name })),
    )
    const made = results.flatMap((result) =>
      result.status === 'fulfilled' ? [result.value.stored.id] : [],
    )
    expect(made.length).toBeGreaterThan(0)
    expect((await readKeys(path)).map(({ id }) => id).sort()).toEqual(made.sort())
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason.message).toMatch(/Another command/)
    }
  })

  it.each([
    ['no JSON', '{"keys": [sk_secret', /is not JSON$/],
    ['another version', '{"version": 2, "keys": []}', /not valid at version: expected 1$/],
    ['an unknown field', '{"version": 1, "keys": [], "extra": 1}', /not valid/],
    [
      'a limit that is no count',
      JSON.stringify({
        version: 1,
        keys: [
          {
            id: 'a',
            name: 'a',
            hash: `sha256:${'0'.repeat(64)}`,
            createdAt: '2026-01-01T00:00:00Z',
            limits: { sockets: 0 },
          },
        ],
      }),
      /not valid at keys\.0\.limits\.sockets/,
    ],
  ])('is refused with its place: %s', async (_, text, message) => {
    const path = keyFile()
    writeFileSync(path, text)
    await expect(readKeys(path)).rejects.toThrow(message)
    await expect(readKeys(path)).rejects.not.toThrow(/sk_secret/)
  })

  it('is named with the setting and the command that makes it where it cannot be read', async () => {
    await expect(readKeys('/nope.json')).rejects.toThrow(
      'The key file /nope.json cannot be read (ENOENT); SLUICE_KEYS_FILE names it, and sluice keys create makes one',
    )
  })

  it('is named where it cannot be written', async () => {
    const request = { path: '/nope/keys.json', now: NOW }
    await expect(createKey(request, { name: 'a' })).rejects.toThrow(
      'The key file /nope/keys.json cannot be written (ENOENT); its folder must exist',
    )
  })

  it('is refused when two keys share an id', async () => {
    const path = keyFile()
    await createKey({ path, now: NOW }, { name: 'a' })
    const file = JSON.parse(readFileSync(path, 'utf8'))
    writeFileSync(path, JSON.stringify({ ...file, keys: [...file.keys, ...file.keys] }))
    await expect(readKeys(path)).rejects.toThrow(/same id/)
  })
})

describe('KeyRing', () => {
  it('knows whose key it is and what that client may do', async () => {
    const path = keyFile()
    const attributes = {
      name: 'agent desktop',
      expiresAt: '2026-02-01T00:00:00Z',
      allowedModels: ['model-a'],
      policy: 'strict',
      limits: { requestsPerMinute: 60, sockets: 4 },
    }
    const { key, stored } = await createKey({ path, now: NOW }, attributes)
    const ring = await KeyRing.load(path, () => NOW)
    expect(ring.check(key)).toEqual({
      ok: true,
      principal: { kind: 'key', id: stored.id, ...attributes, expiresAt: Date.UTC(2026, 1, 1) },
    })
  })

  it('refuses a known id with another secret as it refuses an unknown id', async () => {
    const path = keyFile()
    const { key } = await createKey({ path, now: NOW }, { name: 'a' })
    const ring = await KeyRing.load(path, () => NOW)
    const wrong = `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`
    expect(ring.check(wrong)).toMatchObject({ reason: 'unknown_key' })
    expect(ring.check(wrong)).toEqual(ring.check(generateKey().key))
  })

  it('tells only the holder of a key that it is revoked', async () => {
    const path = keyFile()
    const { key, stored } = await createKey({ path, now: NOW }, { name: 'a' })
    await revokeKey({ path, now: NOW }, stored.id)
    const ring = await KeyRing.load(path, () => NOW)
    expect(ring.check(key)).toMatchObject({ reason: 'revoked_key' })
    expect(ring.check(`${key.slice(0, -4)}0000`)).toMatchObject({ reason: 'unknown_key' })
    expect(ring.live).toEqual([])
  })

  it('refuses a key from the moment at which it expires', async () => {
    const path = keyFile()
    const { key } = await createKey(
      { path, now: NOW },
      { name: 'a', expiresAt: '2026-01-01T00:00:10Z' },
    )
    let now = NOW + 9_999
    const ring = await KeyRing.load(path, () => now)
    expect(ring.check(key).ok).toBe(true)
    now += 1
    expect(ring.check(key)).toMatchObject({ reason: 'expired_key' })
  })

  it('says after a reload which keys are new, different and gone', async () => {
    const path = keyFile()
    const changed = await createKey({ path, now: NOW }, { name: 'changed' })
    const revoked = await createKey({ path, now: NOW }, { name: 'revoked' })
    await createKey({ path, now: NOW }, { name: 'same' })
    const ring = await KeyRing.load(path, () => NOW)
    expect(await ring.reload()).toEqual({ added: [], changed: [], revoked: [] })

    edit(path, (key) => {
      key.limits = { sockets: 1 }
    })
    await revokeKey({ path, now: NOW }, revoked.stored.id)
    const added = await createKey({ path, now: NOW }, { name: 'added' })
    expect(await ring.reload()).toEqual({
      added: [added.stored.id],
      changed: [changed.stored.id],
      revoked: [revoked.stored.id],
    })
    expect(ring.check(revoked.key)).toMatchObject({ reason: 'revoked_key' })
    expect(ring.check(added.key).ok).toBe(true)
  })

  it('calls a key revoked that is no longer in the file', async () => {
    const path = keyFile()
    const { key, stored } = await createKey({ path, now: NOW }, { name: 'a' })
    const ring = await KeyRing.load(path, () => NOW)
    writeFileSync(path, '{"version": 1, "keys": []}')
    expect((await ring.reload()).revoked).toEqual([stored.id])
    expect(ring.check(key)).toMatchObject({ reason: 'unknown_key' })
  })

  it('keeps its keys when the new file is not valid', async () => {
    const path = keyFile()
    const { key } = await createKey({ path, now: NOW }, { name: 'a' })
    const ring = await KeyRing.load(path, () => NOW)
    writeFileSync(path, '{')
    await expect(ring.reload()).rejects.toMatchObject({ code: 'configuration' })
    expect(ring.check(key).ok).toBe(true)
  })
})
