/** A detector of one's own behind HTTP; the contract is http-contract.ts. */
import type { DetectOptions, SegmentDetector, Span } from '@sluice/guard'
import { fromCodePoints } from './code-points.ts'
import { DetectorFailure } from './failure.ts'
import { type DetectRequest, detectAnswer } from './http-contract.ts'
import { type PostOptions, postJson } from './post-json.ts'

export interface HttpDetectorOptions extends PostOptions {
  entities: readonly string[]
}

export class HttpDetector implements SegmentDetector {
  readonly #options: HttpDetectorOptions

  constructor(options: HttpDetectorOptions) {
    this.#options = options
  }

  get entities(): readonly string[] {
    return this.#options.entities
  }

  async detect(text: string, { language, signal }: DetectOptions): Promise<readonly Span[]> {
    const body: DetectRequest = {
      text,
      ...(language === undefined ? {} : { language }),
      entities: [...this.entities],
    }
    const answer = detectAnswer.safeParse(await postJson(body, this.#options, signal))
    if (!answer.success) {
      const places = answer.error.issues.slice(0, 3).map(({ path }) => path.join('.'))
      const message = `the answer breaks the contract at ${places.join(', ')}`
      throw new DetectorFailure('invalid_answer', message)
    }
    const { spans, offsets, moderation = [] } = answer.data
    const verdicts = moderation.map(({ category, score }) => ({
      ...{ entity: category, score },
      ...{ start: 0, end: text.length },
    }))
    return [...(offsets === 'code_points' ? fromCodePoints(text, spans) : spans), ...verdicts]
  }
}
