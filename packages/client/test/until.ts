// Waits for a condition, with a deadline that only a failure reaches.
export async function until(isMet: () => boolean, timeoutMs = 10_000): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!isMet()) {
    if (performance.now() > deadline) throw new Error(`not met: ${isMet}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
