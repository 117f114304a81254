// The form of a policy that editors are told, held against what the guard takes.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { policySchema } from '../../src/config/policy-schema.ts'
import { policyTable } from '../../src/request/policies.ts'

const redact = { kind: 'redact' }
const scope = { direction: 'both', channels: ['content'], roles: ['user', 'system'] }
const example = parse(
  readFileSync(new URL('../../../../examples/sluice.yaml', import.meta.url), 'utf8'),
)

const compiled = (definition: object) => policyTable({ own: definition })('own')

describe('the schema of a policy', () => {
  it.each<[string, object]>([
    ['the example', example.policies.desk],
    ['nothing', {}],
    ['every field', { name: 'x', extends: 'standard', without: ['IBAN_CODE'], threshold: 0.4 }],
    ['the others', { rules: [], allow: ['a@example.com'], maxSpan: 32 }],
    [
      'every field of each kind of rule',
      {
        rules: [
          { ...scope, id: 'a', entity: 'IBAN_CODE', threshold: 1, category: 'pii', action: redact },
          { ...scope, pattern: 'a\\d', flags: 'iu', name: 'A', score: 0.5, action: redact },
          { ...scope, terms: ['acme'], match: 'substring', category: 'safety', action: redact },
        ],
      },
    ],
    ...[
      { kind: 'block' },
      { kind: 'redact', label: '[x]' },
      { kind: 'replace', with: '' },
      { kind: 'hash', key: 'sixteen bytes at least' },
      { kind: 'mask', keepLast: 4, character: '#' },
      { kind: 'observe' },
    ].map((action): [string, object] => [
      `action ${action.kind}`,
      { rules: [{ entity: 'IBAN_CODE', action }] },
    ]),
  ])('takes what the guard takes: %s', (_, definition) => {
    expect(() => compiled(definition)).not.toThrow()
    expect(policySchema.safeParse(definition).error).toBeUndefined()
  })

  it.each<[string, object]>([
    ['a key that is none', { rule: [] }],
    ['a list that is a text', { allow: 'help@example.com' }],
    ['an unknown policy', { extends: 'stndard' }],
    ['an entity without a name', { rules: [{ entity: '', action: redact }] }],
    ['a rule without an action', { rules: [{ entity: 'IBAN_CODE' }] }],
    ['a rule of two kinds', { rules: [{ entity: 'IBAN_CODE', terms: ['a'], action: redact }] }],
    ['terms without a category', { rules: [{ terms: ['a'], action: redact }] }],
    ['a pattern without a name', { rules: [{ pattern: 'a', action: redact }] }],
    [
      'an unknown channel',
      { rules: [{ entity: 'IBAN_CODE', channels: ['text'], action: redact }] },
    ],
    ['an unknown action', { rules: [{ entity: 'IBAN_CODE', action: { kind: 'drop' } }] }],
    [
      'a field of another action',
      { rules: [{ entity: 'IBAN_CODE', action: { ...redact, with: '' } }] },
    ],
    ['a threshold over 1', { threshold: 2 }],
    ['a span that is too short', { maxSpan: 31 }],
  ])('refuses what the guard refuses: %s', (_, definition) => {
    expect(() => compiled(definition)).toThrow()
    expect(policySchema.safeParse(definition).success).toBe(false)
  })
})
