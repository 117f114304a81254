// What passes of fields that only some servers have: the same for a word that comes first, again, or after many others.
import { compilePolicy } from '@sluice/guard'
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
})
