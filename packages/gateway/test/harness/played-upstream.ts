/** An OpenAI-compatible upstream whose answers a test plays, delta by delta. */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { UpstreamRequest } from '../../../protocol/test/server-run.ts'

/** One request to the upstream, answered as the runner says. */
export class PlayedRequest implements UpstreamRequest {
  isAborted = false
  readonly #response: ServerResponse

  constructor(response: ServerResponse) {
    this.#response = response
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    response.once('close', () => {
      this.isAborted = !response.writableFinished
    })
  }

  say(choice: number, delta: Record<string, unknown>): void {
    this.#event({ choices: [{ index: choice, delta, finish_reason: null }] })
  }

  finish(reasons: readonly string[]): void {
    const choices = reasons.map((reason, index) => ({ index, delta: {}, finish_reason: reason }))
    this.#event({ choices })
    this.#response.end('data: [DONE]\n\n')
  }

  break(): void {
    this.#response.destroy()
  }

  #event(fields: Record<string, unknown>): void {
    const chunk = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', ...fields }
    this.#response.write(`data: ${JSON.stringify(chunk)}\n\n`)
  }
}

/** It ends with the test. */
export async function playedUpstream() {
  const requests: PlayedRequest[] = []
  const server = createServer((request, response) => {
    request.resume().once('end', () => requests.push(new PlayedRequest(response)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { requests, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` }
}
