/** Everything that is told about what the gateway does: audit, metrics, log, webhook and callbacks, behind one door. */
import type { Audit } from './audit/audit.ts'
import { AuditObserver } from './audit/audit-observer.ts'
import { boundedId } from './audit/bounded-id.ts'
import type { AuditEvent } from './audit/record.ts'
import { RefusalTally } from './audit/refusal-tally.ts'
import { type AnalyticsCallbacks, CallbackQueue } from './callbacks.ts'
import type { CompletionObserver } from './completion/observer.ts'
import type { Settings } from './config/settings.ts'
import { GatewayError } from './errors.ts'
import { LogObserver } from './log-observer.ts'
import type { Logger } from './logger.ts'
import { type MetricSources, Metrics } from './metrics/metrics.ts'
import type { RequestRefusal } from './server/origin.ts'
import type { Refusals } from './server/refusals.ts'
import { WebhookObserver } from './webhook/webhook-observer.ts'
import { WebhookSender } from './webhook/webhook-sender.ts'

export interface ReportingOptions {
  settings: Settings
  logger: Logger
  audit: Audit
  callbacks: AnalyticsCallbacks
  /** What is counted elsewhere; what is counted here is added to it. */
  sources: Omit<MetricSources, 'audit' | 'webhook' | 'callbacks'>
}

/** How long a close may wait for the webhook's last batch. */
const WEBHOOK_CLOSE_MS = 2_000
const NO_WEBHOOK = { queued: 0, delivered: 0, dropped: 0, failedAttempts: 0 }

export class Reporting implements Refusals {
  readonly metrics: Metrics
  /** Who is told about completions, in order: the audit first, because it may refuse one. */
  readonly observers: readonly CompletionObserver[]
  readonly #audit: Audit
  readonly #refusals: RefusalTally
  readonly #webhook: WebhookSender | undefined

  constructor({ settings, logger, audit, callbacks, sources }: ReportingOptions) {
    const queue = new CallbackQueue(callbacks, Date.now)
    const webhook = openWebhook(settings, logger)
    this.#audit = audit
    this.#webhook = webhook
    this.#refusals = new RefusalTally({
      record: (event, cause) => {
        audit.event(event)
        const { reason, address, count } = event
        logger.warn({ reason, address, count, ...cause }, 'refused')
      },
    })
    this.metrics = new Metrics({
      ...sources,
      audit: () => audit.stats(),
      webhook: () => webhook?.stats() ?? NO_WEBHOOK,
      callbacks: () => queue,
    })
    const options = { now: Date.now, withChunks: settings.webhookChunks }
    this.observers = [
      ...(audit.stats().state === 'off' ? [] : [new AuditObserver(audit)]),
      new LogObserver(logger),
      this.metrics,
      queue,
      ...(webhook === undefined ? [] : [new WebhookObserver(webhook, options)]),
    ]
  }

  /** A socket was refused, for its credential or a quota. */
  refusedConnection(reason: string, address: string): void {
    this.metrics.refused(reason)
    this.refused(reason, address)
  }

  /** A request was refused for its Host, Origin or path; the log names the value, and the setting that would allow it. */
  refusedRequest({ reason, value, setting }: RequestRefusal, address: string): void {
    this.metrics.refused(reason)
    this.#refusals.add(reason, address, { value: boundedId(value) ?? '', setting })
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

/** @throws GatewayError `configuration` */
export function openWebhook(
  { webhookUrl: url, webhookSecret: secret }: Settings,
  logger: Logger,
): WebhookSender | undefined {
  if (url === undefined && secret === undefined) return undefined
  if (url === undefined || secret === undefined) {
    const needed = 'SLUICE_WEBHOOK_URL and SLUICE_WEBHOOK_SECRET are needed together'
    throw new GatewayError('configuration', needed)
  }
  return new WebhookSender({ url, secret, logger, now: Date.now })
}
