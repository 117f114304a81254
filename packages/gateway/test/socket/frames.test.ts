// Frames as a reader written from RFC 6455 sees them, and as the WebSocket library's own client does.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { FrameBatch } from '../../src/socket/frames.ts'
import { SocketAcceptor } from '../../src/socket/socket.ts'

/** Payloads of unmasked, whole text frames (RFC 6455 section 5.2). */
function payloadsOf(bytes: Buffer): string[] {
  const payloads: string[] = []
  for (let at = 0; at < bytes.length; ) {
    expect(bytes[at]).toBe(0x81)
    const short = bytes.readUInt8(at + 1)
    const [header, length] =
      short < 126
        ? [2, short]
        : short === 126
          ? [4, bytes.readUInt16BE(at + 2)]
          : [10, Number(bytes.readBigUInt64BE(at + 2))]
    // The shortest form is the only legal one.
    if (header === 4) expect(length).toBeGreaterThan(125)
    if (header === 10) expect(length).toBeGreaterThan(65_535)
    payloads.push(bytes.toString('utf8', at + header, at + header + length))
    at += header + length
  }
  return payloads
}

const EDGES = [0, 1, 124, 125, 126, 127, 128, 65_534, 65_535, 65_536, 65_537, 200_000]

describe('FrameBatch', () => {
  it.each(EDGES)('writes a payload of %d bytes, whole or in parts', (length) => {
    const payload = Buffer.alloc(length, 'abc')
    const batch = new FrameBatch()
    batch.text(payload.toString())
    batch.begin(length)
    batch.add(payload, 0, Math.floor(length / 3))
    batch.add(payload, Math.floor(length / 3), length)
    expect(payloadsOf(batch.take())).toEqual([payload.toString(), payload.toString()])
    expect(batch.length).toBe(0)
  })

  it('gives back every payload of any batch, and batches do not touch each other', () => {
    const batch = new FrameBatch()
    const payload = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(...EDGES.slice(0, -1)).map((length) => 'é'.repeat(length >> 1)),
    )
    fc.assert(
      fc.property(fc.array(payload, { maxLength: 8 }), (payloads) => {
        for (const text of payloads) batch.text(text)
        const bytes = batch.take()
        for (const text of payloads) batch.text(text.toUpperCase())
        expect(payloadsOf(bytes)).toEqual(payloads)
        batch.take()
      }),
      { numRuns: 200 },
    )
  })

  it('is understood by the WebSocket library, between its own frames', async () => {
    const acceptor = new SocketAcceptor({ maxMessageBytes: 1_024, onUnacceptable: () => {} })
    const payloads = EDGES.map((length) => 'x'.repeat(length))
    const server = createServer()
    server.on('upgrade', (request, connection, head) =>
      acceptor.accept(
        { request, connection: connection as Socket, head, subprotocol: undefined },
        (socket) => {
          const batch = new FrameBatch()
          for (const payload of payloads) batch.text(payload)
          socket.send('first')
          socket.writeFrames(batch.take())
          socket.send('last')
          socket.close(1000, 'ä'.repeat(100))
        },
      ),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const received: string[] = []
    const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
    client.on('message', (data) => received.push(String(data)))
    const [code, reason] = await once(client, 'close')
    expect(received).toEqual(['first', ...payloads, 'last'])
    expect([code, String(reason)]).toEqual([1000, 'ä'.repeat(61)])
  })
})
