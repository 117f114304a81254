/** The operator's listener: metrics and health, apart from where clients come in. No web page may read it. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { GatewayError } from '../errors.ts'
import { isLoopbackAddress } from '../loopback.ts'
import { OpenExchanges } from '../server/open-exchanges.ts'
import { type RequestRefusal, refusalOf } from '../server/origin.ts'
import type { Readiness } from '../server/readiness.ts'
import { newRequestId, refuseExpectation, refuseUnreadable } from '../server/refusal-reply.ts'
import type { Refusals } from '../server/refusals.ts'

export interface AdminOptions {
  host: string
  port: number
  /** The metrics in Prometheus' text format. */
  registry: { metrics(): Promise<string>; readonly contentType: string }
  /** Names that `Host` may carry besides loopback ones; with one, every `Host` is checked. Read at each request. */
  live: { readonly current: { settings: { allowedHosts: readonly string[] } } }
  refusals: Refusals
  addressOf: (request: IncomingMessage) => string
  readiness: Readiness
}

const TIMEOUT_MS = 10_000
/** Whoever collects metrics or looks at health needs one or two; more than these would take the clients' descriptors. */
const MAX_CONNECTIONS = 1_000
const PATHS = ['/metrics', '/healthz', '/readyz']
const METHODS = ['GET', 'HEAD']

export class AdminServer {
  readonly #options: AdminOptions
  readonly #http: Server
  readonly #exchanges = new OpenExchanges()
  /** The text that is being made: whoever asks meanwhile gets the same. */
  #collecting: Promise<string> | undefined

  constructor(options: AdminOptions) {
    this.#options = options
    this.#http = createServer(
      { requestTimeout: TIMEOUT_MS, headersTimeout: TIMEOUT_MS, requireHostHeader: false },
      (request, response) => this.#onRequest(request, response),
    )
    this.#http.maxConnections = MAX_CONNECTIONS
    this.#http.on('clientError', refuseUnreadable)
    this.#http.on('checkExpectation', refuseExpectation)
  }

  /** Resolves with the port. @throws GatewayError `listen` */
  listen(): Promise<number> {
    const { host, port } = this.#options
    return new Promise((resolve, reject) => {
      this.#http.once('error', (error: NodeJS.ErrnoException) => {
        const what =
          error.code === 'EADDRINUSE'
            ? `Port ${port} on ${host} is in use`
            : `Cannot listen on ${host}:${port} (${error.code})`
        reject(
          new GatewayError(
            'listen',
            `${what}. Set SLUICE_ADMIN_PORT to another port, to 0 for any free one, or to off`,
          ),
        )
      })
      this.#http.listen(port, host, () => resolve((this.#http.address() as AddressInfo).port))
    })
  }

  close(): void {
    this.#http.close()
    this.#http.closeAllConnections()
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const common = { 'cache-control': 'no-store', 'x-request-id': newRequestId() }
    if (!this.#exchanges.add(response)) {
      response.writeHead(429, { ...common, connection: 'close' }).end()
      return
    }
    this.#reply(request).then(
      ([status, type, text]) => {
        const allow = status === 405 ? { allow: METHODS.join(', ') } : {}
        response.writeHead(status, { 'content-type': type, ...common, ...allow })
        response.end(text)
      },
      () => response.writeHead(500, common).end(),
    )
  }

  #metrics(): Promise<string> {
    this.#collecting ??= this.#options.registry.metrics().finally(() => {
      this.#collecting = undefined
    })
    return this.#collecting
  }

  async #reply(request: IncomingMessage): Promise<[status: number, type: string, text: string]> {
    const text = 'text/plain; charset=utf-8'
    const refusal = this.#refusalOf(request)
    if (refusal !== undefined) {
      const { refusals, addressOf } = this.#options
      refusals.refusedRequest(refusal, addressOf(request))
      return [refusal.status, text, `${refusal.text}\n`]
    }
    const path = request.url?.split('?')[0] ?? ''
    if (!PATHS.includes(path)) return [404, text, `Not found: ${PATHS.join(', ')} are here\n`]
    if (!METHODS.includes(request.method ?? '')) return [405, text, 'Method not allowed\n']
    if (path === '/healthz') return [200, text, 'ok\n']
    const { registry, readiness } = this.#options
    if (path === '/metrics') return [200, registry.contentType, await this.#metrics()]
    const reason = readiness.problem
    return reason === undefined ? [200, text, 'ready\n'] : [503, text, `${reason}\n`]
  }

  #refusalOf(request: IncomingMessage): RequestRefusal | undefined {
    const { host, live } = this.#options
    const refusal = refusalOf(request, {
      allowedOrigins: [],
      allowedHosts: live.current.settings.allowedHosts,
      isLoopback: isLoopbackAddress(host),
      isTls: false,
    })
    const { origin } = request.headers
    if (refusal !== undefined || origin === undefined) return refusal
    return { reason: 'origin', status: 403, text: 'Web pages may not read this', value: origin }
  }
}
