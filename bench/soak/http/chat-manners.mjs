// What clients do with `/v1/chat/completions`, with manners and without.
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { text as textOfStream } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { modelName, promptFor, textOf } from '../../rig/stream-plan.mjs'
import { rawConnection, rawRequest, statusesIn, until } from './raw-connection.mjs'

/** What the mock answers. */
export const SHAPE = { deltas: 20, paceMs: 5 }
/** The largest body that the gateway takes. */
export const MAX_BODY = 65_536
/** What a request that is no good may be told. */
const REFUSALS = [400, 408, 413, 429, 431]

/**
 * @param {number} seed
 * @param {boolean} stream
 */
function bodyFor(seed, stream) {
  const messages = [{ role: 'user', content: promptFor(seed) }]
  return JSON.stringify({ model: modelName(SHAPE), messages, stream })
}

/** The text of a whole answer. @param {string} answer @param {boolean} stream */
function readAnswer(answer, stream) {
  if (!stream) return JSON.parse(answer).choices[0].message.content
  const data = [...answer.matchAll(/^data: (.*)$/gm)].map(([, json = '']) => json)
  if (data.pop() !== '[DONE]') return 'no end'
  return data.map((json) => JSON.parse(json).choices[0]?.delta.content ?? '').join('')
}

/** @param {URL} url @param {number} seed @param {boolean} stream */
function post(url, seed, stream) {
  const headers = { 'content-type': 'application/json' }
  const path = '/v1/chat/completions'
  const { hostname, port } = url
  const request = httpRequest({ hostname, port, path, method: 'POST', headers, agent: false })
  request.end(bodyFor(seed, stream))
  return request
}

/**
 * A random whole number under a limit.
 * @typedef {(limit: number) => number} UpTo
 */

/**
 * What a client does; each says what was wrong, or nothing.
 * @typedef {(url: URL, seed: number, upTo: UpTo) => Promise<string | undefined>} Manner
 */

/** @type {Record<string, { weight: number, manner: Manner }>} */
export const CHAT_MANNERS = {
  'read to the end': {
    weight: 30,
    manner: async (url, seed) => {
      const stream = seed % 2 === 0
      const [response] = await once(post(url, seed, stream), 'response')
      const answer = readAnswer(await textOfStream(response), stream)
      return answer === textOf({ ...SHAPE, seed }) ? undefined : `wrong answer to ${seed}`
    },
  },
  'left at any moment': {
    weight: 30,
    manner: async (url, seed, upTo) => {
      const request = post(url, seed, seed % 2 === 0)
      request.on('error', () => {})
      request.on('response', (response) => response.resume().on('error', () => {}))
      await delay(upTo(150))
      request.destroy()
      return undefined
    },
  },
  'half closed': {
    weight: 10,
    manner: async (url, seed, upTo) => {
      const state = rawConnection(url, rawRequest(bodyFor(seed, true)))
      await delay(upTo(50))
      state.socket.end()
      return (await until(() => state.isGone)) ? undefined : 'a half closed connection stayed'
    },
  },
  'sent ahead': {
    weight: 10,
    manner: async (url, seed, upTo) => {
      const count = 2 + upTo(3)
      const seeds = Array.from({ length: count }, (_, i) => seed + i)
      const state = rawConnection(url, seeds.map((one) => rawRequest(bodyFor(one, false))).join(''))
      const answers = () => [...state.text.matchAll(/"content":("(?:[^"\\]|\\.)*")/g)]
      await until(() => answers().length === count || state.isGone)
      state.socket.destroy()
      const texts = answers().map(([, json = '""']) => JSON.parse(json))
      const isRight = seeds.every((one, i) => texts[i] === textOf({ ...SHAPE, seed: one }))
      return isRight ? undefined : `${texts.length} of ${count} requests in line were answered`
    },
  },
  'sent too far ahead': {
    weight: 4,
    manner: async (url, seed, upTo) => {
      const state = rawConnection(url, rawRequest(bodyFor(seed, true)).repeat(30))
      await delay(upTo(200))
      state.socket.destroy()
      return undefined
    },
  },
  'sent too much': {
    weight: 6,
    manner: async (url, seed, upTo) => {
      const body = `{"padding":"${'x'.repeat(MAX_BODY + upTo(200_000))}"}`
      const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
      const isChunked = seed % 2 === 0
      const bytes = isChunked ? rawRequest(chunked, 'transfer-encoding: chunked') : rawRequest(body)
      const state = rawConnection(url, bytes)
      await until(() => statusesIn(state.text).length > 0 || state.isGone)
      state.socket.destroy()
      return statusesIn(state.text)[0] === 413
        ? undefined
        : `too much was told ${statusesIn(state.text)}`
    },
  },
  'sent nonsense': {
    weight: 6,
    manner: async (url, seed, upTo) => {
      const sound = Buffer.from(rawRequest(bodyFor(seed, true)), 'latin1')
      for (let i = 0; i < 3; i += 1) sound[upTo(120)] = upTo(256)
      const state = rawConnection(url, sound.toString('latin1'))
      await until(() => state.text !== '' || state.isGone, 500)
      state.socket.destroy()
      const odd = statusesIn(state.text).find((status) => status >= 500)
      return odd === undefined ? undefined : `nonsense was told ${odd}`
    },
  },
  'stopped reading': {
    weight: 4,
    manner: async (url, seed, upTo) => {
      const state = rawConnection(url, rawRequest(bodyFor(seed, true)))
      state.socket.pause()
      await delay(upTo(1_000))
      state.socket.destroy()
      return undefined
    },
  },
  dawdled: {
    weight: 2,
    manner: async (url, seed, upTo) => {
      const bytes = rawRequest(bodyFor(seed, true))
      const begun = 20 + upTo(bytes.length - 30)
      const state = rawConnection(url, bytes.slice(0, begun))
      const isCut = await until(() => state.isGone)
      state.socket.destroy()
      if (!isCut) return 'a slow request was not cut'
      return REFUSALS.includes(statusesIn(state.text)[0] ?? 0)
        ? undefined
        : 'a slow request was not told'
    },
  },
}
