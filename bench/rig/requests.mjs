// What a request costs by itself: answers of one delta, one after the other, with the audit on; of a process that has just
// started, and of one that has answered some thousands.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** @typedef {import('./rig.mjs').Rig} Rig */
/** @typedef {import('./cases.mjs').Suite} Suite */

/**
 * @typedef {object} RequestsResult
 * @property {string} engine
 * @property {number} cold how many requests the first figure is of
 * @property {number} coldMicros CPU of one of them
 * @property {number} warm how many requests the second figure is of
 * @property {number} warmMicros CPU of one of them
 */

/**
 * @param {Rig} rig
 * @param {string} name of the engine
 * @param {Suite} suite
 * @returns {Promise<RequestsResult>}
 */
export async function measureRequests(rig, name, { requests: { sockets, cold, warm } }) {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
  const task = { streams: sockets, shape: { deltas: 1, paceMs: 0 }, arrivalMs: 0 }
  try {
    const engine = await rig.startEngine(name, { SLUICE_AUDIT: join(folder, 'audit.db') })
    const first = await rig.measure(engine, { ...task, name: 'cold requests', repeats: cold })
    const then = await rig.measure(engine, { ...task, name: 'warm requests', repeats: warm })
    await rig.stopEngine(engine)
    return {
      engine: name,
      cold: first.requests,
      coldMicros: first.cpuMicros / first.requests,
      warm: then.requests,
      warmMicros: then.cpuMicros / then.requests,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
