// Every entity by its examples.
import { describe, expect, it } from 'vitest'
import { compilePolicy, type PolicyName } from '../src/index.ts'
import { RECOGNIZERS } from '../src/recognizers/index.ts'
import { EXAMPLES } from './support/examples.ts'

/** The entities that `standard` leaves to `strict`. */
const STRICT_ONLY = ['IP_ADDRESS', 'URL']

function policiesFor(entity: string): readonly PolicyName[] {
  return STRICT_ONLY.includes(entity) ? ['strict'] : ['standard', 'strict']
}

it('has examples for every recognizer', () => {
  expect(Object.keys(EXAMPLES)).toEqual(RECOGNIZERS.map((recognizer) => recognizer.entity))
})

describe.each(Object.entries(EXAMPLES))('%s', (entity, { is, isAfter = [], isNot }) => {
  const policies = policiesFor(entity).map((name) => compilePolicy(name))

  it.each([...is.map((value) => `|${value}`), ...isAfter])('is found: %#', (text) => {
    const [context = '', value = ''] = text.split('|')
    for (const policy of policies) {
      const result = policy.scan(`${context}${value}, he said`)
      expect(result.text).toBe(`${context}[${entity}], he said`)
      expect(result.findings).toMatchObject([
        { entity, start: context.length, end: context.length + value.length },
      ])
    }
  })

  it.each(isNot)('is not found: %j', (value) => {
    const [policy] = policies
    const entities = policy?.scan(`${value}, he said`).findings.map((finding) => finding.entity)
    expect(entities).not.toContain(entity)
  })
})

it('swallows a token and a key, however long', () => {
  const policy = compilePolicy('standard')
  const key = `-----BEGIN RSA PRIVATE KEY-----\n${'MIIB+/=\n'.repeat(200)}-----END RSA PRIVATE KEY-----`
  expect(policy.scan(`eyJhbGciOiJIUzI1NiJ9.eyJz${'A'.repeat(999)}.x, he said`).text).toBe(
    '[JWT], he said',
  )
  expect(policy.scan(`${key}, he said`).text).toBe('[PRIVATE_KEY], he said')
})

it('ends a web address before a bracket that it did not open and before a sentence without blanks', () => {
  const { text } = compilePolicy('strict').scan(
    '(https://x.org/a_(b)) [https://x.org/c](d) 请看https://x.org/q谢谢，http://x.org/r。',
  )
  expect(text).toBe('([URL]) [[URL]](d) 请看[URL]谢谢，[URL]。')
})

it('ends a web address before the punctuation of its sentence', () => {
  const { text } = compilePolicy('strict').scan(
    'See (https://example.org/a.b). Or "https://x.org/?q=1!", ok',
  )
  expect(text).toBe('See ([URL]). Or "[URL]!", ok')
})
