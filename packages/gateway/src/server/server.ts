/** The listener: health over HTTP, upgrades to WebSockets, and the end of both. What is said on a socket is a session's. */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo, Socket as NetSocket } from 'node:net'
import type { Duplex } from 'node:stream'
import { CLOSE_CODES, SUBPROTOCOL_KEY_PREFIX, SUBPROTOCOL_V1 } from '@sluice/protocol'
import { GatewayError } from '../errors.ts'
import { type AcceptedSocket, SocketAcceptor, type SocketEvents } from '../socket/socket.ts'
import { type OriginRules, type RequestRefusal, refusalOf } from './origin.ts'
import { type MonitorTimes, SocketMonitor, type Watched } from './socket-monitor.ts'
import type { TlsFiles } from './tls.ts'

export interface ServerOptions extends MonitorTimes {
  host: string
  port: number
  maxMessageBytes: number
  /** PEM texts; with them the listener speaks TLS. */
  tls: TlsFiles | undefined
  /** Asked at each request, so that a reload needs no restart. */
  originRules: () => OriginRules
  /** Told of each request that was refused for its Host, Origin or path. */
  refused: (refusal: RequestRefusal, request: IncomingMessage) => void
  /** Undefined while requests can be served, else why not. */
  notReady: () => string | undefined
  /** Why a socket may not be opened now, or undefined. */
  refuse: (
    request: IncomingMessage,
  ) => { status: number; reason: string; retryAfterMs: number } | undefined
  /** Makes the connection of a new socket. */
  connect: (socket: AcceptedSocket, request: IncomingMessage) => SocketEvents & Watched
}

/** Times and sizes of the HTTP side: small, because nothing here has a long request. */
const HTTP_OPTIONS = {
  maxHeaderSize: 16_384,
  headersTimeout: 10_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5_000,
  // How often the two timeouts are looked at; Node's default would let a slow one live for 30 s more.
  connectionsCheckingInterval: 1_000,
}
/** A peer that begins TLS and does not finish is as slow as one that does not finish its headers. */
const TLS_OPTIONS = { handshakeTimeout: 10_000 }
const PATHS = new Set(['/', '/ws'])
/** How long a peer may take to answer a close before it is cut. */
const CLOSE_GRACE_MS = 1_000
/** How often a wait looks whether it is over. */
const LOOK_MS = 5

export class GatewayServer {
  readonly monitor: SocketMonitor
  readonly #options: ServerOptions
  readonly #http: Server | TlsServer
  readonly #acceptor: SocketAcceptor

