// What makes two requests the same: their values and names of fields, and nothing else.
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { requestDigest } from '../../src/completion/request-digest.ts'
import { Scheduler } from '../../src/scheduler.ts'

const digestOf = (value: unknown) => requestDigest(value, new Scheduler().task('client'))

/** Without what JSON does not tell apart: 0 and -0. */
const asJson = (value: unknown) => JSON.parse(JSON.stringify(value))

/** The same value with the fields of its objects in another order. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned)
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value).reverse()
  return Object.fromEntries(fields.map(([name, field]) => [name, turned(field)]))
}

describe('the digest of a request', () => {
  it('is the same whatever the order of fields, and without those that have no value', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        const digest = await digestOf({ a: value, b: undefined })
        expect(await digestOf({ a: turned(value) })).toBe(digest)
      }),
    )
  })

  it('is another for another value', async () => {
    const value = fc.oneof(
      fc.jsonValue(),
      fc.array(fc.constantFrom('', 'a', 'text 1;a', 0, '0', null, 'null', true, [], {}, [''])),
      fc.dictionary(fc.constantFrom('a', 'b', 'text 0;'), fc.constantFrom('', 'b', 1, '1')),
    )
    await fc.assert(
      fc.asyncProperty(value, value, async (one, other) => {
        const isSame = isDeepStrictEqual(asJson(one), asJson(other))
        if (!isSame) expect(await digestOf(one)).not.toBe(await digestOf(other))
      }),
      { numRuns: 1_000 },
    )
    for (const [one, other] of [
      ['\ud800', '\ud801'],
      [
        ['ab', 'c'],
        ['a', 'bc'],
      ],
      ['x'.repeat(65_536), 'x'.repeat(65_537)],
    ])
      expect(await digestOf(one)).not.toBe(await digestOf(other))
  })

  it('of megabytes is taken in turns', async () => {
    const scheduler = new Scheduler()
    let turns = 0
    const count = () => {
      turns += 1
      if (!isEnded) setImmediate(count)
    }
    let isEnded = false
    setImmediate(count)
    const messages = [{ role: 'user', content: 'x'.repeat(30_000_000) }]
    await requestDigest({ modelId: 'm', messages }, scheduler.task('client'))
    isEnded = true
    expect(turns).toBeGreaterThan(2)
  })
})
