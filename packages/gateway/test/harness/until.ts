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

/** Looks that have to show the same number: each leaves everybody in this process a turn. */
const STEADY_LOOKS = 100

/** Resolves when `read` gives the same number again and again: something has come to rest. Looks and not time, see above. */
export async function untilSteady(read: () => number | Promise<number>): Promise<number> {
  let value = await read()
  let looks = 0
  await until('a number stays the same', async () => {
    const now = await read()
    looks = now === value ? looks + 1 : 0
    value = now
    return looks >= STEADY_LOOKS
  })
  return value
}
