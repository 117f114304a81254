// From measurements to figures: medians over the rounds, ratios to the pipe and delays against the direct client, both
// taken within a round.
import { median } from './statistics.mjs'

/** @typedef {import('./rig.mjs').Measurement} Measurement */
/** @typedef {import('./crowd.mjs').CrowdResult} CrowdResult */
/** @typedef {import('./requests.mjs').RequestsResult} RequestsResult */
/** @typedef {import('./machine.mjs').Machine} Machine */

/**
 * Figures of one engine by name; lower is better for each.
 * @typedef {Record<string, number>} Figures
 */

/**
 * @typedef {object} Run
 * @property {string} date
 * @property {string} command
 * @property {string} commit
 * @property {Machine} machine
 * @property {Record<string, Figures>} figures by engine
 * @property {CrowdResult[]} crowd
 * @property {RequestsResult[]} requests
 * @property {Measurement[][]} rounds
 */

/**
 * @param {Pick<Run, 'rounds' | 'crowd' | 'requests'>} run
 * @returns {Record<string, Figures>}
 */
export function figuresOf({ rounds, crowd, requests }) {
  /** @type {Record<string, Figures>} */
  const figures = {}
  for (const { engine, startMs, idleBytes, openBytes, warmBytes, afterBytes } of crowd) {
    figures[engine] = {
      ...costFigures(rounds, engine),
      ...delayFigures(rounds, engine),
      ...requestFigures(requests, engine),
      'start ms': startMs,
      'idle bytes': idleBytes,
      'open bytes': openBytes,
      'warm bytes': warmBytes,
      'after bytes': afterBytes,
      'growth ratio': afterBytes / warmBytes,
    }
  }
  return figures
}

/**
 * CPU per delta, alone and as a multiple of the pipe's.
 * @param {Measurement[][]} rounds
 * @param {string} engine
 */
function costFigures(rounds, engine) {
  /** @type {Figures} */
  const figures = {}
  for (const name of ['burst', 'paced']) {
    const own = rounds.map((round) => cpuPerDelta(round, name, engine))
    const pipe = rounds.map((round) => cpuPerDelta(round, name, 'pipe'))
    figures[`${name} micros`] = median(own)
    figures[`${name} ratio`] = median(own.map((micros, round) => micros / (pipe[round] ?? 0)))
  }
  return figures
}

/**
 * How much later than without a gateway text arrives.
 * @param {Measurement[][]} rounds
 * @param {string} engine
 */
function delayFigures(rounds, engine) {
  /** @type {Figures} */
  const figures = {}
  for (const name of ['paced', 'latency', 'rush']) {
    for (const [figure, field] of /** @type {const} */ ([
      ['first', 'firstLateMs'],
      ['gap', 'gapLateMs'],
    ])) {
      for (const rank of /** @type {const} */ (['p50', 'p99'])) {
        const added = rounds.map(
          (round) =>
            find(round, name, engine)[field][rank] - find(round, name, 'direct')[field][rank],
        )
        figures[`${name} ${figure} ${rank} ms`] = median(added)
      }
    }
  }
  return figures
}

/**
 * CPU of a request by itself, alone and as a multiple of the pipe's.
 * @param {RequestsResult[]} requests
 * @param {string} engine
 */
function requestFigures(requests, engine) {
  const own = requests.find((result) => result.engine === engine)
  const pipe = requests.find((result) => result.engine === 'pipe')
  if (own === undefined || pipe === undefined) throw new Error(`${engine} was asked no requests`)
  return {
    'request cold micros': own.coldMicros,
    'request cold ratio': own.coldMicros / pipe.coldMicros,
    'request warm micros': own.warmMicros,
    'request warm ratio': own.warmMicros / pipe.warmMicros,
  }
}

/**
 * @param {Measurement[]} round
 * @param {string} name
 * @param {string} engine
 */
function cpuPerDelta(round, name, engine) {
  const { cpuMicros, deltas } = find(round, name, engine)
  return cpuMicros / deltas
}

/**
 * @param {Measurement[]} round
 * @param {string} name
 * @param {string} engine
 * @returns {Measurement}
 */
function find(round, name, engine) {
  const found = round.find((entry) => entry.case === name && entry.engine === engine)
  if (found === undefined) throw new Error(`${engine} was not measured in ${name}`)
  return found
}
