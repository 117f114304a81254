/** Whoever wants to know about completions: the log, metrics, the audit, dashboards, a program's own callbacks. */
import type { CompletionReport } from './terminal.ts'
import type { Followed } from './watcher.ts'

/** Each method is optional in effect: an observer leaves out what it has no use for. */
export interface CompletionObserver {
  /** A completion was opened and has not begun to run. */
  opened?(completion: Followed): void
  /** The request is ready and its prompt has not left: awaited, and what it throws refuses the request. */
  began?(report: CompletionReport): Promise<void>
  /** The terminal is known and delivered, or about to be. Must not throw. */
  ended?(report: CompletionReport): void
}
