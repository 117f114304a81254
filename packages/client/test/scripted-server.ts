// A server of dialect 2 that does what a test says: real sockets on loopback, no logic of its own but hello and welcome.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Frame } from '../../protocol/test/vectors.ts'

/** Only a failure waits so long. */
const DEADLINE_MS = 90_000

/** A queue whose reader waits, with a deadline. */
class Inbox<Item> {
  readonly #items: Item[] = []
  #waiting: ((item: Item) => void) | undefined

  put(item: Item): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting === undefined) this.#items.push(item)
    else waiting(item)
  }

  async take(what: string): Promise<Item> {
    const item = this.#items.shift()
    if (item !== undefined) return item
    return await new Promise<Item>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no ${what} came`)), DEADLINE_MS)
      this.#waiting = (arrived) => {
        clearTimeout(timer)
        resolve(arrived)
      }
    })
  }
}

export const WELCOME = {
  type: 'welcome',
  connectionId: 'c1',
  limits: { completions: 64, messageBytes: 65_536 },
  heartbeat: { intervalMs: 25_000, timeoutMs: 10_000 },
}

/** One accepted socket, seen from the server. */
export class Peer {
  readonly #socket: WebSocket
  readonly #frames = new Inbox<Frame>()
  closeCode: number | undefined
  pings = 0

  constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('error', () => {})
    socket.on('message', (data) => {
      const frame: Frame = JSON.parse(String(data))
      // A sign of life may be asked for at any time.
      if (frame.type === 'ping') {
        this.pings += 1
        this.send({ type: 'pong', t: frame.t })
      } else this.#frames.put(frame)
    })
    socket.on('close', (code) => {
      this.closeCode = code
    })
  }

  /** The next frame of the client but pings. */
  frame(): Promise<Frame> {
    return this.#frames.take('frame of the client')
  }

  send(frame: Frame): void {
    this.#socket.send(JSON.stringify(frame))
  }

  raw(data: string | Buffer): void {
    this.#socket.send(data)
  }

  async welcome(frame: Frame = WELCOME): Promise<Frame> {
    const hello = await this.frame()
    this.send(frame)
    return hello
  }

  /** Resolves when the client has got and read everything that was sent. */
  async settled(): Promise<void> {
    const socket = this.#socket
    if (socket.readyState === socket.OPEN) {
      await new Promise<void>((resolve) => {
        const onAnswer = () => {
          socket.off('pong', onAnswer).off('close', onAnswer)
          resolve()
        }
        socket.on('pong', onAnswer).on('close', onAnswer)
        socket.ping()
      })
    }
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  }

  close(code: number, reason = ''): void {
    this.#socket.close(code, reason)
  }

  /** The connection breaks. */
  cut(): void {
    this.#socket.terminate()
  }

  /** The network goes dark: nothing is read any more, and nothing is answered. */
  goDark(): void {
    this.#socket.removeAllListeners('message')
    this.#socket.pause()
  }
}

export class ScriptedServer {
  readonly url: string
  readonly #peers: Inbox<Peer>
  readonly #server: WebSocketServer
  connections = 0

  private constructor(url: string, peers: Inbox<Peer>, server: WebSocketServer) {
    this.url = url
    this.#peers = peers
    this.#server = server
    server.on('connection', (socket) => {
      this.connections += 1
      peers.put(new Peer(socket))
    })
  }

  /** Listens on a free port until the test has finished. */
  static async start(): Promise<ScriptedServer> {
    const http = createServer()
    const sockets = new WebSocketServer({
      server: http,
      handleProtocols: (offered) => (offered.has('sluice.v2') ? 'sluice.v2' : false),
    })
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
    const { port } = http.address() as AddressInfo
    const server = new ScriptedServer(`ws://127.0.0.1:${port}`, new Inbox<Peer>(), sockets)
    onTestFinished(async () => {
      server.cutAll()
      await new Promise((resolve) => http.close(resolve))
    })
    return server
  }

  /** The next connection, with nothing said yet. */
  connection(): Promise<Peer> {
    return this.#peers.take('connection')
  }

  /** The next connection, welcomed. */
  async peer(): Promise<Peer> {
    const peer = await this.connection()
    await peer.welcome()
    return peer
  }

  cutAll(): void {
    for (const socket of this.#server.clients) socket.terminate()
  }
}
