// A small honest gateway of dialect 2 whose timing a test decides: it answers and sends only when it is told to.
import type { Frame } from '../../protocol/test/vectors.ts'
import { type Peer, ScriptedServer, WELCOME } from './scripted-server.ts'

interface Model {
  requestId: string
  key: unknown
  entries: string[]
  hasEnded: boolean
}

interface Watcher {
  peer: Peer
  id: unknown
  completion: Model
  cursor: number
  sent: Frame[]
}

export class ModelGateway {
  readonly url: string
  readonly #server: ScriptedServer
  readonly completions: Model[] = []
  #watchers: Watcher[] = []
  /** Requests that wait for their answer. */
  #asked: { peer: Peer; frame: Frame }[] = []
  /** Frames that are sent later than those after them. */
  #late: { peer: Peer; frame: Frame }[] = []
  #peers: Peer[] = []

  private constructor(server: ScriptedServer) {
    this.#server = server
    this.url = server.url
    void this.#accept()
  }

  static async start(): Promise<ModelGateway> {
    return new ModelGateway(await ScriptedServer.start())
  }

  async #accept(): Promise<void> {
    for (;;) {
      const peer = await this.#server.connection().catch(() => undefined)
      if (peer === undefined) return
      this.#peers.push(peer)
      void this.#listen(peer)
    }
  }

  async #listen(peer: Peer): Promise<void> {
    for (;;) {
      const frame = await peer.frame().catch(() => undefined)
      if (frame === undefined) return
      if (frame.type === 'hello') peer.send(WELCOME)
      else if (frame.type === 'detach')
        this.#drop((one) => one.peer === peer && one.id === frame.id)
      // A cancel always comes too late here.
      else if (frame.type !== 'cancel') this.#asked.push({ peer, frame })
    }
  }

  /** Resolves when so many requests wait for their answer, or nobody is left who would ask. */
  async asked(count: number): Promise<void> {
    const isOver = () =>
      this.completions.length > 0 && this.completions.every((one) => one.hasEnded)
    while (this.#asked.length < count && !isOver()) {
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }

  /** Answers what was asked so far. */
  answer(): void {
    for (const { peer, frame } of this.#asked.splice(0)) {
      if (frame.type === 'init') this.#init(peer, frame)
      if (frame.type === 'resume') this.#resume(peer, frame)
    }
  }

  #init(peer: Peer, { id, idempotencyKey: key }: Frame): void {
    let completion = this.completions.find((one) => one.key === key)
    if (completion === undefined) {
      const requestId = `r${this.completions.length + 1}`
      completion = { requestId, key, entries: [], hasEnded: false }
      this.completions.push(completion)
    }
    const { requestId } = completion
    this.#watchers.push({ peer, id, completion, cursor: 0, sent: [] })
    peer.send({ type: 'handshake_ack', id, requestId, epoch: 1, modelId: 'm', tokenCount: 1 })
  }

  #resume(peer: Peer, { id, requestId, after }: Frame): void {
    const completion = this.completions.find((one) => one.requestId === requestId)
    if (completion === undefined) throw new Error(`the client resumes ${requestId}`)
    const cursor = Number(after)
    this.#watchers.push({ peer, id, completion, cursor, sent: [] })
    peer.send({ type: 'resumed', id, requestId, epoch: 1, state: 'running', from: cursor + 1 })
  }

  /** Appends an entry to each completion, or the terminal where nothing is left. */
  say(textOf: (completion: Model) => string | undefined): void {
    for (const completion of this.completions) {
      const text = textOf(completion)
      if (text === undefined) completion.hasEnded = true
      else completion.entries.push(text)
    }
  }

  /** Sends every watcher one frame that covers up to `merged` entries. */
  send(merged: number, mayBeLate = false): void {
    for (const watcher of [...this.#watchers]) {
      const frame = this.#next(watcher, merged)
      if (frame === undefined) continue
      if (mayBeLate && frame.type === 'chunk') this.#late.push({ peer: watcher.peer, frame })
      else watcher.peer.send(frame)
    }
  }

  #next(watcher: Watcher, merged: number): Frame | undefined {
    const { completion, cursor, id } = watcher
    const { entries } = completion
    const to = Math.min(entries.length, cursor + merged)
    if (to > cursor) {
      const text = entries.slice(cursor, to).join('')
      const frame = { type: 'chunk', id, seq: to, from: cursor + 1, text }
      watcher.cursor = to
      watcher.sent.push(frame)
      return frame
    }
    if (!completion.hasEnded) return undefined
    this.#drop((one) => one === watcher)
    return { type: 'complete', id, seq: entries.length + 1, finishReasons: ['stop'] }
  }

  /** Sends again what was sent, and what was kept back. */
  repeat(): void {
    for (const { peer, sent } of this.#watchers) for (const frame of sent) peer.send(frame)
  }

  sendLate(): void {
    for (const { peer, frame } of this.#late.splice(0)) peer.send(frame)
  }

  /** Ends every connection, by a code or without a word. */
  end(code?: number): void {
    for (const peer of this.#peers.splice(0)) {
      if (code === undefined) peer.cut()
      else peer.close(code, 'again after 1 ms')
    }
    this.#watchers = []
    this.#late = []
    this.#asked = []
  }

  /** Tells every client to go elsewhere; the connections stay. */
  goAway(): void {
    for (const peer of this.#peers) {
      peer.send({ type: 'goaway', reason: 'restart', reconnectAfterMs: 0, graceMs: 60_000 })
    }
  }

  async settled(): Promise<void> {
    for (const peer of this.#peers) await peer.settled()
  }

  #drop(isGone: (watcher: Watcher) => boolean): void {
    this.#watchers = this.#watchers.filter((watcher) => !isGone(watcher))
  }
}
