import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { AuthFailureTally } from '../../src/audit/auth-failure-tally.ts'
import type { AuditEvent } from '../../src/audit/record.ts'

type Failure = Extract<AuditEvent, { kind: 'auth_failure' }>

function tally(maxPairs: number) {
  const events: Failure[] = []
  const record = (event: AuditEvent) => {
    if (event.kind === 'auth_failure') events.push(event)
  }
  return { events, failures: new AuthFailureTally({ record, windowMs: 1_000, maxPairs }) }
}

describe('AuthFailureTally', () => {
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
