// Strangers beside attackers: 200 sockets of ten keys send the heaviest requests that the bounds allow, over both dialects
// and HTTP, with readers that stop and cuts at any moment, while others follow paced answers.
//   node bench/soak/attack.mjs [--seconds 60] [--sockets 200] [--seed 1] [--only NAME]      exits with 1 if a target is missed
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createKey } from '@sluice/gateway'
import { Child, freePort } from '../rig/child.mjs'
import { percentile } from '../rig/statistics.mjs'
import { auditRecords, GatewayProcess } from './gateway-process.mjs'
import { optionsOf } from './runs.mjs'
import { Strangers } from './strangers.mjs'

/** Where everybody but the gateway runs, so that it has the other core. */
const CLIENT_CORE = 1
const ATTACKERS_KEYS = 10
const QUIET_SECONDS = 5
const LOOK_MS = 100
/** The attackers' last wait, and the gateway's last looks at sockets that are gone. */
const END_WITHIN_MS = 60_000
const MAX_GAP_MS = 50
/** Of the budget, and of what the process has without a client. */
const MEMORY_PART = 1.25
const MEBIBYTE = 1_048_576

const options = optionsOf('attack', {
  seconds: { default: 60, means: 'how long' },
  sockets: { default: 200, means: 'sockets of the attackers' },
  seed: { default: 1, means: 'of all that is random' },
  only: { takes: 'NAME', means: 'one attack instead of all' },
  'budget-mib': { default: 256, means: 'SLUICE_MEMORY_BUDGET_BYTES in MiB' },
})
const budget = options['budget-mib'] * MEBIBYTE
const folder = mkdtempSync(join(tmpdir(), 'sluice-attack-'))
const files = { keys: join(folder, 'keys.json'), audit: join(folder, 'audit.db') }

/** @param {number} count */
async function makeKeys(count) {
  const keys = []
  for (let i = 0; i < count; i += 1) {
    const { key } = await createKey({ path: files.keys, now: Date.now() }, { name: `key ${i}` })
    keys.push(key)
  }
  return keys
}

/** @param {string} upstreamUrl */
function startGateway(upstreamUrl) {
  const config = join(folder, 'sluice.yaml')
  const windows = ['silent', 'pouring', 'extending', 'paced'].map(
    (name) => `${name}: {contextWindow: 9000000}`,
  )
  writeFileSync(config, `models: {${windows.join(', ')}, small: {contextWindow: 8000}}\n`)
  return GatewayProcess.start(upstreamUrl, {
    SLUICE_CONFIG: config,
    SLUICE_KEYS_FILE: files.keys,
    SLUICE_AUDIT: files.audit,
    SLUICE_POLICY: 'standard',
    SLUICE_MEMORY_BUDGET_BYTES: String(budget),
    SLUICE_RETENTION_MS: '5000',
    SLUICE_GRACE_MS: '5000',
    // As often as they can: what is measured is what the bounds of one request leave open.
    SLUICE_CLIENT_REQUESTS_PER_MINUTE: '0',
    SLUICE_ADDRESS_REQUESTS_PER_MINUTE: '0',
    SLUICE_ADDRESS_SOCKETS: '0',
  })
}

/** @param {GatewayProcess} gateway @param {number} ms */
async function peakMemory(gateway, ms) {
  const until = performance.now() + ms
  let peak = 0
  while (performance.now() < until) {
    peak = Math.max(peak, gateway.residentBytes)
    await delay(LOOK_MS)
  }
  return peak
}

/** @param {() => Promise<boolean>} holds */
async function until(holds) {
  const deadline = performance.now() + END_WITHIN_MS
  while (performance.now() < deadline) {
    if (await holds()) return true
    await delay(LOOK_MS)
  }
  return false
}

/**
 * @param {string} url of the upstream
 * @returns {Promise<{ open: number, gaps: number[] }>}
 */
const statsOf = async (url) => /** @type {any} */ (await (await fetch(url)).json())

