/**
 * The bounds of a detector: a deadline, so many windows at once, a queue that ends, and a breaker that spares a detector
 * that is down. Whatever goes wrong is a DetectorFailure; what is made of it is judge.ts's.
 */
import type { DetectOptions, NamedDetector, SegmentDetector, Span } from '@sluice/guard'
import {
  BulkheadRejectedError,
  bulkhead,
  ConsecutiveBreaker,
  circuitBreaker,
  handleType,
  isBrokenCircuitError,
  wrap,
} from 'cockatiel'
import type { DetectorSettings } from './detector-settings.ts'
import { DetectorFailure } from './failure.ts'
import { mergeSpans, type Window, windowsOf } from './windows.ts'

/** After so many failures in a row a detector is not asked, for so long. */
const BREAKER_FAILURES = 5
const BREAKER_PAUSE_MS = 5_000

interface LimitedDetectorOptions
  extends Pick<DetectorSettings, 'entities' | 'language' | 'timeoutMs' | 'concurrency' | 'queue'> {
  /** Told why a text could not be judged. */
  onFailure: (failure: DetectorFailure) => void
}

/** A detector that may hold something that has to be ended, such as threads. */
export interface EndableDetector extends SegmentDetector {
  close?(): Promise<void>
}

export class LimitedDetector implements NamedDetector {
  readonly name: string
  readonly #detector: EndableDetector
  readonly #limits: LimitedDetectorOptions
  readonly #policy
  readonly #bulkhead

  constructor(name: string, detector: EndableDetector, limits: LimitedDetectorOptions) {
    this.name = name
    this.#detector = detector
    this.#limits = limits
    this.#bulkhead = bulkhead(limits.concurrency, limits.queue)
    const breaker = circuitBreaker(handleType(DetectorFailure), {
      halfOpenAfter: BREAKER_PAUSE_MS,
      breaker: new ConsecutiveBreaker(BREAKER_FAILURES),
    })
    this.#policy = wrap(this.#bulkhead, breaker)
  }

  get entities(): readonly string[] {
    return this.#limits.entities
  }

  /** Windows that wait for their turn. */
  get waiting(): number {
    return this.#limits.queue - this.#bulkhead.queueSlots
  }

  /**
   * @throws DetectorFailure if any window cannot be judged
   * @throws the signal's reason once it has aborted
   */
  async detect(segment: string, { language, signal }: DetectOptions): Promise<readonly Span[]> {
    const deadline = AbortSignal.timeout(this.#limits.timeoutMs)
    const both = AbortSignal.any([signal, deadline])
    const options = { ...withLanguage(language ?? this.#limits.language), signal: both }
    try {
      const windows = windowsOf(segment).map((window) => this.#window(window, options, signal))
      return mergeSpans(await until(both, Promise.all(windows)))
    } catch (error) {
      signal.throwIfAborted()
      const failure = failureOf(error, deadline.aborted, this.#limits.timeoutMs)
      this.#limits.onFailure(failure)
      throw failure
    }
  }

  async close(): Promise<void> {
    await this.#detector.close?.()
  }

  /** `asker`: the signal of whoever asks; to give up is no failure of the detector. */
  async #window(window: Window, options: DetectOptions, asker: AbortSignal) {
    const spans = await this.#policy.execute(async () => {
      options.signal.throwIfAborted()
      try {
        const found = await this.#detector.detect(window.text, options)
        return found.filter((span) => this.#isWanted(span, window.text.length))
      } catch (error) {
        asker.throwIfAborted()
        throw asFailure(error)
      }
    })
    return { window, spans }
  }

  /** @throws DetectorFailure for a span that is no stretch of the text: the answer cannot be about this text */
  #isWanted({ entity, start, end, score }: Span, length: number): boolean {
    const isStretch =
      Number.isInteger(start) && Number.isInteger(end) && 0 <= start && end <= length
    if (!isStretch || start >= end || !(score >= 0 && score <= 1))
      throw new DetectorFailure('invalid_answer', 'a span has offsets or a score that cannot be')
    return this.entities.includes(entity)
  }
}

function withLanguage(language: string | undefined): Pick<DetectOptions, 'language'> {
  return language === undefined ? {} : { language }
}

/** Whoever waits does not wait for a detector that overlooks its signal. */
function until<T>(signal: AbortSignal, result: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    result.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}

function asFailure(error: unknown): DetectorFailure {
  if (error instanceof DetectorFailure) return error
  return new DetectorFailure('unreachable', 'the detector failed', error)
}

function failureOf(error: unknown, isLate: boolean, timeoutMs: number): DetectorFailure {
  if (isLate) return new DetectorFailure('timeout', `no answer within ${timeoutMs} ms (timeoutMs)`)
  if (error instanceof BulkheadRejectedError)
    return new DetectorFailure('queue_full', 'as many texts wait as may (queue)')
  if (isBrokenCircuitError(error))
    return new DetectorFailure('breaker_open', 'it failed several times, and is not asked now')
  return asFailure(error)
}
