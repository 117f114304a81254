// The clients of `stalled.mjs` that ask and never read, a process of its own: so many sockets, a third of them over each
// dialect and HTTP. Each leaves after some seconds and asks again. Asked for anything, it ends and tells how often it asked.
//   stalled-clients.mjs PORT SOCKETS MODEL KEY
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

const [port = '', sockets = '', model = '', key = ''] = process.argv.slice(2)
const KINDS = ['sluice.v1', 'sluice.v2', 'http']
/** Between the beginnings of two. */
const START_MS = 7
/** Every other one is still there when its gateway has closed it, by `SLUICE_STALL_TIMEOUT_MS` of the run. */
const LIVES_MS = [8_000, 25_000]
const MASK = Buffer.from([0x5a, 0xc3, 0x3c, 0xa5])
const messages = [{ role: 'user', content: 'hello' }]
const counts = { asked: 0 }
/** @type {Set<import('node:net').Socket>} */
const open = new Set()
let isOver = false

/**
 * A text message of a client in one frame (RFC 6455 section 5.2).
 * @param {string} text of less than 64 KiB
 */
function frame(text) {
  const payload = Buffer.from(text).map((byte, i) => byte ^ (MASK[i & 3] ?? 0))
  const head = Buffer.from([0x81, 0xfe, 0, 0])
  head.writeUInt16BE(payload.length, 2)
  return Buffer.concat([head, MASK, payload])
}

/** @param {string} path @param {string} fields */
const head = (path, fields) =>
  `${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${key}\r\n${fields}\r\n\r\n`

/** @param {string} dialect */
function upgrade(dialect) {
  const fields = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==\r\nSec-WebSocket-Protocol: ${dialect}`
  const init = { type: 'init', id: 'a', payload: { modelId: model, messages } }
  return [head('GET /', fields), frame(JSON.stringify(init))]
}

function post() {
  const body = JSON.stringify({ model, stream: true, messages })
  const fields = `Content-Type: application/json\r\nContent-Length: ${body.length}`
  return [head('POST /v1/chat/completions', fields), body]
}

/** @param {number} index */
function ask(index) {
  if (isOver) return
  counts.asked += 1
  const kind = KINDS[index % KINDS.length] ?? ''
  // Nothing is read from it, not even by Node.js ahead of a listener.
  const socket = connect({ port: Number(port), host: '127.0.0.1' })
  open.add(socket)
  socket.pause()
  for (const bytes of kind === 'http' ? post() : upgrade(kind)) socket.write(bytes)
  socket.on('error', () => {})
  socket.once('close', () => {
    open.delete(socket)
    ask(index)
  })
  setTimeout(() => socket.destroy(), LIVES_MS[index % LIVES_MS.length])
}

process.on('message', () => {
  isOver = true
  for (const socket of open) socket.destroy()
  process.send?.({ value: counts })
})
process.once('disconnect', () => process.exit(0))

for (let i = 0; i < Number(sockets); i += 1) {
  ask(i)
  await delay(START_MS)
}
