// What the seam over the WebSocket library does with a peer's bytes, between real ends of a connection.
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { acceptedSocket } from '../harness/accepted-socket.ts'
import { until } from '../harness/until.ts'

it('throws away what a peer sends after our own close, and keeps none of it', async () => {
  const { socket, peer, connection } = await acceptedSocket()
  const texts: string[] = []
  let isClosed = false
  socket.listen({
    onMessage: (data) => texts.push(data.toString()),
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
