/**
 * Turns at reading for answers that come faster than a person reads, from a cache or a test: a socket may bring megabytes
 * before others are looked at. So each stops after its part of a turn of the event loop and waits in line for its next one,
 * and the deltas of everybody else wait for one part and not for as many as there are such answers.
 */

/** What one answer brings in a turn before it waits, in bytes: at the guard's 30 MB/s, eight milliseconds. */
export const PART_BYTES = 262_144

const waiting: (() => void)[] = []
let isScheduled = false

/** Calls back in a later turn: one in each, in the order of the calls. */
export function awaitReadingTurn(goOn: () => void): void {
  waiting.push(goOn)
  schedule()
}

function schedule(): void {
  if (isScheduled) return
  isScheduled = true
  setImmediate(serve)
}

function serve(): void {
  isScheduled = false
  const goOn = waiting.shift()
  if (waiting.length > 0) schedule()
  goOn?.()
}
