/**
 * One socket: opens it, says hello, waits for welcome, notices when the network has gone dark, closes it. Whether to open
 * another one is decided elsewhere.
 */
import { CLOSE_CODES, type Dialect2ClientFrame, SUBPROTOCOL_V2 } from '@sluice/protocol'
import { type Heartbeat, readServerFrame, type ServerFrame } from './server-frame.ts'
import type { WebSocketConstructor, WebSocketLike } from './web-socket.ts'

/** How a socket ended; `code` is one of PROTOCOL.md's table, or any other that a proxy made up. */
export interface Close {
  code: number
  reason: string
  /** Whether the gateway had said welcome. */
  wasOpen: boolean
}

export interface ConnectionOptions {
  WebSocket: WebSocketConstructor
  url: string
  token: string | undefined
  /** What the client calls itself in `hello`. */
  client: string
  /** How long opening may take, `welcome` included. */
  openTimeoutMs: number
  /** Upper bounds of the heartbeat while `isBusy`. */
  heartbeat: Heartbeat
  /** Whether somebody waits for frames. */
  isBusy: () => boolean
  onOpen: () => void
  onFrame: (frame: ServerFrame) => void
  /** Called once, however it ended, but not after `close()`. */
  onClose: (close: Close) => void
}

export class Connection {
  connectionId = ''
  messageBytes = Number.POSITIVE_INFINITY
  readonly #options: ConnectionOptions
  readonly #socket: WebSocketLike
  #heartbeat: Heartbeat
  #error = ''
  #isOpen = false
  #isClosed = false
  #heardAt = performance.now()
  /** When a ping was sent that nothing has followed yet. */
  #pingedAt: number | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  /** @throws SyntaxError for a URL that is none */
  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#heartbeat = options.heartbeat
    this.#socket = new options.WebSocket(options.url, [SUBPROTOCOL_V2])
    this.#socket.onopen = () => this.#hello()
    this.#socket.onmessage = ({ data }: { data: unknown }) => this.#message(data)
    this.#socket.onclose = ({ code, reason }: { code: number; reason: string }) =>
      this.#closed(code, reason || this.#error)
    // A close follows. Browsers say nothing more; in Node.js there is a reason.
    this.#socket.onerror = ({ message = '' }: { message?: string }) => {
      this.#error = message
    }
    this.#timer = setTimeout(() => this.#lose('no welcome in time'), options.openTimeoutMs)
  }

  /** False if the frame is larger than the gateway takes. What is lost with the connection, `onClose` tells. */
  send(frame: Dialect2ClientFrame): boolean {
    if (this.#isClosed) return true
    const text = JSON.stringify(frame)
    if (exceeds(text, this.messageBytes)) return false
    try {
      this.#socket.send(text)
    } catch {
      this.#lose('sending failed')
    }
    return true
  }

  /** Closes it for good; `onClose` is not called. */
  close(): void {
    this.#release()
    this.#socket.close(CLOSE_CODES.done.code)
  }

  /** Asks for a sign of life now. */
  probe(): void {
    if (this.#isOpen && this.#pingedAt === undefined) this.#ping(performance.now())
  }

  /** Looks at the heartbeat again, because `isBusy` may have changed. */
  reschedule(): void {
    this.#beat()
  }

  #hello(): void {
    const { token, client } = this.#options
    this.send({ type: 'hello', client, ...(token !== undefined && { token }) })
  }

  #message(data: unknown): void {
    if (this.#isClosed) return
    this.#heardAt = performance.now()
    if (this.#pingedAt !== undefined) {
      this.#pingedAt = undefined
      this.#beat()
    }
    const frame = readServerFrame(data)
    if (frame === undefined) return
    if (frame.type === 'welcome') this.#welcome(frame)
    else if (this.#isOpen) this.#options.onFrame(frame)
  }

  #welcome(frame: ServerFrame & { type: 'welcome' }): void {
    if (this.#isOpen) return
    this.#isOpen = true
    this.connectionId = frame.connectionId
    this.messageBytes = frame.messageBytes
    this.#heartbeat = frame.heartbeat
    this.#beat()
    this.#options.onOpen()
  }

  /** Waits until a sign of life is due, asks for one, and lets go of the socket if none comes. */
  #beat = (): void => {
    clearTimeout(this.#timer)
    if (!this.#isOpen) return
    const now = performance.now()
    const { intervalMs, timeoutMs } = this.#bounds()
    const isAsked = this.#pingedAt !== undefined
    const dueAt = (this.#pingedAt ?? this.#heardAt) + (isAsked ? timeoutMs : intervalMs)
    if (now < dueAt) this.#timer = setTimeout(this.#beat, Math.max(1, dueAt - now))
    else if (isAsked) this.#lose('nothing came for too long')
    else this.#ping(now)
  }

  #ping(now: number): void {
    this.#pingedAt = now
    this.send({ type: 'ping' })
    this.#beat()
  }

  #bounds(): Heartbeat {
    const { heartbeat, isBusy } = this.#options
    if (!isBusy()) return this.#heartbeat
    return {
      intervalMs: Math.min(heartbeat.intervalMs, this.#heartbeat.intervalMs),
      timeoutMs: Math.min(heartbeat.timeoutMs, this.#heartbeat.timeoutMs),
    }
  }

  /** Lets go of a socket that will not answer; its close handshake could take minutes. */
  #lose(reason: string): void {
    if (this.#isClosed) return
    this.#closed(CLOSE_CODES.abnormal.code, reason)
    this.#socket.close()
  }

  #closed(code: number, reason: string): void {
    if (this.#isClosed) return
    const wasOpen = this.#isOpen
    this.#release()
    this.#options.onClose({ code, reason, wasOpen })
  }

  #release(): void {
    this.#isClosed = true
    this.#isOpen = false
    clearTimeout(this.#timer)
    this.#socket.onopen = null
    this.#socket.onmessage = null
    this.#socket.onclose = null
  }
}

/** Whether a text has more bytes in UTF-8; a UTF-16 unit has three at most. */
function exceeds(text: string, bytes: number): boolean {
  return text.length * 3 > bytes && new TextEncoder().encode(text).length > bytes
}
