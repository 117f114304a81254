/** A detector behind HTTP that answers what a test tells it to, and remembers what it was asked. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Span } from '@sluice/guard'
import { onTestFinished } from 'vitest'

export interface Asked {
  path: string | undefined
  authorization: string | undefined
  body: { text: string; language?: string; entities: string[] }
}

export interface DetectorServer {
  readonly url: string
  readonly asked: Asked[]
  /** Requests that were not answered yet, and the most there were at once. */
  open: number
  mostOpen: number
}

/** What becomes of a request: the JSON of the answer, or whatever the function does with the response. */
export type Answer = (asked: Asked, response: ServerResponse) => unknown

export async function detectorServer(answer: Answer = namesIn): Promise<DetectorServer> {
  const state: DetectorServer = { url: '', asked: [], open: 0, mostOpen: 0 }
  const server = createServer(async (request, response) => {
    state.open += 1
    state.mostOpen = Math.max(state.mostOpen, state.open)
    response.once('close', () => {
      state.open -= 1
    })
    const asked = await readAsked(request)
    state.asked.push(asked)
    const result = await answer(asked, response)
    if (result !== undefined) response.end(JSON.stringify(result))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return Object.assign(state, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  })
}

async function readAsked(request: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Asked['body']
  return { path: request.url, authorization: request.headers.authorization, body }
}

/** The name that every test server finds. */
const NAME = /Ada Lovelace/g

export function namesIn({ body }: Asked): { spans: Span[] } {
  const spans = [...body.text.matchAll(NAME)].map(({ index, 0: name }) => ({
    entity: 'PERSON',
    start: index,
    end: index + name.length,
    score: 0.9,
  }))
  return { spans }
}
