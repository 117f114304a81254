// The few statistics the rig needs, over plain arrays of numbers.

/**
 * The nearest-rank percentile: a value that really occurred, never an interpolation.
 * @param {readonly number[]} values
 * @param {number} percent over 0, up to 100
 * @returns {number} NaN for no values
 */
export function percentile(values, percent) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? Number.NaN
}

/**
 * @param {readonly number[]} values
 * @returns {number} the middle value, or the mean of the two; NaN for no values
 */
export function median(values) {
  return (
    (percentile(values, 50) -
      percentile(
        values.map((value) => -value),
        50,
      )) /
    2
  )
}

/**
 * @typedef {object} Spread
 * @property {number} count
 * @property {number} p50
 * @property {number} p99
 * @property {number} max
 */

/**
 * @param {readonly number[]} values
 * @returns {Spread}
 */
export function spreadOf(values) {
  return {
    count: values.length,
    p50: percentile(values, 50),
    p99: percentile(values, 99),
    max: percentile(values, 100),
  }
}
