/**
 * The end of a turn of the event loop, when everything that the poll for input brought has been taken: the moment to
 * deliver it and to let it go. One immediate serves everybody; one for each connection cost more than its write.
 */

let due: (() => void)[] = []

/** Calls back in this turn, after all input; in the order of the calls, and with what callbacks ask for themselves. */
export function atEndOfTurn(callback: () => void): void {
  if (due.length === 0) setImmediate(run)
  due.push(callback)
}

function run(): void {
  let at = 0
  try {
    // The list grows while it is walked.
    for (; at < due.length; at += 1) due[at]?.()
  } finally {
    // One that throws does not take the others with it.
    due = due.slice(at + 1)
    if (due.length > 0) setImmediate(run)
  }
}
