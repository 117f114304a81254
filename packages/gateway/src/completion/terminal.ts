/** How a completion ended, and everything that is told about it afterwards: plain data, no text of it, no dialect's words. */
import type { UnshownKind } from '../deltas.ts'
import type { GatewayError } from '../errors.ts'
import type { FindingCount } from '../request/finding-counts.ts'

/** Why a completion was cancelled, and by whom. */
export type CancelledBy = 'client' | 'disconnect' | 'abandoned' | 'operator' | 'deadline'

/** How a completion ended. */
export type Outcome =
  | { status: 'complete' }
  | { status: 'blocked'; direction: 'input' | 'output'; category: 'pii' | 'safety' }
  /** `hadBegun`: the upstream had begun to answer. */
  | { status: 'error'; error: GatewayError; hadBegun: boolean }
  | { status: 'cancelled'; by: CancelledBy }

/** The one last thing that is told of a completion. */
export type Terminal = Outcome & { readonly report: CompletionReport }

/** What audit, metrics and callbacks learn of a completion. Times in milliseconds. */
export interface CompletionReport {
  requestId: string
  conversationId: string | undefined
  client: string
  subject: string | undefined
  tenant: string | undefined
  labels: Readonly<Record<string, string>> | undefined
  /** As the client named it. */
  model: string
  /** As metrics and logs name it: of a bounded set. */
  modelLabel: string
  upstream: string
  policy: string
  policyHash: string
  /** Milliseconds since the epoch. */
  startedAt: number
  status: Outcome['status']
  cancelledBy: CancelledBy | undefined
  blockedDirection: 'input' | 'output' | undefined
  blockedCategory: 'pii' | 'safety' | undefined
  errorCode: string | undefined
  finishReasons: readonly string[]
  tokensIn: number
  tokensInEstimated: boolean
  tokensOut: number
  tokensOutEstimated: boolean
  latencyMs: number
  /** From `init` to the first text; undefined if there was none. */
  timeToFirstTokenMs: number | undefined
  retries: number
  dropped: number
  /** What of the answer came and was not shown, by kind. */
  unshown: Readonly<Partial<Record<UnshownKind, number>>>
  /** The upstream's status and its own words for a failure: of a closed form. */
  upstreamStatus: number | undefined
  upstreamError: string | undefined
  /** Of a failure: its text for the client, and what helps the operator; for the log alone. */
  errorMessage: string | undefined
  errorDetail: string | undefined
  findings: readonly FindingCount[]
  correlationId: string | undefined
}

/** Puts into a report how its completion ended. */
export function noteOutcome(report: CompletionReport, outcome: Outcome): void {
  report.status = outcome.status
  if (outcome.status === 'cancelled') report.cancelledBy = outcome.by
  if (outcome.status === 'error') {
    const { error } = outcome
    report.errorCode = error.code
    report.upstreamStatus = error.status
    report.upstreamError = error.upstreamError
    report.errorMessage = error.message
    report.errorDetail = error.detail
    report.correlationId ??= error.correlationId
  }
  if (outcome.status === 'blocked') {
    report.blockedDirection = outcome.direction
    report.blockedCategory = outcome.category
  }
}
