// Retries on a fake clock: who is tried again, after how long, and the three things that end it.
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { GatewayError } from '../../src/errors.ts'
import { RetryBudget, type RetryOptions, sleep, withRetry } from '../../src/upstream/retry.ts'
import { fakeClock } from '../harness/clock.ts'

const down = (more: object = {}) =>
  new GatewayError('upstream_unavailable', 'down', { isRetryable: true, ...more })

function options(more: Partial<RetryOptions> = {}): RetryOptions {
  return {
    maxAttempts: 3,
    baseDelayMs: 100,
    maxDelayMs: 1_000,
    deadlineMs: 10_000,
    budget: new RetryBudget(Date.now),
    signal: new AbortController().signal,
    random: () => 1,
    ...more,
  }
}

/** Runs to the end of all timers; the outcome and when each attempt began. */
async function run(attempt: (n: number) => Promise<unknown>, given: RetryOptions) {
  const clock = fakeClock()
  const began = clock.now()
  const at: number[] = []
  const outcome = withRetry(async (n) => {
    at.push(clock.now() - began)
    return await attempt(n)
  }, given).then(
    (value) => ({ value, error: undefined }),
    (error: unknown) => ({ value: undefined, error }),
  )
  await clock.advance(100_000)
  return { ...(await outcome), at }
}

describe('withRetry', () => {
  it('tries again after a backoff that doubles, and gives what succeeds at last', async () => {
    const attempt = async (n: number) => {
      if (n < 3) throw down()
      return 'answer'
    }
    expect(await run(attempt, options())).toEqual({
      value: 'answer',
      error: undefined,
      at: [0, 100, 300],
    })
  })

  it('spreads the backoff over the whole time below its ceiling', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0.01, max: 1, noNaN: true }), async (random) => {
        const fail = async () => {
          throw down()
        }
        const { at } = await run(
          fail,
          options({ random: () => random, maxAttempts: 5, maxDelayMs: 300 }),
        )
        const pauses = at.slice(1).map((time, i) => time - (at[i] ?? 0))
        expect(pauses).toEqual([100, 200, 300, 300].map((ceiling) => Math.ceil(random * ceiling)))
      }),
      { numRuns: 20 },
    )
  })

  it('says how often it tried', async () => {
    const { error, at } = await run(() => Promise.reject(down({ status: 503 })), options())
    expect(error).toMatchObject({
      message: 'down, after 3 attempts',
      status: 503,
      isRetryable: true,
    })
    expect(at).toHaveLength(3)
  })

  it('never tries again what no other attempt cures, and passes it on as it is', async () => {
    for (const failure of [
      new GatewayError('upstream_rejected', 'no'),
      new TypeError('bug'),
      'thrown',
    ]) {
      const { error, at } = await run(() => Promise.reject(failure), options())
      expect(error).toBe(failure)
      expect(at).toEqual([0])
    }
  })

  it('waits as long as the upstream asks', async () => {
    const attempt = async (n: number) => {
      if (n === 1) throw down({ retryAfterMs: 777 })
      return n
    }
    expect((await run(attempt, options())).at).toEqual([0, 777])
  })

  it('does not hammer an upstream that asks for no wait at all', async () => {
    const fail = () => Promise.reject(down({ retryAfterMs: 0 }))
    expect((await run(fail, options())).at).toEqual([0, 100, 300])
  })

  it('fails at once if the wait is over the cap, and says how long it would be', async () => {
    const { error, at } = await run(() => Promise.reject(down({ retryAfterMs: 1_001 })), options())
    expect(at).toEqual([0])
    expect(error).toMatchObject({
      retryAfterMs: 1_001,
      message: 'down; its Retry-After of 2 s is longer than the 1000 ms that are waited at most',
    })
  })

  it('starts nothing after the deadline', async () => {
    const fail = () => Promise.reject(down({ retryAfterMs: 600 }))
    const { at } = await run(fail, options({ maxAttempts: 10, deadlineMs: 1_500 }))
    expect(at).toEqual([0, 600, 1_200])
  })

  it('ends with the reason of an abort, during a wait as during an attempt', async () => {
    const controller = new AbortController()
    fakeClock()
    const waiting = withRetry(() => Promise.reject(down()), options({ signal: controller.signal }))
    const outcome = waiting.catch((error) => error)
    await vi.advanceTimersByTimeAsync(10)
    controller.abort('gone')
    expect(await outcome).toBe('gone')
    expect(vi.getTimerCount(), 'no timer is left').toBe(0)
    const failure = down()
    const { error, at } = await run(
      () => Promise.reject(failure),
      options({ signal: controller.signal }),
    )
    expect(error).toBe(failure)
    expect(at).toEqual([0])
  })

  it('waits for its turn before each attempt, and takes a refusal there for final', async () => {
    const turn = vi.fn(async () => {})
    await run(() => Promise.reject(down()), options({ turn }))
    expect(turn).toHaveBeenCalledTimes(3)
    const refusal = new GatewayError('overloaded', 'full', { isRetryable: true, retryAfterMs: 10 })
    turn.mockClear().mockRejectedValue(refusal)
    const { error, at } = await run(async () => 'answer', options({ turn }))
    expect([error, at, turn.mock.calls.length]).toEqual([refusal, [], 1])
  })

  it('tells of each retry before its wait', async () => {
    const onRetry = vi.fn()
    const failure = down()
    await run(() => Promise.reject(failure), options({ onRetry }))
    expect(onRetry.mock.calls).toEqual([
      [failure, 1, 100],
      [failure, 2, 200],
    ])
  })
})

describe('RetryBudget', () => {
  it('gives ten retries and a fifth of the requests in each window', () => {
    const clock = fakeClock()
    fc.assert(
      fc.property(fc.nat(500), (requests) => {
        const budget = new RetryBudget(clock.now)
        for (let i = 0; i < requests; i += 1) budget.request()
        let retries = 0
        while (budget.retry()) retries += 1
        expect(retries).toBe(Math.ceil(10 + requests / 5))
      }),
      { numRuns: 30 },
    )
  })

  it('starts anew after its window', async () => {
    const clock = fakeClock()
    const budget = new RetryBudget(clock.now)
    while (budget.retry());
    await clock.advance(9_999)
    expect(budget.retry()).toBe(false)
    await clock.advance(1)
    expect(budget.retry()).toBe(true)
  })

  it('bounds the retries of a crowd while everything fails', async () => {
    const clock = fakeClock()
    const budget = new RetryBudget(clock.now)
    let attempts = 0
    const fail = () => {
      attempts += 1
      return Promise.reject(down())
    }
    const crowd = Array.from({ length: 100 }, () =>
      withRetry(fail, options({ budget })).catch(() => {}),
    )
    await clock.advance(5_000)
    await Promise.all(crowd)
    expect(attempts).toBeLessThanOrEqual(100 + 10 + 20)
  })
})

describe('sleep', () => {
  it('rejects at once for a signal that is aborted already', async () => {
    await expect(sleep(1_000, AbortSignal.abort('gone'))).rejects.toBe('gone')
  })
})
