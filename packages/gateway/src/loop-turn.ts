/**
 * One turn an iteration of the event loop for all that would hold it: long computations and answers that pour. A few
 * milliseconds for all of them together are what everybody else may have to wait. Who has not done stands in its line, and
 * the lines are served in turn, one of one line in an iteration.
 *
 *   closed --somebody begins--> open --iteration ends--> open (the next in line goes on) | closed (nobody waits)
 */

/** How long a turn lasts, in milliseconds: what everybody else may have to wait for it. */
const TURN_MS = 4

/** Those that wait for a turn to do the same kind of thing. */
export interface Line {
  /** Lets the next one go on; whether more wait. */
  serve(): boolean
}

/** When the open turn is over, `performance.now()`; 0 while none is open. */
let endsAt = 0
/** In which somebody waits; the first is next. */
const lines = new Set<Line>()

/** Somebody begins, in what is left of the turn. */
export function beginTurn(): void {
  if (endsAt > 0) return
  endsAt = performance.now() + TURN_MS
  setImmediate(next)
}

/** Whether it is time to wait. */
export function isTurnOver(): boolean {
  return performance.now() >= endsAt
}

/** Somebody waits in a line, which is served in a later iteration. */
export function awaitTurn(line: Line): void {
  lines.add(line)
  beginTurn()
}

function next(): void {
  endsAt = 0
  const [line] = lines
  if (line === undefined) return
  lines.delete(line)
  beginTurn()
  if (line.serve()) lines.add(line)
}
