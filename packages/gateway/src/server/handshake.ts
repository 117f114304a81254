/** What an upgrade says of its sender, read once: from where it comes, with which credential, and what it wants to speak. */
import type { IncomingMessage } from 'node:http'
import { SUBPROTOCOL_KEY_PREFIX } from '@sluice/protocol'
import { type CredentialResult, credentialFrom } from '../clients/credential.ts'
import { dialectFor } from '../dialects/dialects.ts'
import type { Dialect } from '../dialects/session.ts'

export interface Handshake {
  address: string
  credential: CredentialResult
  /** Of the page that asks; undefined if no page does. */
  origin: string | undefined
  /** Undefined if none of the offered ones is spoken here. */
  dialect: Dialect | undefined
  /** The subprotocol to confirm: the dialect's, if it was offered by name. A key that came along is never repeated. */
  subprotocol: string | undefined
}

export function readHandshake(
  request: IncomingMessage,
  addressOf: (request: IncomingMessage) => string,
): Handshake {
  const { authorization, 'sec-websocket-protocol': protocols = '' } = request.headers
  const names = protocols.split(',').map((name) => name.trim())
  const offered = names.filter((name) => name !== '' && !name.startsWith(SUBPROTOCOL_KEY_PREFIX))
  const dialect = dialectFor(offered)
  return {
    address: addressOf(request),
    origin: request.headers.origin,
    credential: credentialFrom({ authorization, protocols: names }),
    dialect,
    subprotocol: offered.length === 0 ? undefined : dialect?.subprotocol,
  }
}
