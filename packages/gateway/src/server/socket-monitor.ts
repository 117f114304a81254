/** The heartbeat and idle times of open sockets, from one timer: pings silent ones, drops dead ones, closes idle ones and stalled readers. */
import { CLOSE_CODES } from '@sluice/protocol'
import type { AcceptedSocket } from '../socket/socket.ts'

export interface MonitorTimes {
  pingIntervalMs: number
  pongTimeoutMs: number
  idleSocketMs: number
  stallTimeoutMs: number
}

/** What the monitor needs to know of a connection. */
export interface Watched {
  /** A completion runs or waits to be delivered. */
  readonly isBusy: boolean
  /** It cannot write because its reader takes nothing. */
  readonly isBehind: boolean
  /** Gives its reader up: what runs for it ends now, not when the close is answered. */
  abandon(): void
}

/** What the monitor needs of a socket. */
export type MonitoredSocket = Pick<
  AcceptedSocket,
  'bufferedBytes' | 'close' | 'isOpen' | 'lastSeen' | 'ping' | 'terminate'
>

interface Entry {
  socket: MonitoredSocket
  connection: Watched
  pingedAt: number
  busyAt: number
  /** Bytes that waited when they last became fewer, and when that was. */
  buffered: number
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
    for (const { socket, connection } of this.#entries.values()) {
      if (socket.isOpen && (connection.isBusy || socket.bufferedBytes > 0)) return true
    }
    return false
  }

  add(socket: MonitoredSocket, connection: Watched): void {
    const now = performance.now()
    this.#entries.set(socket, {
      socket,
      connection,
      pingedAt: 0,
      busyAt: now,
      buffered: 0,
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
    const { socket, connection } = entry
    const { pingIntervalMs, pongTimeoutMs, idleSocketMs, stallTimeoutMs } = this.#times
    // What is closing already is cut by the WebSocket library if the peer does not answer.
    if (!socket.isOpen) return
    if (connection.isBusy) entry.busyAt = now
    if (socket.bufferedBytes < entry.buffered || !connection.isBehind) entry.movedAt = now
    entry.buffered = socket.bufferedBytes
    if (now - entry.movedAt >= stallTimeoutMs) {
      connection.abandon()
      socket.close(
        CLOSE_CODES.tryLater.code,
        `slow consumer: nothing was read for ${stallTimeoutMs} ms`,
      )
    } else if (now - entry.busyAt >= idleSocketMs) {
      socket.close(CLOSE_CODES.goingAway.code, `idle for ${idleSocketMs} ms`)
    } else if (entry.pingedAt > socket.lastSeen) {
      if (now - entry.pingedAt >= pongTimeoutMs && !connection.isBehind) socket.terminate()
    } else if (now - Math.max(socket.lastSeen, entry.pingedAt) >= pingIntervalMs) {
      entry.pingedAt = now
      socket.ping()
    }
  }
}