  constructor(options: ServerOptions) {
    this.#options = options
    this.monitor = new SocketMonitor(options)
    this.#acceptor = new SocketAcceptor({
      maxMessageBytes: options.maxMessageBytes,
      select: selectSubprotocol,
    })
    const onRequest = (request: IncomingMessage, response: ServerResponse) =>
      this.#onRequest(request, response)
    const { tls } = options
    this.#http =
      tls === undefined
        ? createServer(HTTP_OPTIONS, onRequest)
        : createTlsServer({ ...HTTP_OPTIONS, ...TLS_OPTIONS, ...tls }, onRequest)
    this.#http.on('upgrade', (request, connection, head) =>
      this.#onUpgrade(request, connection as NetSocket, head),
    )
    this.#http.on('clientError', (_error, connection) => refuse(connection, [400, 'Bad request']))
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

  /** Resolves when every socket has taken what there was to send, or `mayWait` says no. */
  async delivered(mayWait: () => boolean): Promise<void> {
    while (this.monitor.hasUndelivered && mayWait()) await shortly()
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

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const [status, text, headers] = this.#replyTo(request)
    response.writeHead(status, {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
    })
    response.end(`${text}\n`)
  }

  #replyTo(
    request: IncomingMessage,
  ): [status: number, text: string, headers?: Record<string, string>] {
    const refusal = this.#refusalOf(request)
    if (refusal !== undefined) return [403, refusal.text]
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return [405, 'Method not allowed', { allow: 'GET, HEAD' }]
    const path = pathOf(request)
    if (path === '/healthz') return [200, 'ok']
    const notReady = this.#options.notReady()
    if (path === '/readyz') return notReady === undefined ? [200, 'ready'] : [503, notReady]
    if (PATHS.has(path)) return [426, 'This is a WebSocket endpoint', { upgrade: 'websocket' }]
    return [404, this.#unknownPath(request, 'Not found').text]
  }

  #refusalOf(request: IncomingMessage): RequestRefusal | undefined {
    const refusal = refusalOf(request, this.#options.originRules())
    if (refusal !== undefined) this.#options.refused(refusal, request)
    return refusal
  }

  #unknownPath(request: IncomingMessage, text: string): RequestRefusal {
    const refusal = { reason: 'path', text, value: pathOf(request) } as const
    this.#options.refused(refusal, request)
    return refusal
  }

  #onUpgrade(request: IncomingMessage, connection: NetSocket, head: Buffer): void {
    // Until the WebSocket library takes over, nobody else handles a broken connection.
    connection.on('error', () => connection.destroy())
    const refusal = this.#refusalOfUpgrade(request)
    if (refusal !== undefined) {
      refuse(connection, refusal)
      return
    }
    connection.setNoDelay(true)
    this.#acceptor.accept({ request, connection, head }, (socket) =>
      this.#onSocket(socket, request),
    )
  }

  #refusalOfUpgrade(request: IncomingMessage): Refusal | undefined {
    const refusal = this.#refusalOf(request)
    if (refusal !== undefined) return [403, refusal.text]
    if (!PATHS.has(pathOf(request)))
      return [404, this.#unknownPath(request, 'WebSockets are at / and /ws').text]
    const notReady = this.#options.notReady()
    if (notReady !== undefined) return [503, notReady]
    const full = this.#options.refuse(request)
    return full === undefined ? undefined : [full.status, full.reason, full.retryAfterMs]
  }

  #onSocket(socket: AcceptedSocket, request: IncomingMessage): void {
    const offered = offeredBy(request)
    if (offered.size > 0 && selectSubprotocol(offered) === undefined) {
      socket.listen(SILENT)
      socket.close(CLOSE_CODES.subprotocol.code, `spoken here: ${SUBPROTOCOL_V1}`)
      return
    }
    const connection = this.#options.connect(socket, request)
    this.monitor.add(socket, connection)
    socket.listen({
      onMessage: (text) => connection.onMessage(text),
      onDrain: () => connection.onDrain(),
      onClose: () => {
        this.monitor.remove(socket)
        connection.onClose()
      },
    })
  }
}

function shortly(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LOOK_MS))
}

const SILENT: SocketEvents = { onMessage: () => {}, onDrain: () => {}, onClose: () => {} }

/** The dialect to speak; a key that came along is not echoed. */
function selectSubprotocol(offered: ReadonlySet<string>): string | undefined {
  return offered.has(SUBPROTOCOL_V1) ? SUBPROTOCOL_V1 : undefined
}

/** The offered subprotocols that name a dialect. */
function offeredBy(request: IncomingMessage): Set<string> {
  const header = request.headers['sec-websocket-protocol'] ?? ''
  const names = header.split(',').map((name) => name.trim())
  return new Set(names.filter((name) => name !== '' && !name.startsWith(SUBPROTOCOL_KEY_PREFIX)))
}

function pathOf(request: IncomingMessage): string {
  return request.url?.split('?')[0] ?? ''
}

/** A status, its reason in words, and when to try again in milliseconds. */
type Refusal = [status: number, reason: string, retryAfterMs?: number]

function refuse(connection: Duplex, [status, reason, retryAfterMs]: Refusal): void {
  if (!connection.writable) {
    connection.destroy()
    return
  }
  const body = `${reason}\n`
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'connection: close',
    'content-type: text/plain; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    ...(retryAfterMs === undefined ? [] : [`retry-after: ${Math.ceil(retryAfterMs / 1000)}`]),
  ]
  connection.end(`${head.join('\r\n')}\r\n\r\n${body}`)
  // A peer that never closes its own side would keep the connection for good, and no limit counts it.
  const cut = setTimeout(() => connection.destroy(), CLOSE_GRACE_MS)
  connection.once('close', () => clearTimeout(cut))
}

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
