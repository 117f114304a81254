// Turns at the upstream on a fake clock: the window's law, fairness, the shared pause, and every way to leave the queue.
import { setMaxListeners } from 'node:events'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import type { GatewayError } from '../../src/errors.ts'
import { Pacing, type PacingOptions } from '../../src/upstream/pacing.ts'
import { fakeClock } from '../harness/clock.ts'

const WINDOW_MS = 60_000
const never = new AbortController().signal
// One signal for many requests is a habit of these tests alone.
setMaxListeners(0, never)

function pacing(options: Partial<PacingOptions> = {}): Pacing {
  return new Pacing({
    requestsPerMinute: 2,
    queueLength: 100,
    queueTimeoutMs: 86_400_000,
    monotonic: Date.now,
    ...options,
  })
}

describe('Pacing', () => {
  it('lets everybody start at once where there is no limit', async () => {
    const turns = pacing({ requestsPerMinute: 0 })
    for (let i = 0; i < 1_000; i += 1) await turns.turn('a', never)
    expect(turns.waiting).toBe(0)
  })

  it('never starts more than the limit in any 60 seconds, and starts everybody', async () => {
    const clock = fakeClock()
    const arrivals = fc.array(fc.nat(30_000), { minLength: 1, maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(
        arrivals,
        fc.integer({ min: 1, max: 5 }),
        async (gaps, requestsPerMinute) => {
          const turns = pacing({ requestsPerMinute })
          const starts: number[] = []
          for (const [i, gap] of gaps.entries()) {
            await clock.advance(gap)
            void turns.turn(`client ${i % 3}`, never).then(() => starts.push(clock.now()))
          }
          await clock.advance(WINDOW_MS * gaps.length)
          expect(starts).toHaveLength(gaps.length)
          starts.forEach((start, i) => {
            const earlier = starts[i - requestsPerMinute]
            if (earlier !== undefined) expect(start - earlier).toBeGreaterThanOrEqual(WINDOW_MS)
          })
        },
      ),
      { numRuns: 50 },
    )
  })

  it('starts as early as the limit allows', async () => {
    const clock = fakeClock()
    const turns = pacing()
    const starts: number[] = []
    const began = clock.now()
    for (let i = 0; i < 5; i += 1)
      void turns.turn('a', never).then(() => starts.push(clock.now() - began))
    await clock.advance(2 * WINDOW_MS)
    expect(starts).toEqual([0, 0, WINDOW_MS, WINDOW_MS, 2 * WINDOW_MS])
  })

  it('gives each client one turn a round, however many requests it brought', async () => {
    const clock = fakeClock()
    const turns = pacing({ requestsPerMinute: 1 })
    const order: string[] = []
    await turns.turn('first', never)
    for (const client of ['a', 'a', 'a', 'a', 'b', 'c', 'c']) {
      void turns.turn(client, never).then(() => order.push(client))
    }
    await clock.advance(7 * WINDOW_MS)
    expect(order.join('')).toBe('abcacaa')
  })

  it('pauses everybody together, the longer of two pauses counting', async () => {
    const clock = fakeClock()
    const turns = pacing({ requestsPerMinute: 0 })
    const started = vi.fn()
    turns.pause(5_000)
    turns.pause(1_000)
    for (const client of ['a', 'b', 'c']) void turns.turn(client, never).then(started)
    await clock.advance(4_999)
    expect(started).not.toHaveBeenCalled()
    await clock.advance(1)
    expect(started).toHaveBeenCalledTimes(3)
  })

  it('holds those who already wait when a pause comes', async () => {
    const clock = fakeClock()
    const turns = pacing({ requestsPerMinute: 1 })
    await turns.turn('a', never)
    const started = vi.fn()
    void turns.turn('a', never).then(started)
    turns.pause(WINDOW_MS + 1)
    await clock.advance(WINDOW_MS)
    expect(started).not.toHaveBeenCalled()
    await clock.advance(1)
    expect(started).toHaveBeenCalledOnce()
  })

  it('refuses one more than the queue takes, and says when to come again', async () => {
    const clock = fakeClock()
    const turns = pacing({ queueLength: 1 })
    for (let i = 0; i < 3; i += 1) void turns.turn('a', never)
    await clock.advance(10_000)
    const refused: GatewayError = await turns.turn('b', never).catch((error) => error)
    expect(refused).toMatchObject({ code: 'overloaded', isRetryable: true, retryAfterMs: 50_000 })
    expect(refused.detail).toBe('SLUICE_UPSTREAM_QUEUE_LENGTH')
  })

  it('refuses who waited too long, and goes on with the others', async () => {
    const clock = fakeClock()
    const turns = pacing({ requestsPerMinute: 1, queueTimeoutMs: WINDOW_MS + 1 })
    const outcome: string[] = []
    const ask = (name: string) =>
      turns.turn(name, never).then(
        () => outcome.push(`${name} starts`),
        (error: GatewayError) => outcome.push(`${name}: ${error.code}`),
      )
    for (const name of ['a', 'b', 'c']) void ask(name)
    await clock.advance(WINDOW_MS + 1)
    expect(outcome).toEqual(['a starts', 'b starts', 'c: upstream_rate_limited'])
    expect(turns.waiting).toBe(0)
  })

  it('lets go of a request that is aborted, and gives its place to the next', async () => {
    const clock = fakeClock()
    const turns = pacing({ requestsPerMinute: 1 })
    const controller = new AbortController()
    const started = vi.fn()
    await turns.turn('a', never)
    const aborted = turns.turn('a', controller.signal)
    void turns.turn('a', never).then(started)
    controller.abort('gone')
    await expect(aborted).rejects.toBe('gone')
    expect(turns.waiting).toBe(1)
    await clock.advance(WINDOW_MS)
    expect(started).toHaveBeenCalledOnce()
  })

  it('starts nothing for a signal that is aborted already, and leaves no timer behind', async () => {
    fakeClock()
    const turns = pacing({ requestsPerMinute: 1 })
    expect(() => turns.turn('a', AbortSignal.abort('gone'))).toThrow('gone')
    const controller = new AbortController()
    await turns.turn('a', never)
    const waiting = turns.turn('a', controller.signal).catch(() => {})
    controller.abort()
    await waiting
    await vi.advanceTimersByTimeAsync(WINDOW_MS)
    expect(vi.getTimerCount()).toBe(0)
  })
})
