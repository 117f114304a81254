/** The seam between connections and dialects: what a dialect is, what it is given, and what a connection asks of it. */

import type { GoawayFrame } from '@sluice/protocol'
import type { Client } from '../clients/client.ts'
import type { Completions } from '../completion/completions.ts'
import type { Admission } from '../completion/order.ts'
import type { GatewayError } from '../errors.ts'
import type { Socket, SocketEvents } from '../socket/socket.ts'
import type { FrameReader } from './dialect-2/frame-reader.ts'
import type { Intake } from './intake.ts'
import type { ParsedMessage } from './message.ts'
import type { RequestReader } from './request-reader.ts'

/** A dialect: its name among the subprotocols, and how one connection speaks it. */
export interface Dialect {
  readonly subprotocol: string
  /** A first frame says who asks, also where everybody is served; else a `hello` comes only where it is needed. */
  readonly beginsWithHello: boolean
  createSession(context: SessionContext): Session
}

/** What a client has sent, which may be parsed yet or not. @throws GatewayError `invalid_message` */
export type ParseMessage = () => ParsedMessage

/** One dialect, spoken on one connection. */
export interface Session extends Omit<SocketEvents, 'onMessage'> {
  onMessage(parse: ParseMessage): void
  /** A completion runs or waits to be delivered. */
  readonly isBusy: boolean
  /** It cannot write because its reader takes nothing. */
  readonly isBehind: boolean
  /** Why no request can be taken now, whatever it says; undefined if one can. Asked for large messages, which cost. */
  readonly refusalUnread?: GatewayError | undefined
  /**
   * Answers a message with why it is refused unread.
   * @param start of the message
   */
  refuse(error: unknown, start: string): void
  /** Tells the client that the gateway is about to close its socket, in a dialect that has a word for it. */
  goAway?(notice: Omit<GoawayFrame, 'type'>): void
  /** Gives its reader up: it follows nothing any more, from now on and not when the close is answered. */
  abandon(): void
}

/** What every session of the gateway works with. */
export interface SessionServices {
  admission: Admission
  completions: Completions
  intake: Intake
  /** Read at each message, so that a reload reaches open sockets. */
  live: { readonly current: SessionConfig }
  /** Told of an exception that nobody foresaw. */
  diagnostics: { unexpected(error: unknown): void }
}

export interface SessionConfig {
  /** Of dialect 1. */
  reader: RequestReader
  /** Of dialect 2. */
  frames: FrameReader
  settings: {
    /** Malformed messages a minute that are answered; one more closes the socket. */
    malformedPerMinute: number
    /** Bytes that may wait in a socket; over it a session stops to write. */
    bufferedBytes: number
    /** Ids that may be live on a connection. */
    connectionCompletions: number
    maxMessageBytes: number
    pingIntervalMs: number
    pongTimeoutMs: number
    /** How long a completion goes on that nobody follows, and can be found after its terminal. */
    graceMs: number
    retentionMs: number
  }
}

export interface SessionContext extends SessionServices {
  socket: Socket
  client: Client
}
