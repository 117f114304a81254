/**
 * What a provider wants back with the next turn: fields of the model's message, in the one field of a reasoning item that
 * clients return unread (`encrypted_content`). It is not encrypted: what is in it has passed the guard, and passes it again.
 */
import { base64urlBytes } from '../../clients/base64url.ts'
import { invalidRequest } from '../../dialects/message.ts'
import type { RequestReader } from '../../dialects/request-reader.ts'
import { isJsonObject } from '../../json-object.ts'

type Fields = Readonly<Record<string, unknown>>

/** By which our own is known: another provider's cannot be read here, and is left out. */
const PREFIX = 'sluice.'

export function sealed(fields: Fields): string {
  return PREFIX + Buffer.from(JSON.stringify(fields)).toString('base64url')
}

/**
 * The fields of each, in order; undefined for what is not ours.
 * @throws GatewayError `invalid_message` or `invalid_request`: they count against the bounds of one message, all together
 */
export function opened(
  states: readonly (string | null | undefined)[],
  reader: RequestReader,
): (Fields | undefined)[] {
  const texts = states.map((state) =>
    // What is no base64url becomes an empty text, which is no JSON.
    state?.startsWith(PREFIX) ? String(base64urlBytes(state.slice(PREFIX.length)) ?? '') : '0',
  )
  const { all } = reader.parse(`{"all":[${texts.join(',')}]}`)
  if (!Array.isArray(all) || all.length !== states.length)
    throw invalidRequest('input: encrypted_content is not as this gateway gave it')
  return all.map((fields) => (isJsonObject(fields) ? fields : undefined))
}
