// What passes of fields that only some servers have: the same for a word that comes first, again, or after many others.
import { compilePolicy } from '@sluice/guard'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GuardedExtensions } from '../../src/completion/guarded-extensions.ts'

const SECRET = 'AKIAIOSFODNN7EXAMPLE'

describe('GuardedExtensions', () => {
  it('judges a word alike however often it comes, and after however many others', () => {
    let refused = 0
    const guarded = new GuardedExtensions({
      policy: compilePolicy({ extends: 'standard' }),
      note: () => {},
      onRefused: () => {
        refused += 1
      },
    })
    const clean = { reasoning_details: [{ type: 'reasoning.encrypted', format: 'unknown' }] }
    const named = { reasoning_details: [{ type: SECRET, [SECRET]: 'a', format: 'unknown' }] }
    for (let round = 0; round < 100; round += 1) {
      expect(guarded.pass(clean)).toEqual(clean)
      expect(guarded.pass(named)).toEqual({ reasoning_details: [{ format: 'unknown' }] })
      expect(guarded.pass({ [`word${round}`]: `other${round}` })).toEqual({
        [`word${round}`]: `other${round}`,
      })
    }
    expect(refused).toBe(200)
  })

  it.each([
    ['AWS_ACCESS_KEY', SECRET],
    ['EMAIL_ADDRESS', 'lena.brandt@example.net'],
    ['a term', 'maliciousplan'],
  ])('completes no %s from pieces that are words, for any cuts', (_name, value) => {
    const policy = compilePolicy({
      extends: 'standard',
      rules: [
        {
          terms: ['maliciousplan'],
          match: 'substring',
          category: 'safety',
          action: { kind: 'redact' },
        },
      ],
    })
    const cuts = fc.array(fc.nat(value.length), { maxLength: 6 })
    const law = fc.property(cuts, fc.nat(300), (places, before) => {
      const guarded = new GuardedExtensions({ policy, note: () => {}, onRefused: () => {} })
      const ends = [...new Set([...places, value.length])].sort((one, other) => one - other)
      const pieces = ends.map((end, i) => value.slice(ends[i - 1] ?? 0, end))
      const words = [`${'x'.repeat(before)}:`, ...pieces]
      const passed = words.map((word) => guarded.pass({ call: { signature: word } }))
      const joined = passed.map((fields) => (fields as Signed | undefined)?.call.signature ?? '')
      expect(joined.join('')).not.toContain(value)
    })
    fc.assert(law, { numRuns: 100 })
  })

  it('has no more words at more places than it can remember', () => {
    const policy = compilePolicy('standard')
    const guarded = new GuardedExtensions({ policy, note: () => {}, onRefused: () => {} })
    const shown = Array.from({ length: 200 }, (_, at) => guarded.pass({ [`at${at}`]: 'word' }))
    expect(shown.filter((fields) => fields !== undefined)).toHaveLength(128)
    expect(guarded.pass({ at0: 'word' })).toEqual({ at0: 'word' })
  })
})

interface Signed {
  call: { signature: string }
}
