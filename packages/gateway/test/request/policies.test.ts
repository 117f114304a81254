// Policies by name: the built-in ones, those of the configuration, and that a mistake never becomes a policy without rules.
import { describe, expect, it } from 'vitest'
import { policyTable } from '../../src/request/policies.ts'

const rule = { terms: ['acme'], category: 'safety', action: { kind: 'block' } }
describe('policyTable', () => {
  it('compiles each policy once', () => {
    const table = policyTable({ own: { rules: [rule] } })
    expect(table('own')).toBe(table('own'))
    expect(table('own').scan('Acme').blocked).toBeDefined()
    expect(table('off').applies({ direction: 'output' })).toBe(false)
  })

  it.each([
    ['nobody', {}, 'no policy is called "nobody"; allowed: '],
    ['nobody', { own: {} }, ', own'],
    ['constructor', {}, 'no policy is called "constructor"'],
    ['__proto__', {}, 'no policy is called "__proto__"'],
    ['seed', { seed: { rules: [rule] } }, 'policies.seed: this is the name of a built-in policy'],
    ['own', { own: null }, 'policies.own: expected a mapping with rules'],
    ['own', { own: 'rules' }, 'policies.own: expected a mapping with rules'],
    ['own', { own: [rule] }, 'policies.own: expected a mapping with rules'],
    ['own', { own: { rules: [{ pattern: '(' }] } }, 'policies.own: '],
  ])('refuses %s of %o', (name, definitions, message) => {
    expect(() => policyTable(definitions)(name)).toThrow(
      expect.objectContaining({ code: 'configuration', message: expect.stringContaining(message) }),
    )
  })

  it('refuses a definition whose reading throws what nobody foresaw', () => {
    const own = {
      get rules() {
        throw new TypeError('not of this form')
      },
    }
    expect(() => policyTable({ own })('own')).toThrow(
      expect.objectContaining({ code: 'configuration', message: 'policies.own: not of this form' }),
    )
  })
})
