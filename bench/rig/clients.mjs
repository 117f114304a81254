// The clients of the ways an answer can be read: frames of both dialects, the pipe's raw payloads, and events over HTTP, from a
// gateway (`events`) or from the upstream itself (`direct`). Each asks for one answer and feeds its text to an Answer;
// load.mjs decides how many and when.
import { once } from 'node:events'
import { Agent } from 'undici'
import { WebSocket } from 'ws'
import { modelName, promptFor } from './stream-plan.mjs'

/** @typedef {import('./answer.mjs').Answer} Answer */
/** @typedef {import('./stream-plan.mjs').StreamPlan} StreamPlan */
/** @typedef {'dialect-1' | 'dialect-2' | 'pipe' | 'events' | 'direct'} Wire */

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
 * @param {string} url `http:` for `events` and `direct`, `ws:` for the others
 * @returns {Client}
 */
export function createClient(wire, url) {
  if (wire === 'direct' || wire === 'events') return new EventStreamClient(url)
  return new SocketClient(url, READINGS[wire])
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

/**
 * @param {string} data
 * @returns {Reading}
 */
function readDialect2(data) {
  const frame = JSON.parse(data)
  switch (frame.type) {
    case 'welcome':
    case 'handshake_ack':
      return { text: '', isLast: false }
    case 'chunk':
      return { text: frame.text ?? '', isLast: false }
    case 'complete':
      return { text: '', isLast: true }
    default:
      throw new Error(`the engine answered ${frame.type}: ${frame.message ?? frame.reason}`)
  }
}

/** How the messages of each wire are read, and which subprotocols are offered. */
const READINGS = {
  pipe: { read: readPayload, subprotocols: [] },
  'dialect-1': { read: readDialect1, subprotocols: [] },
  'dialect-2': { read: readDialect2, subprotocols: ['sluice.v2'] },
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
   * @param {{ read: (data: string) => Reading, subprotocols: string[] }} reading
   */
  constructor(url, { read, subprotocols }) {
    this.#socket = new WebSocket(url, subprotocols, { perMessageDeflate: false })
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
    const socket = this.#socket
    /** @type {Promise<void>} */
    const whole = new Promise((resolve, reject) => {
      socket.on('error', reject)
      socket.on('close', () => reject(new Error(`stream ${plan.seed}: the socket closed`)))
      socket.on('message', (data) => {
        try {
          if (this.#take(data.toString(), answer)) resolve()
        } catch (error) {
          reject(error)
        }
      })
    })
    // Dialect 1 ignores the id.
    socket.send(JSON.stringify({ type: 'init', id: '1', payload }))
    return whole.finally(() => {
      for (const event of ['error', 'close', 'message']) socket.removeAllListeners(event)
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
    // undici's own setEncoding decodes each chunk by itself, and a character may be in two.
    const decoder = new TextDecoder()
    let rest = ''
    for await (const chunk of response.body) {
      const events = (rest + decoder.decode(chunk, { stream: true })).split('\n\n')
      rest = events.pop() ?? ''
      for (const event of events) answer.add(readPayload(event.slice('data: '.length)).text)
    }
    answer.finish()
  }

  close() {
    this.#cancel.abort()
  }
}
