/** One line of the structured log for each completion, without anything that was said. */
import { boundedId } from './audit/bounded-id.ts'
import type { CompletionObserver } from './completion/observer.ts'
import type { CompletionReport } from './completion/terminal.ts'
import type { Logger } from './logger.ts'

export class LogObserver implements CompletionObserver {
  readonly #logger: Logger

  constructor(logger: Logger) {
    this.#logger = logger
  }

  ended(report: CompletionReport): void {
    const { requestId, status, errorCode, correlationId, retries } = report
    const { tokensIn, tokensOut, latencyMs, timeToFirstTokenMs } = report
    const names = { requestId, client: boundedId(report.client), model: report.modelLabel }
    const { upstreamStatus, upstreamError } = report
    const outcome = { status, errorCode, upstreamStatus, upstreamError, correlationId, retries }
    const fields = { ...names, ...outcome, tokensIn, tokensOut, latencyMs, timeToFirstTokenMs }
    const { errorMessage, errorDetail } = report
    // A client over its quota can be refused thousands of times a second; the metrics count it.
    if (errorCode === 'rate_limited') this.#logger.debug(fields, 'completion refused')
    else if (isUpstreams(report)) {
      this.#logger.warn({ ...fields, errorMessage, errorDetail }, 'the upstream failed')
    } else this.#logger.info({ ...fields, errorDetail }, 'completion ended')
    const { unshown } = report
    if (Object.keys(unshown).length > 0)
      this.#logger.warn({ requestId, unshown }, 'parts of an answer were not shown')
  }
}

/** Whether a completion failed for what the upstream did or did not do. */
function isUpstreams({ errorCode = '' }: CompletionReport): boolean {
  return errorCode.startsWith('upstream_') || errorCode === 'stream_interrupted'
}
