// Runs the test vectors against a server: plays the clients and the upstream, over real sockets.
import { WebSocket } from 'ws'
import {
  type Delta,
  type Frame,
  joined,
  meets,
  Names,
  type Scenario,
  type Step,
} from './vectors.ts'

/** A request that has reached the upstream which the runner plays. */
export interface UpstreamRequest {
  /** The next delta of a choice, in OpenAI's form. */
  say(choice: number, delta: Record<string, unknown>): void
  /** The finish reason of each choice, and the end of the stream. */
  finish(reasons: readonly string[]): void
  /** The connection breaks. */
  break(): void
  /** Whether the server has closed the request. */
  readonly isAborted: boolean
}

/** What is tested. Each scenario gets one of its own. */
export interface ServerUnderTest {
  url: string
  /** A credential that makes its bearer this principal. */
  credentialOf(principal: string): string
  /** The requests that have reached the upstream, the first one first. */
  readonly upstream: readonly UpstreamRequest[]
  drain(): void
}

/** Only a failure waits so long. */
const DEADLINE_MS = 90_000

async function until(isMet: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS
  while (!isMet()) {
    if (performance.now() > deadline) throw new Error(`${what} did not come`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

/** One socket of a client, and what has come on it. */
class Line {
  readonly #socket: WebSocket
  readonly #frames: { frame: Frame; text: string }[] = []
  closeCode: number | undefined
  isOpen = false
  /** Chunks that are not compared yet, joined: those that came, and those that the vector has, by id. */
  readonly came = new Map<unknown, Frame>()
  readonly expected = new Map<unknown, Frame>()

  constructor(url: string, credential: string | undefined) {
    const headers = credential === undefined ? {} : { authorization: `Bearer ${credential}` }
    this.#socket = new WebSocket(url, 'sluice.v2', { headers })
    this.#socket.on('open', () => {
      this.isOpen = true
    })
    this.#socket.on('error', () => {})
    this.#socket.on('message', (data) => {
      this.#frames.push({ frame: JSON.parse(String(data)), text: String(data) })
    })
    this.#socket.on('close', (code) => {
      this.closeCode = code
    })
  }

  send(text: string): void {
    this.#socket.send(text)
  }

  cut(): void {
    this.#socket.terminate()
  }

  /** Resolves when the server has answered what it was asked last, or has closed. */
  async settled(): Promise<void> {
    this.send('{"type":"ping","t":-1}')
    const isAnswer = ({ frame }: { frame: Frame }) => frame.type === 'pong' && frame.t === -1
    const find = () => this.#frames.findIndex(isAnswer)
    await until(() => find() >= 0 || this.closeCode !== undefined, 'a pong')
    if (find() >= 0) this.#frames.splice(find(), 1)
  }

  /** The next frame about an id, or of a type that is about none. */
  async next({ id, type }: Frame): Promise<{ frame: Frame; text: string }> {
    const find = () =>
      this.#frames.findIndex(({ frame }) =>
        id === undefined ? frame.id === undefined && frame.type === type : frame.id === id,
      )
    await until(() => find() >= 0, `a frame like ${JSON.stringify({ id, type })}`)
    return this.#frames.splice(find(), 1)[0] as { frame: Frame; text: string }
  }

  get left(): readonly Frame[] {
    return this.#frames.map(({ frame }) => frame)
  }
}

export class ServerRun {
  readonly #server: ServerUnderTest
  readonly #names = new Names()
  readonly #lines = new Map<string, Line>()
  readonly #bytes = new Map<string, string>()

  constructor(server: ServerUnderTest) {
    this.#server = server
  }

