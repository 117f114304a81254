/** Writes completions into the audit. What a client named itself passes the guard first. */
import type { CompletionObserver } from '../completion/observer.ts'
import type { CompletionReport } from '../completion/terminal.ts'
import type { Audit } from './audit.ts'
import { auditName, warmAuditNames } from './audit-name.ts'
import { boundedId } from './bounded-id.ts'
import type { AuditBegin, CompletionStatus } from './record.ts'

/** Names of models that are remembered: clients may make them up. */
const MAX_MODELS = 100

export class AuditObserver implements CompletionObserver {
  readonly #audit: Audit
  readonly #key: Buffer
  /** Those that were found to be as they may be kept: the same few come with every request. */
  readonly #models = new Set<string>()

  /** @param key of the digests that stand for names */
  constructor(audit: Audit, key: Buffer) {
    this.#audit = audit
    this.#key = key
    warmAuditNames()
  }

  began(report: CompletionReport): Promise<void> {
    return this.#audit.begin(this.#beginOf(report))
  }

  ended(report: CompletionReport): void {
    // It never began, and a client over its quota could fill the disk with such records: they are tallied instead.
    if (report.errorCode === 'rate_limited') return
    this.#audit.end({
      ...this.#beginOf(report),
      endedAt: report.startedAt + report.latencyMs,
      status: statusOf(report),
      finishReason: report.finishReasons.length === 0 ? undefined : report.finishReasons.join(','),
      promptTokens: report.tokensIn,
      promptTokensEstimated: report.tokensInEstimated,
      completionTokens: report.tokensOut,
      completionTokensEstimated: report.tokensOutEstimated,
      latencyMs: report.latencyMs,
      timeToFirstTokenMs: report.timeToFirstTokenMs,
      retries: report.retries,
      findings: report.findings,
      droppedMessages: report.dropped,
      errorCode: report.errorCode,
      upstreamCorrelationId: report.correlationId,
    })
  }

  #beginOf(report: CompletionReport): AuditBegin {
    return { ...beginOf(report, this.#key), model: this.#modelOf(report.model) }
  }

  #modelOf(model: string): string {
    if (this.#models.has(model)) return model
    const name = auditName(model, this.#key) ?? 'other'
    if (name !== model) return name
    if (this.#models.size >= MAX_MODELS) this.#models.clear()
    this.#models.add(name)
    return name
  }
}

function beginOf(report: CompletionReport, key: Buffer): Omit<AuditBegin, 'model'> {
  return {
    requestId: report.requestId,
    conversationId:
      report.conversationId === undefined ? undefined : auditName(report.conversationId, key),
    client: boundedId(report.client, key) ?? 'unnamed',
    subject: report.subject === undefined ? undefined : boundedId(report.subject, key),
    tenant: report.tenant === undefined ? undefined : auditName(report.tenant, key),
    labels: report.labels === undefined ? undefined : labelsOf(report.labels, key),
    upstream: report.upstream,
    policy: report.policy,
    policyHash: report.policyHash,
    beganAt: report.startedAt,
  }
}

function labelsOf(labels: Readonly<Record<string, string>>, key: Buffer): Record<string, string> {
  const entries = Object.entries(labels)
  return Object.fromEntries(entries.map(([name, value]) => [name, auditName(value, key) ?? '']))
}

function statusOf({ status }: CompletionReport): CompletionStatus {
  if (status === 'complete') return 'success'
  return status === 'error' ? 'failed' : status
}
