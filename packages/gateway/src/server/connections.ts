/** Sockets from the upgrade to the session: counts them, finds out whose they are, and closes those of a revoked key. */
import type { IncomingMessage } from 'node:http'
import { CLOSE_CODES } from '@sluice/protocol'
import type { Authenticator } from '../clients/authenticator.ts'
import { credentialFrom } from '../clients/credential.ts'
import type { Principal } from '../clients/principal.ts'
import type { ConcurrencyLimits } from '../limits/concurrency-limits.ts'
import { Connection, type Session } from '../server/connection.ts'
import type { AcceptedSocket } from '../socket/socket.ts'

export interface ConnectionsOptions {
  authenticator: Authenticator
  /** Whether a client without a credential is served. */
  allowAnonymous: boolean
  concurrency: ConcurrencyLimits
  addressOf: (request: IncomingMessage) => string
  helloTimeoutMs: number
  maxHelloBytes: number
  /** Told of each socket that was refused for its credential or a quota. */
  refused: (reason: string, address: string) => void
  /** Makes the session of a known client. */
  createSession: (client: AcceptedClient) => Session
}

/** A socket whose client is known. */
export interface AcceptedClient {
  socket: AcceptedSocket
  principal: Principal
  address: string
}

export class Connections {
  readonly #options: ConnectionsOptions
  readonly #open = new Map<AcceptedSocket, Connection>()

  constructor(options: ConnectionsOptions) {
    this.#options = options
  }

  /** Why an upgrade is refused before it happens, or undefined. */
  refuse(
    request: IncomingMessage,
  ): { status: number; reason: string; retryAfterMs: number } | undefined {
    const address = this.#options.addressOf(request)
    const refusal = this.#options.concurrency.refuseAddress(address, this.#credentialOf(request))
    if (refusal === undefined) return undefined
    this.#options.refused(refusal.code, address)
    const { status } = refusal.row
    return { status, reason: refusal.message, retryAfterMs: refusal.retryAfterMs ?? 0 }
  }

  /** Takes a new socket; its events go to the result. */
  connect(socket: AcceptedSocket, request: IncomingMessage): Connection {
    const {
      authenticator,
      concurrency,
      addressOf,
      refused,
      createSession,
      helloTimeoutMs,
      maxHelloBytes,
    } = this.#options
    const address = addressOf(request)
    const places = [concurrency.acquireSocket(address)]
    let leaveDoor = concurrency.acquireUnauthenticated(address)
    const connection = new Connection({
      socket,
      helloTimeoutMs,
      maxHelloBytes,
      authenticate: (credential) => authenticator.authenticate(credential),
      refused: (reason) => refused(reason, address),
      admit: (principal) => {
        places.push(concurrency.acquireClientSocket(principal, address))
        leaveDoor()
        leaveDoor = () => {}
        return createSession({ socket, principal, address })
      },
    })
    this.#open.set(socket, connection)
    socket.onClosed(() => {
      this.#open.delete(socket)
      leaveDoor()
      for (const release of places) release()
    })
    void connection.begin(credentialFrom(sourcesOf(request)), !this.#options.allowAnonymous)
    return connection
  }

  /** Ends what runs for these keys, and closes their sockets: they are revoked. */
  closeKeys(ids: readonly string[]): void {
    const revoked = new Set(ids)
    for (const [socket, connection] of this.#open) {
      const { principal } = connection
      if (principal?.kind === 'key' && revoked.has(principal.id)) {
        connection.abandon()
        socket.close(CLOSE_CODES.unauthorized.code, 'The key has been revoked')
      }
    }
  }

  #credentialOf(request: IncomingMessage): 'brought' | 'needless' | 'due' {
    const read = credentialFrom(sourcesOf(request))
    if (!read.ok || read.credential !== undefined) return 'brought'
    return this.#options.allowAnonymous ? 'needless' : 'due'
  }
}

function sourcesOf({ headers }: IncomingMessage) {
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
  return { authorization: headers.authorization, protocols: offered }
}
