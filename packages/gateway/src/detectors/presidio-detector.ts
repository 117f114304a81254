/**
 * Microsoft Presidio's analyzer behind its HTTP interface, `POST /analyze`
 * (https://microsoft.github.io/presidio/api-docs/api-docs.html). Entity names are its own; it counts code points.
 */
import type { DetectOptions, SegmentDetector, Span } from '@sluice/guard'
import { z } from 'zod'
import { fromCodePoints } from './code-points.ts'
import { DetectorFailure } from './failure.ts'
import type { HttpDetectorOptions } from './http-detector.ts'
import { postJson } from './post-json.ts'

/** It has no default for the language. */
const DEFAULT_LANGUAGE = 'en'

const answer = z
  .array(
    z.object({
      entity_type: z.string(),
      start: z.int(),
      end: z.int(),
      score: z.number(),
    }),
  )
  .max(10_000)

export class PresidioDetector implements SegmentDetector {
  readonly #options: HttpDetectorOptions

  constructor(options: HttpDetectorOptions) {
    const { origin, pathname } = new URL(options.url)
    const url = `${origin}${pathname.replace(/\/(?:analyze\/?)?$/, '')}/analyze`
    this.#options = { ...options, url }
  }

  get entities(): readonly string[] {
    return this.#options.entities
  }

  async detect(
    text: string,
    { language = DEFAULT_LANGUAGE, signal }: DetectOptions,
  ): Promise<readonly Span[]> {
    const body = { text, language, entities: this.entities }
    const result = answer.safeParse(await postJson(body, this.#options, signal))
    if (!result.success)
      throw new DetectorFailure('invalid_answer', "the answer is not Presidio's list of results")
    const spans = result.data.map(({ entity_type: entity, start, end, score }) => {
      return { entity, start, end, score: Math.min(1, Math.max(0, score)) }
    })
    return fromCodePoints(text, spans)
  }
}