  /** Runs a scenario to its end; rejects at the first step that the server does not meet. */
  async run({ steps }: Scenario): Promise<void> {
    try {
      for (const step of steps) await this.#step(step)
      for (const line of this.#lines.values()) await this.#assertNothingLeft(line)
    } finally {
      for (const line of this.#lines.values()) line.cut()
    }
  }

  async #step(step: Step): Promise<void> {
    if ('open' in step) await this.#open(step)
    else if ('in' in step)
      this.#send(step.in, 'text' in step ? step.text : this.#encode(step.frame))
    else if ('cut' in step) this.#line(step.cut).cut()
    else if ('upstreams' in step)
      await until(
        () => this.#server.upstream.length === step.upstreams,
        `request ${step.upstreams}`,
      )
    else if ('upstream' in step) await this.#upstream(step)
    else if ('server' in step) {
      await this.#settled()
      this.#server.drain()
    } else if ('out' in step && 'close' in step) await this.#closed(step.out, step.close)
    else if ('out' in step && 'frame' in step) await this.#expect(step)
  }

  async #open(step: Extract<Step, { open: string }>): Promise<void> {
    const credential = this.#server.credentialOf(step.as ?? 'alice')
    const line = new Line(this.#server.url, step.upgradeCredential ? credential : undefined)
    this.#lines.set(step.open, line)
    await until(() => line.isOpen, 'the open socket')
    if (step.bare) return
    line.send(JSON.stringify({ type: 'hello', token: credential }))
    await line.next({ type: 'welcome' })
  }

  #encode(frame: Frame): string {
    const { token } = frame
    const isPrincipal = typeof token === 'string' && token.startsWith('$token:')
    const fields = isPrincipal ? { token: this.#server.credentialOf(token.slice(7)) } : {}
    return JSON.stringify({ ...this.#names.actual(frame), ...fields })
  }

  #send(label: string, text: string): void {
    this.#line(label).send(text)
  }

  async #upstream(step: Extract<Step, { upstream: number }>): Promise<void> {
    const { upstream } = this.#server
    await this.#settled()
    await until(() => upstream.length >= step.upstream, `request ${step.upstream} of the upstream`)
    const request = upstream[step.upstream - 1] as UpstreamRequest
    if ('says' in step) for (const delta of step.says) say(request, delta)
    else if ('ends' in step) request.finish([step.ends].flat())
    else if ('breaks' in step) request.break()
    else await until(() => request.isAborted, 'the end of the request to the upstream')
  }

  /** Resolves when the server has read everything that was sent to it. */
  async #settled(): Promise<void> {
    for (const line of this.#lines.values()) {
      if (line.closeCode === undefined) await line.settled()
    }
  }

  async #closed(label: string, code: number): Promise<void> {
    const line = this.#line(label)
    await until(() => line.closeCode !== undefined, `close ${code}`)
    if (line.closeCode !== code) throw new Error(`closed with ${line.closeCode} instead of ${code}`)
  }

  async #expect(step: Extract<Step, { out: string; frame: Frame }>): Promise<void> {
    const line = this.#line(step.out)
    const expected = this.#names.actual(step.frame)
    const isWhole = step.skip !== true && step.partial !== true
    if (expected.type === 'chunk' && isWhole) return await this.#chunk(line, expected)
    for (;;) {
      const { frame, text } = await line.next(expected)
      const isMet = frame.type === expected.type && meets(frame, step.frame, this.#names)
      if (isMet && step.bytes !== undefined) this.#sameBytes(step.bytes, frame, text)
      if (isMet) return
      if (step.skip !== true) throw mismatch(frame, expected)
    }
  }

  /** Compares chunks where both sides have come to the same entry, however they are merged. */
  async #chunk(line: Line, expected: Frame): Promise<void> {
    const { id } = expected
    const wanted = append(line.expected.get(id), expected)
    let came = line.came.get(id)
    while (came === undefined || Number(came.seq) < Number(wanted.seq)) {
      const { frame } = await line.next(expected)
      if (frame.type !== 'chunk') throw mismatch(frame, wanted)
      came = append(came, frame)
    }
    const isEven = came.seq === wanted.seq
    if (isEven && !meets(ranged(came), ranged(wanted), this.#names)) throw mismatch(came, wanted)
    for (const [chunks, chunk] of [
      [line.came, came],
      [line.expected, wanted],
    ] as const) {
      if (isEven) chunks.delete(id)
      else chunks.set(id, chunk)
    }
  }

  #sameBytes(label: string, frame: Frame, text: string): void {
    const bytes = text.replace(String(frame.requestId), '…')
    const known = this.#bytes.get(label) ?? bytes
    this.#bytes.set(label, known)
    if (bytes !== known) throw new Error(`${bytes} can be told from ${known}`)
  }

  /** Nothing follows a terminal, and nothing comes unasked. */
  async #assertNothingLeft(line: Line): Promise<void> {
    if (line.closeCode !== undefined) return
    await line.settled()
    const left = line.left.filter(({ type }) => type !== 'goaway')
    if (left.length > 0) throw new Error(`came unasked: ${JSON.stringify(left)}`)
  }

  #line(label: string): Line {
    const line = this.#lines.get(label)
    if (line === undefined) throw new Error(`no socket ${label} is open`)
    return line
  }
}

function say(request: UpstreamRequest, delta: Delta): void {
  if (typeof delta === 'string') request.say(0, { content: delta })
  else if ('delta' in delta) request.say(delta.choice ?? 0, delta.delta)
  else for (let i = 0; i < delta.times; i += 1) request.say(0, { content: delta.repeat })
}

function append(first: Frame | undefined, second: Frame): Frame {
  const chunk = first === undefined ? second : joined(first, second)
  if (chunk === undefined) throw mismatch(second, first ?? {})
  return chunk
}

/** With its range and what it belongs to written out. */
function ranged(chunk: Frame): Frame {
  return { choice: 0, channel: 'content', ...chunk, from: chunk.from ?? chunk.seq }
}

function mismatch(frame: Frame, expected: Frame): Error {
  return new Error(`came ${JSON.stringify(frame)} instead of ${JSON.stringify(expected)}`)
}
