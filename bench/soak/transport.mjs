// Dialect 2 under everything that networks do: completions of the SDK over sockets that are cut, closed, stand still and are
// given up at random, some cancelled, some joined late by another client. Every text is verified to the last character, and
// no socket closes but those that this closes.
//   node bench/soak/transport.mjs [--completions 2000] [--sockets 200] [--seed 1]      exits with 1 if anything is wrong
import { setTimeout as delay } from 'node:timers/promises'
import { connect } from '@sluice/client'
import { WebSocket } from 'ws'
import { createFractions } from '../guard/random.mjs'
import { MockUpstream } from '../rig/mock-upstream-process.mjs'
import { modelName, promptFor, textOf } from '../rig/stream-plan.mjs'
import { GatewayProcess } from './gateway-process.mjs'
import { optionsOf } from './runs.mjs'

/** @typedef {import('@sluice/client').Completion} Completion */
/** @typedef {ReturnType<typeof connect>} Client */

const SHAPE = { deltas: 40, paceMs: 40 }
/** Completions that run on one socket at a time. */
const AT_ONCE = 2
/** One in so many is cancelled, and one in so many is joined by somebody else. */
const CANCEL_EVERY = 8
const JOIN_EVERY = 5
const TROUBLE_MS = { least: 150, most: 1_200 }
const RETENTION_MS = 20_000
/** What is in use may be this much over that after the warm-up. */
const GROWTH = 1.1

const options = optionsOf('transport', {
  completions: { default: 2_000, means: 'completions of each pass' },
  sockets: { default: 200, means: 'sockets that they share' },
  seed: { default: 1, means: 'of all that is random' },
})
const { completions: total, sockets } = options
const random = createFractions(options.seed)
/** @param {{ least: number, most: number }} range */
const between = ({ least, most }) => least + random() * (most - least)

/** What a socket that is cut ends with, one that is closed by the protocol, and one whose client is done. */
const [CUT, CLOSED, DONE] = [1006, 4_000, 1000]

/** A client and its socket of the moment, which can be cut, closed or left unread. */
class TroubledClient {
  /** @type {Client} */
  client
  cuts = 0
  closes = 0
  stalls = 0
  isDone = false
  /** What sockets ended with, and should not have. @type {string[]} */
  problems = []
  /** @type {WebSocket | undefined} */
  #socket
  /** What a socket is to end with. @type {WeakMap<WebSocket, number>} */
  #expected = new WeakMap()

  /** @param {string} url */
  constructor(url) {
    const owner = this
    class Kept extends WebSocket {
      /**
       * @param {string} address
       * @param {string[]} protocols
       */
      constructor(address, protocols) {
        super(address, protocols, { perMessageDeflate: false })
        owner.#socket = this
        this.on('close', (code) => owner.#ended(this, code))
      }
    }
    this.client = connect({ url, WebSocket: Kept, reconnect: { minMs: 5, maxMs: 200 } })
  }

  /** Closes the client. */
  close() {
    const state = this.#socket?.readyState
    if (state === WebSocket.OPEN) this.#expect(DONE)
    if (state === WebSocket.CONNECTING) this.#expect(CUT)
    this.client.close()
  }

  /** @param {number} code that the socket of the moment is to end with */
  #expect(code) {
    if (this.#socket !== undefined) this.#expected.set(this.#socket, code)
  }

  /** @param {WebSocket} socket @param {number} code */
  #ended(socket, code) {
    const expected = this.#expected.get(socket)
    if (code !== expected)
      this.problems.push(`a socket ended with ${code}, not with ${expected ?? 'nothing'}`)
  }

  /** Until it is done, cuts its socket, closes it or stops to read it. */
  async trouble() {
    while (!this.isDone) {
      await delay(between(TROUBLE_MS))
      const socket = this.#socket
      if (socket?.readyState !== WebSocket.OPEN) continue
      const kind = random()
      if (kind < 0.4) {
        this.cuts += 1
        this.#expect(CUT)
        socket.terminate()
      } else if (kind < 0.6) {
        this.closes += 1
        this.#expect(CLOSED)
        socket.close(CLOSED)
      } else {
        this.stalls += 1
        socket.pause()
        await delay(between({ least: 50, most: 400 }))
        socket.resume()
      }
    }
  }
}

/**
 * Reads to the end.
 * @param {Completion} completion
 */
async function read(completion) {
  let text = ''
  let end = 'none'
  try {
    for await (const event of completion) {
      if (event.type === 'text') text += event.text
      else end = event.type
    }
  } catch (error) {
    end = error instanceof Error ? error.message : String(error)
  }
  return { text, end }
}

class Round {
  wrong = 0
  cancelled = 0
  complete = 0
  joined = 0
  /** @type {string[]} */
  problems = []
  #clients
  #next = 0

