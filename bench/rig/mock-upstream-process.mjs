// The mock upstream as a process of its own, which a long run starts, asks and ends.
import { Child, freePort } from './child.mjs'

export class MockUpstream {
  #child
  /** Where it listens. */
  url

  /** @param {Child} child @param {string} url */
  constructor(child, url) {
    this.#child = child
    this.url = url
  }

  /** Starts one on a free port, and waits until it answers. */
  static async start() {
    const port = await freePort()
    const child = new Child({ name: 'mock', args: ['mock-upstream.mjs', String(port)] })
    const mock = new MockUpstream(child, `http://127.0.0.1:${port}`)
    await child.untilReady(mock.url)
    return mock
  }

  /** How many of its streams are open. */
  async openStreams() {
    const counts = /** @type {{ open: number }} */ (await (await fetch(this.url)).json())
    return counts.open
  }

  async stop() {
    await this.#child.stop()
  }
}
