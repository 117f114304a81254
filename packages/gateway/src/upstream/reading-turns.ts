/**
 * Turns at reading for answers that come faster than a person reads, from a cache or a test: a socket may bring megabytes
 * before others are looked at. So each stops after its part of a turn of the event loop and waits in line for its next one,
 * and the deltas of everybody else wait for a few parts and not for as many as there are such answers.
 */

/** What one answer brings in a turn before it waits, in bytes; also the most that is taken before it is delivered. */
export const PART_BYTES = 65_536
/** How many go on in one turn: at the guard's 30 MB/s, four milliseconds. */
const PARTS_PER_TURN = 2

let waiting: (() => void)[] = []
let isScheduled = false

/** Calls back in a later turn, in the order of the calls. */
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
  const now = waiting.slice(0, PARTS_PER_TURN)
  waiting = waiting.slice(PARTS_PER_TURN)
  if (waiting.length > 0) schedule()
  for (const goOn of now) goOn()
}
