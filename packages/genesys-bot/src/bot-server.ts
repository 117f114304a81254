/** The bot's HTTP side: who may speak, what is taken, and the bounds of it. What is answered is not its matter. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type BotSettings, HEALTH_PATH } from './bot-options.ts'
import type { BotReply } from './bot-reply.ts'
import type { TurnSignals } from './turns.ts'
import { readUtterance, type Utterance } from './utterance.ts'

/** Answers an utterance; never rejects. */
export type Responder = (utterance: Utterance, signals: TurnSignals) => Promise<BotReply>

/** Times in milliseconds and sizes in bytes that bound what a caller can hold. */
const LIMITS = {
  headersTimeout: 5_000,
  requestTimeout: 8_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 60_000,
  maxHeaderSize: 16_384,
}
const MAX_CONNECTIONS = 1_024
const MAX_REQUESTS_PER_CONNECTION = 10_000
const MAX_BODY_BYTES = 65_536
/** A connection on which nothing moves for so long, beside the deadline, is closed. */
const MAX_SILENCE_MS = 65_000

/** What is refused, by status. */
const REFUSALS = {
  400: 'expected the JSON that the Bot Connector sends',
  401: 'unauthorized',
  404: 'not found',
  405: 'method not allowed',
  413: `larger than ${MAX_BODY_BYTES} bytes`,
  415: 'expected content-type: application/json',
  503: 'overloaded or stopping',
} as const
type Refusal = keyof typeof REFUSALS

export class BotServer {
  readonly http: Server
  readonly #settings: BotSettings
  readonly #respond: Responder
  /** Digests have one length, whatever was sent. */
  readonly #secret: Buffer
  #turns = 0
  #isStopping = false

  constructor(settings: BotSettings, respond: Responder) {
    this.#settings = settings
    this.#respond = respond
    this.#secret = digest(settings.secret)
    this.http = createServer(LIMITS, (request, response) => void this.#answer(request, response))
    this.http.maxConnections = MAX_CONNECTIONS
    this.http.maxRequestsPerSocket = MAX_REQUESTS_PER_CONNECTION
    this.http.timeout = settings.deadlineMs + MAX_SILENCE_MS
  }

  /** Takes nothing new, and resolves when what runs has ended or the deadline is over. */
  async stop(): Promise<void> {
    this.#isStopping = true
    const closed = new Promise((resolve) => this.http.close(resolve))
    this.http.closeIdleConnections()
    const timer = setTimeout(() => this.http.closeAllConnections(), this.#settings.deadlineMs)
    await closed
    clearTimeout(timer)
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (pathOf(request) === HEALTH_PATH && isRead(request)) {
      send(response, this.#isStopping ? 503 : 200, { status: this.#isStopping ? 'stopping' : 'ok' })
      return
    }
    const refusal = this.#refusalOf(request)
    if (refusal !== undefined) return this.#refuse(response, refusal)
    this.#turns += 1
    try {
      await this.#take(request, response)
    } finally {
      this.#turns -= 1
    }
  }

  #refusalOf(request: IncomingMessage): Refusal | undefined {
    const { method, headers } = request
    if (pathOf(request) !== this.#settings.path) return 404
    if (method !== 'POST') return 405
    if (!this.#isKnown(headers[this.#settings.secretHeader.toLowerCase()])) return 401
    if (!/^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '')) return 415
    if (Number(headers['content-length'] ?? 0) > MAX_BODY_BYTES) return 413
    if (this.#isStopping || this.#turns >= this.#settings.maxTurnsAtOnce) return 503
    return undefined
  }

  #isKnown(given: string | string[] | undefined): boolean {
    return timingSafeEqual(digest(String(given ?? '')), this.#secret)
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const late = AbortSignal.timeout(this.#settings.deadlineMs)
    const left = new AbortController()
    response.once('close', () => left.abort())
    const body = await readBody(request).catch(() => undefined)
    if (body === undefined) return void response.destroy()
    if (body === 'too large') return this.#refuse(response, 413)
    const utterance = readUtterance(body.toString('utf8'))
    if (utterance === undefined) return this.#refuse(response, 400)
    const reply = await this.#respond(utterance, { late, left: left.signal })
    if (this.#isStopping) response.setHeader('connection', 'close')
    send(response, 200, reply)
  }

  /** The rest of what the caller sends is not read, so the connection ends. */
  #refuse(response: ServerResponse, status: Refusal): void {
    response.setHeader('connection', 'close')
    if (status === 405) response.setHeader('allow', 'POST')
    if (status === 503) response.setHeader('retry-after', '1')
    send(response, status, { error: REFUSALS[status] })
  }
}

function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? '/'
}

function isRead({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD'
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

async function readBody(request: IncomingMessage): Promise<Buffer | 'too large'> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of request.iterator({ destroyOnReturn: false })) {
    length += part.length
    if (length > MAX_BODY_BYTES) return 'too large'
    parts.push(part)
  }
  return Buffer.concat(parts)
}

function send(response: ServerResponse, status: number, value: object): void {
  if (response.destroyed) return
  const body = JSON.stringify(value)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  })
  response.end(body)
}
