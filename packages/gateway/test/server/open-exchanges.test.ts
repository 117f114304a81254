// What a kept connection carries over many requests: nothing of those that are answered.
import { Agent, createServer, get } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { OpenExchanges } from '../../src/server/open-exchanges.ts'

it('leaves nothing on a connection whose requests are answered', async () => {
  const exchanges = new OpenExchanges()
  const sockets = new Set<Socket>()
  const listeners: number[] = []
  const server = createServer((request, response) => {
    sockets.add(request.socket)
    expect(exchanges.add(response)).toBe(true)
    listeners.push(request.socket.listenerCount('close'))
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(() => {
    agent.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  for (let i = 0; i < 20; i += 1) {
    await new Promise<void>((resolve, reject) => {
      get({ port, host: '127.0.0.1', agent }, (reply) => {
        reply.resume().once('end', resolve)
      }).once('error', reject)
    })
  }
  expect(sockets.size).toBe(1)
  expect(Math.max(...listeners)).toBe(listeners[0])
  await expect.poll(() => exchanges.isEmpty).toBe(true)
})
