/** The tutorial's event of a stream, for dashboards: what callbacks get and the webhook sends. */
export interface StreamEvent {
  readonly type: 'chunk' | 'complete' | 'blocked' | 'error'
  /** ISO 8601. */
  readonly timestamp: string
  /** Of a chunk: the chunk as the client sees it, guarded. Of an end, at the webhook: the audit log. */
  readonly data?: unknown
}
