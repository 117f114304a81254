/** The client: completions in flight, joined with the connection that they need. */
import type { ChatRequest } from '@sluice/protocol'
import type { Completion, Position } from './completion.ts'
import { type ConnectionState, Connector, type ConnectorOptions } from './connector.ts'
import { Flight, type Request } from './flight.ts'
import { InFlight } from './in-flight.ts'
import { SluiceError } from './sluice-error.ts'
import type { WebSocketConstructor } from './web-socket.ts'

export interface ConnectOptions {
  /** Where the gateway listens: `ws://` or `wss://`. */
  url: string
  /**
   * A client key or token, or a function that brings one. The function is asked for each connection, so also after the
   * gateway refused one. In a browser use short-lived tokens, not keys.
   */
  token?: string | (() => string | undefined | Promise<string | undefined>)
  /** What the client calls itself in the gateway's log, at most 128 characters. Default `@sluice/client`. */
  client?: string
  /** Default: the runtime's own, else that of the package `ws`. */
  WebSocket?: WebSocketConstructor
  /** How long opening a connection may take. Default 10,000. */
  openTimeoutMs?: number
  /** How long completions wait without a connection before they fail. Default 120,000. */
  giveUpAfterMs?: number
  /** Bounds of the random wait between attempts. Default 500 to 20,000. */
  reconnect?: { minMs?: number; maxMs?: number }
  /**
   * While completions run: after how much silence a sign of life is asked for, and how long it may take. Default 5,000
   * each; the gateway's own values where they are lower, and while nothing runs.
   */
  heartbeat?: { intervalMs?: number; timeoutMs?: number }
  /**
   * Characters of one completion that may wait for a slow reader. Over it the rest stays with the gateway, which keeps it
   * for its grace time (60 s as a rule), and is fetched when the reader has caught up. Default 1,048,576.
   */
  maxBufferedCharacters?: number
}

export interface CompleteOptions {
  /** Stops the reading at once, and the model. */
  signal?: AbortSignal
  /** Requests with the same key are one completion. Default: a random one. */
  idempotencyKey?: string
  /** What the gateway does when the connection ends and nobody else watches. Default `continue`. */
  onDisconnect?: 'continue' | 'cancel'
  /** What happens to a conversation over the context window. Default: the gateway's setting. */
  onOverflow?: 'reject' | 'truncate'
  /** The program's own name for the conversation; audited. */
  conversationId?: string
}

export interface AttachOptions {
  /** The sequence number after which to go on. Default 0: from the start. */
  after?: number
  /** Default 1. */
  epoch?: number
  /** Stops the reading and the watching; the model goes on. */
  signal?: AbortSignal
}

const DEFAULTS = {
  client: '@sluice/client',
  openTimeoutMs: 10_000,
  giveUpAfterMs: 120_000,
  maxBufferedCharacters: 1_048_576,
}
const DELAYS = { minMs: 500, maxMs: 20_000 }
const HEARTBEAT = { intervalMs: 5_000, timeoutMs: 5_000 }

/**
 * A client of one gateway. The connection is opened when it is first needed, and kept.
 * @throws TypeError for a URL that is not `ws://` or `wss://`
 */
export function connect(options: ConnectOptions): SluiceClient {
  if (!/^wss?:\/\//.test(options.url) || !URL.canParse(options.url)) {
    throw new TypeError(`${JSON.stringify(options.url)} is not a ws:// or wss:// URL`)
  }
  return new SluiceClient(options)
}

export class SluiceClient {
  readonly #inFlight = new InFlight()
  readonly #connector: Connector
  readonly #maxBufferedCharacters: number
  readonly #listeners = new Set<(state: ConnectionState) => void>()
  /** Who waits for the connection itself. */
  #openers: { resolve(): void; reject(error: SluiceError): void }[] = []

