// Strangers for a soak run: each follows one paced answer after another, and notes how long each delta was after the last.
import { request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket } from 'ws'

/** How long a stranger waits who was refused. */
const AGAIN_MS = 500
/** Between the beginnings of two. */
const START_MS = 7

export class Strangers {
  /** Milliseconds between two deltas of an answer. @type {number[]} */
  gaps = []
  /** Milliseconds from a request to its first delta. @type {number[]} */
  firstTexts = []
  answers = 0
  /** Answers that did not come or broke off, by what was said. @type {Map<string, number>} */
  failures = new Map()
  #isOver = false
  /** @type {Promise<void>[]} */
  #lanes = []

  /**
   * Begins to ask, over each dialect and HTTP, so many times each; no two begin in the same millisecond.
   * @param {{ port: number, key: string, model: string, times?: number }} options
   */
  constructor({ port, key, model, times = 1 }) {
    const authorization = `Bearer ${key}`
    const asked = { model, port, authorization }
    for (let i = 0; i < times; i += 1) {
      for (const dialect of ['sluice.v1', 'sluice.v2'])
        this.#lanes.push(this.#lane(() => this.#overSocket({ ...asked, dialect })))
      this.#lanes.push(this.#lane(() => this.#overHttp(asked)))
    }
  }

  /** Lets what runs end. */
  async finish() {
    this.#isOver = true
    await Promise.all(this.#lanes)
  }

  /** @param {() => Promise<string>} ask resolves to what went wrong, or '' */
  async #lane(ask) {
    await delay(this.#lanes.length * START_MS)
    while (!this.#isOver) {
      const failure = await ask()
      if (failure === '') {
        this.answers += 1
        continue
      }
      this.failures.set(failure, (this.failures.get(failure) ?? 0) + 1)
      await delay(AGAIN_MS)
    }
  }

  /** Notes the deltas of one answer. */
  #watch() {
    const askedAt = performance.now()
    let last = 0
    return () => {
      const now = performance.now()
      if (last === 0) this.firstTexts.push(now - askedAt)
      else this.gaps.push(now - last)
      last = now
    }
  }

  /** @param {{ port: number, authorization: string, model: string, dialect: string }} asked @returns {Promise<string>} */
  #overSocket({ port, authorization, model, dialect }) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, [dialect], {
      headers: { authorization },
    })
    const note = this.#watch()
    return new Promise((resolve) => {
      const end = (/** @type {string} */ failure) => {
        socket.terminate()
        resolve(failure)
      }
      socket.once('open', () => {
        const payload = { modelId: model, messages: [{ role: 'user', content: 'hello' }] }
        socket.send(JSON.stringify({ type: 'init', id: 'a', payload }))
      })
      socket.on('message', (data) => {
        const { type, code, text, data: chunk } = JSON.parse(String(data))
        if (type === 'error') end(code ?? 'error')
        else if (type === 'complete') end('')
        else if (text !== undefined || chunk?.choices[0]?.delta.content !== undefined) note()
      })
      socket.once('error', (error) => end(error.message))
      socket.once('close', (code) => end(`closed with ${code}`))
    })
  }

  /** @param {{ port: number, authorization: string, model: string }} asked @returns {Promise<string>} */
  #overHttp({ port, authorization, model }) {
    const headers = { authorization, 'content-type': 'application/json' }
    const note = this.#watch()
    return new Promise((resolve) => {
      const asking = request({
        port,
        host: '127.0.0.1',
        method: 'POST',
        path: '/v1/chat/completions',
        headers,
      })
      asking.once('error', (error) => resolve(error.message))
      asking.once('response', (response) => {
        let tail = ''
        response.on('data', (data) => {
          const text = String(data)
          tail = (tail + text).slice(-20)
          if (text.includes('"content"')) note()
        })
        response.once('error', (error) => resolve(error.message))
        response.once('close', () => {
          if (response.statusCode !== 200) resolve(`status ${response.statusCode}`)
          else resolve(tail.includes('[DONE]') ? '' : 'broke off')
        })
      })
      asking.end(
        JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'x' }] }),
      )
    })
  }
}
