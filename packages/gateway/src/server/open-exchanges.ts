/** The requests that are not answered yet, by connection: how many may wait in line on one, and what a drain waits for. */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Requests that a client may send ahead on one connection (pipelining): each may be a completion that runs. */
const MAX_IN_LINE = 4

export class OpenExchanges {
  readonly #byConnection = new Map<Socket, Set<ServerResponse>>()

  get isEmpty(): boolean {
    return this.#byConnection.size === 0
  }

  /** Counts a request until its response is closed; false if its connection has too many already. */
  add(response: ServerResponse): boolean {
    const { socket } = response.req
    const open = this.#byConnection.get(socket) ?? this.#open(socket)
    if (open.size >= MAX_IN_LINE) return false
    open.add(response)
    response.once('close', () => {
      open.delete(response)
      if (open.size === 0) this.#byConnection.delete(socket)
    })
    return true
  }

  #open(socket: Socket): Set<ServerResponse> {
    const open = new Set<ServerResponse>()
    this.#byConnection.set(socket, open)
    const closeAll = () => {
      // Node.js tells only the first in line that the connection is gone.
      for (const response of open) if (response.socket === null) response.emit('close')
    }
    socket.on('close', closeAll)
    return open
  }
}
