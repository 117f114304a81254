/**
 * What a detector found in windows of text that it judged lately: a conversation brings its whole history with every turn.
 * A window is known by a keyed digest of it; neither text nor digest can be told from what is kept without the key of this
 * process.
 */
import { createHmac, randomBytes } from 'node:crypto'
import type { Span } from '@sluice/guard'

interface Verdict {
  readonly spans: readonly Span[]
  /** Milliseconds of the monotonic clock. */
  readonly until: number
}

/** A detector may be changed while the gateway runs: what it said holds for so long. */
const KEEP_MS = 600_000
/** Of one window; one with more spans is not remembered. */
const MAX_SPANS = 256

export class VerdictCache {
  readonly #key = randomBytes(32)
  readonly #maxWindows: number
  /** The one that was asked for longest ago is first. */
  readonly #verdicts = new Map<string, Verdict>()

  /** @param maxWindows 0: nothing is remembered */
  constructor(maxWindows: number) {
    this.#maxWindows = maxWindows
  }

  /** What is known of a window, by `keyOf`; undefined if nothing is. */
  get(key: string, now = performance.now()): readonly Span[] | undefined {
    const verdict = this.#verdicts.get(key)
    if (verdict === undefined) return undefined
    this.#verdicts.delete(key)
    if (verdict.until <= now) return undefined
    this.#verdicts.set(key, verdict)
    return verdict.spans
  }

  set(key: string, spans: readonly Span[], now = performance.now()): void {
    if (this.#maxWindows === 0 || spans.length > MAX_SPANS) return
    this.#verdicts.delete(key)
    this.#verdicts.set(key, { spans, until: now + KEEP_MS })
    if (this.#verdicts.size <= this.#maxWindows) return
    for (const oldest of this.#verdicts.keys()) {
      this.#verdicts.delete(oldest)
      return
    }
  }

  /** The digest of a window and all that its verdict depends on. */
  keyOf(parts: readonly string[]): string {
    if (this.#maxWindows === 0) return ''
    return createHmac('sha256', this.#key).update(JSON.stringify(parts)).digest('base64')
  }
}
