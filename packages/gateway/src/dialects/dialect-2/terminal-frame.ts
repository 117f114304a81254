/** How a completion ended, in the words of dialect 2. */
import {
  BLOCKED_REASONS,
  type CancelledFrame,
  type CompleteFrame,
  type ErrorFrame,
  type TerminalFrame,
  type Usage,
} from '@sluice/protocol'
import { auditLogOf } from '../../completion/audit-log.ts'
import type { Feed } from '../../completion/feed.ts'
import type { CompletionReport } from '../../completion/terminal.ts'
import type { GatewayError } from '../../errors.ts'

/** The terminal of a feed that has one, for a watcher that has its log up to `seq`. */
export function terminalFrame(
  { header, log, terminal, isShown }: Feed,
  id: string,
  seq: number,
): TerminalFrame {
  const top = log.sequence + 1
  const place = { id, seq: top, ...(seq + 1 < top ? { from: seq + 1 } : {}) }
  if (terminal === undefined) throw new Error('the completion has not ended')
  switch (terminal.status) {
    case 'complete':
      return { type: 'complete', ...place, ...completed(terminal.report) }
    case 'cancelled':
      return { type: 'cancelled', ...place, by: terminal.by, usage: usageOf(terminal.report) }
    case 'blocked': {
      const { direction, category } = terminal
      const reason = BLOCKED_REASONS[category]
      return { type: 'blocked', ...place, reason, direction, retracted: isShown }
    }
    case 'error':
      return { ...errorFrame(terminal.error, { id, requestId: header.requestId }), ...place }
  }
}

/** What a refusal is about: the names that the refused frame gave. */
export interface Refused {
  id?: string | undefined
  requestId?: string | undefined
}

/** A refusal of one frame. */
export function errorFrame(error: GatewayError, { id, requestId }: Refused): ErrorFrame {
  const { publicCode: code, retryAfterMs, oldest: from } = error
  return {
    type: 'error',
    ...(id === undefined ? {} : { id }),
    ...(requestId === undefined ? {} : { requestId }),
    code,
    message: error.message,
    retryable: error.isRetryable || error.row.isRetryable,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(from === undefined ? {} : { from }),
  }
}

function completed(
  report: CompletionReport,
): Pick<CompleteFrame, 'finishReasons' | 'usage' | 'audit'> {
  const { timestamp, latencyMs, ppiFiltered } = auditLogOf(report)
  return {
    finishReasons: [...report.finishReasons],
    usage: usageOf(report),
    audit: { timestamp, latencyMs, piiConcealed: ppiFiltered },
  }
}

function usageOf(report: CompletionReport): CancelledFrame['usage'] & Usage {
  return {
    promptTokens: report.tokensIn,
    completionTokens: report.tokensOut,
    estimated: report.tokensInEstimated || report.tokensOutEstimated,
  }
}
