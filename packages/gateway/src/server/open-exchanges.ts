/** The requests that are not answered yet, by connection: how many may wait in line on one, and what a drain waits for. */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Requests that a client may send ahead on one connection (pipelining): each may be a completion that runs. */
const MAX_IN_LINE = 4

interface Line {
  readonly open: Set<ServerResponse>
  /** Node.js tells only the first in line that the connection is gone. */
  readonly closeAll: () => void
}

export class OpenExchanges {
  readonly #byConnection = new Map<Socket, Line>()

  get isEmpty(): boolean {
    return this.#byConnection.size === 0
  }

  /** An answer has begun on this connection, and is not whole. */
  isAnsweringOn(connection: Socket): boolean {
    const { open = [] } = this.#byConnection.get(connection) ?? {}
    return [...open].some(({ headersSent }) => headersSent)
  }

  /** Counts a request until its response is closed; false if its connection has too many already. */
  add(response: ServerResponse): boolean {
    const { socket } = response.req
    const line = this.#byConnection.get(socket) ?? this.#begin(socket)
    if (line.open.size >= MAX_IN_LINE) return false
    line.open.add(response)
    response.once('close', () => {
      line.open.delete(response)
      if (line.open.size > 0) return
      this.#byConnection.delete(socket)
      socket.off('close', line.closeAll)
    })
    return true
  }

  #begin(socket: Socket): Line {
    const open = new Set<ServerResponse>()
    const closeAll = () => {
      for (const response of open) if (response.socket === null) response.emit('close')
    }
    socket.on('close', closeAll)
    const line = { open, closeAll }
    this.#byConnection.set(socket, line)
    return line
  }
}
