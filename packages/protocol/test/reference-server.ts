// The smallest server that keeps the rules of dialect 2, written from PROTOCOL.md alone: it proves that the vectors can be
// met, and that their runner can tell. No model, no guard, no limits.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { DIALECT_2_LIMITS } from '../src/dialect-2.ts'
import { clientFrameSchemas } from '../src/frame-schemas.ts'
import type { ServerUnderTest, UpstreamRequest } from './server-run.ts'
import type { Frame } from './vectors.ts'

const SCHEMAS: Record<string, { safeParse(value: unknown): { success: boolean } }> =
  clientFrameSchemas({ maxContentCharacters: 4_096 })
const USAGE = { promptTokens: 1, completionTokens: 1, estimated: true }
const AUDIT = { timestamp: '2026-11-27T12:00:00Z', latencyMs: 1, piiConcealed: false }
/** What the policy of the vectors blocks. */
const FORBIDDEN = /\d{3}-\d{2}-\d{4}/

interface Watcher {
  connection: Connection
  id: string
  cursor: number
}

/** A completion: its log, who follows it, and the upstream's side of it. */
class Completion implements UpstreamRequest {
  readonly requestId = `r${Math.random().toString(36).slice(2)}`
  readonly watchers: Watcher[] = []
  readonly principal: string
  readonly init: Frame
  isAborted = false
  terminal: Frame | undefined
  readonly #ringBytes: number
  readonly #guards: boolean
  #entries: Frame[] = []
  #bytes = 0
  #first = 1

  constructor(principal: string, init: Frame, settings: { policy?: string; ringBytes?: number }) {
    this.principal = principal
    this.init = init
    this.#ringBytes = settings.ringBytes ?? 1_048_576
    this.#guards = settings.policy === 'blocking'
  }

  get top(): number {
    return this.#first + this.#entries.length - 1
  }

  /** Whether entries after a position are gone. */
  hasGap(after: number): boolean {
    return this.terminal?.type !== 'blocked' && after + 1 < this.#first
  }

  watch(watcher: Watcher): void {
    this.watchers.push(watcher)
    this.#deliver(watcher)
  }

