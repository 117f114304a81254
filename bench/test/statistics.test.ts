// The rig's statistics against their definitions.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { median, percentile, spreadOf } from '../rig/statistics.mjs'

const values = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 50 })

test('a percentile is the smallest value that enough of the values do not exceed', () => {
  fc.assert(
    fc.property(values, fc.integer({ min: 1, max: 100 }), (list, percent) => {
      const result = percentile(list, percent)
      const share = (limit: number) => list.filter((value) => value <= limit).length / list.length
      expect(list).toContain(result)
      expect(share(result)).toBeGreaterThanOrEqual(percent / 100)
      expect(share(result - 1)).toBeLessThan(percent / 100)
    }),
  )
})

test.each([
  [[3], 3],
  [[9, 1], 5],
  [[7, 1, 3], 3],
  [[-4, 10, 2, 0], 1],
])('the median of %j is %d', (list, expected) => {
  expect(median(list)).toBe(expected)
})

test('nothing measured is not a number', () => {
  expect(median([])).toBeNaN()
  expect(spreadOf([])).toEqual({ count: 0, p50: Number.NaN, p99: Number.NaN, max: Number.NaN })
})
