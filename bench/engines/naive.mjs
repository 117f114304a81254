// The approach most tutorials teach, written for this rig: fetch and a reader, every event parsed, each delta tested by
// itself with a few patterns, the whole chunk serialised again, an event object for a dashboard at each step. It
// neither waits for slow clients nor cancels, and what is split over two deltas passes. Usage: naive.mjs UPSTREAM_URL PORT
import { EventEmitter } from 'node:events'
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'

/** @typedef {import('ws').WebSocket} WebSocket */

const [upstreamUrl = '', port = ''] = process.argv.slice(2)
const PERSONAL = [/\b\d{3}[-.]?\d{2}[-.]?\d{4}\b/, /\b\d{9}\b/, /[\w.-]+@[\w.-]+\.\w{2,}/]
const FORBIDDEN = ['malicious', 'exploit', 'harmful', 'bypass']

const dashboard = new EventEmitter()

/**
 * @param {WebSocket} socket
 * @param {{ type: string, [field: string]: unknown }} message
 */
function send(socket, message) {
  socket.send(JSON.stringify(message))
}

/** @param {string} text */
function blockReason(text) {
  if (PERSONAL.some((pattern) => pattern.test(text))) return 'PII detected'
  if (FORBIDDEN.some((term) => text.toLowerCase().includes(term)))
    return 'Safety guardrail violation'
  return undefined
}

/**
 * @param {WebSocket} socket
 * @param {{ choices?: { delta?: { content?: string } }[] }} chunk
 * @returns {boolean} whether the stream may go on
 */
function forward(socket, chunk) {
  const delta = chunk.choices?.[0]?.delta?.content
  if (!delta) return true
  const reason = blockReason(delta)
  if (reason !== undefined) {
    send(socket, { type: 'blocked', reason })
    return false
  }
  dashboard.emit('event', { type: 'chunk', timestamp: new Date().toISOString(), data: chunk })
  send(socket, { type: 'chunk', data: chunk })
  return true
}

/**
 * @param {WebSocket} socket
 * @param {Response} response
 * @returns {Promise<boolean>} whether the whole answer went out
 */
async function relay(socket, response) {
  const decoder = new TextDecoder()
  let buffer = ''
  for await (const bytes of response.body ?? []) {
    buffer += decoder.decode(bytes, { stream: true })
    const lines = buffer.split('\n')
    buffer = lines.pop() ?? ''
    for (const line of lines) {
      if (!line.startsWith('data: ') || line === 'data: [DONE]') continue
      if (!forward(socket, JSON.parse(line.slice('data: '.length)))) return false
    }
  }
  return true
}

/**
 * @param {WebSocket} socket
 * @param {{ modelId: string, messages: unknown[], temperature: number }} payload
 */
async function complete(socket, { modelId, messages, temperature }) {
  const startedAt = Date.now()
  send(socket, { type: 'handshake_ack', tokenCount: 0, modelId })
  const response = await fetch(`${upstreamUrl}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ model: modelId, messages, temperature, stream: true }),
  })
  if (!response.ok) return send(socket, { type: 'error', message: `API ${response.status}` })
  if (!(await relay(socket, response))) return
  const auditLog = { modelId, status: 'success', latencyMs: Date.now() - startedAt }
  dashboard.emit('event', { type: 'complete', timestamp: new Date().toISOString() })
  send(socket, { type: 'complete', auditLog })
}

const server = createServer((_, response) => response.end())
const sockets = new WebSocketServer({ server, perMessageDeflate: false })

sockets.on('connection', (socket) => {
  socket.on('message', (data) => {
    complete(socket, JSON.parse(data.toString()).payload).catch((error) => {
      send(socket, { type: 'error', message: error.message })
    })
  })
})
process.once('SIGTERM', () => process.exit(0))
server.listen(Number(port), '127.0.0.1')
