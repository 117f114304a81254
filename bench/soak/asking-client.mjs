// A client that asks again and again until it is stopped, and remembers what came of each request and how long it took.
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { modelName, promptFor } from '../rig/stream-plan.mjs'

/** @typedef {import('../rig/stream-plan.mjs').StreamShape} StreamShape */

/**
 * @typedef {object} Ended
 * @property {string} requestId
 * @property {number} at milliseconds since the epoch
 * @property {number} firstTextMs from the request to its first text
 * @property {number} tookMs from the request to its terminal
 */

export class AskingClient {
  /** @type {Ended[]} Answers that were complete. */
  ended = []
  /** Messages that were neither: errors, blocks, a socket that closed while it was not to. */
  failures = 0
  /** Chunks of all answers. */
  chunks = 0
  /** Whether an answer has begun and not ended. */
  isStreaming = false
  #socket
  #request
  #askedAt = 0
  #firstTextMs = 0
  #isStopped = false

  /**
   * @param {string} url
   * @param {StreamShape} shape of each answer
   * @param {number} seed
   */
  constructor(url, shape, seed) {
    const messages = [{ role: 'user', content: promptFor(seed) }]
    const payload = { modelId: modelName(shape), messages }
    this.#request = JSON.stringify({ type: 'init', payload })
    this.#socket = new WebSocket(url, { perMessageDeflate: false })
    this.#socket.on('message', (data) => this.#take(JSON.parse(String(data))))
    this.#socket.on('error', () => {})
    this.#socket.on('close', () => {
      if (!this.#isStopped) this.failures += 1
    })
  }

  async start() {
    await once(this.#socket, 'open')
    this.#ask()
  }

  /** Lets the answer that runs end, and asks no more. */
  async finish() {
    this.#isStopped = true
    if (this.#socket.readyState === WebSocket.OPEN) await once(this.#socket, 'close')
  }

  /** From now on a closed socket is what is expected; nothing more is asked. */
  expectEnd() {
    this.#isStopped = true
  }

  #ask() {
    this.#askedAt = performance.now()
    this.#firstTextMs = 0
    this.#socket.send(this.#request)
  }

  /** @param {{ type: string, auditLog?: { requestId: string } }} message */
  #take({ type, auditLog }) {
    if (type === 'handshake_ack') return
    const sinceMs = performance.now() - this.#askedAt
    if (type === 'chunk') {
      this.chunks += 1
      this.isStreaming = true
      if (this.#firstTextMs === 0) this.#firstTextMs = sinceMs
      return
    }
    this.isStreaming = false
    if (auditLog === undefined) this.failures += 1
    else {
      const { requestId } = auditLog
      this.ended.push({
        requestId,
        at: Date.now(),
        firstTextMs: this.#firstTextMs,
        tookMs: sinceMs,
      })
    }
    if (this.#isStopped) this.#socket.close()
    else this.#ask()
  }
}