  say(choice: number, delta: Record<string, unknown>) {
    const entry = entryOf(choice, delta)
    if (this.#guards && FORBIDDEN.test(String(entry.text))) return this.block('output')
    this.#entries.push(entry)
    this.#bytes += String(entry.text ?? '').length
    while (this.#bytes > this.#ringBytes) this.#drop()
    for (const watcher of [...this.watchers]) this.#deliver(watcher)
  }

  finish(finishReasons: readonly string[]): void {
    this.end({ type: 'complete', finishReasons, usage: USAGE, audit: AUDIT })
  }

  break(): void {
    const message = 'the stream broke'
    this.end({ type: 'error', code: 'stream_interrupted', message, retryable: true })
  }

  cancel(by: string): void {
    this.isAborted = true
    this.end({ type: 'cancelled', by, usage: USAGE })
  }

  block(direction: 'input' | 'output'): void {
    const retracted = this.#entries.length > 0
    this.isAborted = true
    this.end({ type: 'blocked', reason: 'PII detected', direction, retracted })
    this.#first = this.top + 1
    this.#entries = []
  }

  end(terminal: Frame): void {
    if (this.terminal !== undefined) return
    const { requestId } = this
    this.terminal = {
      ...terminal,
      seq: this.top + 1,
      ...(terminal.type === 'error' && { requestId }),
    }
    for (const watcher of [...this.watchers]) this.#deliver(watcher)
  }

  #drop(): void {
    this.#bytes -= String(this.#entries.shift()?.text ?? '').length
    this.#first += 1
  }

  #deliver(watcher: Watcher) {
    const { connection, id } = watcher
    const isBlocked = this.terminal?.type === 'blocked'
    if (this.hasGap(watcher.cursor)) {
      const gap = { code: 'gap', message: 'gone', retryable: false, from: this.#first }
      connection.send({ type: 'error', id, requestId: this.requestId, ...gap })
      return this.leave(watcher)
    }
    for (let seq = watcher.cursor + 1; seq <= this.top && !isBlocked; seq += 1) {
      connection.send({ type: 'chunk', id, seq, ...this.#entries[seq - this.#first] })
      watcher.cursor = seq
    }
    if (this.terminal === undefined) return
    connection.send({ ...this.terminal, id })
    this.leave(watcher)
  }

  leave({ connection, id }: { connection: Connection; id: string }): void {
    const index = this.watchers.findIndex((one) => one.connection === connection && one.id === id)
    if (index >= 0) this.watchers.splice(index, 1)
    connection.forget(id)
  }
}

function entryOf(choice: number, delta: Record<string, unknown>): Frame {
  const place = choice === 0 ? {} : { choice }
  if (Array.isArray(delta.tool_calls)) {
    const [call] = delta.tool_calls
    const { name, arguments: json } = call.function
    const toolCall = { index: call.index, id: call.id, name, arguments: json }
    return { ...place, channel: 'tool_call', toolCall: JSON.parse(JSON.stringify(toolCall)) }
  }
  if (delta.reasoning_content !== undefined)
    return { ...place, channel: 'reasoning', text: delta.reasoning_content }
  if (delta.refusal !== undefined) return { ...place, channel: 'refusal', text: delta.refusal }
  return { ...place, text: delta.content }
}

class Connection {
  readonly #socket: WebSocket
  readonly #server: ReferenceServer
  readonly #live = new Map<string, Completion>()
  readonly #ended: string[] = []
  #principal: string | undefined
  #malformed = 0

  constructor(socket: WebSocket, server: ReferenceServer, credential: string | undefined) {
    this.#socket = socket
    this.#server = server
    socket.on('message', (data) => this.#read(String(data)))
    socket.on('close', () => {
      for (const [id, completion] of this.#live) completion.leave({ connection: this, id })
    })
    if (credential !== undefined) this.#authenticate(credential)
  }

  send(frame: Frame): void {
    this.#socket.send(JSON.stringify(frame))
  }

  forget(id: string): void {
    this.#live.delete(id)
    this.#ended.push(id)
    if (this.#ended.length > DIALECT_2_LIMITS.endedIds) this.#ended.shift()
    this.closeWhenDrained()
  }

  goAway(): void {
    this.send({ type: 'goaway', reason: 'restart', reconnectAfterMs: 1_000, graceMs: 30_000 })
    this.closeWhenDrained()
  }

  closeWhenDrained(): void {
    if (this.#server.isDraining && this.#live.size === 0) this.#socket.close(1012)
  }

  #authenticate(token: unknown) {
    this.#principal = this.#server.principalOf(token)
    if (this.#principal === undefined) return this.#socket.close(4401)
    const limits = { completions: 64, messageBytes: 4_194_304 }
    const heartbeat = { intervalMs: 25_000, timeoutMs: 10_000 }
    this.send({ type: 'welcome', connectionId: 'c', limits, heartbeat })
  }

  #read(text: string) {
    let frame: Frame
    try {
      frame = JSON.parse(text)
    } catch {
      return this.#refuse({}, 'invalid_message')
    }
    if (typeof frame !== 'object' || frame === null || Array.isArray(frame))
      return this.#refuse({}, 'invalid_message')
    if (this.#principal === undefined)
      return this.#authenticate(frame.type === 'hello' ? frame.token : undefined)
    const schema = SCHEMAS[String(frame.type)]
    if (schema === undefined) return this.#refuse({}, 'unknown_type')
    if (frame.type === 'hello' || !schema.safeParse(frame).success)
      return this.#refuse(frame, 'invalid_request')
    this.#handle(frame, String(frame.id), this.#principal)
  }

  #handle(frame: Frame, id: string, principal: string): void {
    if (frame.type === 'ping') this.send({ type: 'pong', t: frame.t })
    else if (frame.type === 'cancel') this.#cancel(frame, principal)
    else if (frame.type === 'detach') this.#detach(frame, id)
    else if (this.#live.has(id)) this.#refuse(frame, 'duplicate_id')
    else if (frame.type === 'init') this.#init(frame, id, principal)
    else this.#resume(frame, id, principal)
  }

  #init(frame: Frame, id: string, principal: string) {
    if (this.#server.isDraining) return this.#refuse(frame, 'draining')
    const known = this.#server.sameKey(frame, principal)
    if (known !== undefined && JSON.stringify(known.init.payload) !== JSON.stringify(frame.payload))
      return this.#refuse(frame, 'conflict')
    const completion = known ?? this.#server.begin(frame, principal)
    this.#live.set(id, completion)
    if (completion.terminal?.direction !== 'input') {
      const { requestId } = completion
      const expiresAt = '2026-11-27T12:11:00Z'
      this.send({
        type: 'handshake_ack',
        id,
        requestId,
        epoch: 1,
        modelId: 'gpt-4o',
        tokenCount: 9,
        contextWindow: 128_000,
        expiresAt,
      })
    }
    completion.watch({ connection: this, id, cursor: 0 })
  }

  #resume(frame: Frame, id: string, principal: string) {
    const completion = this.#server.find(frame.requestId, principal)
    if (completion === undefined) return this.#refuse(frame, 'not_found')
    const { requestId, top, terminal } = completion
    const cursor = Number(frame.after)
    const state = terminal === undefined ? 'running' : 'ended'
    this.#live.set(id, completion)
    if (!completion.hasGap(cursor)) {
      const shown = terminal === undefined ? top : top + 1
      this.send({ type: 'resumed', id, requestId, epoch: 1, state, from: cursor + 1, top: shown })
    }
    completion.watch({ connection: this, id, cursor })
  }

  #cancel(frame: Frame, principal: string): void {
    if (frame.id === undefined) {
      const completion = this.#server.find(frame.requestId, principal)
      if (completion === undefined) this.#refuse(frame, 'not_found')
      else completion.cancel('client')
    } else if (this.#live.has(String(frame.id))) this.#live.get(String(frame.id))?.cancel('client')
    else if (!this.#ended.includes(String(frame.id))) this.#refuse(frame, 'unknown_id')
  }

  #detach(frame: Frame, id: string): void {
    const completion = this.#live.get(id)
    if (completion !== undefined) completion.leave({ connection: this, id })
    else if (!this.#ended.includes(id)) this.#refuse(frame, 'unknown_id')
  }

  #refuse(frame: Frame, code: string): void {
    const { id, requestId } = frame
    const names = {
      ...(typeof id === 'string' && id !== '' && { id }),
      ...(typeof requestId === 'string' && code === 'not_found' && { requestId }),
    }
    this.send({ type: 'error', ...names, code, message: code, retryable: code === 'draining' })
    if (!['invalid_message', 'invalid_request', 'unknown_type'].includes(code)) return
    this.#malformed += 1
    if (this.#malformed > 20) this.#socket.close(4400)
  }
}

export class ReferenceServer implements ServerUnderTest {
  readonly url: string
  readonly upstream: Completion[] = []
  isDraining = false
  readonly #settings: { policy?: string; ringBytes?: number }
  readonly #sockets: WebSocketServer
  readonly #connections = new Set<Connection>()
  readonly #completions: Completion[] = []

  private constructor(sockets: WebSocketServer, url: string, settings: object) {
    this.url = url
    this.#settings = settings
    this.#sockets = sockets
    sockets.on('connection', (socket, request) => {
      const credential = request.headers.authorization?.replace('Bearer ', '')
      const connection = new Connection(socket, this, credential)
      this.#connections.add(connection)
      socket.on('close', () => this.#connections.delete(connection))
    })
  }

  static async start(settings: object = {}): Promise<ReferenceServer> {
    const http = createServer()
    const sockets = new WebSocketServer({ server: http, handleProtocols: () => 'sluice.v2' })
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
    const { port } = http.address() as AddressInfo
    return new ReferenceServer(sockets, `ws://127.0.0.1:${port}`, settings)
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate()
    this.#sockets.options.server?.close()
  }

  credentialOf(principal: string): string {
    return `token of ${principal}`
  }

  principalOf(token: unknown): string | undefined {
    return /^token of (\w+)$/.exec(String(token))?.[1]
  }

  drain(): void {
    this.isDraining = true
    for (const connection of this.#connections) connection.goAway()
  }

  begin(init: Frame, principal: string): Completion {
    const completion = new Completion(principal, init, this.#settings)
    this.#completions.push(completion)
    const isForbidden = FORBIDDEN.test(JSON.stringify(init.payload))
    if (this.#settings.policy === 'blocking' && isForbidden) completion.block('input')
    else this.upstream.push(completion)
    return completion
  }

  find(requestId: unknown, principal: string): Completion | undefined {
    return this.#completions.find(
      (one) => one.requestId === requestId && one.principal === principal,
    )
  }

  /** The completion of an idempotency key; failures are not remembered. */
  sameKey({ idempotencyKey: key }: Frame, principal: string): Completion | undefined {
    return this.#completions.findLast(
      (one) =>
        key !== undefined &&
        one.init.idempotencyKey === key &&
        one.principal === principal &&
        one.terminal?.type !== 'error',
    )
  }
}
