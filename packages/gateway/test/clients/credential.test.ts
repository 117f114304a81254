import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type CredentialSources,
  credentialFrom,
  MAX_CREDENTIAL_LENGTH,
} from '../../src/clients/credential.ts'

const subprotocol = (credential: string) =>
  `sluice.key.${Buffer.from(credential, 'latin1').toString('base64url')}`

describe('credentialFrom', () => {
  const found: [string, CredentialSources, string | undefined][] = [
    ['nothing in nothing', {}, undefined],
    ['nothing in other subprotocols', { protocols: ['sluice.v2', 'sluice.v1'] }, undefined],
    ['a bearer', { authorization: 'Bearer abc' }, 'abc'],
    ['a bearer whose scheme is written otherwise', { authorization: 'bEARER   abc ' }, 'abc'],
    ['a subprotocol', { protocols: ['sluice.v2', subprotocol('abc')] }, 'abc'],
    ['the same twice', { authorization: 'Bearer abc', protocols: [subprotocol('abc')] }, 'abc'],
    [
      'the longest',
      { authorization: `Bearer ${'a'.repeat(MAX_CREDENTIAL_LENGTH)}` },
      'a'.repeat(MAX_CREDENTIAL_LENGTH),
    ],
  ]
  it.each(found)('finds %s', (_, sources, credential) => {
    expect(credentialFrom(sources)).toEqual({ ok: true, credential })
  })

  const malformed: [string, CredentialSources][] = [
    ['another scheme', { authorization: 'Basic YWJj' }],
    ['a scheme alone', { authorization: 'Bearer' }],
    ['an empty header', { authorization: '' }],
    ['a credential with a blank', { authorization: 'Bearer a b' }],
    [
      'a header that is too long',
      { authorization: `Bearer ${'a'.repeat(MAX_CREDENTIAL_LENGTH + 1)}` },
    ],
    ['an empty subprotocol', { protocols: ['sluice.key.'] }],
    ['padding', { protocols: ['sluice.key.YWI='] }],
    ['the other base64 alphabet', { protocols: ['sluice.key.a+/b'] }],
    ['characters that a lenient decoder skips', { protocols: ['sluice.key.YW!Jj'] }],
    ['bits left over', { protocols: ['sluice.key.YWJ'] }],
    ['control characters inside', { protocols: [subprotocol('a\nb')] }],
    ['bytes that are no ASCII', { protocols: [subprotocol('\u00ff')] }],
    [
      'a subprotocol that is too long',
      { protocols: [subprotocol('a'.repeat(MAX_CREDENTIAL_LENGTH + 8))] },
    ],
    ['two of which none can be read', { authorization: 'Basic a', protocols: ['sluice.key.'] }],
  ]
  it.each(malformed)('refuses %s', (_, sources) => {
    expect(credentialFrom(sources)).toMatchObject({ ok: false, reason: 'malformed' })
  })

  const differing: [string, CredentialSources][] = [
    [
      'a bearer and a subprotocol',
      { authorization: 'Bearer abc', protocols: [subprotocol('abd')] },
    ],
    ['two subprotocols', { protocols: [subprotocol('abc'), subprotocol('abd')] }],
    ['one that can be read, one not', { authorization: 'x', protocols: [subprotocol('abc')] }],
  ]
  it.each(differing)('takes neither where two differ: %s', (_, sources) => {
    expect(credentialFrom(sources)).toMatchObject({ ok: false, reason: 'two_credentials' })
  })

  it('reads back any credential that a subprotocol can carry', () => {
    const printable = fc.stringMatching(/^[\x21-\x7e]{1,200}$/)
    fc.assert(
      fc.property(printable, (credential) => {
        expect(credentialFrom({ protocols: [subprotocol(credential)] })).toEqual({
          ok: true,
          credential,
        })
      }),
    )
  })

  it('never throws and never repeats what it refuses', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (authorization, suffixes) => {
        const protocols = suffixes.map((suffix) => `sluice.key.${suffix}`)
        const result = credentialFrom({ authorization, protocols })
        if (!result.ok)
          expect(Object.keys(result).sort()).toEqual(['isRetryable', 'message', 'ok', 'reason'])
      }),
    )
  })
})
