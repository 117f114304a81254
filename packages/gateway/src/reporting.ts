/** Everything that is told about what the gateway does: audit, metrics, log, webhook and callbacks, behind one door. */
import type { Audit } from './audit/audit.ts'
import { auditName } from './audit/audit-name.ts'
import { AuditObserver } from './audit/audit-observer.ts'
import type { AuditEvent } from './audit/record.ts'
import { RefusalTally } from './audit/refusal-tally.ts'
import { type AnalyticsCallbacks, CallbackQueue } from './callbacks.ts'
import type { Clock } from './clock.ts'
import type { Diagnostics } from './completion/completion.ts'
import type { CompletionObserver } from './completion/observer.ts'
import type { Settings } from './config/settings.ts'
import { LogObserver } from './log-observer.ts'
import { framesOf, type Logger } from './logger.ts'
import { type MetricSources, Metrics } from './metrics/metrics.ts'
import type { RequestRefusal } from './server/origin.ts'
import type { Refusals } from './server/refusals.ts'
import { WebhookObserver } from './webhook/webhook-observer.ts'
import type { WebhookSender } from './webhook/webhook-sender.ts'

export interface ReportingOptions {
  settings: Pick<Settings, 'metricLabels' | 'webhookChunks'>
  logger: Logger
  clock: Clock
  audit: Audit
  /** Of the digests that stand for names in audit and metrics. */
  auditKey: Buffer
  webhook: WebhookSender | undefined
  callbacks: AnalyticsCallbacks
}

/** How long a close may wait for the webhook's last batch. */
const WEBHOOK_CLOSE_MS = 2_000

export class Reporting implements Refusals, Diagnostics {
  readonly metrics: Metrics
  /** Who is told about completions, in order: the audit first, because it may refuse one. */
  readonly observers: readonly CompletionObserver[]
  readonly #audit: Audit
  readonly #logger: Logger
  /** A value of a client's as it may be kept: bounded, and a digest where it has personal data. */
  readonly #nameOf: (value: string) => string | undefined
  readonly #callbacks: CallbackQueue
  readonly #refusals: RefusalTally
  readonly #webhook: WebhookSender | undefined

  constructor(options: ReportingOptions) {
    const { settings, logger, clock, audit, auditKey, webhook, callbacks } = options
    this.#nameOf = (value) => auditName(value, auditKey)
    this.metrics = new Metrics({
      labels: settings.metricLabels,
      nameOf: this.#nameOf,
    })
    this.#audit = audit
    this.#logger = logger
    this.#callbacks = new CallbackQueue(callbacks, clock.now)
    this.#webhook = webhook
    this.#refusals = new RefusalTally({
      record: (event, cause) => {
        audit.event(event)
        const { reason, address, count } = event
        logger.warn({ reason, address, count, ...cause }, 'refused')
      },
    })
    const events = { now: clock.now, withChunks: settings.webhookChunks }
    this.observers = [
      ...(audit.stats().state === 'off' ? [] : [new AuditObserver(audit, auditKey)]),
      new LogObserver(logger),
      this.metrics,
      this.#callbacks,
      ...(webhook === undefined ? [] : [new WebhookObserver(webhook, events)]),
    ]
  }

  /** Lets the metrics read what is counted elsewhere. */
  watch(sources: Omit<MetricSources, 'audit' | 'webhook' | 'callbacks'>): void {
    const own = { audit: this.#audit, webhook: this.#webhook, callbacks: this.#callbacks }
    this.metrics.watch({ ...sources, ...own })
  }

  gap(ms: number): void {
    this.metrics.gap(ms)
  }

  unexpected(error: unknown): void {
    this.#logger.error(framesOf(error), 'unexpected exception')
  }

  /** A socket was refused, for its credential or a quota. */
  refusedConnection(reason: string, address: string): void {
    this.metrics.refused(reason)
    this.refused(reason, address)
  }

  /** A request was refused for its Host, Origin or path; the log names the value, and the setting that would allow it. */
  refusedRequest({ reason, value, setting }: RequestRefusal, address: string): void {
    this.metrics.refused(reason)
    this.#refusals.add(reason, address, { value: this.#nameOf(value) ?? '', setting })
  }

  /** Something was refused before it began: audit and log get a count, not a record of each. */
  refused(reason: string, address: string): void {
    this.#refusals.add(reason, address)
  }

  /** Something happened beside completions. */
  event(event: AuditEvent): void {
    this.#audit.event(event)
  }

  /** Writes and sends what waits. */
  async close(): Promise<void> {
    this.#refusals.flush()
    await Promise.all([this.#webhook?.close(WEBHOOK_CLOSE_MS), this.#audit.close()])
  }
}
