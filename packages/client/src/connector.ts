/**
 * Keeps one connection while one is needed: opens it, comes back after a failure, moves to another one when the gateway
 * goes away. What is sent on it is not its matter.
 *
 *   idle --want--> connecting --welcome--> open
 *    ^                 |  ^                  |  closed, goaway
 *    |<--not needed----+  +---- waiting <----+
 *   closed: by close(), for good
 */
import { type Close, Connection } from './connection.ts'
import { type Delays, delayAfter, reconnectAfter, spread } from './reconnect.ts'
import type { Heartbeat, ServerFrame } from './server-frame.ts'
import { SluiceError } from './sluice-error.ts'
import { findWebSocket, type WebSocketConstructor } from './web-socket.ts'

/** How the client stands to the gateway. `error` is why the last connection or attempt ended. */
export type ConnectionState =
  | { status: 'idle'; error?: SluiceError }
  | { status: 'connecting' }
  | { status: 'open'; connectionId: string }
  | { status: 'waiting'; retryInMs: number; error: SluiceError }
  | { status: 'closed' }

export interface ConnectorOptions {
  url: string
  token: string | (() => string | undefined | Promise<string | undefined>) | undefined
  client: string
  WebSocket: WebSocketConstructor | undefined
  openTimeoutMs: number
  giveUpAfterMs: number
  delays: Delays
  heartbeat: Heartbeat
}

export interface ConnectorEvents {
  onState(state: ConnectionState): void
  onOpen(): void
  onFrame(frame: ServerFrame): void
  /** The connection is gone. */
  onLost(connection: Connection): void
  /** No more attempts are made. */
  onFailed(error: SluiceError): void
  /** Whether somebody needs a connection. */
  isNeeded(): boolean
  /** Whether somebody is on this one. */
  isUsed(connection: Connection): boolean
}

/** A connection that lived less counts as a failed attempt: a gateway that welcomes and closes is not run down. */
const STABLE_MS = 5_000

export class Connector {
  state: ConnectionState = { status: 'idle' }
  readonly #options: ConnectorOptions
  readonly #events: ConnectorEvents
  #current: Connection | undefined
  /** Those that take no new completions and are kept until the ones on them have ended. */
  readonly #retired = new Set<Connection>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #attempt = 0
  #openedAt = 0
  #downSince = 0
  #wasSecondChance = false

