// The floor: what no WebSocket gateway in Node can be expected to beat without merging. Each event's payload goes from
// the upstream's socket into one frame as the bytes it came in, never decoded or parsed; the frames of one read leave
// in one write. Usage: pipe.mjs UPSTREAM_URL PORT
import { createServer } from 'node:http'
import { Agent } from 'undici'
import { WebSocketServer } from 'ws'

/** @typedef {import('undici').Dispatcher.DispatchController} DispatchController */

const [upstreamUrl = '', port = ''] = process.argv.slice(2)
const EVENT_END = Buffer.from('\n\n')
const DATA_FIELD_LENGTH = 'data: '.length
const TEXT_FRAME = { binary: false }

/** One answer on its way: an undici dispatch handler that writes to a WebSocket. */
class Relay {
  #socket
  #wire
  /** @type {Buffer} */
  #rest = Buffer.alloc(0)
  #onClose = () => {}

  /**
   * @param {import('ws').WebSocket} socket
   * @param {import('node:stream').Duplex} wire the stream under the WebSocket, to cork and to watch
   */
  constructor(socket, wire) {
    this.#socket = socket
    this.#wire = wire
  }

  /** @param {DispatchController} controller */
  onRequestStart(controller) {
    this.#onClose = () => controller.abort(new Error('the client left'))
    this.#socket.once('close', this.#onClose)
  }

  /**
   * @param {DispatchController} controller
   * @param {number} status
   */
  onResponseStart(controller, status) {
    if (status !== 200) controller.abort(new Error(`the upstream answered ${status}`))
  }

  /**
   * @param {DispatchController} controller
   * @param {Buffer} chunk
   */
  onResponseData(controller, chunk) {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    let start = 0
    this.#wire.cork()
    for (let end = bytes.indexOf(EVENT_END); end !== -1; end = bytes.indexOf(EVENT_END, start)) {
      this.#socket.send(bytes.subarray(start + DATA_FIELD_LENGTH, end), TEXT_FRAME)
      start = end + EVENT_END.length
    }
    this.#wire.uncork()
    this.#rest = bytes.subarray(start)
    if (!this.#wire.writableNeedDrain) return
    controller.pause()
    this.#wire.once('drain', () => controller.resume())
  }

  onResponseEnd() {
    this.#socket.off('close', this.#onClose)
  }

  onResponseError() {
    this.#socket.close(1011)
  }
}

const agent = new Agent()
const server = createServer((_, response) => response.end())
const sockets = new WebSocketServer({ server, perMessageDeflate: false })

sockets.on('connection', (socket, request) => {
  socket.on('message', (data) => {
    const { modelId, messages, temperature } = JSON.parse(data.toString()).payload
    agent.dispatch(
      {
        origin: upstreamUrl,
        path: '/v1/chat/completions',
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: modelId, messages, temperature, stream: true }),
      },
      new Relay(socket, request.socket),
    )
  })
})
process.once('SIGTERM', () => process.exit(0))
server.listen(Number(port), '127.0.0.1')
