/** Asks the detectors of a policy about one text, and decides what becomes of it if one of them cannot say. */
import type { Detection, NamedDetector, Span } from '@sluice/guard'
import { GatewayError } from '../errors.ts'

export interface JudgeOptions {
  /** Whose text it is. */
  scope?: string
  signal: AbortSignal
  /** Told the name of each detector that could not judge the text although it passes. */
  onUnjudged: (detector: string) => void
}

/**
 * What all detectors together find in a text.
 * @throws GatewayError `overloaded` if one of them fails and the policy does not let such a text pass
 */
export async function judge(
  { detectors, onFailure }: Detection,
  text: string,
  { scope = '', signal, onUnjudged }: JudgeOptions,
): Promise<readonly Span[]> {
  const ask = async (detector: NamedDetector): Promise<readonly Span[]> => {
    try {
      return await detector.detect(text, { scope, signal })
    } catch (cause) {
      signal.throwIfAborted()
      if (onFailure === 'block') throw unjudged(cause)
      onUnjudged(detector.name)
      return []
    }
  }
  const found = await Promise.all(detectors.map(ask))
  return found.length === 1 ? (found[0] ?? []) : found.flat()
}

function unjudged(cause: unknown): GatewayError {
  const message = 'a part of the guard that this text needs is not available now; try again later'
  return new GatewayError('overloaded', message, { cause, isRetryable: true })
}
