// One process that the rig started: pinned to a core, asked, waited for and ended. What it writes to standard error is
// kept for the message if it fails.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { usageOf } from './process-usage.mjs'

const BENCH_FOLDER = dirname(dirname(fileURLToPath(import.meta.url)))
const READY_WITHIN_MS = 20_000
const END_WITHIN_MS = 5_000
const KEPT_ERROR_CHARACTERS = 2_000

/**
 * @typedef {object} ChildOptions
 * @property {string} name for messages
 * @property {string[]} args the script, relative to bench/, and its arguments
 * @property {Record<string, string>} [env] beside PATH and HOME, which are all it gets from us
 * @property {number | undefined} [core] what to pin it to
 * @property {boolean} [hasChannel] whether it can be asked
 */

export class Child {
  #process
  #name
  #errors = ''
  #ended = new AbortController()

  /** @param {ChildOptions} options */
  constructor({ name, args, env = {}, core, hasChannel = false }) {
    const command = [process.execPath, ...args]
    if (core !== undefined) command.unshift('taskset', '-c', String(core))
    const [file = '', ...rest] = command
    const { PATH = '', HOME = '' } = process.env
    this.#name = name
    this.#process = spawn(file, rest, {
      cwd: BENCH_FOLDER,
      env: { PATH, HOME, ...env },
      stdio: ['ignore', 'ignore', 'pipe', hasChannel ? 'ipc' : 'ignore'],
    })
    this.#process.stderr?.setEncoding('utf8').on('data', (text) => {
      this.#errors = (this.#errors + text).slice(-KEPT_ERROR_CHARACTERS)
    })
    this.#process.once('error', (error) => this.#ended.abort(error))
    this.#process.once('close', (code, signal) => {
      this.#ended.abort(new Error(`${name} ended with ${code ?? signal}: ${this.#errors}`))
    })
  }

  get pid() {
    return /** @type {number} */ (this.#process.pid)
  }

  /** User and system time, and memory, of the process and its descendants. */
  usage() {
    this.#ended.signal.throwIfAborted()
    return usageOf(this.pid)
  }

  /** @param {NodeJS.Signals} signal */
  signal(signal) {
    this.#process.kill(signal)
  }

  /**
   * Sends one command and waits for the answer to it. One at a time.
   * @param {object} command
   * @param {number} withinMs
   * @returns {Promise<unknown>}
   * @throws {Error} when the child says so, ends, or does not answer in time
   */
  async ask(command, withinMs) {
    const late = AbortSignal.timeout(withinMs)
    const signal = AbortSignal.any([late, this.#ended.signal])
    this.#process.send(command)
    const [reply] = await once(this.#process, 'message', { signal }).catch(() => {
      throw late.aborted ? new Error(`${this.#name}: no answer in ${withinMs} ms`) : signal.reason
    })
    if (reply.error !== undefined) throw new Error(reply.error)
    return reply.value
  }

  /**
   * Waits until a GET of `url` is answered with 200.
   * @param {string} url
   * @throws {Error} when the process ends first, or it takes more than 20 s
   */
  async untilReady(url) {
    const late = AbortSignal.timeout(READY_WITHIN_MS)
    while (!(await answersOk(url))) {
      this.#ended.signal.throwIfAborted()
      if (late.aborted) throw new Error(`${this.#name} was not ready in time: ${this.#errors}`)
      await delay(10)
    }
  }

  /** Ends the process, by force if it does not go. */
  async stop() {
    if (this.#ended.signal.aborted) return
    const closed = once(this.#process, 'close')
    this.#process.kill('SIGTERM')
    const force = setTimeout(() => this.#process.kill('SIGKILL'), END_WITHIN_MS)
    await closed
    clearTimeout(force)
  }
}

/** @param {string} url */
async function answersOk(url) {
  try {
    const response = await fetch(url)
    await response.arrayBuffer()
    return response.ok
  } catch {
    return false
  }
}

/** @returns {Promise<number>} a port of 127.0.0.1 that was free a moment ago */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  server.close()
  return port
}
