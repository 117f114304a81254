// The one backoff: any time up to a bound that doubles, and never beyond the longest.
import { describe, expect, it } from 'vitest'
import { backoffMs } from '../src/backoff.ts'

describe('the backoff', () => {
  const settings = { baseDelayMs: 500, maxDelayMs: 30_000 }

  it.each([
    [1, 500],
    [2, 1_000],
    [3, 2_000],
    [6, 16_000],
    [7, 30_000],
    [2_000, 30_000],
  ])('is before retry %d anything below %d ms', (retry, bound) => {
    expect(backoffMs(retry, { ...settings, random: () => 0 })).toBe(0)
    expect(backoffMs(retry, { ...settings, random: () => 0.5 })).toBe(bound / 2)
  })
})
