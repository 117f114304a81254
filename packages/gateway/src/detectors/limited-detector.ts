/**
 * The bounds of a detector: a deadline, so many windows at once, a queue that ends, and a breaker that spares a detector
 * that is down. Whatever goes wrong is a DetectorFailure; what is made of it is judge.ts's.
 */
import type { DetectOptions, NamedDetector, SegmentDetector, Span } from '@sluice/guard'
import { require } from '../commonjs.ts'
import type { DetectorSettings } from './detector-settings.ts'
import { DetectorFailure, type FailureReason } from './failure.ts'
import { VerdictCache } from './verdict-cache.ts'
import { mergeSpans, type Window, windowsOf } from './windows.ts'

const {
  BulkheadRejectedError,
  bulkhead,
  ConsecutiveBreaker,
  circuitBreaker,
  handleType,
  isBrokenCircuitError,
  wrap,
} = require('cockatiel') as typeof import('cockatiel')

/** After so many failures in a row a detector is not asked, for so long. */
const BREAKER_FAILURES = 5
const BREAKER_PAUSE_MS = 5_000

interface LimitedDetectorOptions
  extends Pick<
    DetectorSettings,
    'cache' | 'concurrency' | 'entities' | 'language' | 'queue' | 'timeoutMs'
  > {
  /** Told why a text could not be judged. */
  onFailure: (failure: DetectorFailure) => void
}

/** A detector that may hold something that has to be ended, such as threads. */
export interface EndableDetector extends SegmentDetector {
  close?(): Promise<void>
}

interface KeyedWindow {
  readonly window: Window
  /** For what is remembered of it. */
  readonly key: string
}

interface JudgedWindow {
  readonly window: Window
  readonly spans: readonly Span[]
}

/** What became of a text; `cached`: nothing had to be asked. */
export type DetectOutcome = 'judged' | 'cached' | FailureReason

export class LimitedDetector implements NamedDetector {
  readonly name: string
  /** Told what became of each text, and after how many seconds, waiting included. */
  onEnd: (outcome: string, seconds: number) => void = () => {}
  readonly #detector: EndableDetector
  readonly #limits: LimitedDetectorOptions
  readonly #cache: VerdictCache
  readonly #policy
  readonly #bulkhead

  constructor(name: string, detector: EndableDetector, limits: LimitedDetectorOptions) {
    this.name = name
    this.#detector = detector
    this.#limits = limits
    this.#cache = new VerdictCache(limits.cache)
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
  async detect(segment: string, options: DetectOptions): Promise<readonly Span[]> {
    const began = performance.now()
    const end = (outcome: DetectOutcome) => this.onEnd(outcome, (performance.now() - began) / 1000)
    const deadline = AbortSignal.timeout(this.#limits.timeoutMs)
    try {
      const { spans, isCached } = await this.#judged(segment, options, deadline)
      end(isCached ? 'cached' : 'judged')
      return spans
    } catch (error) {
      options.signal.throwIfAborted()
      const failure = failureOf(error, deadline.aborted, this.#limits.timeoutMs)
      end(failure.reason)
      this.#limits.onFailure(failure)
      throw failure
    }
  }

  async #judged(
    segment: string,
    { language, scope = '', signal }: DetectOptions,
    deadline: AbortSignal,
  ) {
    const spoken = language ?? this.#limits.language
    const known: JudgedWindow[] = []
    const unknown: KeyedWindow[] = []
    for (const window of windowsOf(segment)) {
      const key = this.#cache.keyOf([scope, spoken ?? '', window.text])
      const spans = this.#cache.get(key)
      if (spans === undefined) unknown.push({ window, key })
      else known.push({ window, spans })
    }
    if (unknown.length === 0) return { spans: mergeSpans(known), isCached: true }
    const both = AbortSignal.any([signal, deadline])
    const options = { ...withLanguage(spoken), signal: both }
    const asked = unknown.map((one) => this.#window(one, options, signal))
    const found = await until(both, Promise.all(asked))
    return { spans: mergeSpans([...known, ...found]), isCached: false }
  }

  async close(): Promise<void> {
    await this.#detector.close?.()
  }

  /** `asker`: the signal of whoever asks; to give up is no failure of the detector. */
  async #window(
    { window, key }: KeyedWindow,
    options: DetectOptions,
    asker: AbortSignal,
  ): Promise<JudgedWindow> {
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
    this.#cache.set(key, spans)
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
