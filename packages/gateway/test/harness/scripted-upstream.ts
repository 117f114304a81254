/** An OpenAI-compatible upstream that says what a test tells it to: for floods and bytes that the sandbox does not offer. */
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface ScriptedUpstream {
  readonly url: string
  /** Requests that came. */
  requests: number
  /** Bytes that the operating system took from it. */
  sentBytes: number
  /** Answers that are neither finished nor left. */
  open: number
}

type Piece = string | Uint8Array
type Pieces = Iterable<Piece> | AsyncIterable<Piece>

/** The data line of a chunk with this text. */
export function chunkEvent(text: string): string {
  const choice = { index: 0, delta: { content: text }, finish_reason: null }
  return `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', choices: [choice] })}\n\n`
}

/** Usage ahead of the text, as some servers send it: spares the gateway to count the tokens of a flood. */
export const USAGE_EVENT = `data: ${JSON.stringify({
  choices: [],
  usage: { prompt_tokens: 1, completion_tokens: 1 },
})}\n\n`

export const FINISH_EVENTS = `data: ${JSON.stringify({
  choices: [{ index: 0, delta: {}, finish_reason: 'stop' }],
})}\n\ndata: [DONE]\n\n`

/** Answers every request with these pieces, as fast as the reader takes them, and ends. */
export async function scriptedUpstream(pieces: () => Pieces): Promise<ScriptedUpstream> {
  const upstream: ScriptedUpstream = { url: '', requests: 0, sentBytes: 0, open: 0 }
  const server = createServer((request, response) => {
    upstream.requests += 1
    upstream.open += 1
    response.once('close', () => {
      upstream.open -= 1
    })
    request.resume()
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    void send(response, pieces(), upstream)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return Object.assign(upstream, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  })
}

async function send(
  response: ServerResponse,
  pieces: Pieces,
  upstream: ScriptedUpstream,
): Promise<void> {
  const gone = once(response, 'close')
  for await (const piece of pieces) {
    if (response.destroyed) return
    upstream.sentBytes += Buffer.byteLength(piece)
    if (!response.write(piece)) await Promise.race([once(response, 'drain'), gone])
  }
  response.end()
}
