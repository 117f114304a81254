// The cases as data: what is asked of every engine, and what is read off. The figures of the design come from these
// shapes; `--quick` keeps them and makes them smaller.

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {number} streams
 * @property {import('./stream-plan.mjs').StreamShape} shape
 * @property {number} arrivalMs over how long the requests are spread
 * @property {number} [repeats] how many answers each client asks for, one after the other; default 1
 */

/**
 * Requests of one delta, one after the other on each socket.
 * @typedef {object} Requests
 * @property {number} sockets
 * @property {number} cold how many a socket asks of a process that has just started
 * @property {number} warm how many it asks after those
 */

/**
 * @typedef {object} Suite
 * @property {number} rounds
 * @property {Case[]} cases measured in every round, engine after engine
 * @property {Case} crowd many streams open at once, on a fresh process: memory and cancelling
 * @property {Requests} requests what a request costs by itself, on a fresh process
 * @property {number} starts how many times an engine is started to tell how long that takes
 * @property {number} cancelEvery in the crowd's last pass each how-many-th client leaves halfway
 */

/** @type {Suite} */
export const FULL = {
  rounds: 5,
  cases: [
    { name: 'burst', streams: 50, shape: { deltas: 1_500, paceMs: 0 }, arrivalMs: 0 },
    { name: 'paced', streams: 300, shape: { deltas: 150, paceMs: 20 }, arrivalMs: 1_000 },
    { name: 'latency', streams: 200, shape: { deltas: 60, paceMs: 50 }, arrivalMs: 1_000 },
    { name: 'rush', streams: 100, shape: { deltas: 20, paceMs: 50 }, arrivalMs: 0 },
  ],
  requests: { sockets: 50, cold: 40, warm: 100 },
  crowd: { name: 'crowd', streams: 500, shape: { deltas: 80, paceMs: 50 }, arrivalMs: 500 },
  starts: 9,
  cancelEvery: 5,
}

/** @type {Suite} */
export const QUICK = {
  rounds: 2,
  cases: [
    { name: 'burst', streams: 20, shape: { deltas: 1_500, paceMs: 0 }, arrivalMs: 0 },
    { name: 'paced', streams: 100, shape: { deltas: 50, paceMs: 20 }, arrivalMs: 500 },
    { name: 'latency', streams: 100, shape: { deltas: 20, paceMs: 50 }, arrivalMs: 500 },
    { name: 'rush', streams: 100, shape: { deltas: 10, paceMs: 50 }, arrivalMs: 0 },
  ],
  requests: { sockets: 50, cold: 40, warm: 40 },
  crowd: { name: 'crowd', streams: 200, shape: { deltas: 30, paceMs: 50 }, arrivalMs: 200 },
  starts: 3,
  cancelEvery: 5,
}
