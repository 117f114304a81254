/** Names and places by a model that runs in worker threads of this process: a detector as the guard takes them. */
import type { DetectOptions, SegmentDetector, Span } from '@sluice/guard'
import { DEFAULT_LABELS } from './labels.ts'
import { WorkerPool } from './worker-pool.ts'

export interface NerOptions {
  /** Folder of the model. */
  folder: string
  /** Threads, each with a copy of the model. Default 1. */
  workers?: number
  /** How likely a word has to be, from 0 to 1. Default 0.5. */
  threshold?: number
  /** The model's labels by entity, without `B-` and `I-`. Default: PERSON and LOCATION of the models that are known. */
  labels?: Readonly<Record<string, readonly string[]>>
}

export class NerDetector implements SegmentDetector {
  readonly entities: readonly string[]
  readonly #pool: WorkerPool

  /** Loads nothing: the first text does. */
  constructor({ folder, workers = 1, threshold = 0.5, labels = DEFAULT_LABELS }: NerOptions) {
    this.entities = Object.keys(labels)
    this.#pool = new WorkerPool(workers, { folder, labels, threshold })
  }

  /** The language is the model's to find out. */
  detect(segment: string, { signal }: DetectOptions): Promise<readonly Span[]> {
    return this.#pool.spans(segment, signal)
  }

  close(): Promise<void> {
    return this.#pool.close()
  }
}