  /** @param {TroubledClient[]} clients */
  constructor(clients) {
    this.#clients = clients
  }

  async run() {
    const troubles = this.#clients.map((one) => one.trouble())
    const lanes = this.#clients.flatMap((one) =>
      Array.from({ length: AT_ONCE }, () => this.#lane(one)),
    )
    await Promise.all(lanes)
    for (const one of this.#clients) one.isDone = true
    await Promise.all(troubles)
  }

  /** @param {TroubledClient} own */
  async #lane({ client }) {
    while (this.#next < total) {
      this.#next += 1
      await this.#one(client, this.#next)
    }
  }

  /**
   * @param {Client} client
   * @param {number} seed
   */
  async #one(client, seed) {
    const plan = { ...SHAPE, seed }
    const completion = client.complete({
      modelId: modelName(plan),
      messages: [{ role: 'user', content: promptFor(seed) }],
    })
    const mayBeShort = seed % CANCEL_EVERY === 0
    const joiner =
      seed % JOIN_EVERY === 0 ? this.#join(completion, textOf(plan), mayBeShort) : undefined
    if (mayBeShort) setTimeout(() => completion.cancel(), between({ least: 0, most: 2_000 }))
    this.#judge(await read(completion), textOf(plan), mayBeShort)
    await joiner
  }

  /**
   * @param {Completion} completion
   * @param {string} expected
   * @param {boolean} mayBeShort
   */
  async #join(completion, expected, mayBeShort) {
    const acknowledged = await completion.acknowledged.catch(() => undefined)
    if (acknowledged === undefined) return
    await delay(between({ least: 0, most: 2_000 }))
    const other = this.#clients[Math.floor(random() * this.#clients.length)]?.client
    if (other === undefined) return
    this.joined += 1
    this.#judge(await read(other.attach(completion.requestId ?? '')), expected, mayBeShort)
  }

  /**
   * @param {{ text: string, end: string }} result
   * @param {string} expected
   * @param {boolean} mayBeShort
   */
  #judge({ text, end }, expected, mayBeShort) {
    const isWhole = end === 'complete' && text === expected
    // Who has cancelled takes no more text, and the end may have come before the cancel.
    const isCut = mayBeShort && ['cancelled', 'complete'].includes(end) && expected.startsWith(text)
    if (end === 'complete') this.complete += 1
    if (end === 'cancelled') this.cancelled += 1
    if (isWhole || isCut) return
    this.wrong += 1
    this.problems.push(`${end}: ${text.length} of ${expected.length} characters`)
  }
}

const mock = await MockUpstream.start()
const gateway = await GatewayProcess.start(mock.url, {
  SLUICE_AUDIT: 'off',
  SLUICE_POLICY: 'standard',
  SLUICE_RETENTION_MS: String(RETENTION_MS),
})

async function openUpstreams() {
  return mock.openStreams()
}

/** One pass: what came of it, and what the gateway holds a while after its sockets are closed. */
async function pass() {
  const clients = Array.from({ length: sockets }, () => new TroubledClient(gateway.url))
  const round = new Round(clients)
  const startedAt = performance.now()
  await round.run()
  const seconds = (performance.now() - startedAt) / 1_000
  for (const one of clients) one.close()
  await delay(RETENTION_MS + 2_000)
  const sum = (/** @type {'cuts' | 'closes' | 'stalls'} */ what) =>
    clients.reduce((all, one) => all + one[what], 0)
  return {
    completions: total,
    complete: round.complete,
    cancelled: round.cancelled,
    'joined late': round.joined,
    cuts: sum('cuts'),
    'closed by the protocol': sum('closes'),
    'stalled readers': sum('stalls'),
    'lost or doubled': round.wrong,
    'upstream streams left open': await openUpstreams(),
    'log bytes left': await gateway.metric('sluice_log_bytes'),
    'resident, MB': Math.round(gateway.residentBytes / 1e6),
    'in use, MB': Math.round((await gateway.usedBytes()) / 1e5) / 10,
    seconds: Math.round(seconds),
    problems: [...round.problems, ...clients.flatMap((one) => one.problems)],
  }
}

try {
  const { problems: early, ...warm } = await pass()
  const { problems: late, ...again } = await pass()
  console.table({ 'warm-up': warm, measured: again })
  const problems = [...early, ...late]
  if (warm['upstream streams left open'] + again['upstream streams left open'] > 0)
    problems.push('upstream streams were left open')
  if (again['in use, MB'] > warm['in use, MB'] * GROWTH) problems.push('memory has grown')
  for (const problem of problems.slice(0, 20)) console.error(problem)
  if (problems.length > 0) process.exitCode = 1
} finally {
  await gateway.end('SIGTERM')
  await mock.stop()
}