  constructor(options: ConnectorOptions, events: ConnectorEvents) {
    this.#options = options
    this.#events = events
    globalThis.addEventListener?.('online', this.#wake)
    globalThis.document?.addEventListener('visibilitychange', this.#wake)
  }

  /** The connection that takes frames. */
  get open(): Connection | undefined {
    return this.state.status === 'open' ? this.#current : undefined
  }

  /** Opens a connection unless there is one, or one is on its way. */
  want(): void {
    if (this.state.status !== 'idle') return
    this.#downSince = performance.now()
    this.#attempt = 0
    this.#dial()
  }

  /** Asks for another connection after a while; the present one is kept for what is on it. */
  retire(delayMs: number, error: SluiceError): void {
    const current = this.#current
    if (current === undefined) return
    this.#retired.add(current)
    this.#current = undefined
    this.#downSince = performance.now()
    this.#waitOrRest(delayMs, error)
    this.settle()
  }

  /** Looks at what is needed now: closes retired connections that nobody is on. */
  settle(): void {
    this.#current?.reschedule()
    for (const connection of this.#retired) {
      if (this.#events.isUsed(connection)) continue
      this.#retired.delete(connection)
      connection.close()
    }
  }

  close(): void {
    globalThis.removeEventListener?.('online', this.#wake)
    globalThis.document?.removeEventListener('visibilitychange', this.#wake)
    clearTimeout(this.#timer)
    this.#current?.close()
    this.#current = undefined
    for (const connection of this.#retired) connection.close()
    this.#retired.clear()
    this.#become({ status: 'closed' })
  }

  #become(state: ConnectionState): void {
    this.state = state
    this.#events.onState(state)
  }

  #dial(): void {
    const connecting: ConnectionState = { status: 'connecting' }
    this.#become(connecting)
    const { WebSocket, token, openTimeoutMs } = this.#options
    const credential = Promise.resolve().then(() => (typeof token === 'function' ? token() : token))
    const ingredients = [WebSocket ?? findWebSocket(), within(openTimeoutMs, credential)] as const
    Promise.all(ingredients).then(
      (found) => {
        // close() may have been called meanwhile.
        if (this.state === connecting) this.#tryConnect(...found)
      },
      (cause) => {
        if (this.state !== connecting) return
        if (cause instanceof SluiceError) this.#stop(cause)
        else this.#failed({ code: 1006, reason: 'no token', wasOpen: false }, cause)
      },
    )
  }

  /** A browser refuses some URLs at once, `ws://` from a page with TLS for one: trying again would not help. */
  #tryConnect(WebSocket: WebSocketConstructor, token: string | undefined): void {
    try {
      this.#connect(WebSocket, token)
    } catch (cause) {
      const why = 'The runtime does not allow a WebSocket to this URL'
      this.#stop(new SluiceError('connection_refused', why, { cause }))
    }
  }

  #connect(WebSocket: WebSocketConstructor, token: string | undefined): void {
    const { url, client, openTimeoutMs, heartbeat } = this.#options
    const connection = new Connection({
      WebSocket,
      url,
      token,
      client,
      openTimeoutMs,
      heartbeat,
      isBusy: () => this.#events.isUsed(connection),
      onOpen: () => this.#opened(connection),
      onFrame: (frame) => this.#frame(connection, frame),
      onClose: (close) => this.#closed(connection, close),
    })
    this.#current = connection
  }

  #opened(connection: Connection): void {
    this.#openedAt = performance.now()
    this.#wasSecondChance = false
    this.#become({ status: 'open', connectionId: connection.connectionId })
    this.#events.onOpen()
  }

  #frame(connection: Connection, frame: ServerFrame): void {
    if (frame.type === 'goaway') {
      const error = new SluiceError('draining', 'The gateway shuts down', { retryable: true })
      if (connection === this.#current) {
        this.retire(spread(frame.reconnectAfterMs, this.#options.delays), error)
      }
    } else this.#events.onFrame(frame)
  }

  #closed(connection: Connection, close: Close): void {
    if (this.#retired.delete(connection)) {
      this.#events.onLost(connection)
      return
    }
    this.#current = undefined
    const now = performance.now()
    if (close.wasOpen) this.#downSince = now
    if (close.wasOpen && now - this.#openedAt > STABLE_MS) this.#attempt = 0
    this.#events.onLost(connection)
    this.#failed(close)
  }

  #failed(close: Close, cause?: unknown): void {
    this.#attempt += 1
    const isSecondChance = this.#wasSecondChance
    this.#wasSecondChance = reconnectAfter(close.code) === 'once' && this.#canRefresh(close)
    const failure = {
      ...close,
      attempt: this.#attempt,
      wasSecondChance: isSecondChance || !this.#canRefresh(close),
    }
    const delayMs = delayAfter(failure, this.#options.delays)
    const error = closeError(close, { mayReturn: delayMs !== undefined, cause })
    const isTooLong = performance.now() - this.#downSince > this.#options.giveUpAfterMs
    if (delayMs === undefined || (isTooLong && this.#events.isNeeded())) this.#stop(error)
    else this.#waitOrRest(delayMs, error)
  }

  /** A credential that was refused is refused again; only a function may bring another one. */
  #canRefresh({ code }: Close): boolean {
    return code !== 4401 || typeof this.#options.token === 'function'
  }

  #waitOrRest(delayMs: number, error: SluiceError): void {
    if (this.#events.isNeeded()) {
      this.#timer = setTimeout(() => this.#retry(error), delayMs)
      this.#become({ status: 'waiting', retryInMs: delayMs, error })
    } else this.#become({ status: 'idle', error })
  }

  /** Who needed the connection may have ended meanwhile. */
  #retry(error: SluiceError): void {
    if (this.#events.isNeeded()) this.#dial()
    else this.#become({ status: 'idle', error })
  }

  #stop(error: SluiceError): void {
    this.#become({ status: 'idle', error })
    this.#events.onFailed(error)
  }

  /** The network may be back, or the machine awake: try at once, or see whether the socket is alive. */
  #wake = (): void => {
    if (globalThis.document?.visibilityState === 'hidden') return
    if (this.state.status === 'open') this.#current?.probe()
    if (this.state.status !== 'waiting') return
    clearTimeout(this.#timer)
    this.#retry(this.state.error)
  }
}

function closeError(
  { code, reason }: Close,
  { mayReturn, cause }: { mayReturn: boolean; cause: unknown },
): SluiceError {
  const why = `(${code}${reason === '' ? '' : `: ${reason}`})`
  const options = { closeCode: code, retryable: mayReturn, cause }
  return mayReturn
    ? new SluiceError('disconnected', `The connection ended ${why}`, options)
    : new SluiceError('connection_refused', `The gateway closed the connection ${why}`, options)
}

/** The promise's value, or a rejection if it takes too long. */
function within<Value>(timeoutMs: number, promise: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`nothing within ${timeoutMs} ms`)), timeoutMs)
    promise.finally(() => clearTimeout(timer)).then(resolve, reject)
  })
}
