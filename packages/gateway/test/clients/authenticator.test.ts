import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { describe, expect, it, onTestFinished } from 'vitest'
import { generateKey } from '../../src/clients/api-key.ts'
import { Authenticator, type AuthenticatorOptions } from '../../src/clients/authenticator.ts'
import { MAX_CREDENTIAL_LENGTH } from '../../src/clients/credential.ts'
import { KeyRing } from '../../src/clients/key-ring.ts'
import { createKey } from '../../src/clients/key-store.ts'
import { TokenVerifier } from '../../src/clients/token-verifier.ts'

const NOW = Date.UTC(2026, 0, 1)

async function oneKey() {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-keys-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'keys.json')
  const { key } = await createKey({ path, now: NOW }, { name: 'a' })
  return { key, keys: await KeyRing.load(path, () => NOW) }
}

/** Never fetches in these tests: what it is given is no token. */
const tokens = new TokenVerifier({
  jwksUrl: 'https://issuer.invalid/jwks',
  issuer: 'a',
  audience: 'b',
  now: () => NOW,
  monotonic: () => 0,
  logger: pino({ level: 'silent' }),
})

const STRANGER = generateKey().key
const GIANT = `sluice_sk_${'0'.repeat(MAX_CREDENTIAL_LENGTH)}`

describe('Authenticator', () => {
  type Options = Omit<AuthenticatorOptions, 'keys'> & { withKeys: boolean }
  const open: Options = { withKeys: false, allowAnonymous: true }
  const mixed: Options = { withKeys: true, tokens, allowAnonymous: true }
  const closed: Options = { withKeys: true, allowAnonymous: false }
  const tokensOnly: Options = { withKeys: false, tokens, allowAnonymous: false }
  const nothing: Options = { withKeys: false, allowAnonymous: false }

  const cases: { when: string; options: Options; credential?: string; expected: string }[] = [
    { when: 'nobody is needed or named', options: open, expected: 'anonymous' },
    {
      when: 'nobody is needed, a placeholder sent',
      options: open,
      credential: 'x',
      expected: 'anonymous',
    },
    { when: 'anonymous is allowed, none sent', options: mixed, expected: 'anonymous' },
    {
      when: 'anonymous is allowed, an unknown key sent',
      options: mixed,
      credential: STRANGER,
      expected: 'unknown_key',
    },
    {
      when: 'anonymous is allowed, garbage sent',
      options: mixed,
      credential: 'x',
      expected: 'invalid_token',
    },
    {
      when: 'anonymous is allowed, the word none sent',
      options: mixed,
      credential: 'none',
      expected: 'anonymous',
    },
    {
      when: 'a key is needed, the word none sent',
      options: closed,
      credential: 'none',
      expected: 'missing',
    },
    { when: 'a key is needed, none sent', options: closed, expected: 'missing' },
    {
      when: 'a key is needed, an empty one sent',
      options: closed,
      credential: '',
      expected: 'malformed',
    },
    {
      when: 'a key is needed, an unknown one sent',
      options: closed,
      credential: STRANGER,
      expected: 'unknown_key',
    },
    {
      when: 'a key is needed, a token sent',
      options: closed,
      credential: 'a.b.c',
      expected: 'malformed',
    },
    {
      when: 'a key is needed, a giant sent',
      options: closed,
      credential: GIANT,
      expected: 'malformed',
    },
    {
      when: 'a token is needed, a key sent',
      options: tokensOnly,
      credential: STRANGER,
      expected: 'unknown_key',
    },
    { when: 'nobody can be verified', options: nothing, credential: 'x', expected: 'malformed' },
  ]
  it.each(cases)('answers $expected when $when', async ({ options, credential, expected }) => {
    const { withKeys, ...rest } = options
    const keys = withKeys ? (await oneKey()).keys : undefined
    const result = await new Authenticator({ ...rest, keys }).authenticate(credential)
    expect(result.ok ? result.principal.kind : result.reason).toBe(expected)
  })

  it('knows its keys, and repeats none that it refuses', async () => {
    const { key, keys } = await oneKey()
    const authenticator = new Authenticator({ keys, tokens, allowAnonymous: false })
    expect(await authenticator.authenticate(key)).toMatchObject({
      ok: true,
      principal: { kind: 'key', name: 'a' },
    })
    for (const credential of [STRANGER, 'garbage-credential', `${key}x`]) {
      expect(JSON.stringify(await authenticator.authenticate(credential))).not.toContain(credential)
    }
  })
})
