import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type RefusalEvent, RefusalTally } from '../../src/audit/refusal-tally.ts'

function tally(maxKinds: number) {
  const events: RefusalEvent[] = []
  const record = (event: RefusalEvent) => void events.push(event)
  return { events, failures: new RefusalTally({ record, windowMs: 1_000, maxKinds }) }
}

describe('RefusalTally', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('records the first failure at once and the rest as one count when the window ends', () => {
    const { events, failures } = tally(10)
    for (let n = 0; n < 500; n += 1) failures.add('unknown_key', '192.0.2.1')
    expect(events.map(({ count }) => count)).toEqual([1])
    vi.advanceTimersByTime(1_000)
    expect(events.map(({ count }) => count)).toEqual([1, 499])
  })

  it.each([
    ['unknown_key', 'auth_failure'],
    ['expired_token', 'auth_failure'],
    ['no_hello', 'auth_failure'],
    ['rate_limited', 'refusal'],
    ['overloaded', 'refusal'],
    ['origin', 'refusal'],
    ['toString', 'refusal'],
  ])('tells credentials from the rest: %s is a %s', (reason, kind) => {
    const { events, failures } = tally(10)
    failures.add(reason, '192.0.2.1')
    failures.add(reason, '192.0.2.1')
    failures.flush()
    expect(events.map((event) => event.kind)).toEqual([kind, kind])
  })

  it('starts anew after a window', () => {
    const { events, failures } = tally(10)
    failures.add('unknown_key', '192.0.2.1')
    vi.advanceTimersByTime(1_000)
    failures.add('unknown_key', '192.0.2.1')
    expect(events.map(({ count }) => count)).toEqual([1, 1])
  })

  it('loses no failure and stays bounded, whoever fails how often', () => {
    const failure = fc.tuple(fc.constantFrom('unknown_key', 'revoked_key'), fc.nat(40).map(String))
    fc.assert(
      fc.property(fc.array(failure, { maxLength: 300 }), (all) => {
        const { events, failures } = tally(5)
        for (const [reason, address] of all) failures.add(reason, address)
        failures.flush()
        expect(events.reduce((sum, { count }) => sum + count, 0)).toBe(all.length)
        expect(events.length).toBeLessThanOrEqual(2 * (5 + 2))
      }),
    )
  })
})
