// The rig: a mock upstream and a load process on one core, engines on another, and the one way to measure: the same
// load, with what the engine used meanwhile. Which engines, which cases and how often is run.mjs's business.
import { ENGINES } from '../engines/engines.mjs'
import { Child, freePort } from './child.mjs'

/** @typedef {import('./cases.mjs').Case} Case */
/** @typedef {import('./clients.mjs').Wire} Wire */
/** @typedef {import('../load.mjs').LoadResult} LoadResult */

/**
 * What a load is pointed at: an engine, or `direct`, the mock itself without a gateway between.
 * @typedef {object} Target
 * @property {string} name
 * @property {Wire} wire
 * @property {string} url
 * @property {Child} [child] absent for `direct`
 * @property {number} [startMs] from its start until it was ready
 */

/**
 * @typedef {object} Measurement
 * @property {string} engine
 * @property {string} case
 * @property {number} requests whole answers
 * @property {number} deltas
 * @property {number} cancelled
 * @property {number} wallMs
 * @property {number} cpuMicros of the engine, all its processes; 0 for `direct`
 * @property {number} clientBusy how much of its core mock and load took together, 0 to 1
 * @property {import('./statistics.mjs').Spread} firstLateMs
 * @property {import('./statistics.mjs').Spread} gapLateMs
 */

/** @typedef {{ open: number, finished: number, aborted: number }} UpstreamCounts */

/** Where the processes run, where they can be pinned. */
const ENGINE_CORE = 0
const CLIENT_CORE = 1
const COMMAND_WITHIN_MS = 60_000

export class Rig {
  #isPinned
  #upstreamPort = 0
  /** @type {Child | undefined} */
  #mock
  /** @type {Child | undefined} */
  #load
  /** @type {Set<Child>} */
  #children = new Set()

  /** @param {{ isPinned: boolean }} options whether processes are pinned to cores */
  constructor({ isPinned }) {
    this.#isPinned = isPinned
  }

  /** Starts the mock and the load. */
  async start() {
    this.#upstreamPort = await freePort()
    this.#mock = this.#startChild({
      name: 'mock',
      args: ['mock-upstream.mjs', String(this.#upstreamPort)],
      core: CLIENT_CORE,
    })
    this.#load = this.#startChild({
      name: 'load',
      args: ['load.mjs'],
      core: CLIENT_CORE,
      hasChannel: true,
    })
    await this.#mock.untilReady(this.#upstreamUrl)
  }

  get #upstreamUrl() {
    return `http://127.0.0.1:${this.#upstreamPort}`
  }

  /** @param {import('./child.mjs').ChildOptions} options */
  #startChild(options) {
    const child = new Child({ ...options, core: this.#isPinned ? options.core : undefined })
    this.#children.add(child)
    return child
  }

  /** @returns {Target} */
  get direct() {
    return { name: 'direct', wire: 'direct', url: this.#upstreamUrl }
  }

  /**
   * @param {string} name a key of ENGINES
   * @param {Record<string, string>} [env] beside the engine's own
   * @param {string[]} [nodeOptions] of its process
   * @returns {Promise<Target>}
   */
  async startEngine(name, env = {}, nodeOptions = []) {
    const engine = ENGINES[name]
    if (engine === undefined) throw new Error(`no engine is called ${name}`)
    const port = await freePort()
    const startedAt = performance.now()
    const launch = engine.launch(this.#upstreamUrl, port)
    const child = this.#startChild({
      name,
      core: ENGINE_CORE,
      args: [...nodeOptions, ...launch.args],
      env: { ...launch.env, ...env },
    })
    await child.untilReady(`http://127.0.0.1:${port}/readyz`)
    const startMs = performance.now() - startedAt
    const scheme = engine.wire === 'events' ? 'http' : 'ws'
    return { name, wire: engine.wire, url: `${scheme}://127.0.0.1:${port}`, child, startMs }
  }

  /**
   * One load on one target: clients connect, then all that counts happens between two readings of the usage.
   * @param {Target} target
   * @param {Case} task
   * @param {number} [cancelEvery] each how-many-th client leaves halfway; 0 is none
   * @returns {Promise<Measurement>}
   * @throws {Error} when an answer is wrong or missing, or a process ends
   */
  async measure(target, task, cancelEvery = 0) {
    const { streams: clients, shape, arrivalMs, repeats = 1 } = task
    await this.#ask({ do: 'connect', wire: target.wire, url: target.url, clients })
    const startedAt = performance.now()
    const before = this.#cpuOf(target)
    const result = /** @type {LoadResult} */ (
      await this.#ask({ do: 'complete', shape, arrivalMs, cancelEvery, repeats }).catch((error) => {
        throw new Error(`${target.name}, ${task.name}: ${error.message}`, { cause: error })
      })
    )
    const after = this.#cpuOf(target)
    const tookMicros = (performance.now() - startedAt) * 1_000
    await this.#ask({ do: 'close' })
    return {
      engine: target.name,
      case: task.name,
      ...result,
      cpuMicros: after.engine - before.engine,
      clientBusy: (after.clients - before.clients) / tookMicros,
    }
  }

  /** @param {Target} target */
  #cpuOf(target) {
    const clients = [this.#mock, this.#load].map((child) => child?.usage().cpuMicros ?? 0)
    return {
      engine: target.child?.usage().cpuMicros ?? 0,
      clients: clients.reduce((sum, micros) => sum + micros, 0),
    }
  }

  /** @param {import('../load.mjs').Command} command */
  async #ask(command) {
    return this.#load?.ask(command, COMMAND_WITHIN_MS)
  }

  /**
   * How the mock's streams have ended so far.
   * @returns {Promise<UpstreamCounts>}
   */
  async upstreamCounts() {
    const response = await fetch(this.#upstreamUrl)
    return /** @type {UpstreamCounts} */ (await response.json())
  }

  /** @param {Target} target */
  async stopEngine({ child }) {
    if (child === undefined) return
    await child.stop()
    this.#children.delete(child)
  }

  /** Ends everything that was started. */
  async stop() {
    await Promise.all([...this.#children].map((child) => child.stop()))
    this.#children.clear()
  }
}
