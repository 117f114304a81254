/** Waiting in tests: for a condition and not for a time, with a deadline that names what did not happen. */

const DEADLINE_MS = 90_000
const POLL_MS = 2

/** Resolves as soon as `holds` does; throws with `what` if it does not before the deadline. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

/** Resolves when `read` gave the same number for so long: something has come to rest. */
export async function untilSteady(read: () => number, forMs: number): Promise<number> {
  let value = read()
  let since = performance.now()
  await until('a number stays the same', () => {
    const now = read()
    if (now !== value) since = performance.now()
    value = now
    return performance.now() - since >= forMs
  })
  return value
}
