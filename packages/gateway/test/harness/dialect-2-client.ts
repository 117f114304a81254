/**
 * A client of dialect 2 that knows its messages and nothing of the gateway. What each id is told is put together, and
 * checked against the rules of sequence numbers: ranges tile, one terminal, nothing behind it.
 */
import { type Message, TutorialClient } from './tutorial-client.ts'
import { until } from './until.ts'

const TERMINALS = new Set(['complete', 'blocked', 'cancelled', 'error'])

/** A completion as one watcher sees it, over any number of connections. */
export class Followed {
  requestId = ''
  /** It was told that its `init` or `resume` was accepted. */
  isAccepted = false
  /** The sequence number of the last frame. */
  position = 0
  /** Text by channel and choice, arguments of tool calls by choice and index. */
  readonly visible: Record<string, string> = {}
  terminal: Message | undefined
  /** An error without a sequence number: the frame was refused, or there was a gap. */
  refusal: Message | undefined
  chunks = 0

  get text(): string {
    return this.visible['content 0'] ?? ''
  }

  /** What it has so far, as a second watcher that goes on from there. */
  copy(): Followed {
    const { requestId, position } = this
    const copy = Object.assign(new Followed(), { requestId, position })
    Object.assign(copy.visible, this.visible)
    return copy
  }

  /** @throws if the frame breaks a rule of the protocol */
  take(frame: Message): void {
    if (this.terminal !== undefined) throw new Error(`came after the terminal: ${frame.type}`)
    if (frame.type === 'handshake_ack' || frame.type === 'resumed') {
      this.requestId = String(frame.requestId)
      this.isAccepted = true
    } else if (frame.type === 'error' && frame.seq === undefined) this.refusal = frame
    else if (frame.type === 'chunk' || TERMINALS.has(frame.type)) this.#numbered(frame)
    else throw new Error(`has an id and is no frame of a completion: ${frame.type}`)
  }

  #numbered(frame: Message): void {
    const seq = Number(frame.seq)
    const from = Number(frame.from ?? seq)
    // A client that has the terminal already is told it again; after a block what came before is withdrawn.
    const isAgain = TERMINALS.has(frame.type) && seq <= this.position
    if (!isAgain && frame.type !== 'blocked' && from !== this.position + 1)
      throw new Error(`${from} to ${seq} does not follow ${this.position}`)
    this.position = seq
    if (frame.type === 'chunk') this.#chunk(frame)
    else this.terminal = frame
  }

  #chunk({ choice = 0, channel = 'content', text, toolCall, extra }: Message): void {
    this.chunks += 1
    const call = toolCall as { index: number; name?: string; arguments?: string } | undefined
    if (text !== undefined) this.#join(`${channel} ${choice}`, String(text))
    if (call !== undefined)
      this.#join(`tool ${choice} ${call.index}`, `${call.name ?? ''}${call.arguments ?? ''}`)
    if (extra !== undefined) this.#join(`extra ${choice}`, JSON.stringify(extra))
  }

  #join(place: string, piece: string): void {
    this.visible[place] = (this.visible[place] ?? '') + piece
  }
}

/** One connection. */
export class Dialect2Client {
  readonly peer: TutorialClient
  /** What broke a rule. */
  readonly faults: Error[] = []
  readonly #followed = new Map<string, Followed>()
  #ids = 0

  private constructor(peer: TutorialClient) {
    this.peer = peer
    peer.socket.on('message', (data) => this.#take(JSON.parse(String(data))))
  }

  /** Connects, says hello and waits for the welcome; the socket ends with the test. */
  static async connect(url: string, token?: string): Promise<Dialect2Client> {
    const client = await Dialect2Client.open(url)
    client.send({ type: 'hello', ...(token === undefined ? {} : { token }) })
    await client.next('welcome')
    return client
  }

  /** Connects and says nothing. */
  static async open(url: string): Promise<Dialect2Client> {
    return new Dialect2Client(await TutorialClient.connect(url, ['sluice.v2']))
  }

  get received(): readonly Message[] {
    return this.peer.received
  }

  send(frame: unknown): void {
    this.peer.send(frame)
  }

  /** Asks for a completion; the result fills as frames come. */
  init(modelId: string, more: object = {}, content = 'Where is my order?'): Followed {
    const followed = new Followed()
    const messages = [{ role: 'user', content }]
    this.ask(followed, { payload: { modelId, messages }, ...more })
    return followed
  }

  /** Sends an `init` with these fields under a new id; what it is told is put together in `followed`. */
  ask(followed: Followed, fields: object): void {
    const id = this.#newId()
    this.follow(id, followed)
    this.send({ type: 'init', id, ...fields })
  }

  /** Goes on with a completion where `followed` stands, under a new id. */
  resume(followed: Followed): string {
    const id = this.#newId()
    this.follow(id, followed)
    const { requestId, position } = followed
    this.send({ type: 'resume', id, requestId, after: position })
    return id
  }

  /** Joins a completion from its start, or behind the sequence number `after`. */
  join(requestId: string, after = 0): Followed {
    const followed = new Followed()
    followed.requestId = requestId
    followed.position = after
    this.resume(followed)
    return followed
  }

  /** Puts together what this id is told. */
  follow(id: string, followed = new Followed()): Followed {
    this.#followed.set(id, followed)
    return followed
  }

  idOf(followed: Followed): string {
    for (const [id, other] of this.#followed) if (other === followed) return id
    throw new Error('this connection does not follow that')
  }

  /** Takes nothing for this completion any more, and says so. */
  detach(followed: Followed): void {
    const id = this.idOf(followed)
    this.#followed.delete(id)
    this.send({ type: 'detach', id })
  }

  cut(): void {
    this.#followed.clear()
    this.peer.socket.terminate()
  }

  /** The first frame of a type, which may have come already. */
  async next(type: string): Promise<Message> {
    const find = () => this.received.find((frame) => frame.type === type)
    await until(`${type} has come`, () => find() !== undefined)
    return find() as Message
  }

  /** Resolves when everything that was sent before has been handled, or the connection has ended. */
  async settled(): Promise<void> {
    const t = Math.random()
    const { socket } = this.peer
    this.send({ type: 'ping', t })
    await until(
      'a pong has come',
      () => socket.readyState !== socket.OPEN || this.received.some((frame) => frame.t === t),
    )
  }

  #newId(): string {
    this.#ids += 1
    return String(this.#ids)
  }

  #take(frame: Message): void {
    try {
      this.#followed.get(String(frame.id))?.take(frame)
    } catch (fault) {
      this.faults.push(fault as Error)
    }
  }
}

/** Resolves with the terminal of each. */
export async function ended(...followed: Followed[]): Promise<(string | undefined)[]> {
  await until('each completion has its terminal', () =>
    followed.every(({ terminal, refusal }) => terminal !== undefined || refusal !== undefined),
  )
  return followed.map(({ terminal }) => terminal?.type)
}
