/** The time, as everything that needs it is given it: when something happened, and how long something takes. */
export interface Clock {
  /** When: milliseconds since the epoch. It jumps when somebody sets the machine's clock. */
  now(): number
  /** How long: milliseconds since some moment in the past. It never jumps. */
  monotonic(): number
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
}
