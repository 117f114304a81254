/** Finds the credential of an HTTP request or WebSocket upgrade. Whether it is any good is for authenticator.ts. */
import { SUBPROTOCOL_KEY_PREFIX } from '@sluice/protocol'
import { type AuthFailure, refused } from './auth-result.ts'
import { base64urlBytes } from './base64url.ts'

/** Longest credential taken, in characters; a token of a large identity provider has 2 to 4 thousand. */
export const MAX_CREDENTIAL_LENGTH = 8_192

const BEARER = /^Bearer +([\x21-\x7e]+) *$/i
const PRINTABLE = /^[\x21-\x7e]+$/

/** The credential, undefined where none was offered, or the refusal of one that cannot be read. */
export type CredentialResult =
  | { readonly ok: true; readonly credential: string | undefined }
  | AuthFailure

/** Where a client may put its credential. */
export interface CredentialSources {
  /** The header `Authorization`. */
  readonly authorization?: string | undefined
  /** The subprotocols that the upgrade offers. */
  readonly protocols?: Iterable<string> | undefined
}

/** Reads the credential. One that is malformed, or two that differ, are refused: never taken for an anonymous request. */
export function credentialFrom({
  authorization,
  protocols = [],
}: CredentialSources): CredentialResult {
  const offered = [...protocols]
    .filter((protocol) => protocol.startsWith(SUBPROTOCOL_KEY_PREFIX))
    .map((protocol) => decoded(protocol.slice(SUBPROTOCOL_KEY_PREFIX.length)))
  if (authorization !== undefined) offered.push(bearer(authorization))
  const [credential, ...others] = offered
  if (others.some((other) => other !== credential)) return refused('two_credentials')
  if (offered.length > 0 && credential === undefined) return refused('malformed')
  return { ok: true, credential }
}

function bearer(authorization: string): string | undefined {
  // Bounded before the pattern sees it.
  if (authorization.length > MAX_CREDENTIAL_LENGTH + 'Bearer '.length) return undefined
  return BEARER.exec(authorization)?.[1]
}

function decoded(text: string): string | undefined {
  if (text.length > Math.ceil((MAX_CREDENTIAL_LENGTH * 4) / 3)) return undefined
  const credential = base64urlBytes(text)?.toString('latin1') ?? ''
  return PRINTABLE.test(credential) ? credential : undefined
}
