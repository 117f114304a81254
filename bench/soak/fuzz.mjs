// Frames of dialect 2 that nobody sane sends, by the hundred thousand, from a seed: the gateway answers or closes with a
// documented code, and still serves afterwards.
//   node bench/soak/fuzz.mjs [--frames 100000] [--seed 1]                              exits with 1 if anything is wrong
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { connect } from '@sluice/client'
import { CLOSE_CODES } from '@sluice/protocol'
import { WebSocket } from 'ws'
import { createFractions } from '../guard/random.mjs'
import { MockUpstream } from '../rig/mock-upstream-process.mjs'
import { GatewayProcess } from './gateway-process.mjs'
import { optionsOf } from './runs.mjs'

const SOCKETS = 20
/** Frames that one socket sends before its answers are awaited. */
const AT_ONCE = 50
/** A batch that is not answered by then has hung the gateway. */
const ANSWERED_WITHIN_MS = 60_000
/** Until everything that was begun is over, and forgotten. */
const SETTLE_WITHIN_MS = 20_000
/** The `t` of the ping behind them. */
const LAST = 4_711

const options = optionsOf('fuzz', {
  frames: { default: 100_000, means: 'frames' },
  seed: { default: 1, means: 'of all that is random' },
})
const total = options.frames
const random = createFractions(options.seed)
/**
 * @template Item
 * @param {readonly Item[]} items
 * @returns {Item}
 */
const pick = (items) => /** @type {Item} */ (items[Math.floor(random() * items.length)])

/** @type {import('@sluice/protocol').ChatMessage[]} */
const messages = [{ role: 'user', content: 'stream 7' }]
const payload = { modelId: 'bench-burst-5', messages }
const SOUND = [
  { type: 'init', id: 'a', payload },
  { type: 'init', id: 'b', payload, idempotencyKey: 'k', onDisconnect: 'cancel' },
  { type: 'init', id: 'c', payload: { modelId: 'bench-paced-20x50', messages } },
  { type: 'cancel', id: 'a' },
  { type: 'cancel', requestId: '0123456789abcdef' },
  { type: 'detach', id: 'b' },
  { type: 'resume', id: 'd', requestId: '0123456789abcdef', after: 0 },
  { type: 'hello', token: 'x', client: 'fuzz' },
  { type: 'ping', t: 1 },
]
/** @type {readonly unknown[]} */
const VALUES = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e308,
  Number.MAX_SAFE_INTEGER,
  '',
  'a',
  '\u0000',
  '\ud800',
  '__proto__',
  'x'.repeat(200),
  'x'.repeat(5_000),
  [],
  {},
  [[]],
  [null],
  { id: 'a' },
  { toString: 1 },
  { length: 1e9 },
]

/** A sound frame with some of its fields changed, left out, doubled or swapped. */
function mutated() {
  const fields = Object.entries(structuredClone(pick(SOUND)))
  const changes = Math.floor(random() * 4)
  for (let i = 0; i < changes; i += 1) {
    const at = Math.floor(random() * (fields.length + 1))
    const [name] = fields[at] ?? [
      pick(['id', 'type', 'payload', 'after', 'epoch', '__proto__', 'x']),
    ]
    if (random() < 0.3) fields.splice(at, 1)
    else fields[at] = [name ?? 'id', pick(VALUES)]
  }
  return `{${fields.filter(Boolean).map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`)}}`
}

/** @returns {string | Buffer} */
function frame() {
  const kind = random()
  const text = mutated()
  if (kind < 0.8) return text
  if (kind < 0.88) return text.slice(0, Math.floor(random() * text.length))
  if (kind < 0.93) return '['.repeat(Math.floor(random() * 1_000)) + text
  if (kind < 0.98)
    return text.replaceAll(/[":,]/g, (sign) =>
      random() < 0.1 ? pick(['', '"', ',', '\u2028']) : sign,
    )
  if (kind < 0.999) return JSON.stringify(pick(VALUES))
  return Buffer.from(text)
}

/** @type {Map<number, number>} */
const closes = new Map()
let sent = 0
let answers = 0
let crashes = 0

/** @param {string} url */
async function attack(url) {
  while (sent < total) {
    const socket = new WebSocket(url, ['sluice.v2'], { perMessageDeflate: false })
    let isClosed = false
    let [batches, handled] = [0, 0]
    socket.on('message', (data) => {
      answers += 1
      if (JSON.parse(String(data)).t === LAST) handled += 1
    })
    socket.on('error', () => {})
    socket.on('close', (code) => {
      isClosed = true
      closes.set(code, (closes.get(code) ?? 0) + 1)
    })
    await Promise.race([once(socket, 'open'), once(socket, 'close')])
    const isLeaving = random() < 0.1
    while (!isClosed && sent < total) {
      for (let i = 0; i < AT_ONCE && !isClosed; i += 1) {
        sent += 1
        socket.send(frame(), () => {})
      }
      socket.send(JSON.stringify({ type: 'ping', t: LAST }), () => {})
      batches += 1
      const deadline = performance.now() + ANSWERED_WITHIN_MS
      while (!isClosed && handled < batches) {
        if (performance.now() > deadline) throw new Error('the gateway does not answer')
        await delay(1)
      }
      if (isLeaving) break
    }
    if (!isClosed) socket.close(1000)
    while (!isClosed) await delay(1)
  }
}

const mock = await MockUpstream.start()
const gateway = await GatewayProcess.start(mock.url, {
  SLUICE_AUDIT: 'off',
  SLUICE_POLICY: 'standard',
  SLUICE_LOG_LEVEL: 'silent',
  SLUICE_RETENTION_MS: '1000',
  SLUICE_GRACE_MS: '1000',
  // So that every frame is looked at: the default closes a socket after twenty of them.
  SLUICE_MALFORMED_PER_MINUTE: '100000',
})

/** @param {Record<string, number>} counts */
const sumOf = (counts) => Object.values(counts).reduce((sum, count) => sum + count, 0)

/** What is still there of clients that have gone, once there was time for it to go. */
async function whatIsLeft() {
  const deadline = performance.now() + SETTLE_WITHIN_MS
  for (;;) {
    const open = await mock.openStreams()
    const left = {
      'upstream streams left': open,
      'completions left': await gateway.metric('sluice_completions'),
      'log bytes left': await gateway.metric('sluice_log_bytes'),
    }
    if (sumOf(left) === 0 || performance.now() > deadline) return left
    await delay(200)
  }
}

try {
  await Promise.all(Array.from({ length: SOCKETS }, () => attack(gateway.url)))
  const client = connect({ url: gateway.url, WebSocket, giveUpAfterMs: 5_000 })
  const text = await client
    .complete(payload)
    .text()
    .catch(() => '')
  client.close()
  if (text === '') crashes += 1
  const documented = new Set(
    /** @type {number[]} */ (Object.values(CLOSE_CODES).map(({ code }) => code)),
  )
  // 1006 is what a client sees of a broken connection: here it would be a crash.
  const foreign = [...closes.keys()].filter((code) => code === 1006 || !documented.has(code))
  const byCode = Object.fromEntries(
    [...closes].map(([code, count]) => [`closed with ${code}`, count]),
  )
  const left = await whatIsLeft()
  console.table({
    ...{ frames: sent, answers, crashes, ...byCode },
    ...{ 'undocumented codes': foreign.length, ...left },
  })
  if (crashes + foreign.length + sumOf(left) > 0) process.exitCode = 1
} finally {
  await gateway.end('SIGKILL')
  await mock.stop()
}
