/** Fake time for whatever takes a clock and sets timers: both move together, and only when a test says so. */
import { onTestFinished, vi } from 'vitest'

/** Replaces timers and `Date.now` until the test ends; starts at 2026-01-01. */
export function fakeClock(): { now: () => number; advance: (ms: number) => Promise<void> } {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) })
  onTestFinished(() => void vi.useRealTimers())
  return {
    now: Date.now,
    advance: async (ms) => void (await vi.advanceTimersByTimeAsync(ms)),
  }
}
