// The clients of the ways an answer can be read: `dialect-1` frames, the pipe's raw payloads, and events over HTTP, from a
// gateway (`events`) or from the upstream itself (`direct`). Each asks for one answer and feeds its text to an Answer;
// load.mjs decides how many and when.
import { once } from 'node:events'
import { Agent } from 'undici'
import { WebSocket } from 'ws'
import { modelName, promptFor } from './stream-plan.mjs'

/** @typedef {import('./answer.mjs').Answer} Answer */
/** @typedef {import('./stream-plan.mjs').StreamPlan} StreamPlan */
/** @typedef {'dialect-1' | 'pipe' | 'events' | 'direct'} Wire */

/**
 * @typedef {object} Client
 * @property {() => Promise<unknown>} connect
 * @property {(plan: StreamPlan, answer: Answer) => Promise<void>} complete resolves when the answer is whole, rejects
 *   when it is wrong, blocked, refused or cut
 * @property {() => void} close at once, also in the middle of an answer
 */

/**
 * What one event says: text, and whether it was the last.
 * @typedef {{ text: string, isLast: boolean }} Reading
 */

/**
 * @param {Wire} wire
 * @param {string} url `ws:` for the first two wires, `http:` for the others
 * @returns {Client}
 */
export function createClient(wire, url) {
  if (wire === 'direct' || wire === 'events') return new EventStreamClient(url)
  return new SocketClient(url, wire === 'pipe' ? readPayload : readDialect1)
}

/**
 * @param {string} data
 * @returns {Reading}
 */
function readPayload(data) {
  if (data === '[DONE]') return { text: '', isLast: true }
  return { text: JSON.parse(data).choices[0]?.delta.content ?? '', isLast: false }
}

/**
 * @param {string} data
 * @returns {Reading}
 */
function readDialect1(data) {
  const message = JSON.parse(data)
  switch (message.type) {
    case 'handshake_ack':
      return { text: '', isLast: false }
    case 'chunk':
      return { text: message.data.choices[0]?.delta?.content ?? '', isLast: false }
    case 'complete':
      return { text: '', isLast: true }
    default:
      throw new Error(`the engine answered ${message.type}: ${message.message ?? message.reason}`)
  }
}

/** @param {StreamPlan} plan */
function requestFor(plan) {
  return { messages: [{ role: 'user', content: promptFor(plan.seed) }], temperature: 0 }
}

class SocketClient {
  #socket
  #read

  /**
   * @param {string} url
   * @param {(data: string) => Reading} read
   */
  constructor(url, read) {
    this.#socket = new WebSocket(url, { perMessageDeflate: false })
    this.#read = read
  }

  connect() {
    return once(this.#socket, 'open')
  }

  /**
   * @param {StreamPlan} plan
   * @param {Answer} answer
   * @returns {Promise<void>}
   */
  complete(plan, answer) {
    const payload = { modelId: modelName(plan), ...requestFor(plan) }
    return new Promise((resolve, reject) => {
      this.#socket.on('error', reject)
      this.#socket.on('close', () => reject(new Error(`stream ${plan.seed}: the socket closed`)))
      this.#socket.on('message', (data) => {
        try {
          if (this.#take(data.toString(), answer)) resolve()
        } catch (error) {
          reject(error)
        }
      })
      this.#socket.send(JSON.stringify({ type: 'init', payload }))
    })
  }

  /**
   * @param {string} data
   * @param {Answer} answer
   * @returns {boolean} whether that was the last of it
   */
  #take(data, answer) {
    const { text, isLast } = this.#read(data)
    answer.add(text)
    if (isLast) answer.finish()
    return isLast
  }

  close() {
    this.#socket.terminate()
  }
}

/** Connections of the direct client stay open between answers, as an engine's own do. */
const agent = new Agent()

class EventStreamClient {
  #origin
  #cancel = new AbortController()

  /** @param {string} origin */
  constructor(origin) {
    this.#origin = origin
  }

  async connect() {}

  /**
   * @param {StreamPlan} plan
   * @param {Answer} answer
   */
  async complete(plan, answer) {
    const response = await agent.request({
      origin: this.#origin,
      path: '/v1/chat/completions',
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: modelName(plan), ...requestFor(plan), stream: true }),
      signal: this.#cancel.signal,
    })
    response.body.setEncoding('utf8')
    let rest = ''
    for await (const chunk of response.body) {
      const events = (rest + chunk).split('\n\n')
      rest = events.pop() ?? ''
      for (const event of events) answer.add(readPayload(event.slice('data: '.length)).text)
    }
    answer.finish()
  }

  close() {
    this.#cancel.abort()
  }
}
