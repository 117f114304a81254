/** The two sides of following a completion: who follows, and what is followed. */
import type { CompletionLog } from './log.ts'

/** Someone who follows a completion with a cursor of its own into the log. */
export interface Watcher {
  /** The request is valid and will be sent: comes before anything of the log. */
  onAck(ack: { tokenCount: number; dropped: number }): void
  /** The log grew or the terminal is there: take what can be sent now. */
  onLog(): void
  /** True while it cannot take more; the upstream waits for it. */
  readonly isBehind: boolean
  /** The sequence number of the last entry that it took. */
  readonly cursor: number
}

/** A completion, to those who follow it. */
export interface Followed {
  readonly log: CompletionLog
  attach(watcher: Watcher): void
}
