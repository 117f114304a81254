// Waits for a condition, with a deadline that only a failure reaches.
const DEADLINE_MS = 90_000

export async function until(isMet: () => boolean): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS
  while (!isMet()) {
    if (performance.now() > deadline) throw new Error(`not met: ${isMet}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
