/** The headers of an answer: its name, how long it took, what is left of the client's minute, where it is found again. */
import type { Client } from '../clients/client.ts'
import type { Standing } from '../limits/rate-limits.ts'
import type { HttpServices } from './http-services.ts'

export interface AnswerFacts {
  requestId: string
  /** It can be found under an address of its own. */
  isResumable: boolean
  client: Client
  /** A reading of the monotonic clock. */
  begunAt: number
}

/** Where a completion is found again. */
export const COMPLETIONS_PATH = '/sluice/v1/completions'

/** Headers to be read when the answer begins. */
export async function answerHeaders(
  { requestId, isResumable, client, begunAt }: AnswerFacts,
  { rates, clock }: Pick<HttpServices, 'clock' | 'rates'>,
): Promise<() => Record<string, string>> {
  const standings = await rates.standing(client.principal, client.address)
  const headers = {
    'x-request-id': requestId,
    ...(isResumable ? { 'content-location': `${COMPLETIONS_PATH}/${requestId}` } : {}),
    ...Object.fromEntries(standings.flatMap(rateLimitHeaders)),
  }
  return () => ({
    ...headers,
    'openai-processing-ms': String(Math.round(clock.monotonic() - begunAt)),
  })
}

function rateLimitHeaders({ what, limit, remaining, resetMs }: Standing): [string, string][] {
  return [
    [`x-ratelimit-limit-${what}`, String(limit)],
    [`x-ratelimit-remaining-${what}`, String(remaining)],
    [`x-ratelimit-reset-${what}`, shortDuration(resetMs)],
  ]
}

/** As OpenAI writes it: `1s`, `6m0s`. */
function shortDuration(ms: number): string {
  const seconds = Math.ceil(ms / 1000)
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`
}
