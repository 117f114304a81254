/** Sockets from the upgrade to the session: counts them, finds out whose they are, and closes those of a revoked key. */
import { CLOSE_CODES, type GoawayFrame } from '@sluice/protocol'
import type { Authenticator } from '../clients/authenticator.ts'
import type { Dialect, SessionServices } from '../dialects/session.ts'
import type { ConcurrencyLimits, CredentialState } from '../limits/concurrency-limits.ts'
import { isLoopbackAddress } from '../loopback.ts'
import type { AcceptedSocket } from '../socket/socket.ts'
import type { IsProxy } from './client-address.ts'
import { Connection } from './connection.ts'
import type { Handshake } from './handshake.ts'
import type { Refusals } from './refusals.ts'

export interface ConnectionsOptions {
  authenticator: Authenticator
  /** Whether a client without a credential is served. */
  allowAnonymous: boolean
  concurrency: ConcurrencyLimits
  /** Proxies have the connections of many clients. */
  isProxy: IsProxy
  helloTimeoutMs: number
  maxHelloBytes: number
  refusals: Refusals
  /** What every session works with. */
  services: SessionServices
}

export class Connections {
  readonly #options: ConnectionsOptions
  readonly #open = new Map<AcceptedSocket, Connection>()

  constructor(options: ConnectionsOptions) {
    this.#options = options
  }

  /** A place for a connection that has asked for nothing yet; the result gives it back. Undefined if there is none. */
  enter(address: string): (() => void) | undefined {
    const { allowAnonymous, concurrency, isProxy, refusals } = this.#options
    const isLocal = allowAnonymous && isLoopbackAddress(address)
    const leave = concurrency.acquireConnection(address, isLocal || isProxy(address))
    if (leave === undefined) refusals.refusedConnection('rate_limited', address)
    return leave
  }

  /** Why an upgrade is refused before it happens, or undefined. */
  refuse(
    handshake: Handshake,
  ): { status: number; reason: string; retryAfterMs: number } | undefined {
    const { address } = handshake
    const refusal = this.#options.concurrency.refuseAddress(address, this.#credentialOf(handshake))
    if (refusal === undefined) return undefined
    this.#options.refusals.refusedConnection(refusal.code, address)
    const { status } = refusal.row
    return { status, reason: refusal.message, retryAfterMs: refusal.retryAfterMs ?? 0 }
  }

  /** Takes a new socket that speaks `dialect`; its events go to the result. */
  connect(socket: AcceptedSocket, dialect: Dialect, handshake: Handshake): Connection {
    const { authenticator, concurrency, refusals, services, helloTimeoutMs, maxHelloBytes } =
      this.#options
    const { address } = handshake
    const places = [concurrency.acquireSocket(address)]
    let leaveDoor = concurrency.acquireUnauthenticated(address, this.#credentialOf(handshake))
    const connection = new Connection({
      socket,
      address,
      intake: services.intake,
      helloTimeoutMs,
      maxHelloBytes,
      needsCredential: !this.#options.allowAnonymous,
      beginsWithHello: dialect.beginsWithHello,
      authenticate: (credential) => authenticator.authenticate(credential, handshake.origin),
      refused: (reason) => refusals.refusedConnection(reason, address),
      admit: (client) => {
        places.push(concurrency.acquireClientSocket(client.principal, address))
        leaveDoor()
        leaveDoor = () => {}
        return dialect.createSession({ socket, client, ...services })
      },
    })
    this.#open.set(socket, connection)
    socket.onClosed(() => {
      this.#open.delete(socket)
      leaveDoor()
      for (const release of places) release()
    })
    void connection.begin(handshake.credential)
    return connection
  }

  /** Tells every client whose dialect has a word for it that its socket will be closed. */
  goAway(notice: Omit<GoawayFrame, 'type'>): void {
    for (const connection of this.#open.values()) connection.goAway(notice)
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

  /** Takes a socket that speaks no dialect of ours: it is closed, and counted until it is gone. */
  turnAway(socket: AcceptedSocket, { address }: Handshake, reason: string): void {
    const { concurrency, refusals } = this.#options
    const places = [
      concurrency.acquireSocket(address),
      concurrency.acquireUnauthenticated(address, 'due'),
    ]
    socket.onClosed(() => {
      for (const release of places) release()
    })
    refusals.refusedConnection('subprotocol', address)
    socket.close(CLOSE_CODES.subprotocol.code, reason)
  }

  #credentialOf({ credential, dialect }: Handshake): CredentialState {
    const { authenticator, allowAnonymous } = this.#options
    if (dialect === undefined) return 'due'
    if (authenticator.ignoresCredentials) return 'needless'
    if (!credential.ok || credential.credential !== undefined) return 'brought'
    return allowAnonymous ? 'needless' : 'due'
  }
}
