/** The listener: requests to the router, upgrades to WebSockets, and the end of both. What is said is for others to know. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo, Socket as NetSocket } from 'node:net'
import { SUBPROTOCOLS } from '../dialects/dialects.ts'
import { GatewayError } from '../errors.ts'
import { type AcceptedSocket, SocketAcceptor, type SocketEvents } from '../socket/socket.ts'
import { ConnectionPlaces } from './connection-places.ts'
import type { Connections } from './connections.ts'
import { type Handshake, readHandshake } from './handshake.ts'
import { OpenExchanges } from './open-exchanges.ts'
import { type OriginRules, type RequestRefusal, refusalOf } from './origin.ts'
import type { Readiness } from './readiness.ts'
import {
  type Refused,
  refuseConnection,
  refuseExpectation,
  refuseUnreadable,
  replyRefusal,
} from './refusal-reply.ts'
import type { Refusals } from './refusals.ts'
import { type OpenRoute, pathOf, type Router, replyText } from './router.ts'
import { type MonitorTimes, SocketMonitor } from './socket-monitor.ts'
import type { TlsFiles } from './tls.ts'

export interface ServerOptions extends MonitorTimes {
  host: string
  port: number
  maxMessageBytes: number
  /** PEM texts; with them the listener speaks TLS. */
  tls: TlsFiles | undefined
  /** Read at each request, so that a reload needs no restart. */
  live: { readonly current: { originRules: OriginRules } }
  readiness: Readiness
  connections: Connections
  router: Router
  refusals: Refusals
  addressOf: (request: IncomingMessage) => string
}

/** Times and sizes of requests: an answer may be long, but nobody needs long to ask. */
const HTTP_OPTIONS = {
  maxHeaderSize: 16_384,
  // Node.js would refuse it in words of its own; origin.ts does.
  requireHostHeader: false,
  headersTimeout: 10_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5_000,
  // A client that has had so many answers connects again; a balancer can then send it elsewhere.
  maxRequestsPerSocket: 1_000,
  // How often the two timeouts are looked at; Node's default would let a slow one live for 30 s more.
  connectionsCheckingInterval: 1_000,
}
/** A peer that begins TLS and does not finish is as slow as one that does not finish its headers. */
const TLS_OPTIONS = { handshakeTimeout: 10_000 }
/** Where WebSockets are. */
const PATHS = ['/', '/ws']
/** How long a peer may take to answer a close before it is cut. */
const CLOSE_GRACE_MS = 1_000
/** How often a wait looks whether it is over. */
const LOOK_MS = 5

export class GatewayServer {
  readonly monitor: SocketMonitor
  readonly #options: ServerOptions
  readonly #http: Server | TlsServer
  readonly #acceptor: SocketAcceptor
  readonly #places: ConnectionPlaces
  readonly #exchanges = new OpenExchanges()

