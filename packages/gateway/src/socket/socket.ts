/**
 * A WebSocket as the dialects see it, and the one file that imports the WebSocket library. The library does the handshake,
 * reads frames and speaks close and ping; frames of answers are written to the connection as prepared bytes.
 */
import type { IncomingMessage } from 'node:http'
import type { Socket as NetSocket } from 'node:net'
import type { Duplex } from 'node:stream'
import { CLOSE_CODES } from '@sluice/protocol'
import type { ServerOptions, WebSocket } from 'ws'
import { require } from '../commonjs.ts'
import { atEndOfTurn } from '../turn.ts'
import { FrameBatch } from './frames.ts'

const { WebSocketServer } = require('ws') as typeof import('ws')

/** What a session may do with its socket. */
export interface Socket {
  /** Bytes that were written and have not left this process. */
  readonly bufferedBytes: number
  /** Sends one text message. */
  send(text: string): void
  /** Writes whole frames, as a FrameBatch made them. */
  writeFrames(frames: Buffer): void
  /** Asks to be told, by `onDrain`, when everything that was written has left. */
  awaitDrain(): void
  /** Begins the close handshake; a peer that does not answer is cut off. */
  close(code: number, reason: string): void
}

/** What a session is told. */
export interface SocketEvents {
  /** A text message, as valid UTF-8. */
  onMessage(data: Buffer): void
  /** Everything that was written has left; told at least where it was asked for. */
  onDrain(): void
  /** Called once, however the socket ended. */
  onClose(): void
}

/** A request to become a WebSocket, as node:http hands it over. */
export interface Upgrade {
  request: IncomingMessage
  connection: NetSocket
  head: Buffer
  /** The one to confirm, of those that were offered; none if undefined. */
  subprotocol: string | undefined
}

/** A reason fits one control frame (RFC 6455 section 5.5): 125 bytes, two of them the code. */
const MAX_REASON_BYTES = 123

const NOTHING = Buffer.alloc(0)

const batch = new FrameBatch()

/** Of a client's ping and pong (RFC 6455 section 5.2): two bytes and the mask. */
const CONTROL_HEADER_BYTES = 6

/** What the library keeps of a piece of a message beside its bytes, which may be a single one. */
const PIECE_BYTES = 256

/** A peer that does not answer a close is cut off after this. */
const CLOSE_TIMEOUT_MS = 5_000

/** Completes upgrades. Message size is limited, compression off (memory, and CRIME: RFC 7692 section 8). */
export class SocketAcceptor {
  readonly #server: InstanceType<typeof WebSocketServer>
  /** Of the upgrade that is being answered: the library asks for it in the same turn. */
  #subprotocol: string | undefined

  /** @param options.onUnacceptable is told of an upgrade that breaks RFC 6455, and answers it */
  constructor(options: {
    maxMessageBytes: number
    onUnacceptable: (connection: Duplex, reason: string) => void
  }) {
    // The option is in the library's documentation and not yet in its types.
    const serverOptions: ServerOptions & { closeTimeout: number } = {
      noServer: true,
      clientTracking: false,
      maxPayload: options.maxMessageBytes,
      perMessageDeflate: false,
      closeTimeout: CLOSE_TIMEOUT_MS,
      handleProtocols: () => this.#subprotocol ?? false,
    }
    this.#server = new WebSocketServer(serverOptions)
    this.#server.on('wsClientError', ({ message }, connection) =>
      options.onUnacceptable(connection, message),
    )
  }

  /** Answers an upgrade and hands the socket over before its first message can come. */
  accept(upgrade: Upgrade, onAccepted: (socket: AcceptedSocket) => void): void {
    const { request, connection, head } = upgrade
    this.#subprotocol = upgrade.subprotocol
    this.#server.handleUpgrade(request, connection, head, (socket) =>
      onAccepted(new AcceptedSocket(socket, connection)),
    )
  }
}

/** One accepted socket: the seam's implementation, and what the server needs to monitor it. */
export class AcceptedSocket implements Socket {
  /** When the peer was last heard of, `performance.now()`. */
  lastSeen = performance.now()
  readonly #socket: WebSocket
  readonly #connection: NetSocket
  /** Bytes that came and belong to no message yet, and in how many pieces. */
  #unreadBytes = 0
  #unreadPieces = 0
  #onUnread: ((bytes: number) => void) | undefined
  #onBytes: ((data: Buffer) => void) | undefined
  #onDrain: () => void = () => {}

  constructor(socket: WebSocket, connection: NetSocket) {
    this.#socket = socket
    this.#connection = connection
  }

