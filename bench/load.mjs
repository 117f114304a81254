// The load: a process of its own that opens clients, asks for their answers, checks every character and measures when
// the text came. It is told what to do, one command after the other, over the channel of `fork`; see Load in rig/rig.mjs.
import { setTimeout as delay } from 'node:timers/promises'
import { Answer } from './rig/answer.mjs'
import { createClient } from './rig/clients.mjs'
import { spreadOf } from './rig/statistics.mjs'

/** @typedef {import('./rig/clients.mjs').Client} Client */
/** @typedef {import('./rig/stream-plan.mjs').StreamShape} StreamShape */

/**
 * @typedef {object} Connect
 * @property {'connect'} do
 * @property {import('./rig/clients.mjs').Wire} wire
 * @property {string} url
 * @property {number} clients
 */

/**
 * @typedef {object} Complete
 * @property {'complete'} do
 * @property {StreamShape} shape
 * @property {number} arrivalMs over how long the requests are spread
 * @property {number} cancelEvery each how-many-th client leaves halfway; 0 is none
 * @property {number} repeats how many answers each client asks for, one after the other
 */

/** @typedef {{ do: 'close' }} Close */
/** @typedef {Connect | Complete | Close} Command */

/**
 * @typedef {object} LoadResult
 * @property {number} requests whole answers
 * @property {number} deltas what they held
 * @property {number} cancelled
 * @property {number} wallMs
 * @property {import('./rig/statistics.mjs').Spread} firstLateMs
 * @property {import('./rig/statistics.mjs').Spread} gapLateMs
 */

/** Sockets are opened in groups, so that no listen queue overflows. */
const CONNECT_AT_ONCE = 50

/** @type {Client[]} */
let clients = []

/** @param {Connect} command */
async function connect({ wire, url, clients: count }) {
  for (let made = 0; made < count; made += CONNECT_AT_ONCE) {
    const length = Math.min(CONNECT_AT_ONCE, count - made)
    const group = Array.from({ length }, () => createClient(wire, url))
    await Promise.all(group.map((client) => client.connect()))
    clients.push(...group)
  }
}

/**
 * @param {Complete} command
 * @returns {Promise<LoadResult>}
 * @throws {Error} when one answer is wrong or missing: the run is void
 */
async function complete({ shape, arrivalMs, cancelEvery, repeats }) {
  const startedAt = performance.now()
  const ofClients = await Promise.all(
    clients.map(async (client, index) => {
      await delay((index * arrivalMs) / clients.length)
      const leaves = cancelEvery > 0 && index % cancelEvery === 0
      const answers = []
      for (let repeat = 0; repeat < repeats; repeat += 1) {
        const plan = { ...shape, seed: repeat * clients.length + index + 1 }
        const answer = new Answer(plan, leaves ? () => client.close() : undefined)
        await client.complete(plan, answer).catch((error) => {
          if (!answer.isLeft) throw error
        })
        answers.push(answer)
      }
      return answers
    }),
  )
  const answers = ofClients.flat()
  const whole = answers.filter((answer) => !answer.isLeft)
  return {
    requests: whole.length,
    deltas: whole.length * shape.deltas,
    cancelled: answers.length - whole.length,
    wallMs: performance.now() - startedAt,
    firstLateMs: spreadOf(whole.map((answer) => answer.firstLateMs)),
    gapLateMs: spreadOf(whole.flatMap((answer) => answer.gapsLateMs)),
  }
}

function close() {
  for (const client of clients) client.close()
  clients = []
}

/** @param {Command} command */
function perform(command) {
  switch (command.do) {
    case 'connect':
      return connect(command)
    case 'complete':
      return complete(command)
    case 'close':
      return close()
  }
}

process.on('message', async (/** @type {Command} */ command) => {
  try {
    process.send?.({ value: await perform(command) })
  } catch (error) {
    process.send?.({ error: error instanceof Error ? error.message : String(error) })
  }
})
process.once('disconnect', () => process.exit(0))
