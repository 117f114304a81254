/**
 * HTTP requests to their handlers: a table of rows, each a method and a path. The router finds the row and, where the row
 * asks for it, whose request it is; everything else is the handler's.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Authenticator } from '../clients/authenticator.ts'
import type { Client } from '../clients/client.ts'
import { credentialFrom } from '../clients/credential.ts'
import { GatewayError } from '../errors.ts'
import { admitPage, replyPreflight } from './cors.ts'
import { newRequestId, PRIVATE_HEADERS, replyRefusal } from './refusal-reply.ts'
import type { Refusals } from './refusals.ts'

/** One request and the response to it. */
export interface Exchange {
  request: IncomingMessage
  response: ServerResponse
  /** The client's address, as far as trusted proxies tell. */
  address: string
  /** What stands in the path for the row's placeholders, by name. */
  parameters: Readonly<Record<string, string>>
}

/** One request of a client that is known. */
export type ClientExchange = Exchange & { client: Client }

interface RouteMatch {
  method: 'GET' | 'POST'
  /** Segments, of which `{name}` stands for any one. `GET` answers `HEAD`, too. */
  path: string
  /** Scripts of web pages may ask for it and read the answer (CORS). Default false. */
  isForPages?: boolean
}

/** For everybody. */
export interface OpenRoute extends RouteMatch {
  handle(exchange: Exchange): void | Promise<void>
}

/** For clients: the credential is checked first. */
export interface ClientRoute extends RouteMatch {
  handleClient(exchange: ClientExchange): void | Promise<void>
  /** Answers a request that is not the client's to make, in the form that its clients read. */
  refuse(error: GatewayError, response: ServerResponse): void
}

export type Route = OpenRoute | ClientRoute

const NOT_FOUND = "Not found: OpenAI's interface is under /v1, WebSockets are at / and /ws"

export interface RouterOptions {
  routes: readonly Route[]
  authenticator: Authenticator
  addressOf: (request: IncomingMessage) => string
  refusals: Refusals
  /** Told of an exception that nobody foresaw. */
  diagnostics: { unexpected(error: unknown): void }
}

export class Router {
  readonly #options: RouterOptions

  constructor(options: RouterOptions) {
    this.#options = options
  }

  /** Answers, whatever comes. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#route(request, response)
    } catch (error) {
      this.#options.diagnostics.unexpected(error)
      if (response.headersSent) response.destroy()
      else replyRefusal(response, 500, 'Internal error')
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = pathOf(request)
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const allowed: string[] = []
    for (const route of this.#options.routes) {
      const parameters = parametersOf(route, path)
      if (parameters === undefined) continue
      if (route.isForPages === true) {
        admitPage(request, response)
        if (method === 'OPTIONS') return replyPreflight(response)
      }
      if (route.method === method) {
        const address = this.#options.addressOf(request)
        return await this.#handle(route, { request, response, address, parameters })
      }
      allowed.push(route.method === 'GET' ? 'GET, HEAD' : route.method)
    }
    if (allowed.length === 0) this.#unknownPath(request, response)
    else replyRefusal(response, 405, 'Method not allowed', { allow: allowed.join(', ') })
  }

  #unknownPath(request: IncomingMessage, response: ServerResponse): void {
    const { refusals, addressOf } = this.#options
    const refusal = {
      reason: 'path',
      status: 404,
      text: NOT_FOUND,
      value: pathOf(request),
    } as const
    refusals.refusedRequest(refusal, addressOf(request))
    replyRefusal(response, refusal.status, refusal.text)
  }

  async #handle(route: Route, exchange: Exchange): Promise<void> {
    if ('handle' in route) return await route.handle(exchange)
    const { request, response, address } = exchange
    const { authenticator, refusals } = this.#options
    const read = credentialFrom({ authorization: request.headers.authorization })
    const result = read.ok
      ? await authenticator.authenticate(read.credential, request.headers.origin)
      : read
    if (result.ok) {
      const { principal } = result
      return await route.handleClient({ ...exchange, client: { principal, address } })
    }
    refusals.refusedConnection(result.reason, address)
    const { message, isRetryable } = result
    route.refuse(new GatewayError('unauthorized', message, { isRetryable }), response)
  }
}

/** The path of a request, without what it is asked. */
export function pathOf(request: IncomingMessage): string {
  return request.url?.split('?')[0] ?? ''
}

/** Answers with a line of text. */
export function replyText(
  response: ServerResponse,
  status: number,
  ...[text, headers]: [text: string, headers?: Record<string, string>]
): void {
  const own = { 'content-type': 'text/plain; charset=utf-8', 'x-request-id': newRequestId() }
  response.writeHead(status, { ...own, ...PRIVATE_HEADERS, ...headers })
  response.end(`${text}\n`)
}

/** The values of a route's placeholders in a path; undefined if the path is another. */
function parametersOf(route: Route, path: string): Record<string, string> | undefined {
  const wanted = route.path.split('/')
  const given = path.split('/')
  if (wanted.length !== given.length) return undefined
  const parameters: Record<string, string> = {}
  for (const [i, segment] of wanted.entries()) {
    const value = given[i] ?? ''
    const isPlaceholder = segment.startsWith('{') && value !== ''
    if (isPlaceholder) parameters[segment.slice(1, -1)] = value
    else if (segment !== value) return undefined
  }
  return parameters
}