  constructor(options: ServerOptions) {
    this.#options = options
    this.monitor = new SocketMonitor(options)
    this.#places = new ConnectionPlaces((address) => options.connections.enter(address))
    this.#acceptor = new SocketAcceptor({
      maxMessageBytes: options.maxMessageBytes,
      onUnacceptable: (connection, reason) =>
        refuseConnection(connection, [400, reason, { 'sec-websocket-version': '13' }]),
    })
    const onRequest = (request: IncomingMessage, response: ServerResponse) =>
      this.#onRequest(request, response)
    const { tls } = options
    this.#http =
      tls === undefined
        ? createServer(HTTP_OPTIONS, onRequest)
        : createTlsServer({ ...HTTP_OPTIONS, ...TLS_OPTIONS, ...tls }, onRequest)
    // Headers are bounded by their size. Node's bound of their number drops the last ones, and a proxy writes last.
    this.#http.maxHeadersCount = 0
    this.#http.on('connection', (connection: NetSocket) => this.#onConnection(connection))
    this.#http.on('upgrade', (request, connection, head) =>
      this.#onUpgrade(request, connection as NetSocket, head),
    )
    this.#http.on('checkExpectation', refuseExpectation)
    this.#http.on('clientError', (error, connection) =>
      this.#onClientError(error, connection as NetSocket),
    )
  }

  /** Begins to listen; resolves with the port. @throws GatewayError `listen` */
  listen(): Promise<number> {
    const { host, port } = this.#options
    return new Promise((resolve, reject) => {
      this.#http.once('error', (error: NodeJS.ErrnoException) =>
        reject(listenFailure(error, this.#options)),
      )
      this.#http.listen(port, host, () => resolve((this.#http.address() as AddressInfo).port))
    })
  }

  /** Uses another certificate for connections from now on. */
  replaceCertificate(tls: TlsFiles): void {
    if ('setSecureContext' in this.#http) this.#http.setSecureContext(tls)
  }

  /** Takes no more connections. */
  stopAccepting(): void {
    this.#http.close()
    this.#http.closeIdleConnections()
  }

  /** Resolves when every client has taken what there was to send, or `mayWait` says no. */
  async delivered(mayWait: () => boolean): Promise<void> {
    const isDelivered = () => this.#exchanges.isEmpty && !this.monitor.hasUndelivered
    while (!isDelivered() && mayWait()) await shortly()
  }

  /** Closes all sockets with a code, then what is left of the connections. */
  async close(code: number, reason: string): Promise<void> {
    for (const socket of this.monitor.sockets) socket.close(code, reason)
    const deadline = performance.now() + CLOSE_GRACE_MS
    while (this.monitor.size > 0 && performance.now() < deadline) await shortly()
    for (const socket of this.monitor.sockets) socket.terminate()
    this.monitor.stop()
    this.#http.closeAllConnections()
  }

  /** Whoever has too many is cut: there is no protocol yet to tell it in. */
  #onConnection(connection: NetSocket): void {
    if (!this.#places.take(connection)) connection.destroy()
  }

  /** A request that cannot be read. In the middle of an answer there is no place for a word about it. */
  #onClientError(error: NodeJS.ErrnoException, connection: NetSocket): void {
    if (this.#exchanges.isAnsweringOn(connection)) connection.destroy()
    else refuseUnreadable(error, connection)
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    if (!this.#exchanges.add(response)) {
      const text = 'Too many requests in line on this connection'
      replyRefusal(response, 429, text, { connection: 'close' })
      return
    }
    response.once('close', this.#places.begin(request.socket))
    const refusal = this.#refusalOf(request)
    if (refusal === undefined) void this.#options.router.handle(request, response)
    else replyRefusal(response, refusal.status, refusal.text)
  }

  #refusalOf(request: IncomingMessage): RequestRefusal | undefined {
    const { live, refusals, addressOf } = this.#options
    const refusal = refusalOf(request, live.current.originRules)
    if (refusal !== undefined) refusals.refusedRequest(refusal, addressOf(request))
    return refusal
  }

  #onUpgrade(request: IncomingMessage, connection: NetSocket, head: Buffer): void {
    // Until the WebSocket library takes over, nobody else handles a broken connection.
    connection.on('error', () => connection.destroy())
    const handshake = readHandshake(request, this.#options.addressOf)
    const refusal = this.#refusalOfUpgrade(request, handshake)
    if (refusal !== undefined) {
      refuseConnection(connection, refusal)
      return
    }
    this.#places.leave(connection)
    connection.setNoDelay(true)
    const { subprotocol } = handshake
    this.#acceptor.accept({ request, connection, head, subprotocol }, (socket) =>
      this.#onSocket(socket, handshake),
    )
  }

  #refusalOfUpgrade(request: IncomingMessage, handshake: Handshake): Refused | undefined {
    const { readiness, connections, refusals } = this.#options
    const refusal = this.#refusalOf(request)
    if (refusal !== undefined) return [refusal.status, refusal.text]
    const { credential, address } = handshake
    if (!credential.ok && credential.reason === 'two_credentials') {
      refusals.refusedConnection(credential.reason, address)
      return [400, credential.message]
    }
    const path = pathOf(request)
    if (!PATHS.includes(path)) {
      const text = 'WebSockets are at / and /ws'
      refusals.refusedRequest({ reason: 'path', status: 404, text, value: path }, address)
      return [404, text]
    }
    if (request.method !== 'GET') return [405, 'WebSockets begin with GET', { allow: 'GET' }]
    if (readiness.problem !== undefined) return [503, readiness.problem]
    const full = connections.refuse(handshake)
    if (full === undefined) return undefined
    return [full.status, full.reason, { 'retry-after': `${Math.ceil(full.retryAfterMs / 1000)}` }]
  }

  #onSocket(socket: AcceptedSocket, handshake: Handshake): void {
    const { dialect } = handshake
    if (dialect === undefined) {
      socket.listen(SILENT)
      const reason = `spoken here: ${SUBPROTOCOLS.join(', ')}`
      this.#options.connections.turnAway(socket, handshake, reason)
      return
    }
    const connection = this.#options.connections.connect(socket, dialect, handshake)
    this.monitor.add(socket, connection)
    socket.listen({
      onMessage: (data) => connection.onMessage(data),
      onDrain: () => connection.onDrain(),
      onClose: () => {
        this.monitor.remove(socket)
        connection.onClose()
      },
    })
  }
}

/** The addresses of WebSockets, to who comes without an upgrade. */
export const WEBSOCKET_ROUTES: readonly OpenRoute[] = PATHS.map((path) => ({
  method: 'GET',
  path,
  handle: ({ response }) =>
    replyText(response, 426, 'This is a WebSocket endpoint', { upgrade: 'websocket' }),
}))

function shortly(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LOOK_MS))
}

const SILENT: SocketEvents = { onMessage: () => {}, onDrain: () => {}, onClose: () => {} }

function listenFailure(error: NodeJS.ErrnoException, { host, port }: ServerOptions): GatewayError {
  if (error.code === 'EADDRINUSE') {
    return new GatewayError(
      'listen',
      `Port ${port} on ${host} is in use. Stop what uses it, or set WS_PORT to another port`,
    )
  }
  if (error.code === 'EACCES') {
    return new GatewayError(
      'listen',
      `No permission to listen on port ${port}. Set WS_PORT to a port above 1023`,
    )
  }
  return new GatewayError(
    'listen',
    `Cannot listen on ${host}:${port} (${error.code}). Check SLUICE_HOST and WS_PORT`,
  )
}