/** @param {number} value */
const rounded = (value) => Math.round(value * 10) / 10

/** @param {Strangers} strangers */
function seen({ gaps, firstTexts, answers, failures }) {
  return {
    'gap p50, ms': rounded(percentile(gaps, 50)),
    'gap p99, ms': rounded(percentile(gaps, 99)),
    'gap p99.9, ms': rounded(percentile(gaps, 99.9)),
    'longest gap, ms': rounded(percentile(gaps, 100)),
    'first text p99, ms': rounded(percentile(firstTexts, 99)),
    gaps: gaps.length,
    answers,
    failures: [...failures].map(([what, count]) => `${count} ${what}`).join(', '),
  }
}

const upstreamPort = await freePort()
const upstreamUrl = `http://127.0.0.1:${upstreamPort}`
const [strangersKey = '', ...keys] = await makeKeys(1 + ATTACKERS_KEYS)
const upstream = new Child({
  name: 'upstream',
  args: ['soak/attack-upstream.mjs', String(upstreamPort)],
  core: CLIENT_CORE,
})
await upstream.untilReady(upstreamUrl)
const gateway = await startGateway(upstreamUrl)
const port = Number(new URL(gateway.url).port)

try {
  const asked = { port, key: strangersKey, model: 'paced' }
  const alone = new Strangers(asked)
  await delay(QUIET_SECONDS * 1_000)
  await alone.finish()
  await delay(1_000)
  const before = { memory: gateway.residentBytes, descriptors: gateway.descriptors }

  const attackers = new Child({
    name: 'attackers',
    args: [
      'soak/attackers.mjs',
      String(port),
      String(options.sockets),
      String(options.seed),
      options.only ?? '',
      ...keys,
    ],
    core: CLIENT_CORE,
    hasChannel: true,
  })
  const beside = new Strangers(asked)
  const cpuBefore = gateway.cpuMicros
  const peak = await peakMemory(gateway, options.seconds * 1_000)
  const cores = (gateway.cpuMicros - cpuBefore) / 1e6 / options.seconds
  await beside.finish()
  const done = /** @type {Record<string, number>} */ (await attackers.ask({}, END_WITHIN_MS))
  await attackers.stop()

  const isEmpty = await until(
    async () =>
      (await gateway.metric('sluice_log_bytes')) === 0 &&
      (await gateway.metric('sluice_sockets')) === 0 &&
      gateway.descriptors <= before.descriptors,
  )
  const { open, gaps } = await statsOf(upstreamUrl)
  const after = { descriptors: gateway.descriptors, held: await gateway.metric('sluice_log_bytes') }
  await gateway.end('SIGTERM')
  const records = await auditRecords(files.audit)
  const unended = records.filter(({ status }) => ['started', 'interrupted'].includes(status))

  console.table({ alone: seen(alone), beside: seen(beside) })
  console.table(done)
  const allowed = MEMORY_PART * (before.memory + budget)
  const figures = {
    seconds: options.seconds,
    'gap p99 at the upstream, ms': rounded(percentile(gaps, 99)),
    'cores used': rounded(cores),
    'resident before, MB': Math.round(before.memory / 1e6),
    'resident at most, MB': Math.round(peak / 1e6),
    'allowed, MB': Math.round(allowed / 1e6),
    'descriptors before': before.descriptors,
    'descriptors after': after.descriptors,
    'bytes held after': after.held,
    'upstream streams left open': open,
    records: records.length,
    'records without an end': unended.length,
  }
  console.table(figures)
  const problems = [
    percentile(beside.gaps, 99) > MAX_GAP_MS ? 'the stranger waits too long' : '',
    peak > allowed ? 'memory is over the budget' : '',
    isEmpty && open === 0 ? '' : 'something was left open',
    unended.length > 0 ? 'records have no end' : '',
  ].filter((problem) => problem !== '')
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) process.exitCode = 1
} finally {
  await gateway.end('SIGKILL').catch(() => {})
  await upstream.stop()
  rmSync(folder, { recursive: true, force: true })
}
