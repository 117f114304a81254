// Connections that write what they are given, sound or not, and keep what comes.
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** A request may take 10 s to arrive; the rest is for a busy machine. */
const CUT_WITHIN_MS = 20_000

/**
 * @param {string} body
 * @param {string} [framing]
 */
export function rawRequest(body, framing = `content-length: ${Buffer.byteLength(body)}`) {
  const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n`
  return `${head}${framing}\r\n\r\n${body}`
}

/**
 * A connection that writes `bytes` and keeps what comes.
 * @param {URL} url
 * @param {string} bytes
 */
export function rawConnection({ port, hostname }, bytes) {
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
export async function until(holds, withinMs = CUT_WITHIN_MS) {
  const deadline = performance.now() + withinMs
  while (!holds() && performance.now() < deadline) await delay(5)
  return holds()
}

/** @param {string} text @returns {number[]} */
export const statusesIn = (text) =>
  [...text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, s]) => Number(s))
