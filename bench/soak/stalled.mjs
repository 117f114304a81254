// Readers beside clients that ask for answers as fast as they come and never read: what the readers' gaps become while
// those fill every buffer, wait, leave one by one and ask again, are closed, and leave together; and while the answers are
// small extensions, which cost the most a byte.
//   node bench/soak/stalled.mjs [--readers 120] [--stalled 60]                        exits with 1 if a target is missed
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createKey } from '@sluice/gateway'
import { Child, freePort } from '../rig/child.mjs'
import { percentile } from '../rig/statistics.mjs'
import { GatewayProcess } from './gateway-process.mjs'
import { optionsOf } from './runs.mjs'
import { Strangers } from './strangers.mjs'

/** Each asks over both dialects and HTTP. */
const KINDS = 3
const WARM_UP_MS = 6_000
const END_WITHIN_MS = 30_000
/** Beside stalled ones the readers' p99 may be this much over what it was without them. */
const SLOWER = 1.1
/** What two runs of the same differ by. */
const NOISE_MS = 15
/** Over its budget a node may be by what the answers of the moment still bring. */
const MEMORY_PART = 1.25
const BUDGET_BYTES = 2_048 * 1_048_576

const options = optionsOf('stalled', {
  readers: { default: 120, means: 'paced answers that are read at a time' },
  stalled: { default: 60, means: 'clients that do not read' },
})
const folder = mkdtempSync(join(tmpdir(), 'sluice-stalled-'))
const keys = join(folder, 'keys.json')
const [readersKey, stalledKey] = await makeKeys()
const upstreamPort = await freePort()
const upstreamUrl = `http://127.0.0.1:${upstreamPort}`
const upstream = new Child({
  name: 'upstream',
  args: ['soak/attack-upstream.mjs', String(upstreamPort)],
})
await upstream.untilReady(upstreamUrl)
const gateway = await GatewayProcess.start(upstreamUrl, {
  SLUICE_KEYS_FILE: keys,
  SLUICE_AUDIT: 'off',
  SLUICE_POLICY: 'standard',
  SLUICE_MEMORY_BUDGET_BYTES: String(BUDGET_BYTES),
  // Longer than a socket and the operating systems of both sides take together, so that the gateway has to hold it back.
  SLUICE_MAX_ANSWER_CHARACTERS: '16000000',
  SLUICE_STALL_TIMEOUT_MS: '8000',
  SLUICE_GRACE_MS: '2000',
  SLUICE_RETENTION_MS: '2000',
  SLUICE_CLIENT_REQUESTS_PER_MINUTE: '0',
  SLUICE_CLIENT_SOCKETS: '0',
  SLUICE_CLIENT_COMPLETIONS: '0',
  SLUICE_ADDRESS_REQUESTS_PER_MINUTE: '0',
  SLUICE_ADDRESS_SOCKETS: '0',
})
const { port } = new URL(gateway.url)

async function makeKeys() {
  const made = []
  for (const name of ['readers', 'stalled'])
    made.push((await createKey({ path: keys, now: Date.now() }, { name })).key)
  return /** @type {[string, string]} */ (made)
}

/** Clients that do not read. @param {string} model */
function askingFor(model) {
  return new Child({
    name: 'stalled',
    args: ['soak/stalled-clients.mjs', port, String(options.stalled), model, stalledKey],
    hasChannel: true,
  })
}

/** @param {number} value */
const rounded = (value) => Math.round(value * 10) / 10

/**
 * What the readers see for so long, and what the gateway holds at the end of it.
 * @param {Strangers} readers
 * @param {number} seconds
 */
async function look(readers, seconds) {
  const [from, cpu] = [readers.gaps.length, gateway.cpuMicros]
  await delay(seconds * 1_000)
  const gaps = readers.gaps.slice(from)
  return {
    seconds,
    gaps: gaps.length,
    'gap p50, ms': rounded(percentile(gaps, 50)),
    'gap p99, ms': rounded(percentile(gaps, 99)),
    'longest gap, ms': rounded(percentile(gaps, 100)),
    'cores used': rounded((gateway.cpuMicros - cpu) / seconds / 1e6),
    'in logs, MB': rounded((await gateway.metric('sluice_log_bytes')) / 1e6),
    'in sockets, MB': rounded((await gateway.metric('sluice_buffered_bytes')) / 1e6),
    'resident, MB': Math.round(gateway.residentBytes / 1e6),
  }
}

try {
  const times = Math.ceil(options.readers / KINDS)
  const readers = new Strangers({ port: Number(port), key: readersKey, model: 'steady', times })
  await delay(WARM_UP_MS)
  const alone = await look(readers, 10)
  const stalled = askingFor('pouring')
  const filling = await look(readers, 12)
  const beside = await look(readers, 25)
  const counts = /** @type {Record<string, number>} */ (await stalled.ask({}, END_WITHIN_MS))
  const leaving = await look(readers, 6)
  await stalled.stop()
  const costly = askingFor('extending')
  const extensions = await look(readers, 15)
  await costly.stop()
  await readers.finish()

  console.table({ alone, filling, beside, leaving, extensions })
  console.table({ ...counts, failures: [...readers.failures].flat().join(' ') })
  const limit = alone['gap p99, ms'] * SLOWER + NOISE_MS
  const phases = Object.entries({ filling, beside, leaving, extensions })
  const problems = [
    ...phases
      .filter(([, phase]) => phase['gap p99, ms'] > limit)
      .map(([name]) => `${name}: readers wait for those that do not read`),
    beside['in logs, MB'] * 1e6 > BUDGET_BYTES * MEMORY_PART ? 'logs are over the budget' : '',
    readers.failures.size > 0 ? 'readers were refused or cut' : '',
  ].filter((problem) => problem !== '')
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) process.exitCode = 1
} finally {
  await gateway.end('SIGTERM')
  await upstream.stop()
  rmSync(folder, { recursive: true, force: true })
}