  /** Begins to deliver events. */
  listen(events: SocketEvents): void {
    const socket = this.#socket
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      this.#noteSeen()
      this.#noteRead(this.#unreadBytes)
      // The packet that made us close may hold more messages.
      if (!this.isOpen) return
      if (isBinary) this.close(CLOSE_CODES.unsupportedData.code, 'send JSON as text frames')
      else events.onMessage(data)
    })
    socket.on('pong', this.#onControl)
    socket.on('ping', this.#onControl)
    // The library closes the socket with the code that fits; there is nothing to add.
    socket.on('error', () => {})
    socket.once('close', () => events.onClose())
    this.#onDrain = () => events.onDrain()
    this.#connection.on('drain', this.#onDrain)
  }

  #noteSeen = (): void => {
    this.lastSeen = performance.now()
  }

  #onControl = (payload: Buffer): void => {
    this.#noteSeen()
    this.#noteRead(Math.min(this.#unreadBytes, CONTROL_HEADER_BYTES + payload.length))
  }

  #noteRead(bytes: number): void {
    this.#unreadBytes -= bytes
    if (this.#unreadBytes === 0) this.#unreadPieces = 0
    this.#tellUnread()
  }

  #noteUnread(bytes: number): void {
    this.#noteSeen()
    this.#unreadBytes += bytes
    this.#unreadPieces += 1
    this.#tellUnread()
  }

  #tellUnread(): void {
    this.#onUnread?.(this.#unreadBytes + PIECE_BYTES * this.#unreadPieces)
  }

  /** Tells from now on, whenever it changes, about how much memory a message takes that is not complete. */
  meterInput(onUnread: (bytes: number) => void): void {
    this.#onUnread = onUnread
    // Before the library's own listener, which tells of the message that ends with these bytes.
    this.#connection.prependListener('data', (data: Buffer) => this.#noteUnread(data.length))
  }

  /** Calls back once when the socket is gone, besides the events. */
  onClosed(callback: () => void): void {
    this.#socket.once('close', callback)
  }

  get bufferedBytes(): number {
    return this.#connection.writableLength
  }

  /** Bytes that were written and have left this process. */
  get sentBytes(): number {
    return this.#connection.bytesWritten - this.#connection.writableLength
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN
  }

  send(text: string): void {
    if (!this.isOpen) return
    batch.text(text)
    this.writeFrames(batch.take())
  }

  // Without a callback, which would cost a turn of its own for each delta.
  writeFrames(frames: Buffer): void {
    if (!this.isOpen) return
    this.#gather()
    this.#connection.write(frames)
  }

  /**
   * What one turn of the event loop brings leaves in one write, at its end: the last text and the terminal, the frames of
   * several completions. Until then it waits, so no completion fills the operating system's buffers before another one.
   */
  #gather(): void {
    if (this.#connection.writableCorked > 0) return
    this.#connection.cork()
    atEndOfTurn(this.#letGo)
  }

  #letGo = (): void => this.#connection.uncork()

  awaitDrain(): void {
    // Below its own mark a connection does not tell that it has drained, but that nothing more was written.
    if (!this.isOpen || this.#connection.writableNeedDrain) return
    this.#connection.write(NOTHING, (error) => {
      if (!error) this.#onDrain()
    })
  }

  close(code: number, reason: string): void {
    if (!this.isOpen) return
    this.#socket.close(code, fitReason(reason))
    this.#dropInput()
  }

  /** What a peer sends after our close is thrown away: the library would gather it up to the size of a message. */
  #dropInput(): void {
    this.#connection.removeAllListeners('data')
    this.#connection.resume()
    this.#connection.end()
  }

  ping(): void {
    if (this.isOpen) this.#socket.ping(undefined, undefined, ignoreError)
  }

  /** Stops reading; the peer's messages wait in the connection. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /** Closes the socket if the peer sends more than `bytes` from now on: for those who are not known yet. */
  limitBytes(bytes: number): void {
    let left = bytes
    this.#onBytes = (data) => {
      left -= data.length
      // The packet that lifts the limit is still on its way to this listener.
      if (left >= 0 || this.#onBytes === undefined) return
      this.close(CLOSE_CODES.tooBig.code, `over ${bytes} bytes before authentication`)
    }
    this.#connection.on('data', this.#onBytes)
  }

  unlimitBytes(): void {
    if (this.#onBytes !== undefined) this.#connection.off('data', this.#onBytes)
    this.#onBytes = undefined
  }

  /** Cuts the connection without a handshake. */
  terminate(): void {
    this.#socket.terminate()
  }
}

/** A failed write is followed by `close`, which is where it is handled. */
function ignoreError(): void {}

function fitReason(reason: string): string {
  let fitted = reason
  while (Buffer.byteLength(fitted) > MAX_REASON_BYTES) fitted = fitted.slice(0, -1)
  return fitted
}
