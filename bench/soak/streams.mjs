// What an open stream costs in memory, beside the bare pipe: a thousand at once, everything collected that is not in use.
//   node bench/soak/streams.mjs [--streams 1000]                      exits with 1 if memory does not come back afterwards
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { ENGINES } from '../engines/engines.mjs'
import { Answer } from '../rig/answer.mjs'
import { Child, freePort } from '../rig/child.mjs'
import { createClient } from '../rig/clients.mjs'
import { MockUpstream } from '../rig/mock-upstream-process.mjs'
import { optionsOf } from './runs.mjs'

const COMPARED = ['pipe', 'sluice-seed', 'sluice-v2-standard']
const TARGET = 15_000
/** After an identical pass memory may be this much over that of the one before. */
const GROWTH = 1.1
/** What the first streams of a process cost is not theirs. */
const WARM_STREAMS = 100
const CONNECT_AT_ONCE = 50
/** Slow enough that all are open when they are looked at. */
const SHAPE = { deltas: 16, paceMs: 500 }
const LOOK_AFTER_MS = 4_000
const SETTLE_MS = 1_000
const COLLECTOR = fileURLToPath(new URL('collect-on-signal.mjs', import.meta.url))

const options = optionsOf('streams', { streams: { default: 1_000, means: 'streams at once' } })
const { streams } = options
const mock = await MockUpstream.start()

/** @param {Child} child */
async function usedBytes(child) {
  child.signal('SIGUSR2')
  await delay(SETTLE_MS)
  return child.usage().residentBytes
}

/**
 * So many answers at once.
 * @param {{ child: Child, wire: import('../rig/clients.mjs').Wire, url: string }} engine
 * @param {number} count
 * @returns memory in the middle of them, and after their end
 * @throws {Error} when one is wrong or missing
 */
async function pass({ child, wire, url }, count) {
  const clients = []
  while (clients.length < count) {
    const length = Math.min(CONNECT_AT_ONCE, count - clients.length)
    const group = Array.from({ length }, () => createClient(wire, url))
    await Promise.all(group.map((client) => client.connect()))
    clients.push(...group)
  }
  const whole = clients.map((client, seed) => {
    const plan = { ...SHAPE, seed: seed + 1 }
    return client.complete(plan, new Answer(plan))
  })
  await delay(LOOK_AFTER_MS)
  const open = await usedBytes(child)
  await Promise.all(whole)
  for (const client of clients) client.close()
  await delay(SETTLE_MS)
  return { open, left: await usedBytes(child) }
}

/** @param {string} name */
async function measure(name) {
  const engine = ENGINES[name]
  if (engine === undefined) throw new Error(`no engine is called ${name}`)
  const port = await freePort()
  const { args, env } = engine.launch(mock.url, port)
  const own = ['--expose-gc', '--import', COLLECTOR, ...args]
  const child = new Child({ name, args: own, ...(env === undefined ? {} : { env }) })
  try {
    await child.untilReady(`http://127.0.0.1:${port}/readyz`)
    const target = { child, wire: engine.wire, url: `ws://127.0.0.1:${port}` }
    const before = (await pass(target, WARM_STREAMS)).left
    const first = await pass(target, streams)
    const second = await pass(target, streams)
    return { before, first, second, perStream: (first.open - before) / streams }
  } finally {
    await child.stop()
  }
}

/** @param {number} bytes */
const megabytes = (bytes) => Math.round(bytes / 1e6)

try {
  /** @type {Record<string, Record<string, number>>} */
  const rows = {}
  let ofPipe = 0
  for (const name of COMPARED) {
    const { before, first, second, perStream } = await measure(name)
    if (name === 'pipe') ofPipe = perStream
    rows[name] = {
      'before, MB': megabytes(before),
      'open, MB': megabytes(first.open),
      'after, MB': megabytes(first.left),
      'after another pass, MB': megabytes(second.left),
      'bytes a stream': Math.round(perStream),
      'over the pipe': Math.round(perStream - ofPipe),
    }
    if (second.left > first.left * GROWTH) process.exitCode = 1
  }
  console.table(rows)
  console.log(`The target is ${TARGET} bytes over the pipe.`)
} finally {
  await mock.stop()
}
