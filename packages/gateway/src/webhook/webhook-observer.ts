/** Feeds the webhook: how completions end and, if wanted, their chunks as the client sees them. */
import { auditLogOf } from '../completion/audit-log.ts'
import type { Feed } from '../completion/feed.ts'
import type { CompletionObserver } from '../completion/observer.ts'
import type { CompletionReport } from '../completion/terminal.ts'
import { ChunkWatcher } from '../dialects/chunk-watcher.ts'
import type { StreamEvent } from './stream-event.ts'
import type { WebhookSender } from './webhook-sender.ts'

export class WebhookObserver implements CompletionObserver {
  readonly #sender: WebhookSender
  readonly #now: () => number
  readonly #withChunks: boolean

  constructor(sender: WebhookSender, options: { now: () => number; withChunks: boolean }) {
    this.#sender = sender
    this.#now = options.now
    this.#withChunks = options.withChunks
  }

  opened(feed: Feed): void {
    if (!this.#withChunks) return
    feed.subscribe(new ChunkWatcher((data) => this.#push('chunk', data)))
  }

  ended(report: CompletionReport): void {
    const type =
      report.status === 'complete' || report.status === 'blocked' ? report.status : 'error'
    // A model's name comes from the client: what nobody knows is not passed on.
    this.#push(type, auditLogOf({ ...report, model: report.modelLabel }))
  }

  #push(type: StreamEvent['type'], data: unknown): void {
    this.#sender.push({ type, timestamp: new Date(this.#now()).toISOString(), data })
  }
}
