/** What an exception does that nobody foresaw: what was accepted is written, the process ends, a supervisor starts it again. */
import { framesOf, type Logger } from '@sluice/gateway'

/** A process that cannot end in this time is ended. */
const FLUSH_MS = 5_000

export function onCrash({ logger, flush }: { logger: Logger; flush: () => Promise<void> }): void {
  let isCrashing = false
  const crash = (error: unknown) => {
    if (isCrashing) return
    isCrashing = true
    // Frames without the message: that may quote what a client or an upstream sent.
    logger.error(framesOf(error), 'unexpected exception; the gateway ends')
    const end = () => process.exit(1)
    setTimeout(end, FLUSH_MS)
    flush().then(end, end)
  }
  process.on('uncaughtException', crash)
  process.on('unhandledRejection', crash)
}
