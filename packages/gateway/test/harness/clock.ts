/** Fake time for whatever takes a clock and sets timers: both move together, and only when a test says so. */
import { onTestFinished, vi } from 'vitest'

/** Replaces `Date` alone until the test ends: sockets and timers go on, and the time of day moves when a test says so. */
export function fakeDate(): { advance: (ms: number) => void } {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
  onTestFinished(() => void vi.useRealTimers())
  return { advance: (ms) => void vi.setSystemTime(Date.now() + ms) }
}

/** Replaces timers and `Date.now` until the test ends; starts at 2026-01-01. */
export function fakeClock(): { now: () => number; advance: (ms: number) => Promise<void> } {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) })
  onTestFinished(() => void vi.useRealTimers())
  return {
    now: Date.now,
    advance: async (ms) => void (await vi.advanceTimersByTimeAsync(ms)),
  }
}
