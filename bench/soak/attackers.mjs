// The attackers of `attack.mjs`, a process of its own: so many sockets of both dialects and HTTP, each sending the heaviest
// requests one after another, reading slowly or not at all, and cut at random moments.
//   attackers.mjs PORT SOCKETS SEED ONLY KEY...
// ONLY is a part of the names of prompts. Asked for anything, it stops and answers with what it has done.
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { createFractions } from '../guard/random.mjs'
import { heaviestPrompts } from './attack-prompts.mjs'

/** @typedef {import('node:net').Socket} Socket */

const LONGEST_WAIT_MS = 3_000
/** How much of a message a socket that is to be cut has sent. */
const PIECE_BYTES = 262_144
const KINDS = ['sluice.v1', 'sluice.v2', 'http']

const [port = '', sockets = '', seed = '', only = '', ...keys] = process.argv.slice(2)
const random = createFractions(Number(seed))
/**
 * @template Item
 * @param {readonly Item[]} items
 */
const pick = (items) => /** @type {Item} */ (items[Math.floor(random() * items.length)])
/** The same for all frames, so that each prompt is masked once. */
const MASK = Buffer.from([0x5a, 0xc3, 0x3c, 0xa5])

/** @param {Buffer} payload */
const masked = (payload) => Buffer.from(payload.map((byte, i) => byte ^ (MASK[i & 3] ?? 0)))

const prompts = [...heaviestPrompts()]
  .filter(([name]) => name.includes(only))
  .map(([, plain]) => ({ plain, closed: masked(Buffer.concat([plain, Buffer.from('}')])) }))
const done = /** @type {Record<string, number>} */ ({
  connections: 0,
  cuts: 0,
  messages: 0,
  answers: 0,
})
let isOver = false

/** @param {string} what */
const count = (what) => {
  done[what] = (done[what] ?? 0) + 1
}

/**
 * The beginning of a client's frame (RFC 6455 section 5.2).
 * @param {number} opcode
 * @param {number} length
 */
function head(opcode, length, isLast = true) {
  const bytes = Buffer.alloc(10)
  bytes[0] = (isLast ? 0x80 : 0) | opcode
  bytes[1] = 0xff
  bytes.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([bytes, MASK])
}

/** @typedef {typeof prompts[number]} Prompt */

/** Sends what it is given until it is cut, and reads as its reader likes. */
class Attacker {
  /** @type {Socket} */
  #socket
  #kind
  #sent = 0
  #hasAnswer = false
  /** Of each request over HTTP. */
  #head = ''

  /** @param {string} kind @param {string} key */
  constructor(kind, key) {
    this.#kind = kind
    this.#socket = connect(Number(port), '127.0.0.1')
    this.#socket.on('error', () => {})
    this.#socket.on('data', () => {
      this.#hasAnswer = true
    })
    const credential = `Authorization: Bearer ${key}`
    if (kind === 'http')
      this.#head = `POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n${credential}\r\nContent-Type: application/json\r\n`
    else {
      const upgrade = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}`
      this.#socket.write(
        `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n${credential}\r\n${upgrade}\r\nSec-WebSocket-Protocol: ${kind}\r\n\r\n`,
      )
    }
  }

  get isGone() {
    return this.#socket.destroyed
  }

  /** @param {Prompt} prompt */
  send({ plain, closed }, keepsKey = random() < 0.3) {
    count('messages')
    this.#hasAnswer = false
    this.#sent += 1
    const key = keepsKey ? `k${Math.floor(random() * 1e9)}` : undefined
    if (this.#kind === 'http') this.#post(plain, key)
    else this.#frame(closed, key)
  }

  /** @param {Buffer} closed @param {string | undefined} key */
  #frame(closed, key) {
    const v2 = this.#kind === 'sluice.v2'
    const named = v2
      ? `"id":"i${this.#sent}",${key === undefined ? '' : `"idempotencyKey":"${key}",`}`
      : ''
    const start = Buffer.from(`{"type":"init",${named}"payload":`)
    this.#write([head(1, start.length, false), masked(start), head(0, closed.length), closed])
  }

  /** @param {Buffer} payload @param {string | undefined} key */
  #post(payload, key) {
    // `modelId` is `model` here: the rest of the object stays as it is.
    const model = Buffer.from('{"stream":true,"model"')
    const rest = payload.subarray('{"modelId"'.length)
    const more = key === undefined ? '' : `Idempotency-Key: ${key}\r\n`
    const length = model.length + rest.length
    this.#write([Buffer.from(`${this.#head}${more}Content-Length: ${length}\r\n\r\n`), model, rest])
  }

  /** @param {Buffer[]} parts */
  #write(parts) {
    for (const part of parts) this.#socket.write(part)
  }

  /** Sends a beginning of a message and no more. @param {Prompt} prompt */
  sendHalf({ plain, closed }) {
    count('half messages')
    if (this.#kind === 'http') {
      const headers = `${this.#head}Content-Length: ${plain.length}\r\n\r\n`
      this.#write([Buffer.from(headers), plain.subarray(0, PIECE_BYTES)])
    } else this.#write([head(1, closed.length), closed.subarray(0, PIECE_BYTES)])
  }

  pause() {
    count('readers that stopped')
    this.#socket.pause()
  }

  /** Waits for an answer, or long enough. */
  async settle() {
    const until = performance.now() + random() * LONGEST_WAIT_MS
    while (performance.now() < until && !this.#hasAnswer && !this.isGone) await delay(20)
    if (this.#hasAnswer) count('answers')
  }

  cut() {
    count('cuts')
    this.#socket.destroy()
  }
}

/** One place of an attacker: a connection after another. @param {number} place */
async function attack(place) {
  await delay(random() * 1_000)
  while (!isOver) {
    const attacker = new Attacker(pick(KINDS), keys[place % keys.length] ?? '')
    count('connections')
    for (let i = 0; i < 4 && !isOver && !attacker.isGone; i += 1) {
      const prompt = pick(prompts)
      if (random() < 0.1) attacker.pause()
      if (random() < 0.1) attacker.sendHalf(prompt)
      else attacker.send(prompt)
      await attacker.settle()
      if (random() < 0.3) break
    }
    attacker.cut()
  }
}

const all = Promise.all(Array.from({ length: Number(sockets) }, (_, place) => attack(place)))
process.once('message', async () => {
  isOver = true
  await all
  process.send?.({ value: done }, () => process.disconnect())
})
