/**
 * The upstream's name for a request, as its operator wants it in a question about it. It is a word of the upstream, so it
 * is shown and written only if it has the look of an id and repeats no credential; what the guard says of it is the sink's.
 */
import { type ResponseHeaders, single } from './response-headers.ts'

const ID = /^[\w.:-]{1,128}$/
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
/** A number that stands by itself: a card, a telephone or a social security number is one; a trace id is none. */
const LONG_NUMBER = /(?<![A-Za-z0-9])\d(?:[.:_-]?\d){6,}(?![A-Za-z0-9])/
/** What is shorter repeats nothing but by chance. */
const MIN_REPEATED_CHARACTERS = 8

/**
 * The id of an answer, bounded, and only if it looks like one and repeats nothing of what we are known by.
 * @param secrets what was sent with the request, such as `Bearer <key>`
 */
export function correlationOf(
  headers: ResponseHeaders,
  secrets: readonly (string | undefined)[],
): string | undefined {
  const id = single(headers['inin-correlation-id']) ?? single(headers['x-request-id'])
  if (id === undefined || !ID.test(id)) return undefined
  if (!UUID.test(id) && LONG_NUMBER.test(id)) return undefined
  return secrets.some((secret) => secret !== undefined && repeats(id, secret)) ? undefined : id
}

/** Whether one has the other in it, but for the words around a secret such as `Bearer`. */
function repeats(id: string, secret: string): boolean {
  if (id.length < MIN_REPEATED_CHARACTERS) return false
  return secret
    .split(' ')
    .some(
      (word) => word.includes(id) || (word.length >= MIN_REPEATED_CHARACTERS && id.includes(word)),
    )
}
