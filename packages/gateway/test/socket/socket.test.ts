// What the seam over the WebSocket library does with a peer's bytes, between real ends of a connection.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket as NetSocket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { type AcceptedSocket, SocketAcceptor } from '../../src/socket/socket.ts'
import { until } from '../harness/until.ts'

async function accepted() {
  const acceptor = new SocketAcceptor({ maxMessageBytes: 10_000_000 })
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

it('throws away what a peer sends after our own close, and keeps none of it', async () => {
  const { socket, peer, connection } = await accepted()
  const texts: string[] = []
  let isClosed = false
  socket.listen({
    onMessage: (text) => texts.push(text),
    onDrain: () => {},
    onClose: () => {
      isClosed = true
    },
  })
  peer.pause()
  socket.close(4401, 'no')
  const before = connection.bytesRead
  peer.send('x'.repeat(1_000_000), { fin: false })
  await until('its bytes were taken', () => connection.bytesRead - before > 1_000_000)
  expect(connection.listenerCount('data')).toBe(0)
  const closed = once(peer, 'close')
  peer.resume()
  expect(await closed).toEqual([4401, Buffer.from('no')])
  await until('the end is told', () => isClosed)
  expect(texts).toEqual([])
})
