// OpenAI's interface under clients without manners: some ask and read to the end and must get every character, the others
// dawdle, send too much, send ahead, close one half, leave at any moment, or send what is no request. Nothing of them stays.
//   node bench/soak/http.mjs [--requests 1000] [--seed 1]                              exits with 1 if anything is wrong
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { text as textOfStream } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createFractions } from '../guard/random.mjs'
import { MockUpstream } from '../rig/mock-upstream-process.mjs'
import { modelName, promptFor, textOf } from '../rig/stream-plan.mjs'
import { GatewayProcess } from './gateway-process.mjs'

const LANES = 50
const SHAPE = { deltas: 20, paceMs: 5 }
const MAX_BODY = 65_536
/** A request may take 10 s to arrive; the rest is for a busy machine. */
const CUT_WITHIN_MS = 20_000
const SETTLE_WITHIN_MS = 20_000
/** Memory may be this much over that after the warm-up; V8 collects when it likes, so the least of some passes counts. */
const GROWTH = 1.1
const PASSES = 3
/** What a request that is no good may be told. */
const REFUSALS = [400, 408, 413, 429, 431]

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
  },
})
const total = Number(values.requests)
const random = createFractions(Number(values.seed))
const upTo = (/** @type {number} */ limit) => Math.floor(random() * limit)

/**
 * @param {number} seed
 * @param {boolean} stream
 */
function bodyFor(seed, stream) {
  const messages = [{ role: 'user', content: promptFor(seed) }]
  return JSON.stringify({ model: modelName(SHAPE), messages, stream })
}

/**
 * @param {string} body
 * @param {string} [framing]
 */
function rawRequest(body, framing = `content-length: ${Buffer.byteLength(body)}`) {
  const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n`
  return `${head}${framing}\r\n\r\n${body}`
}

/**
 * A connection that writes `bytes` and keeps what comes.
 * @param {URL} url
 * @param {string} bytes
 */
function rawConnection({ port, hostname }, bytes) {
  const socket = connect(Number(port), hostname)
  const state = { socket, text: '', isGone: false }
  socket.on('error', () => {})
  socket.on('close', () => {
    state.isGone = true
  })
  socket.setEncoding('utf8').on('data', (data) => {
    state.text += data
  })
  socket.write(bytes)
  return state
}

/** @param {() => boolean} holds @param {number} [withinMs] */
async function until(holds, withinMs = CUT_WITHIN_MS) {
  const deadline = performance.now() + withinMs
  while (!holds() && performance.now() < deadline) await delay(5)
  return holds()
}

/** @param {string} text @returns {number[]} */
const statusesIn = (text) => [...text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, s]) => Number(s))

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
 * What a client does; each says what was wrong, or nothing.
 * @typedef {(url: URL, seed: number) => Promise<string | undefined>} Manner
 */

/** @type {Record<string, { weight: number, manner: Manner }>} */
const MANNERS = {
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
    manner: async (url, seed) => {
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
    manner: async (url, seed) => {
      const state = rawConnection(url, rawRequest(bodyFor(seed, true)))
      await delay(upTo(50))
      state.socket.end()
      return (await until(() => state.isGone)) ? undefined : 'a half closed connection stayed'
    },
  },
  'sent ahead': {
    weight: 10,
    manner: async (url, seed) => {
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
    manner: async (url, seed) => {
      const state = rawConnection(url, rawRequest(bodyFor(seed, true)).repeat(30))
      await delay(upTo(200))
      state.socket.destroy()
      return undefined
    },
  },
  'sent too much': {
    weight: 6,
    manner: async (url, seed) => {
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
    manner: async (url, seed) => {
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
    manner: async (url, seed) => {
      const state = rawConnection(url, rawRequest(bodyFor(seed, true)))
      state.socket.pause()
      await delay(upTo(1_000))
      state.socket.destroy()
      return undefined
    },
  },
  dawdled: {
    weight: 2,
    manner: async (url, seed) => {
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

function pickManner() {
  const manners = Object.entries(MANNERS)
  let left = random() * manners.reduce((sum, [, { weight }]) => sum + weight, 0)
  for (const [name, { weight, manner }] of manners) {
    left -= weight
    if (left < 0) return { name, manner }
  }
  throw new Error('the weights do not add up')
}

const mock = await MockUpstream.start()
const gateway = await GatewayProcess.start(mock.url, {
  SLUICE_AUDIT: 'off',
  SLUICE_POLICY: 'standard',
  SLUICE_MAX_MESSAGE_BYTES: String(MAX_BODY),
})
const url = new URL(gateway.url.replace('ws:', 'http:'))

/** What is left of clients that have gone. */
async function whatIsLeft() {
  const open = await mock.openStreams()
  return {
    'upstream streams': open,
    completions: await gateway.metric('sluice_completions'),
    'log bytes': await gateway.metric('sluice_log_bytes'),
    connections: gateway.connectionsTo(Number(url.port)),
  }
}

async function pass() {
  /** @type {Record<string, number>} */
  const counts = {}
  /** @type {string[]} */
  const problems = []
  let seed = 0
  const lane = async () => {
    while (seed < total) {
      seed += 1
      const own = seed * 10
      const { name, manner } = pickManner()
      counts[name] = (counts[name] ?? 0) + 1
      const problem = await manner(url, own).catch((error) => `${name}: ${error.message}`)
      if (problem !== undefined) problems.push(problem)
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  const deadline = performance.now() + SETTLE_WITHIN_MS
  let left = await whatIsLeft()
  while (Object.values(left).some(Boolean) && performance.now() < deadline) {
    await delay(200)
    left = await whatIsLeft()
  }
  for (const [what, count] of Object.entries(left))
    if (count > 0) problems.push(`${count} ${what} left`)
  return { counts, problems, left, residentBytes: gateway.residentBytes }
}

try {
  const warm = await pass()
  const later = []
  for (let i = 0; i < PASSES; i += 1) later.push(await pass())
  const row = (/** @type {typeof warm} */ { counts, left, problems, residentBytes }) => ({
    ...counts,
    ...Object.fromEntries(Object.entries(left).map(([what, count]) => [`${what} left`, count])),
    'resident, MB': Math.round(residentBytes / 1e6),
    problems: problems.length,
  })
  console.table([warm, ...later].map(row))
  const problems = [warm, ...later].flatMap((one) => one.problems)
  const least = Math.min(...later.map(({ residentBytes }) => residentBytes))
  if (least > warm.residentBytes * GROWTH) problems.push('memory has grown')
  for (const problem of problems.slice(0, 20)) console.error(problem)
  if (problems.length > 0) process.exitCode = 1
} finally {
  await gateway.end('SIGTERM')
  await mock.stop()
}
