/** Whoever wants to know about completions: the log, metrics, the audit, the webhook, a program's own callbacks. */
import type { Feed } from './feed.ts'
import type { CompletionReport } from './terminal.ts'

/** Each method is optional in effect: an observer leaves out what it has no use for. */
export interface CompletionObserver {
  /** A completion was let in and has not begun to run. */
  opened?(feed: Feed): void
  /** The request is ready and its prompt has not left: awaited, and what it throws refuses the request. */
  began?(report: CompletionReport): Promise<void>
  /** The terminal is known and delivered, or about to be. Must not throw. */
  ended?(report: CompletionReport): void
}
