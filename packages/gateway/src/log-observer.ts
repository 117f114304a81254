/** One line of the structured log for each completion, without anything that was said. */
import type { CompletionObserver } from './completion/observer.ts'
import type { CompletionReport } from './completion/terminal.ts'
import type { Logger } from './log.ts'

export class LogObserver implements CompletionObserver {
  readonly #logger: Logger

  constructor(logger: Logger) {
    this.#logger = logger
  }

  ended(report: CompletionReport): void {
    const { requestId, client, status, errorCode, correlationId, retries } = report
    const { tokensIn, tokensOut, latencyMs, timeToFirstTokenMs } = report
    // A model's name comes from the client: one that nobody knows is not repeated.
    const model = report.isKnownModel ? report.model : 'other'
    const fields = { requestId, client, model, status, errorCode, correlationId, retries }
    this.#logger.info(
      { ...fields, tokensIn, tokensOut, latencyMs, timeToFirstTokenMs },
      'completion ended',
    )
  }
}
