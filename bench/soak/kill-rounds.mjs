// `kill -9` at random moments under load, each time followed by a start: the audit opens, no completion is missing that
// ended more than 200 ms before, and what had not ended is marked as interrupted.
//   node bench/soak/kill-rounds.mjs [--rounds 50]        prints one JSON object; exits with 1 if anything was missing
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { MockUpstream } from '../rig/mock-upstream-process.mjs'
import { AskingClient } from './asking-client.mjs'
import { auditRecords, GatewayProcess } from './gateway-process.mjs'
import { optionsOf } from './runs.mjs'

/** What may be lost of end records: they are written in groups. */
const MAX_LOSS_MS = 200
const CLIENTS = 20
const SHAPE = { deltas: 20, paceMs: 5 }
const LIFE_MS = { least: 400, most: 1_500 }

const { rounds } = optionsOf('kill-rounds', { rounds: { default: 50, means: 'kills' } })
const folder = mkdtempSync(join(tmpdir(), 'sluice-kill-'))
const audit = join(folder, 'audit.db')
const env = { SLUICE_AUDIT: audit, SLUICE_INSTANCE: 'killed', SLUICE_POLICY: 'seed' }
const mock = await MockUpstream.start()

const totals = {
  ended: 0,
  endedInLastMoments: 0,
  lostOfThose: 0,
  missing: 0,
  interrupted: 0,
  unmarked: 0,
}

/** One life under load, and its sudden end. */
async function live() {
  const gateway = await GatewayProcess.start(mock.url, env)
  const clients = Array.from(
    { length: CLIENTS },
    (_, i) => new AskingClient(gateway.url, SHAPE, i + 1),
  )
  await Promise.all(clients.map((client) => client.start()))
  await delay(LIFE_MS.least + Math.random() * (LIFE_MS.most - LIFE_MS.least))
  for (const client of clients) client.expectEnd()
  const killedAt = Date.now()
  await gateway.end('SIGKILL')
  await delay(50)
  const streaming = clients.filter(({ isStreaming }) => isStreaming).length
  return { ended: clients.flatMap(({ ended }) => ended), streaming, killedAt }
}

/**
 * Compares what clients saw with what the audit holds, before and after the next start.
 * @param {Awaited<ReturnType<typeof live>>} life
 * @param {number} known records of earlier rounds
 */
async function verify({ ended, streaming, killedAt }, known) {
  const before = new Map(
    (await auditRecords(audit)).map(({ requestId, status }) => [requestId, status]),
  )
  for (const { requestId, at } of ended) {
    const isLate = at > killedAt - MAX_LOSS_MS
    const isThere = before.get(requestId) === 'success'
    totals.ended += 1
    if (isLate) totals.endedInLastMoments += 1
    if (!isThere && isLate) totals.lostOfThose += 1
    // Without its end record it must have its begin record.
    if ((!isThere && !isLate) || !before.has(requestId)) totals.missing += 1
  }
  // What streams has begun, so its record was written before its prompt left.
  if (before.size - known < ended.length + streaming) totals.missing += 1
  const next = await GatewayProcess.start(mock.url, env)
  const after = await auditRecords(audit)
  await next.end('SIGTERM')
  totals.unmarked += after.filter(({ requestId, status }) => {
    return status === 'running' || (before.get(requestId) === 'running' && status !== 'interrupted')
  }).length
  totals.interrupted = after.filter(({ status }) => status === 'interrupted').length
  return after.length
}

try {
  let known = 0
  for (let round = 1; round <= rounds; round += 1) known = await verify(await live(), known)
  console.log(JSON.stringify({ rounds, records: known, ...totals }))
  if (totals.missing + totals.unmarked > 0) process.exitCode = 1
} finally {
  await mock.stop()
  rmSync(folder, { recursive: true })
}
