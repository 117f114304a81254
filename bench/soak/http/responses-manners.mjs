// What clients do with `/v1/responses`: read it as it comes, cut it off and read on, in the background too, cancel it, leave.
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { text as textOfStream } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { modelName, promptFor, textOf } from '../../rig/stream-plan.mjs'
import { SHAPE } from './chat-manners.mjs'

const PATH = '/v1/responses'

/**
 * An event of a response, as far as it is looked at.
 * @typedef {object} ResponseEvent
 * @property {string} type
 * @property {number} sequence_number
 * @property {string} [delta]
 * @property {Response} [response]
 */

/**
 * @typedef {object} Response
 * @property {string} id
 * @property {string} status
 * @property {{ type: string, content?: { text: string }[] }[]} output
 */

/** @param {number} seed @param {object} more */
function bodyFor(seed, more) {
  return JSON.stringify({ model: modelName(SHAPE), input: promptFor(seed), ...more })
}

/** @param {URL} url @param {string} path @param {string} [body] */
function post({ hostname, port }, path, body) {
  const headers = { 'content-type': 'application/json' }
  const request = httpRequest({ hostname, port, path, method: 'POST', headers, agent: false })
  request.end(body)
  return request
}

/** @param {URL} url @param {string} path */
function get({ hostname, port }, path) {
  const request = httpRequest({ hostname, port, path, agent: false })
  request.end()
  return request
}

/** @param {import('node:http').ClientRequest} request @returns {Promise<import('node:http').IncomingMessage>} */
async function responseTo(request) {
  const [response] = await once(request, 'response')
  if (response.statusCode === 200) return response
  throw new Error(`status ${response.statusCode}`)
}

/** @param {import('node:http').ClientRequest} request @returns {Promise<Response>} */
async function objectFrom(request) {
  return JSON.parse(await textOfStream(await responseTo(request)))
}

/** @param {Response} response */
function textIn({ output }) {
  const messages = output.filter(({ type }) => type === 'message')
  return messages.flatMap(({ content = [] }) => content.map(({ text }) => text)).join('')
}

/** The events of a stream, which may break off. */
class Events {
  /** @type {ResponseEvent[]} */
  all = []
  isWhole = false

  get id() {
    return this.all[0]?.response?.id
  }

  get last() {
    return this.all.at(-1)
  }

  /**
   * Reads on, and leaves after so many events.
   * @param {import('node:http').ClientRequest} request
   * @param {number} [leaveAfter]
   */
  async read(request, leaveAfter = Number.POSITIVE_INFINITY) {
    const response = await responseTo(request)
    let rest = ''
    let left = leaveAfter
    for await (const piece of response.setEncoding('utf8')) {
      const blocks = (rest + piece).split('\n\n')
      rest = blocks.pop() ?? ''
      for (const block of blocks) {
        this.#take(/^data: (.*)$/m.exec(block)?.[1])
        left -= 1
        if (left <= 0) return void request.destroy()
      }
    }
  }

  /** @param {string | undefined} data */
  #take(data) {
    if (data === '[DONE]') this.isWhole = true
    else if (data !== undefined) this.all.push(JSON.parse(data))
  }

  /** What is wrong with them as the answer to a prompt; undefined if nothing is. @param {number} seed */
  problem(seed) {
    const expected = textOf({ ...SHAPE, seed })
    if (!this.all.every((event, i) => event.sequence_number === i)) return 'events with a gap'
    if (!this.isWhole || this.last?.type !== 'response.completed') return 'no end of a response'
    const deltas = this.all.filter(({ type }) => type === 'response.output_text.delta')
    const streamed = deltas.map(({ delta }) => delta).join('')
    const said = this.last.response === undefined ? '' : textIn(this.last.response)
    return streamed === expected && said === expected ? undefined : `wrong response to ${seed}`
  }
}

/**
 * A few events, then the rest in pieces.
 * @param {URL} url
 * @param {string} body
 * @param {import('./chat-manners.mjs').UpTo} upTo
 */
async function readInPieces(url, body, upTo) {
  const events = new Events()
  await events.read(post(url, PATH, body), 1 + upTo(20))
  while (!events.isWhole) {
    const after = events.last?.sequence_number ?? 0
    const path = `${PATH}/${events.id}?stream=true&starting_after=${after}`
    await events.read(get(url, path), 1 + upTo(20))
  }
  return events
}
/** @type {Record<string, { weight: number, manner: import('./chat-manners.mjs').Manner }>} */
export const RESPONSES_MANNERS = {
  'response streamed': {
    weight: 10,
    manner: async (url, seed) => {
      const events = new Events()
      await events.read(post(url, PATH, bodyFor(seed, { stream: true })))
      return events.problem(seed)
    },
  },
  'response in the background, read in pieces': {
    weight: 10,
    manner: async (url, seed, upTo) => {
      const body = bodyFor(seed, { stream: true, background: true })
      const events = await readInPieces(url, body, upTo)
      const found = await objectFrom(get(url, `${PATH}/${events.id}`))
      const isSame = JSON.stringify(found) === JSON.stringify(events.last?.response)
      return events.problem(seed) ?? (isSame ? undefined : 'another response was found again')
    },
  },
  'response cancelled': {
    weight: 6,
    manner: async (url, seed, upTo) => {
      const body = bodyFor(seed, { background: true })
      const { id } = await objectFrom(post(url, PATH, body))
      await delay(upTo(150))
      const ended = await objectFrom(post(url, `${PATH}/${id}/cancel`))
      const isEnded = ['cancelled', 'completed'].includes(ended.status)
      const isPart = textOf({ ...SHAPE, seed }).startsWith(textIn(ended))
      return isEnded && isPart ? undefined : `a cancelled response is ${ended.status}`
    },
  },
  'response left at any moment': {
    weight: 6,
    manner: async (url, seed, upTo) => {
      const request = post(url, PATH, bodyFor(seed, { stream: seed % 20 === 0 }))
      request.on('error', () => {})
      request.on('response', (response) => response.resume().on('error', () => {}))
      await delay(upTo(150))
      request.destroy()
      return undefined
    },
  },
}
