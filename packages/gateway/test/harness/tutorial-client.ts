/** A client that knows the tutorial's messages and nothing of the gateway: queues what comes, remembers how it closed. */
import { onTestFinished } from 'vitest'
import { type ClientOptions, WebSocket } from 'ws'

export interface Message {
  readonly type: string
  readonly [field: string]: unknown
}

interface Chunk {
  choices?: { index: number; delta: Record<string, unknown>; finish_reason: string | null }[]
}

const TERMINALS = new Set(['complete', 'blocked', 'error'])

export class TutorialClient {
  /** Everything that came, in order. */
  readonly received: Message[] = []
  /** How the socket closed. */
  readonly closed: Promise<{ code: number; reason: string }>
  readonly socket: WebSocket
  #read = 0
  #wake: () => void = () => {}
  #isClosed = false

  private constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (data) => {
      this.received.push(JSON.parse(String(data)))
      this.#wake()
    })
    socket.on('error', () => {})
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        this.#isClosed = true
        this.#wake()
        resolve({ code, reason: String(reason) })
      })
    })
  }

  /** Connects; the socket ends with the test. */
  static async connect(
    url: string,
    protocols: string[] = [],
    options: ClientOptions = {},
  ): Promise<TutorialClient> {
    const client = new TutorialClient(new WebSocket(url, protocols, options))
    onTestFinished(() => client.socket.terminate())
    await new Promise((resolve, reject) => {
      client.socket.once('open', resolve)
      client.socket.once('error', reject)
    })
    return client
  }

  /** Sends an `init` with one user message, or with the payload that is given. */
  init(modelId: string, content = 'hello', more: object = {}): void {
    const messages = [{ role: 'user', content }]
    this.send({ type: 'init', payload: { modelId, messages, temperature: 0.7, ...more } })
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  /** The next message that was not read. */
  async next(): Promise<Message> {
    for (;;) {
      const message = this.received[this.#read]
      if (message !== undefined) {
        this.#read += 1
        return message
      }
      if (this.#isClosed) throw new Error('the socket closed before the next message')
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** The messages up to the next terminal, that one included. */
  async turn(): Promise<Message[]> {
    const messages: Message[] = []
    for (;;) {
      const message = await this.next()
      messages.push(message)
      if (TERMINALS.has(message.type)) return messages
    }
  }

  /** Asks and waits for the end. */
  ask(modelId: string, content?: string, more?: object): Promise<Message[]> {
    this.init(modelId, content, more)
    return this.turn()
  }
}

/** The chunk objects among messages. */
export function chunksOf(messages: readonly Message[]): Chunk[] {
  return messages.filter(({ type }) => type === 'chunk').map(({ data }) => data as Chunk)
}

/** The text that a choice gained on a channel. */
export function textOf(messages: readonly Message[], channel = 'content', index = 0): string {
  const choices = chunksOf(messages).flatMap((chunk) => chunk.choices ?? [])
  return choices
    .filter((choice) => choice.index === index)
    .map(({ delta }) => (typeof delta[channel] === 'string' ? delta[channel] : ''))
    .join('')
}

/** The types of messages, a run of the same one once: `handshake_ack chunk complete`. */
export function shapeOf(messages: readonly Message[]): string {
  const types = messages.map(({ type }) => type)
  return types.filter((type, i) => type !== types[i - 1]).join(' ')
}
