/** Both real ends of one WebSocket: ours as the dialects have it, and the peer's. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket as NetSocket } from 'node:net'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { type AcceptedSocket, SocketAcceptor } from '../../src/socket/socket.ts'

/** It ends with the test. */
export async function acceptedSocket() {
  const acceptor = new SocketAcceptor({ maxMessageBytes: 10_000_000, onUnacceptable: () => {} })
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const peer = new WebSocket(`ws://127.0.0.1:${port}`)
  peer.on('error', () => {})
  const [request, connection, head] = await once(server, 'upgrade')
  const socket = await new Promise<AcceptedSocket>((resolve) =>
    acceptor.accept({ request, connection, head, subprotocol: undefined }, resolve),
  )
  onTestFinished(() => {
    peer.terminate()
    server.close()
  })
  await once(peer, 'open')
  return { socket, peer, connection: connection as NetSocket }
}
