// The command `sluice` as a process that a soak run starts, kills and asks: the gateway itself, its audit, its metrics.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort } from '../rig/child.mjs'
import { usageOf } from '../rig/process-usage.mjs'

const SLUICE = fileURLToPath(new URL('../../packages/cli/bin/sluice.js', import.meta.url))
const COLLECTOR = fileURLToPath(new URL('collect-on-signal.mjs', import.meta.url))
const READY_WITHIN_MS = 20_000
/** Of /proc/net/tcp: established, and closed by the peer alone (CLOSE_WAIT). */
const HELD_STATES = ['01', '08']
const MAX_EXPORT_BYTES = 256 * 1024 * 1024

/**
 * One line of `sluice audit export`, as far as it is read here.
 * @typedef {object} AuditRecord
 * @property {string} requestId
 * @property {string} status
 * @property {string} beganAt
 */

export class GatewayProcess {
  #process
  #port
  #adminPort

  /**
   * @param {import('node:child_process').ChildProcess} process
   * @param {number} port
   * @param {number} adminPort
   */
  constructor(process, port, adminPort) {
    this.#process = process
    this.#port = port
    this.#adminPort = adminPort
  }

  /**
   * Starts a gateway and waits until it is ready.
   * @param {string} upstreamUrl of the mock
   * @param {Record<string, string>} env settings besides the ports and the upstream
   * @throws {Error} when it is not ready in 20 s
   */
  static async start(upstreamUrl, env) {
    const port = await freePort()
    const adminPort = await freePort()
    const { PATH = '', HOME = '' } = process.env
    const ports = { WS_PORT: String(port), SLUICE_ADMIN_PORT: String(adminPort) }
    const child = spawn(process.execPath, ['--expose-gc', '--import', COLLECTOR, SLUICE, 'serve'], {
      env: {
        PATH,
        HOME,
        LLM_BASE_URL: `${upstreamUrl}/v1`,
        SLUICE_LOG_LEVEL: 'error',
        ...ports,
        ...env,
      },
      stdio: ['ignore', 'inherit', 'ignore', 'ipc'],
    })
    const gateway = new GatewayProcess(child, port, adminPort)
    await gateway.#untilReady()
    return gateway
  }

  get url() {
    return `ws://127.0.0.1:${this.#port}`
  }

  /** Resident memory now. */
  get residentBytes() {
    return usageOf(this.#process.pid ?? 0).residentBytes
  }

  /**
   * What is in use once everything else is collected: JavaScript's heap and its buffers. Resident memory has what V8 keeps
   * for later besides, which differs from run to run.
   * @returns {Promise<number>}
   */
  async usedBytes() {
    const told = once(this.#process, 'message')
    this.#process.kill('SIGUSR2')
    const [{ heapUsed, external }] = await told
    return heapUsed + external
  }

  /**
   * TCP connections to a port of 127.0.0.1 that its side has not closed.
   * @param {number} port
   */
  connectionsTo(port) {
    const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`
    const rows = readFileSync('/proc/net/tcp', 'latin1').split('\n')
    const states = rows.map((row) => row.trim().split(/\s+/)).filter(([, from]) => from === local)
    return states.filter(([, , , state]) => HELD_STATES.includes(state ?? '')).length
  }

  /** Open descriptors now. */
  get descriptors() {
    return readdirSync(`/proc/${this.#process.pid}/fd`).length
  }

  /** User and system time so far. */
  get cpuMicros() {
    return usageOf(this.#process.pid ?? 0).cpuMicros
  }

  /**
   * The sum over a metric's series.
   * @param {string} name
   */
  async metric(name) {
    const response = await fetch(`http://127.0.0.1:${this.#adminPort}/metrics`)
    const lines = (await response.text())
      .split('\n')
      .filter((line) => /^\w+/.exec(line)?.[0] === name)
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
  }

  /** @param {NodeJS.Signals} signal */
  async end(signal) {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const closed = once(this.#process, 'close')
    this.#process.kill(signal)
    await closed
  }

  async #untilReady() {
    const deadline = performance.now() + READY_WITHIN_MS
    while (performance.now() < deadline && this.#process.exitCode === null) {
      const ready = await fetch(`http://127.0.0.1:${this.#adminPort}/readyz`).catch(() => undefined)
      if (ready?.ok) return
      await delay(10)
    }
    this.#process.kill('SIGKILL')
    throw new Error('the gateway was not ready in time')
  }
}

/**
 * All records of an audit file, by the command that everybody uses.
 * @param {string} path
 * @returns {Promise<AuditRecord[]>}
 */
export async function auditRecords(path) {
  const args = [SLUICE, 'audit', 'export', '--file', path]
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    maxBuffer: MAX_EXPORT_BYTES,
  })
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}
