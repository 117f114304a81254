/**
 * What a browser asks before it lets the script of a page use an answer (CORS, https://fetch.spec.whatwg.org/#http-cors-protocol).
 * Which origins may come is decided before, by origin.ts: an origin that gets here is admitted.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'

/** Headers of answers that scripts may read. */
const EXPOSED = [
  'content-location',
  'openai-processing-ms',
  'retry-after',
  'retry-after-ms',
  'x-request-id',
  'x-should-retry',
  ...['limit', 'remaining', 'reset'].flatMap((what) => [
    `x-ratelimit-${what}-requests`,
    `x-ratelimit-${what}-tokens`,
  ]),
].join(', ')

/** Headers that scripts may send, beside whole families of them. */
const ALLOWED = ['accept', 'authorization', 'content-type', 'last-event-id', 'idempotency-key']
const ALLOWED_FAMILIES = ['openai-', 'x-sluice-', 'x-stainless-']
const ALLOWED_METHODS = 'GET, HEAD, POST, OPTIONS'
/** Browsers keep the answer to a preflight no longer than two hours. */
const MAX_AGE_SECONDS = 7_200

/** Lets the page that asks read the answer, if a page asks. */
export function admitPage({ headers }: IncomingMessage, response: ServerResponse): void {
  const { origin } = headers
  if (origin === undefined) return
  response.setHeader('access-control-allow-origin', origin)
  response.setHeader('access-control-expose-headers', EXPOSED)
  response.setHeader('vary', 'origin')
}

/** Answers the question before a request. */
export function replyPreflight(response: ServerResponse): void {
  const asked = response.req.headers['access-control-request-headers'] ?? ''
  const names = asked.split(',').map((name) => name.trim().toLowerCase())
  response.writeHead(204, {
    'access-control-allow-methods': ALLOWED_METHODS,
    'access-control-allow-headers': names.filter(isAllowed).join(', '),
    'access-control-max-age': String(MAX_AGE_SECONDS),
    vary: 'origin, access-control-request-headers',
  })
  response.end()
}

function isAllowed(name: string): boolean {
  const isKnown =
    ALLOWED.includes(name) || ALLOWED_FAMILIES.some((family) => name.startsWith(family))
  return isKnown && /^[a-z0-9-]{1,64}$/.test(name)
}
