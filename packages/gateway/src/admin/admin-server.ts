/** The operator's listener: metrics and health, apart from where clients come in. No web page may read it. */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { GatewayError } from '../errors.ts'
import { isLoopbackAddress } from '../loopback.ts'
import { type RequestRefusal, refusalOf } from '../server/origin.ts'

export interface AdminOptions {
  host: string
  port: number
  /** The metrics in Prometheus' text format. */
  metrics: () => Promise<string>
  contentType: string
  /** Names that `Host` may carry besides loopback ones; with one, every `Host` is checked. */
  allowedHosts: () => readonly string[]
  /** Told of each request that was refused for its Host or Origin. */
  refused: (refusal: RequestRefusal, request: IncomingMessage) => void
  notReady: () => string | undefined
}

const TIMEOUT_MS = 10_000

export class AdminServer {
  readonly #options: AdminOptions
  readonly #http: Server

  constructor(options: AdminOptions) {
    this.#options = options
    this.#http = createServer(
      { requestTimeout: TIMEOUT_MS, headersTimeout: TIMEOUT_MS },
      (request, response) => {
        this.#reply(request).then(
          ([status, type, text]) => {
            response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' })
            response.end(text)
          },
          () => response.writeHead(500).end(),
        )
      },
    )
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

  async #reply(request: IncomingMessage): Promise<[status: number, type: string, text: string]> {
    const text = 'text/plain; charset=utf-8'
    const refusal = this.#refusalOf(request)
    if (refusal !== undefined) {
      this.#options.refused(refusal, request)
      return [403, text, `${refusal.text}\n`]
    }
    const path = request.url?.split('?')[0] ?? ''
    if (path === '/metrics') return [200, this.#options.contentType, await this.#options.metrics()]
    if (path === '/healthz') return [200, text, 'ok\n']
    if (path !== '/readyz')
      return [404, text, 'Not found: /metrics, /healthz and /readyz are here\n']
    const reason = this.#options.notReady()
    return reason === undefined ? [200, text, 'ready\n'] : [503, text, `${reason}\n`]
  }

  #refusalOf(request: IncomingMessage): RequestRefusal | undefined {
    const { origin } = request.headers
    if (origin !== undefined)
      return { reason: 'origin', text: 'Web pages may not read this', value: origin }
    const { host, allowedHosts } = this.#options
    return refusalOf(request, {
      allowedOrigins: [],
      allowedHosts: allowedHosts(),
      isLoopback: isLoopbackAddress(host),
      isTls: false,
    })
  }
}
