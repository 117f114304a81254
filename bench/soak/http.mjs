// OpenAI's interface under clients without manners: some ask and read to the end and must get every character, the others
// dawdle, send too much, send ahead, close one half, leave at any moment, or send what is no request; responses are cut off
// and read on, in the background too. Nothing of them stays.
//   node bench/soak/http.mjs [--requests 1000] [--seed 1]                              exits with 1 if anything is wrong
import { setTimeout as delay } from 'node:timers/promises'
import { createFractions } from '../guard/random.mjs'
import { MockUpstream } from '../rig/mock-upstream-process.mjs'
import { GatewayProcess } from './gateway-process.mjs'
import { CHAT_MANNERS, MAX_BODY } from './http/chat-manners.mjs'
import { RESPONSES_MANNERS } from './http/responses-manners.mjs'
import { optionsOf } from './runs.mjs'

const LANES = 50
/** Responses of the background are kept ten times as long. */
const RETENTION_MS = 1_000
const SETTLE_WITHIN_MS = 40_000
/** What is in use may be this much over that after the warm-up. */
const GROWTH = 1.1
const PASSES = 3

const options = optionsOf('http', {
  requests: { default: 1_000, means: 'requests of each pass' },
  seed: { default: 1, means: 'of all that is random' },
})
const total = options.requests
const random = createFractions(options.seed)
const upTo = (/** @type {number} */ limit) => Math.floor(random() * limit)

const MANNERS = Object.entries({ ...CHAT_MANNERS, ...RESPONSES_MANNERS })

function pickManner() {
  let left = random() * MANNERS.reduce((sum, [, { weight }]) => sum + weight, 0)
  for (const [name, { weight, manner }] of MANNERS) {
    left -= weight
    if (left < 0) return { name, manner }
  }
  throw new Error('the weights do not add up')
}

const mock = await MockUpstream.start()
const gateway = await GatewayProcess.start(mock.url, {
  SLUICE_AUDIT: 'off',
  SLUICE_POLICY: 'standard',
  SLUICE_MAX_MESSAGE_BYTES: String(MAX_BODY),
  SLUICE_RETENTION_MS: String(RETENTION_MS),
})
const url = new URL(gateway.url.replace('ws:', 'http:'))

/** What is left of clients that have gone. */
async function whatIsLeft() {
  const open = await mock.openStreams()
  return {
    'upstream streams': open,
    completions: await gateway.metric('sluice_completions'),
    'log bytes': await gateway.metric('sluice_log_bytes'),
    connections: gateway.connectionsTo(Number(url.port)),
  }
}

async function pass() {
  /** @type {Record<string, number>} */
  const counts = {}
  /** @type {string[]} */
  const problems = []
  let seed = 0
  const lane = async () => {
    while (seed < total) {
      seed += 1
      const own = seed * 10
      const { name, manner } = pickManner()
      counts[name] = (counts[name] ?? 0) + 1
      const problem = await manner(url, own, upTo).catch((error) => `${name}: ${error.message}`)
      if (problem !== undefined) problems.push(problem)
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  const deadline = performance.now() + SETTLE_WITHIN_MS
  let left = await whatIsLeft()
  while (Object.values(left).some(Boolean) && performance.now() < deadline) {
    await delay(200)
    left = await whatIsLeft()
  }
  for (const [what, count] of Object.entries(left))
    if (count > 0) problems.push(`${count} ${what} left`)
  const { residentBytes } = gateway
  return { counts, problems, left, residentBytes, usedBytes: await gateway.usedBytes() }
}

try {
  const warm = await pass()
  const later = []
  for (let i = 0; i < PASSES; i += 1) later.push(await pass())
  const row = (/** @type {typeof warm} */ { counts, left, problems, ...memory }) => ({
    ...counts,
    ...Object.fromEntries(Object.entries(left).map(([what, count]) => [`${what} left`, count])),
    'in use, MB': Math.round(memory.usedBytes / 1e5) / 10,
    'resident, MB': Math.round(memory.residentBytes / 1e6),
    problems: problems.length,
  })
  console.table([warm, ...later].map(row))
  const problems = [warm, ...later].flatMap((one) => one.problems)
  if ((later.at(-1)?.usedBytes ?? 0) > warm.usedBytes * GROWTH) problems.push('memory has grown')
  for (const problem of problems.slice(0, 20)) console.error(problem)
  if (problems.length > 0) process.exitCode = 1
} finally {
  await gateway.end('SIGTERM')
  await mock.stop()
}
