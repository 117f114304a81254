// What failures mean: which may be tried again, how long a Retry-After asks to wait, and that no foreign word passes.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  connectionFailure,
  errorObjectFailure,
  parseRetryAfter,
  statusFailure,
} from '../../src/upstream/failures.ts'
import { providerErrorOf } from '../../src/upstream/formats/openai/provider-error.ts'

const NOW = Date.UTC(2026, 0, 1, 12)
const DAY_MS = 86_400_000

describe('parseRetryAfter', () => {
  it.each([
    ['1', 1_000],
    [' 42 ', 42_000],
    ['0', 0],
    ['1.5', 1_500],
    ['Thu, 01 Jan 2026 12:00:30 GMT', 30_000],
    ['Thursday, 01-Jan-26 12:00:30 GMT', 30_000],
    ['Thu Jan  1 12:00:30 2026', 30_000],
    ['Thu, 01 Jan 2026 11:00:00 GMT', 0],
    ['Mon, 01 Jan 2035 12:00:00 GMT', DAY_MS],
    ['31536000', DAY_MS],
    ['9'.repeat(400), DAY_MS],
  ])('reads %j', (value, ms) => {
    expect(parseRetryAfter(value, NOW)).toBe(ms)
  })

  it.each([
    undefined,
    '',
    ' ',
    'soon',
    'NaN',
    'Infinity',
    '-1',
    '+5',
    '1e9',
    '0x10',
    'in 5',
    '2026-01-01T12:00:30Z',
    'Thu, 01 Jan 2026 12:00:30 +0100',
    '5 seconds',
    'Thu, soon',
    '1,2',
  ])('takes %j as absent', (value) => {
    expect(parseRetryAfter(value, NOW)).toBeUndefined()
  })

  it('gives whole milliseconds from 0 to a day, or nothing, for any value', () => {
    const value = fc.oneof(
      fc.string(),
      fc.double().map(String),
      fc.integer().map(String),
      fc.date().map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    )
    fc.assert(
      fc.property(value, fc.nat(), (text, now) => {
        const ms = parseRetryAfter(text, now)
        if (ms === undefined) return
        expect(Number.isInteger(ms)).toBe(true)
        expect(ms).toBeGreaterThanOrEqual(0)
        expect(ms).toBeLessThanOrEqual(DAY_MS)
      }),
      { numRuns: 1_000 },
    )
  })

  it('asks to wait until a date, for any date within a day', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 86_400 }), (seconds) => {
        const date = new Date(NOW + seconds * 1_000).toUTCString()
        expect(parseRetryAfter(date, NOW)).toBe(seconds * 1_000)
      }),
    )
  })
})

describe('statusFailure', () => {
  it.each([
    [302, 'upstream_rejected', false],
    [400, 'upstream_rejected', false],
    [401, 'upstream_unauthorized', false],
    [403, 'upstream_unauthorized', false],
    [404, 'upstream_rejected', false],
    [408, 'upstream_timeout', true],
    [413, 'upstream_rejected', false],
    [418, 'upstream_rejected', false],
    [422, 'upstream_rejected', false],
    [429, 'upstream_rate_limited', true],
    [500, 'upstream_unavailable', true],
    [501, 'upstream_unavailable', false],
    [502, 'upstream_unavailable', true],
    [503, 'upstream_unavailable', true],
    [504, 'upstream_timeout', true],
    [599, 'upstream_unavailable', false],
  ])('says of %d what it is and whether to try again', (status, code, isRetryable) => {
    const error = statusFailure({
      status,
      headers: {},
      correlationId: 'abc-1',
      error: undefined,
      now: NOW,
    })
    expect(error).toMatchObject({ code, isRetryable, status, correlationId: 'abc-1' })
    expect(error.message).toMatch(
      new RegExp(`^upstream answered ${status}: .* \\(correlation id abc-1\\)$`),
    )
  })
})

describe('errorObjectFailure', () => {
  it.each([
    [{ message: 'SECRET', code: 503 }, 'upstream_unavailable', true],
    [{ message: 'SECRET', status: 429 }, 'upstream_rate_limited', true],
    [{ message: 'SECRET', status: 400, code: 'bad.request' }, 'upstream_rejected', false],
    [{ message: 'SECRET', code: 'overloaded' }, 'upstream_unavailable', true],
    [{ message: 'SECRET', code: 'x', type: 'insufficient_quota' }, 'upstream_rate_limited', false],
    [{ message: 'SECRET', code: '429' }, 'upstream_rate_limited', true],
    [{ message: 'SECRET', code: 'whatever' }, 'upstream_unavailable', false],
    [{ status: 1_000_000 }, 'upstream_unavailable', false],
    ['SECRET', 'upstream_unavailable', false],
    [null, 'upstream_unavailable', false],
  ])('reads %o without its words', (object, code, isRetryable) => {
    const error = errorObjectFailure(providerErrorOf(object))
    expect(error).toMatchObject({ code, isRetryable })
    expect(error.message).not.toContain('SECRET')
  })
})

describe('connectionFailure', () => {
  it.each([
    ['ECONNREFUSED', 'upstream_unavailable', true],
    ['ECONNRESET', 'upstream_unavailable', true],
    ['UND_ERR_SOCKET', 'upstream_unavailable', true],
    ['UND_ERR_CONNECT_TIMEOUT', 'upstream_timeout', true],
    ['ETIMEDOUT', 'upstream_timeout', true],
    ['EAI_AGAIN', 'upstream_unavailable', true],
    ['CERT_HAS_EXPIRED', 'upstream_unavailable', false],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'upstream_unavailable', false],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'upstream_unavailable', false],
  ])('says of %s what it is and whether to try again', (code, ours, isRetryable) => {
    const wrapped = new Error('SECRET', { cause: Object.assign(new Error('SECRET'), { code }) })
    const error = connectionFailure(wrapped, 'the upstream')
    expect(error).toMatchObject({ code: ours, isRetryable })
    expect(error.message).toContain(code)
    expect(error.message).not.toContain('SECRET')
  })
})
