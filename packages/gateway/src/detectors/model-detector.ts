/**
 * A model in worker threads of this process, by the package @sluice/ner, which is loaded with the first text: whoever has no
 * such detector needs no such package.
 */
import type { DetectOptions, SegmentDetector, Span } from '@sluice/guard'
import type { NerDetector, NerOptions } from '@sluice/ner'
import { DetectorFailure } from './failure.ts'

export interface ModelDetectorOptions extends NerOptions {
  entities: readonly string[]
}

export class ModelDetector implements SegmentDetector {
  readonly entities: readonly string[]
  readonly #options: NerOptions
  #loading: Promise<NerDetector> | undefined

  constructor({ entities, ...options }: ModelDetectorOptions) {
    this.entities = entities
    this.#options = options
  }

  async detect(segment: string, options: DetectOptions): Promise<readonly Span[]> {
    this.#loading ??= load(this.#options)
    try {
      return await (await this.#loading).detect(segment, options)
    } catch (error) {
      options.signal.throwIfAborted()
      throw new DetectorFailure('unusable', (error as Error).message, error)
    }
  }

  async close(): Promise<void> {
    const detector = await this.#loading?.catch(() => undefined)
    await detector?.close()
  }
}

async function load(options: NerOptions): Promise<NerDetector> {
  const { NerDetector } = await import('@sluice/ner').catch((cause: unknown) => {
    throw new Error('the package @sluice/ner is not installed', { cause })
  })
  return new NerDetector(options)
}
