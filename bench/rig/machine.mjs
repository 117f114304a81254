// Where and how a run was made: what a reader needs to judge its absolute figures, and nothing that names the place.
import { spawnSync } from 'node:child_process'
import { availableParallelism, cpus, totalmem } from 'node:os'

/**
 * @typedef {object} Machine
 * @property {string} processor
 * @property {number} cores
 * @property {number} memoryGiB
 * @property {string} system
 * @property {string} node
 * @property {boolean} isPinned whether engine and clients had a core each
 */

/**
 * Moves this process to the second core, so that the first is the engine's alone.
 * @returns {boolean} false where there is no second core or no taskset
 */
export function pinToSecondCore() {
  if (availableParallelism() < 2) return false
  const taskset = (/** @type {string[]} */ ...args) => spawnSync('taskset', args).status === 0
  return taskset('-c', '0', 'true') && taskset('-cp', '1', String(process.pid))
}

/**
 * @param {boolean} isPinned
 * @returns {Machine}
 */
export function describeMachine(isPinned) {
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${process.arch}`,
    node: process.version,
    isPinned,
  }
}

/** @returns {string} the commit that was measured, with a mark if the tree differs from it; empty outside a checkout */
export function measuredCommit() {
  return git('describe', '--always', '--dirty')?.trim() ?? ''
}

/**
 * @param {string} path relative to the current folder
 * @returns {string | undefined} the file as last committed
 */
export function lastCommitted(path) {
  return git('show', `HEAD:./${path}`)
}

/** @param {string[]} args */
function git(...args) {
  const { status, stdout } = spawnSync('git', args, { encoding: 'utf8' })
  return status === 0 ? stdout : undefined
}
