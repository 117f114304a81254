/** A WebSocket peer without manners: a bare TCP connection that writes whatever a test wants, and reads when it is told to. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { until } from '../harness/until.ts'
import { upgradeHeaders } from './http-reply.ts'

/** Opcodes of RFC 6455 section 5.2. */
export const OPCODE = { continuation: 0, text: 1, ping: 9, pong: 10 } as const

interface FrameOptions {
  opcode: number
  payload: string
  /** Default true. */
  isFinal?: boolean
  /** The bit that says "compressed" (RFC 7692). Default false. */
  isCompressed?: boolean
}

/** One masked frame, as a client has to send them. The mask is zero, so the payload stays as it is. */
export function frame({
  opcode,
  payload,
  isFinal = true,
  isCompressed = false,
}: FrameOptions): Buffer {
  const bytes = Buffer.from(payload)
  const first = (isFinal ? 0x80 : 0) | (isCompressed ? 0x40 : 0) | opcode
  const size =
    bytes.length < 126
      ? [0x80 | bytes.length]
      : [0x80 | 126, bytes.length >> 8, bytes.length & 0xff]
  return Buffer.concat([Buffer.from([first, ...size, 0, 0, 0, 0]), bytes])
}

/** A TCP connection that ends with the test. */
export async function rawConnection(port: number): Promise<Socket> {
  const connection = connect(port, '127.0.0.1')
  connection.on('error', () => {})
  onTestFinished(() => void connection.destroy())
  await once(connection, 'connect')
  return connection
}

/** The same after its upgrade; paused, so that nothing is read. */
export async function rawSocket(port: number): Promise<Socket> {
  const connection = await rawConnection(port)
  const lines = Object.entries({ host: '127.0.0.1', ...upgradeHeaders() })
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  connection.write(`GET / HTTP/1.1\r\n${head}\r\n`)
  const [answer] = await once(connection, 'data')
  if (!String(answer).startsWith('HTTP/1.1 101')) throw new Error(`no upgrade: ${answer}`)
  connection.pause()
  return connection
}

/** Resolves when the connection is gone, however it ended. */
export function gone(connection: Socket): Promise<void> {
  return new Promise((resolve) => connection.once('close', () => resolve()))
}

/** Writes as fast as the peer takes it, until it takes no more or all is written; resolves to the bytes it took. */
export async function flood(connection: Socket, bytes: Buffer, times: number): Promise<number> {
  let left = times
  const pump = () => {
    while (left > 0 && !connection.destroyed) {
      left -= 1
      if (!connection.write(bytes)) return
    }
  }
  connection.on('drain', pump)
  pump()
  const taken = () => connection.bytesWritten - connection.writableLength
  let before = -1
  // Looks and not time: one turn of the peer, which is in this process, may last longer than any pause between two looks.
  let unchangedLooks = 0
  await until('the peer takes no more', () => {
    unchangedLooks = taken() === before ? unchangedLooks + 1 : 0
    before = taken()
    return left === 0 || connection.destroyed || unchangedLooks > 100
  })
  connection.off('drain', pump)
  return taken()
}
