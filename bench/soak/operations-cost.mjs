// What audit and metrics cost: the same load on a gateway without both and on one with an audit file that is scraped
// every second, side by side, in alternating rounds. CPU of the gateway's process, from /proc.
//   node bench/soak/operations-cost.mjs [--rounds 7]     prints one JSON object
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { MockUpstream } from '../rig/mock-upstream-process.mjs'
import { median } from '../rig/statistics.mjs'
import { AskingClient } from './asking-client.mjs'
import { GatewayProcess } from './gateway-process.mjs'
import { optionsOf } from './runs.mjs'

const CASES = {
  /** Long answers: almost all of the cost is that of deltas. */
  delta: { clients: 20, shape: { deltas: 1_500, paceMs: 0 } },
  /** Short answers: almost all of the cost is that of requests. */
  request: { clients: 20, shape: { deltas: 1, paceMs: 0 } },
}
const ROUND_MS = 3_000

const options = optionsOf('operations-cost', {
  rounds: { default: 7, means: 'rounds that count, after one that does not' },
})
const folder = mkdtempSync(join(tmpdir(), 'sluice-cost-'))
const mock = await MockUpstream.start()

/**
 * Microseconds of CPU for each delta or request in one round.
 * @param {GatewayProcess} gateway
 * @param {'delta' | 'request'} unit
 */
async function cost(gateway, unit) {
  const { clients: count, shape } = CASES[unit]
  const clients = Array.from(
    { length: count },
    (_, i) => new AskingClient(gateway.url, shape, i + 1),
  )
  await Promise.all(clients.map((client) => client.start()))
  const before = gateway.cpuMicros
  await delay(ROUND_MS)
  await Promise.all(clients.map((client) => client.finish()))
  const requests = clients.reduce((sum, { ended }) => sum + ended.length, 0)
  return (gateway.cpuMicros - before) / (requests * (unit === 'delta' ? shape.deltas : 1))
}

/**
 * Medians of both gateways over the rounds, and of their difference within a round.
 * @param {{ bare: GatewayProcess, full: GatewayProcess }} gateways
 * @param {'delta' | 'request'} unit
 */
async function compare({ bare, full }, unit) {
  const rows = []
  for (let round = 0; round <= options.rounds; round += 1) {
    const first = round % 2 === 0 ? await cost(bare, unit) : undefined
    const audited = await cost(full, unit)
    rows.push({ bare: first ?? (await cost(bare, unit)), audited })
  }
  // The first round warms up.
  const counted = rows.slice(1)
  const micros = (/** @type {number[]} */ list) => Math.round(median(list) * 100) / 100
  return {
    unit: `CPU microseconds a ${unit}`,
    without: micros(counted.map(({ bare: value }) => value)),
    withAuditAndMetrics: micros(counted.map(({ audited }) => audited)),
    difference: micros(counted.map(({ bare: value, audited }) => audited - value)),
  }
}

try {
  const bare = await GatewayProcess.start(mock.url, { SLUICE_AUDIT: 'off' })
  const full = await GatewayProcess.start(mock.url, { SLUICE_AUDIT: join(folder, 'audit.db') })
  const scraping = setInterval(() => void full.metric('sluice_sockets'), 1_000)
  const deltas = await compare({ bare, full }, 'delta')
  const requests = await compare({ bare, full }, 'request')
  clearInterval(scraping)
  console.log(JSON.stringify({ deltas, requests }, null, 2))
  await Promise.all([bare.end('SIGTERM'), full.end('SIGTERM')])
} finally {
  await mock.stop()
  rmSync(folder, { recursive: true })
}
