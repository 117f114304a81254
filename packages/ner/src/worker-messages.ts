/** What the pool and its workers say to each other. */
import type { Span } from '@sluice/guard'

export interface WorkerTask {
  id: number
  text: string
}

export type WorkerAnswer =
  | { kind: 'ready' }
  /** The model cannot be loaded. */
  | { kind: 'unusable'; message: string }
  | { kind: 'spans'; id: number; spans: Span[] }
  | { kind: 'failed'; id: number }
