// What the claims of a token may say: they choose and lower, never add, and whatever their form is they are bounded.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ClaimRefusal, type ClaimRules, readClaims } from '../../src/clients/claims.ts'
import { ownerOf, quotaNameOf } from '../../src/clients/client.ts'
import type { Principal } from '../../src/clients/principal.ts'

const CEILINGS = { requestsPerMinute: 120, tokensPerMinute: 0, sockets: 64, completions: 8 }

const RULES: ClaimRules = {
  tenant: 'org_id',
  policy: 'https://desk.example/policy',
  models: 'models',
  limits: { requestsPerMinute: 'rpm', tokensPerMinute: 'tpm' },
  labels: { team: 'department', shift: 'shift' },
  allowedPolicies: ['standard', 'strict'],
  allowedModels: ['small', 'large'],
  ceilings: () => CEILINGS,
}

const read = (claims: object, rules: Partial<ClaimRules> = {}) =>
  readClaims({ org_id: 'acme', ...claims }, { ...RULES, ...rules })

/** The reason and the setting of a refusal, or `taken`. */
function refusalOf(claims: object): string {
  try {
    read(claims)
    return 'taken'
  } catch (error) {
    if (!(error instanceof ClaimRefusal)) throw error
    return `${error.reason} ${error.setting}`
  }
}

describe('claims', () => {
  it('become tenant, policy, models, limits and labels', () => {
    const claims = {
      org_id: 'acme.example',
      'https://desk.example/policy': 'strict',
      models: ['large', 'unheard-of'],
      rpm: 30,
      department: 'Billing 2',
      shift: 3,
    }
    expect(read(claims)).toEqual({
      tenant: 'acme.example',
      policy: 'strict',
      allowedModels: ['large'],
      limits: { requestsPerMinute: 30 },
      labels: { team: 'Billing 2', shift: '3' },
    })
  })

  it('that are absent or null leave what is configured', () => {
    const given = { models: null, rpm: null, department: null }
    expect(read(given)).toEqual({ tenant: 'acme', allowedModels: ['small', 'large'] })
  })

  it('are not read where no setting names them', () => {
    const claims = { policy: 'off', models: ['large'], tenant: 'evil', labels: { a: 'b' } }
    expect(readClaims(claims, { allowedPolicies: [], ceilings: () => CEILINGS })).toEqual({})
  })

  it('lower a limit and never raise it; where the gateway has none, they are it', () => {
    expect(read({ rpm: 1_000_000, tpm: 5 }).limits).toEqual({
      requestsPerMinute: 120,
      tokensPerMinute: 5,
    })
  })

  it.each<[string, object, string]>([
    ['no tenant', { org_id: undefined }, 'invalid_claim clients.jwt.claims.tenant'],
    ['an empty tenant', { org_id: '' }, 'invalid_claim clients.jwt.claims.tenant'],
    ['a tenant with a blank', { org_id: 'a b' }, 'invalid_claim clients.jwt.claims.tenant'],
    ['a tenant with a line end', { org_id: 'a\nb' }, 'invalid_claim clients.jwt.claims.tenant'],
    ['a long tenant', { org_id: 'a'.repeat(65) }, 'invalid_claim clients.jwt.claims.tenant'],
    ['a nested tenant', { org_id: { a: 'b' } }, 'invalid_claim clients.jwt.claims.tenant'],
    [
      'an unlisted policy',
      { 'https://desk.example/policy': 'off' },
      'forbidden_claim clients.jwt.claims.policy',
    ],
    [
      'a policy by prototype',
      { 'https://desk.example/policy': 'constructor' },
      'forbidden_claim clients.jwt.claims.policy',
    ],
    [
      'policies in a list',
      { 'https://desk.example/policy': ['strict'] },
      'invalid_claim clients.jwt.claims.policy',
    ],
    ['unlisted models alone', { models: ['huge'] }, 'forbidden_claim clients.jwt.claims.models'],
    ['no model', { models: [] }, 'forbidden_claim clients.jwt.claims.models'],
    [
      'models that are no texts',
      { models: ['large', 1] },
      'invalid_claim clients.jwt.claims.models',
    ],
    [
      'too many models',
      { models: Array(1_000).fill('large') },
      'invalid_claim clients.jwt.claims.models',
    ],
    [
      'a limit of 0, which would be none',
      { rpm: 0 },
      'invalid_claim clients.jwt.claims.limits.requestsPerMinute',
    ],
    ['a negative limit', { rpm: -1 }, 'invalid_claim clients.jwt.claims.limits.requestsPerMinute'],
    ['a limit as text', { tpm: '10' }, 'invalid_claim clients.jwt.claims.limits.tokensPerMinute'],
    [
      'a fraction as limit',
      { rpm: 1.5 },
      'invalid_claim clients.jwt.claims.limits.requestsPerMinute',
    ],
    [
      'a label of an escape',
      { department: 'a\u001b[2J' },
      'invalid_claim clients.jwt.claims.labels.team',
    ],
    [
      'a label that turns text round',
      { department: 'a\u202eb' },
      'invalid_claim clients.jwt.claims.labels.team',
    ],
    [
      'a label with an address',
      { department: 'ann@example.com' },
      'invalid_claim clients.jwt.claims.labels.team',
    ],
    [
      'a huge label',
      { department: 'a'.repeat(100_000) },
      'invalid_claim clients.jwt.claims.labels.team',
    ],
    ['a label of lists', { shift: [['a']] }, 'invalid_claim clients.jwt.claims.labels.shift'],
  ])('refuse %s, naming the setting', (_, claims, refusal) => {
    expect(refusalOf(claims)).toBe(refusal)
  })

  it('whatever they hold, add nothing to what is configured', () => {
    const names = ['org_id', 'https://desk.example/policy', 'models', 'rpm', 'tpm', 'department']
    const value = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom('strict', 'off', 'large', ['large', 'x'], 7, 1e15, '__proto__'),
    )
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), value), (claims) => {
        if (refusalOf(claims) !== 'taken') return
        const claimed = read(claims)
        expect(claimed.tenant).toMatch(/^\S{1,64}$/)
        expect(['standard', 'strict', undefined]).toContain(claimed.policy)
        for (const model of claimed.allowedModels ?? ['huge'])
          expect(['small', 'large']).toContain(model)
        expect(claimed.limits?.requestsPerMinute ?? 1).toBeLessThanOrEqual(120)
        for (const text of Object.values(claimed.labels ?? {})) expect(text).toMatch(/^.{1,64}$/)
      }),
    )
  })
})

describe('the owner of a completion, and whose use it is counted as', () => {
  it('is another in another tenant, whatever the names', () => {
    const name = fc.stringMatching(/^[a-z0-9.:/@-]{1,8}$/)
    const principal = fc.record<Principal>({
      kind: fc.constantFrom('key', 'token'),
      tenant: fc.option(name, { nil: undefined }),
      id: fc.string({ minLength: 1, maxLength: 8 }),
    })
    fc.assert(
      fc.property(principal, principal, (a, b) => {
        const isSame = a.kind === b.kind && a.tenant === b.tenant && a.id === b.id
        for (const nameOf of [ownerOf, quotaNameOf]) {
          const name = (one: Principal) => nameOf({ principal: one, address: '192.0.2.1' })
          expect(name(a) === name(b)).toBe(isSame)
        }
      }),
    )
  })
})
