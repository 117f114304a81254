// Serves the page of this folder, and answers its chat with the AI SDK's provider for OpenAI-compatible servers. Take the
// provider where a server of yours has to see each question; else the page needs no server for its answers.
// Run:   SLUICE_ALLOWED_ORIGINS=http://127.0.0.1:3000 npm start       and, beside it:       node examples/ai-sdk/server.mjs
//        then open http://127.0.0.1:3000/ or http://127.0.0.1:3000/?via=server
// GATEWAY_URL (default ws://127.0.0.1:8080), MODEL (default gpt-4o-mini), CLIENT_KEY (of the server alone) and PORT are read.
import { createServer as createHttpServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { convertToModelMessages, streamText } from 'ai'
import { createServer } from 'vite'

const {
  GATEWAY_URL = 'ws://127.0.0.1:8080',
  MODEL = 'gpt-4o-mini',
  CLIENT_KEY,
  PORT = '3000',
} = process.env
const MAX_BODY_BYTES = 1024 * 1024

const provider = createOpenAICompatible({
  name: 'sluice',
  baseURL: `${GATEWAY_URL.replace(/^ws/, 'http')}/v1`,
  apiKey: CLIENT_KEY ?? 'none',
})
const http = createHttpServer((request, response) => {
  if (request.url === '/api/chat') answer(request, response).catch(() => response.destroy())
  else if (request.url === '/settings')
    response.setHeader('content-type', 'application/json').end(settings)
  else page.middlewares(request, response)
})
const settings = JSON.stringify({ gatewayUrl: GATEWAY_URL, model: MODEL })
const page = await createServer({
  root: fileURLToPath(new URL('.', import.meta.url)),
  server: { middlewareMode: true, hmr: { server: http } },
  clearScreen: false,
})

async function answer(request, response) {
  const messages = await messagesIn(request)
  if (messages === undefined) return response.writeHead(400).end()
  // A page that goes away, or stops, stops the model.
  const left = new AbortController()
  response.once('close', () => left.abort())
  const result = streamText({
    model: provider(MODEL),
    messages: await convertToModelMessages(messages),
    abortSignal: left.signal,
    onError: () => {},
  })
  result.pipeUIMessageStreamToResponse(response)
}

/** The messages of a request; undefined if it is none, or too long. */
async function messagesIn(request) {
  let text = ''
  for await (const part of request.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    text += part
    if (text.length > MAX_BODY_BYTES) return undefined
  }
  try {
    return JSON.parse(text).messages
  } catch {
    return undefined
  }
}

http.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`Open http://127.0.0.1:${http.address().port}/`)
})
process.once('SIGTERM', stop).once('SIGINT', stop)

async function stop() {
  http.close()
  http.closeAllConnections()
  await page.close()
}
