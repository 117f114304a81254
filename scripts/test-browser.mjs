// `npm run test:browser`: the page of examples/browser in a real Chromium, over a proxy that goes silent in the middle of an
// answer. Installs Debian's package where it may, and says so where there is no browser.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, connect as dial } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { connect } from '@sluice/client'
import { createGateway } from '@sluice/gateway'
import { startSandbox } from '@sluice/sandbox'
import { WebSocket } from 'ws'
import { serve } from '../examples/browser/server.mjs'

const DEADLINE_MS = 60_000
const APT = '/usr/bin/apt-get'
const PROMPT = 'Where is my order?'

/** The path of a Chromium, installed if it is not there and can be; undefined if there is none. */
function findChromium() {
  const known = () =>
    ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)
  if (known() === undefined && process.getuid?.() === 0 && existsSync(APT)) {
    const install = ['install', '-y', '--no-install-recommends', 'chromium']
    spawnSync(APT, install, { stdio: 'ignore', timeout: 300_000 })
  }
  return known()
}

/** @param {string} what @param {() => unknown} holds */
async function until(what, holds) {
  const deadline = performance.now() + DEADLINE_MS
  while (!(await holds())) {
    assert(performance.now() < deadline, `waited in vain until ${what}`)
    await delay(50)
  }
}

/** A way to a gateway that can go silent: its connections stay open, and nothing comes through. */
async function silentWay(/** @type {string} */ url) {
  /** @type {Set<[import('node:net').Socket, import('node:net').Socket]>} */
  const pairs = new Set()
  const server = createServer((client) => {
    const gateway = dial(Number(new URL(url).port), '127.0.0.1')
    pairs.add([client, gateway])
    client.pipe(gateway).pipe(client)
    for (const socket of [client, gateway]) socket.on('error', () => {})
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return {
    url: `ws://127.0.0.1:${port}`,
    goSilent() {
      for (const [client, gateway] of pairs) {
        client.unpipe(gateway).resume()
        gateway.unpipe(client).resume()
      }
    },
    close() {
      server.close()
      for (const socket of [...pairs].flat()) socket.destroy()
    },
  }
}

/** A page in a headless Chromium, spoken to by the DevTools protocol. */
class Page {
  #process
  #folder
  /** @type {WebSocket | undefined} */
  #socket
  #id = 0

  /** @param {string} chromium @param {string} url */
  constructor(chromium, url) {
    this.#folder = mkdtempSync(join(tmpdir(), 'sluice-browser-'))
    const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage']
    const own = ['--remote-debugging-port=0', `--user-data-dir=${this.#folder}`]
    this.#process = spawn(chromium, [...flags, ...own, url], { stdio: 'ignore' })
  }

  async open() {
    const file = join(this.#folder, 'DevToolsActivePort')
    await until(
      'Chromium has started',
      () => existsSync(file) && readFileSync(file, 'utf8').includes('\n'),
    )
    const [port] = readFileSync(file, 'utf8').split('\n')
    const pages = await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()
    const { webSocketDebuggerUrl } = pages.find((/** @type {any} */ { type }) => type === 'page')
    this.#socket = new WebSocket(webSocketDebuggerUrl)
    await new Promise((resolve) => this.#socket?.once('open', () => resolve(undefined)))
    await until('the page has loaded', () => this.run("document.readyState === 'complete'"))
  }

  /** The value of an expression in the page. @param {string} expression */
  run(expression) {
    this.#id += 1
    const id = this.#id
    return new Promise((resolve) => {
      const take = (/** @type {Buffer} */ data) => {
        const answer = JSON.parse(String(data))
        if (answer.id !== id) return
        this.#socket?.off('message', take)
        resolve(answer.result?.result?.value)
      }
      this.#socket?.on('message', take)
      const params = { expression, returnByValue: true }
      this.#socket?.send(JSON.stringify({ id, method: 'Runtime.evaluate', params }))
    })
  }

  /** @param {string} id */
  text(id) {
    return this.run(`document.getElementById('${id}').textContent`)
  }

  async close() {
    this.#socket?.terminate()
    const ended = new Promise((resolve) => this.#process.once('close', resolve))
    this.#process.kill('SIGKILL')
    await ended
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

const ASK = "document.querySelector('form').requestSubmit()"

/** @param {string} chromium */
async function testPage(chromium) {
  const server = await serve(0)
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  const origin = `http://127.0.0.1:${port}`
  const sandbox = await startSandbox({ deltaIntervalMs: 100 })
  const gateway = await createGateway({
    port: 0,
    adminPort: 'off',
    audit: 'off',
    logLevel: 'silent',
    llmBaseUrl: `${sandbox.url}/v1`,
    allowedOrigins: [origin],
  })
  const way = await silentWay(gateway.url)
  const page = new Page(chromium, `${origin}/?gateway=${way.url}&model=sandbox-default`)
  try {
    await page.open()
    const client = connect({ url: gateway.url, WebSocket })
    const modelId = 'sandbox-default'
    const expected = await client
      .complete({ modelId, messages: [{ role: 'user', content: PROMPT }] })
      .text()
    client.close()

    await page.run(ASK)
    await until('text is shown', async () => (await page.text('answer')).length > 20)
    way.goSilent()
    const atSilence = await page.text('answer')
    assert(atSilence.length < expected.length, 'the way went silent in the middle')
    await until('the answer has ended', async () => (await page.text('end')) !== '')
    assert.equal(await page.text('end'), 'complete')
    assert.equal(await page.text('answer'), expected)
    console.log('ok: the text is whole over a network that went silent in the middle of it')

    await page.run(ASK)
    await until('text is shown', async () => (await page.text('answer')).length > 20)
    assert.equal(sandbox.stats().openStreams, 1)
    await page.run("document.getElementById('stop').click()")
    await until('the page says so', async () => (await page.text('end')) === 'cancelled')
    await until('the upstream is left', () => sandbox.stats().openStreams === 0)
    console.log('ok: stop stops the model')
  } finally {
    await page.close()
    way.close()
    await gateway.stop()
    await sandbox.close()
    server.close()
    server.closeAllConnections()
  }
}

const chromium = findChromium()
if (chromium === undefined)
  console.log('skipped: there is no Chromium here, and it could not be installed')
else await testPage(chromium)
