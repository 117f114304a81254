/** What SIGTERM and Ctrl-C do: the first one drains, one that comes later stops at once. */

export interface StopActions {
  /** Lets what runs come to its end; then the process ends with 0. */
  drain: () => Promise<void>
  /** Ends what runs, and writes what is to be written. */
  stop?: () => Promise<void>
}

/** What stops at once may still take so long to write. */
const STOP_MS = 1_000

/**
 * Ctrl-C in a terminal reaches the whole process group, and npm passes it on once more to what it runs: signals within
 * this time count as one.
 */
const SAME_SIGNAL_MS = 700

export function onStopSignals(actions: StopActions): void {
  let firstAt: number | undefined
  const onSignal = (signal: NodeJS.Signals) => {
    if (firstAt === undefined) {
      firstAt = performance.now()
      process.stderr.write(`\n${signal}: draining; once more to stop at once\n`)
      actions.drain().then(
        () => process.exit(0),
        () => process.exit(1),
      )
    } else if (performance.now() - firstAt > SAME_SIGNAL_MS) {
      process.stderr.write(`${signal}: stopping at once\n`)
      const end = () => process.exit(1)
      setTimeout(end, STOP_MS)
      Promise.resolve(actions.stop?.()).then(end, end)
    }
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
}
