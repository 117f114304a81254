/** A chat-completions server that sends what a case says, byte for byte; it knows nothing of the gateway. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createBrotliCompress, createDeflate, createGzip } from 'node:zlib'
import { onTestFinished } from 'vitest'
import { type Attempt, type Step, stepsOf } from './server-case.ts'

export interface SeenRequest {
  body: Record<string, unknown>
  headers: IncomingMessage['headers']
}

export class MockServer {
  readonly requests: SeenRequest[] = []
  tokens = 0
  readonly #attempts: readonly Attempt[]
  readonly #tokenAnswers: readonly Attempt[]
  readonly #server: Server

  private constructor(attempts: readonly Attempt[], tokenAnswers: readonly Attempt[]) {
    this.#attempts = attempts
    this.#tokenAnswers = tokenAnswers
    this.#server = createServer((request, response) => void this.#answer(request, response))
  }

  /** A server that ends with the test. The last attempt of each list repeats. */
  static async start(
    attempts: readonly Attempt[],
    tokenAnswers: readonly Attempt[],
  ): Promise<MockServer> {
    const mock = new MockServer(attempts, tokenAnswers)
    await new Promise<void>((resolve) => mock.#server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      mock.#server.close()
      mock.#server.closeAllConnections()
    })
    return mock
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await textOf(request)
    if (request.url?.includes('token')) {
      this.tokens += 1
      await play(nth(this.#tokenAnswers, this.tokens), response)
      return
    }
    this.requests.push({ body: JSON.parse(text), headers: request.headers })
    await play(nth(this.#attempts, this.requests.length), response)
  }
}

const COMPRESSORS = { gzip: createGzip, br: createBrotliCompress, deflate: createDeflate }

function nth(attempts: readonly Attempt[], number: number): Attempt {
  return attempts[Math.min(number, attempts.length) - 1] ?? { status: 500, json: {} }
}

async function play(attempt: Attempt, response: ServerResponse): Promise<void> {
  if (attempt.rawHttp === true) return playRaw(stepsOf(attempt), response)
  const type = attempt.json === undefined ? 'text/event-stream' : 'application/json'
  const { encoding } = attempt
  response.writeHead(attempt.status ?? 200, {
    'content-type': type,
    ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
    ...attempt.headers,
  })
  if (attempt.delivery !== undefined) return await deliver(attempt, response)
  const zip = encoding === undefined ? undefined : COMPRESSORS[encoding]()
  zip?.pipe(response)
  for (const step of stepsOf(attempt)) {
    if (response.destroyed || (await isEnd(step, response))) return
    const bytes = bytesOf(step)
    if (bytes === '') continue
    ;(zip ?? response).write(bytes)
    zip?.flush()
  }
  ;(zip ?? response).end()
}

/** Sends the body in other pieces than its steps. */
async function deliver(attempt: Attempt, response: ServerResponse): Promise<void> {
  const body = Buffer.from(stepsOf(attempt).map(bytesOf).join(''))
  if (attempt.delivery === 'once') {
    response.end(body)
    return
  }
  response.socket?.setNoDelay(true)
  for (let at = 0; at < body.length && !response.destroyed; at += 1) {
    response.write(body.subarray(at, at + 1))
    // The bytes of a turn would be one read.
    if (at % 16 === 15) await new Promise(setImmediate)
  }
  response.end()
}

/** Waits or ends as the step says; true if nothing follows it. */
async function isEnd(step: Step, response: ServerResponse): Promise<boolean> {
  if (typeof step === 'string' || 'data' in step) return false
  if ('wait' in step) {
    await pause(step.wait)
    return false
  }
  if ('reset' in step) response.socket?.resetAndDestroy()
  return true
}

function bytesOf(step: Step): string {
  if (typeof step === 'string') return step
  return 'data' in step ? `data: ${JSON.stringify(step.data)}\n\n` : ''
}

async function playRaw(steps: readonly Step[], response: ServerResponse): Promise<void> {
  const { socket } = response
  for (const step of steps) {
    if (socket === null || (await isEnd(step, response))) return
    socket.write(bytesOf(step))
  }
  socket?.end()
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const part of request) text += part
  return text
}