  constructor(options: ConnectOptions) {
    const { reconnect, heartbeat, ...rest } = { ...DEFAULTS, ...options }
    this.#maxBufferedCharacters = rest.maxBufferedCharacters
    const connector: ConnectorOptions = {
      ...rest,
      token: options.token,
      WebSocket: options.WebSocket,
      delays: { ...DELAYS, ...reconnect },
      heartbeat: { ...HEARTBEAT, ...heartbeat },
    }
    this.#connector = new Connector(connector, {
      onState: (state) => {
        for (const listener of this.#listeners) listener(state)
      },
      onOpen: () => {
        for (const opener of this.#openers.splice(0)) opener.resolve()
        this.#askWaiting()
      },
      onFrame: (frame) => this.#inFlight.receive(frame),
      onLost: (connection) => {
        this.#inFlight.unlinkAll(connection)
        this.#askWaiting()
      },
      onFailed: (error) => this.#failed(error),
      isNeeded: () => this.#openers.length > 0 || this.#inFlight.size > 0,
      isUsed: (connection) => this.#inFlight.isOn(connection),
    })
  }

  get state(): ConnectionState {
    return this.#connector.state
  }

  /** Calls back at each change of the connection's state, until the returned function is called. */
  onStateChange(listener: (state: ConnectionState) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Asks the model. Nothing is thrown here for what happens on the way: reading the completion throws. */
  complete(payload: ChatRequest, options: CompleteOptions = {}): Completion {
    const { signal, idempotencyKey = randomKey(), ...rest } = options
    const flight = this.#start({ init: { payload, idempotencyKey, ...rest } })
    onAbort(signal, flight, () => flight.abort(signal?.reason))
    return flight
  }

  /** Follows a completion that is there: begun by another client of the same principal, or before a page was loaded anew. */
  attach(requestId: string, options: AttachOptions = {}): Completion {
    const { after = 0, epoch = 1, signal } = options
    const flight = this.#start({ requestId, position: { epoch, seq: after } satisfies Position })
    onAbort(signal, flight, () => flight.abandon(signal?.reason))
    return flight
  }

  /** Opens the connection ahead of the first completion. Rejects with a SluiceError if that fails for good. */
  open(): Promise<void> {
    if (this.#connector.open !== undefined) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#openers.push({ resolve, reject })
      this.#need()
    })
  }

  /** Closes the connection for good. What still runs goes on at the gateway; here it fails with `client_closed`. */
  close(): void {
    this.#connector.close()
    this.#failed(closedError())
    this.#inFlight.failAll(closedError())
  }

  #start(request: Request): Flight {
    const flight = new Flight({
      request,
      maxBufferedCharacters: this.#maxBufferedCharacters,
      owner: {
        waits: () => this.#askWaiting(),
        leaves: (left) => this.#leave(left),
        turnedAway: (refused) => this.#turnAway(refused),
        ended: (ended) => {
          this.#inFlight.remove(ended)
          this.#connector.settle()
        },
      },
    })
    this.#inFlight.add(flight)
    this.#askWaiting()
    return flight
  }

  #askWaiting(): void {
    const { open } = this.#connector
    if (open !== undefined) this.#inFlight.askAll(open)
    else if (this.#inFlight.isWaiting) this.#need()
    this.#connector.settle()
  }

  #need(): void {
    if (this.state.status === 'closed') this.#failed(closedError())
    else this.#connector.want()
  }

  #leave(flight: Flight): void {
    const { id, link } = flight
    this.#inFlight.unlink(flight)
    if (id !== undefined) link?.send({ type: 'detach', id })
  }

  #turnAway(flight: Flight): void {
    const { link } = flight
    this.#inFlight.unlink(flight)
    const why = 'The connection takes no new completions'
    if (link === this.#connector.open)
      this.#connector.retire(0, new SluiceError('disconnected', why, { retryable: true }))
    this.#askWaiting()
  }

  #failed(error: SluiceError): void {
    for (const opener of this.#openers.splice(0)) opener.reject(error)
    this.#inFlight.failWaiting(error)
  }
}

function closedError(): SluiceError {
  return new SluiceError('client_closed', 'The client was closed')
}

/** Listens as long as the completion lasts: a signal may outlive many of them. */
function onAbort(signal: AbortSignal | undefined, { finished }: Completion, listener: () => void) {
  if (signal?.aborted) listener()
  if (signal === undefined || signal.aborted) return
  signal.addEventListener('abort', listener)
  const forget = () => signal.removeEventListener('abort', listener)
  finished.then(forget, forget)
}

/** 128 random bits. Not `randomUUID`, which pages without TLS do not have. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
