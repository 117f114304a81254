/** The heartbeat and idle times of open sockets, from one timer: pings silent ones, drops dead ones, closes idle ones and stalled readers. */
import { CLOSE_CODES } from '@sluice/protocol'
import type { Session } from '../dialects/session.ts'
import type { AcceptedSocket } from '../socket/socket.ts'

export interface MonitorTimes {
  pingIntervalMs: number
  pongTimeoutMs: number
  idleSocketMs: number
  stallTimeoutMs: number
}

/** What the monitor needs of a session, or of the session in front of it. */
export type MonitoredSession = Pick<Session, 'abandon' | 'isBehind' | 'isBusy'>

/** What the monitor needs of a socket. */
export type MonitoredSocket = Pick<
  AcceptedSocket,
  'bufferedBytes' | 'close' | 'isOpen' | 'lastSeen' | 'ping' | 'sentBytes' | 'terminate'
>

interface Entry {
  socket: MonitoredSocket
  session: MonitoredSession
  pingedAt: number
  busyAt: number
  /** Bytes that had left at the last look, and when they last became more. */
  sent: number
  movedAt: number
}

/** Looks at every socket this many times in the shortest of its times. */
const LOOKS = 4
const MAX_INTERVAL_MS = 5_000

export class SocketMonitor {
  readonly #times: MonitorTimes
  readonly #entries = new Map<MonitoredSocket, Entry>()
  readonly #timer: NodeJS.Timeout

  constructor(times: MonitorTimes) {
    this.#times = times
    const shortest = Math.min(
      times.pingIntervalMs,
      times.pongTimeoutMs,
      times.idleSocketMs,
      times.stallTimeoutMs,
    )
    this.#timer = setInterval(
      () => this.#look(),
      Math.min(MAX_INTERVAL_MS, Math.max(1, shortest / LOOKS)),
    )
    this.#timer.unref()
  }

  get size(): number {
    return this.#entries.size
  }

  get sockets(): Iterable<MonitoredSocket> {
    return this.#entries.keys()
  }

  /** Bytes that wait in all sockets together. */
  get bufferedBytes(): number {
    let sum = 0
    for (const socket of this.#entries.keys()) sum += socket.bufferedBytes
    return sum
  }

  /** Something that was to be sent has not left yet. */
  get hasUndelivered(): boolean {
    for (const { socket, session } of this.#entries.values()) {
      if (socket.isOpen && (session.isBusy || socket.bufferedBytes > 0)) return true
    }
    return false
  }

  add(socket: MonitoredSocket, session: MonitoredSession): void {
    const now = performance.now()
    this.#entries.set(socket, {
      socket,
      session,
      pingedAt: 0,
      busyAt: now,
      sent: 0,
      movedAt: now,
    })
  }

  remove(socket: MonitoredSocket): void {
    this.#entries.delete(socket)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    const now = performance.now()
    for (const entry of this.#entries.values()) this.#lookAt(entry, now)
  }

  #lookAt(entry: Entry, now: number): void {
    const { socket, session } = entry
    const { pingIntervalMs, pongTimeoutMs, idleSocketMs, stallTimeoutMs } = this.#times
    // What is closing already is cut by the WebSocket library if the peer does not answer.
    if (!socket.isOpen) return
    if (session.isBusy) entry.busyAt = now
    // Not how much waits: that may be the same at each look though much has left between them.
    if (!session.isBehind || socket.sentBytes > entry.sent) entry.movedAt = now
    if (session.isBehind) entry.sent = socket.sentBytes
    if (now - entry.movedAt >= stallTimeoutMs) {
      session.abandon()
      socket.close(
        CLOSE_CODES.tryLater.code,
        `slow consumer: nothing was read for ${stallTimeoutMs} ms`,
      )
    } else if (now - entry.busyAt >= idleSocketMs) {
      socket.close(CLOSE_CODES.goingAway.code, `idle for ${idleSocketMs} ms`)
    } else if (entry.pingedAt > socket.lastSeen) {
      if (now - entry.pingedAt >= pongTimeoutMs && !session.isBehind) socket.terminate()
    } else if (now - Math.max(socket.lastSeen, entry.pingedAt) >= pingIntervalMs) {
      entry.pingedAt = now
      socket.ping()
    }
  }
}
