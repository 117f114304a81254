// The dashboard's receiver goes away under load and comes back: streams are unharmed, memory is bounded, every event is
// delivered, waiting or counted as dropped.
//   node bench/soak/webhook-down.mjs [--seconds 60]      prints one JSON object; exits with 1 if something does not hold
import { createServer } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../rig/child.mjs'
import { MockUpstream } from '../rig/mock-upstream-process.mjs'
import { percentile } from '../rig/statistics.mjs'
import { AskingClient } from './asking-client.mjs'
import { GatewayProcess } from './gateway-process.mjs'
import { optionsOf } from './runs.mjs'

const CLIENTS = 40
const SHAPE = { deltas: 50, paceMs: 10 }
/** The longest pause between two tries is 30 s, so the first success may take that long. */
const RECOVERY_MS = 45_000
/**
 * The queue holds 8 MiB at most. The rest is what V8 leaves for a later collection of its old generation: the same load
 * without a webhook swings by some 100 MiB over a minute, too.
 */
const MAX_GROWTH_BYTES = 256 * 1024 * 1024

const options = optionsOf('webhook-down', {
  seconds: { default: 60, means: 'how long the receiver is away' },
})
const downMs = options.seconds * 1_000
/** Before the receiver goes: for the process to be warm, and for the comparison. */
const warmMs = Math.min(downMs, 4_000)
const hookPort = await freePort()
const mock = await MockUpstream.start()

let received = 0
let told = 0
const receiver = () => {
  const server = createServer(async (request, response) => {
    const parts = []
    for await (const part of request) parts.push(part)
    const { events, dropped } = JSON.parse(Buffer.concat(parts).toString())
    received += events.length
    told += dropped
    response.writeHead(204).end()
  })
  server.listen(hookPort, '127.0.0.1')
  return server
}

/** @param {import('node:http').Server} server */
function stop(server) {
  server.close()
  server.closeAllConnections()
}

/**
 * What clients saw in a time, and the most memory meanwhile.
 * @param {{ clients: AskingClient[], gateway: GatewayProcess }} run
 * @param {number} ms
 */
async function phase({ clients, gateway }, ms) {
  const from = Date.now()
  let residentBytes = 0
  for (const deadline = performance.now() + ms; performance.now() < deadline; await delay(100)) {
    residentBytes = Math.max(residentBytes, gateway.residentBytes)
  }
  const ended = clients.flatMap((client) => client.ended.filter(({ at }) => at >= from))
  const took = ended.map(({ tookMs }) => tookMs)
  return {
    seconds: ms / 1_000,
    answers: ended.length,
    p50Ms: Math.round(percentile(took, 50)),
    p99Ms: Math.round(percentile(took, 99)),
    residentMiB: Math.round(residentBytes / 1_048_576),
  }
}

/** @param {GatewayProcess} gateway */
async function untilDeliveredAgain(gateway) {
  const before = received
  const begunAt = performance.now()
  while (received === before && performance.now() - begunAt < RECOVERY_MS) await delay(50)
  while (
    (await gateway.metric('sluice_dashboard_queue')) > 0 &&
    performance.now() - begunAt < 2 * RECOVERY_MS
  ) {
    await delay(100)
  }
}

async function soak() {
  let hook = receiver()
  const gateway = await GatewayProcess.start(mock.url, {
    SLUICE_AUDIT: 'off',
    SLUICE_WEBHOOK_URL: `http://127.0.0.1:${hookPort}/`,
    SLUICE_WEBHOOK_SECRET: 'a secret of the soak run',
    SLUICE_WEBHOOK_CHUNKS: 'true',
  })
  const clients = Array.from(
    { length: CLIENTS },
    (_, i) => new AskingClient(gateway.url, SHAPE, i + 1),
  )
  try {
    await Promise.all(clients.map((client) => client.start()))
    await phase({ clients, gateway }, warmMs)
    const up = await phase({ clients, gateway }, warmMs)
    stop(hook)
    const down = await phase({ clients, gateway }, downMs)
    const queued = await gateway.metric('sluice_dashboard_queue')
    hook = receiver()
    await Promise.all(clients.map((client) => client.finish()))
    await untilDeliveredAgain(gateway)
    const pushed = clients.reduce((sum, { chunks, ended }) => sum + chunks + ended.length, 0)
    const [delivered, dropped] = await Promise.all(
      ['delivered', 'dropped'].map((what) => gateway.metric(`sluice_dashboard_${what}_total`)),
    )
    const failures = clients.reduce((sum, client) => sum + client.failures, 0)
    return { up, down, failures, pushed, received, delivered, dropped, told, queuedAtMost: queued }
  } finally {
    stop(hook)
    await gateway.end('SIGKILL')
  }
}

try {
  const report = await soak()
  const { up, down, failures, pushed, delivered = 0, dropped = 0, told: heard } = report
  const holds = {
    'no stream was harmed': failures === 0 && down.p99Ms < 2 * up.p99Ms,
    'memory is bounded': (down.residentMiB - up.residentMiB) * 1_048_576 < MAX_GROWTH_BYTES,
    'every event is accounted for': received === delivered && delivered + dropped === pushed,
    'the receiver learns of what it missed': heard === dropped,
  }
  console.log(JSON.stringify({ ...report, holds }, null, 2))
  if (Object.values(holds).includes(false)) process.exitCode = 1
} finally {
  await mock.stop()
}
