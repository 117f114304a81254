/** One HTTP request and its answer: bounded body, correlation id, error bodies. Knows no route and no fault. */

import { randomUUID } from 'node:crypto'
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { type Dialect, failureBody, htmlPage, rateLimitMessage } from './failures.ts'

/** Largest request body that is read, in bytes; a larger one gets a 413. */
const maxBodyBytes = 8 * 1024 * 1024

/** One request with the means to answer it. */
export class Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Sent as `ININ-Correlation-Id` with every answer. */
  readonly correlationId = randomUUID()
  readonly path: string
  readonly dialect: Dialect
  /** The request body as text, once `readBody` has been awaited. */
  body = ''

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.request = request
    this.response = response
    this.path = (request.url ?? '/').split('?', 1)[0] ?? '/'
    this.dialect = this.path.startsWith('/v1/') ? 'openai' : 'genesys'
    response.setHeader('ININ-Correlation-Id', this.correlationId)
  }

  /** Value of the `Authorization: Bearer` header, if there is one. */
  get bearer(): string | undefined {
    return /^Bearer +(\S+)$/i.exec(this.request.headers.authorization ?? '')?.[1]
  }

  /** The media type of the request, lower case, without parameters. */
  get mediaType(): string {
    return (this.request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
  }

  /** Reads the body; resolves to false, with the 413 already sent, when it is larger than `maxBodyBytes`. */
  async readBody(): Promise<boolean> {
    const bytes = await collect(this.request)
    if (bytes === undefined) {
      this.fail(413, { headers: { connection: 'close' } })
      return false
    }
    this.body = bytes.toString('utf8')
    return true
  }

  /** Answers with JSON. */
  json(status: number, value: unknown, headers: OutgoingHttpHeaders = {}): void {
    this.text(status, JSON.stringify(value), { 'content-type': 'application/json', ...headers })
  }

  /** Answers with a web page, as no API should. */
  html(status: number, title: string): void {
    this.text(status, htmlPage(title), { 'content-type': 'text/html' })
  }

  /** Answers with text of any media type; the headers name it. */
  text(status: number, body: string, headers: OutgoingHttpHeaders): void {
    this.response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) })
    this.response.end(body)
  }

  /** Answers with the error body of the route's dialect. */
  fail(status: number, details: FailOptions = {}): void {
    const { headers = {}, ...rest } = details
    const { dialect, correlationId } = this
    this.json(status, failureBody(status, { dialect, correlationId, ...rest }), headers)
  }

  /** Answers 429 as Genesys Cloud does; the body names the seconds whatever the header says. */
  failRateLimit({ seconds, header }: RetryAfter): void {
    this.fail(429, {
      message: rateLimitMessage(seconds),
      headers: header === undefined ? {} : { 'Retry-After': header },
    })
  }

  /** Breaks the connection with a TCP reset. */
  reset(): void {
    this.request.socket.resetAndDestroy()
  }
}

/** How long a client shall wait. */
export interface RetryAfter {
  seconds: number
  /** Value of the `Retry-After` header; undefined leaves it out. */
  header: string | undefined
}

/** What may differ from the standard error body. */
export interface FailOptions {
  message?: string
  code?: string
  headers?: OutgoingHttpHeaders
}

/** All bytes of the request, or undefined if they are too many; what comes after the limit is read and dropped. */
function collect(request: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= maxBodyBytes) chunks.push(chunk)
      else resolve(undefined)
    })
    request.once('end', () => resolve(Buffer.concat(chunks)))
    request.once('error', reject)
  })
}
