// The crowd: many streams open at once on an engine that has just started, three times over. Tells what memory it takes,
// whether it gives it back, and whether clients that leave free their upstream streams.
import { setTimeout as delay } from 'node:timers/promises'
import { median } from './statistics.mjs'

/** @typedef {import('./rig.mjs').Rig} Rig */
/** @typedef {import('./rig.mjs').Target} Target */
/** @typedef {import('./cases.mjs').Suite} Suite */

/**
 * @typedef {object} CrowdResult
 * @property {string} engine
 * @property {number} streams how many were open at once, each verified to the last character
 * @property {number} startMs from its start until `/readyz` answered 200, the median of some starts
 * @property {number} idleBytes before the first client
 * @property {number} warmBytes after one pass, all sockets closed again
 * @property {number} openBytes the most that was seen in a second, identical pass
 * @property {number} afterBytes after that pass, all sockets closed again
 * @property {number} cancelled how many clients left halfway in a third pass
 * @property {number} aborted how many upstream streams were cut short by that
 * @property {number} leftOpen how many upstream streams were open a moment after the third pass
 */

/** What an engine gets to notice closed sockets and collect garbage. */
const SETTLE_MS = 2_000

/**
 * @param {Rig} rig
 * @param {string} name of the engine
 * @param {Suite} suite
 * @returns {Promise<CrowdResult>}
 */
export async function measureCrowd(rig, name, { crowd, cancelEvery, starts }) {
  const { engine, startMs } = await startOften(rig, name, starts)
  const idleBytes = residentBytes(engine)

  await rig.measure(engine, crowd)
  await delay(SETTLE_MS)
  const warmBytes = residentBytes(engine)

  const openBytes = await peakBytesDuring(engine, rig.measure(engine, crowd))
  await delay(SETTLE_MS)
  const afterBytes = residentBytes(engine)

  const before = await rig.upstreamCounts()
  const { cancelled } = await rig.measure(engine, crowd, cancelEvery)
  await delay(SETTLE_MS)
  const counts = await rig.upstreamCounts()

  await rig.stopEngine(engine)
  return {
    engine: name,
    streams: crowd.streams,
    startMs,
    idleBytes,
    warmBytes,
    openBytes,
    afterBytes,
    cancelled,
    aborted: counts.aborted - before.aborted,
    leftOpen: counts.open,
  }
}

/**
 * Starts an engine so many times; the last one stays.
 * @param {Rig} rig
 * @param {string} name
 * @param {number} times
 */
async function startOften(rig, name, times) {
  let engine = await rig.startEngine(name)
  const startMs = [engine.startMs ?? 0]
  while (startMs.length < times) {
    await rig.stopEngine(engine)
    engine = await rig.startEngine(name)
    startMs.push(engine.startMs ?? 0)
  }
  return { engine, startMs: median(startMs) }
}

/**
 * @param {Target} target
 * @param {Promise<unknown>} work
 * @returns {Promise<number>}
 */
async function peakBytesDuring(target, work) {
  const done = new AbortController()
  const watched = work.finally(() => done.abort())
  const [peak] = await Promise.all([peakBytes(target, done.signal), watched])
  return peak
}

/**
 * @param {Target} target
 * @param {AbortSignal} until
 */
async function peakBytes(target, until) {
  let peak = 0
  while (!until.aborted) {
    peak = Math.max(peak, residentBytes(target))
    await delay(100)
  }
  return peak
}

/** @param {Target} target */
function residentBytes(target) {
  return target.child?.usage().residentBytes ?? 0
}
