// What got worse from one run to the next.

/**
 * The part of a run that is compared; see Run in figures.mjs.
 * @typedef {{ machine: object, figures: Record<string, Record<string, number>> }} Compared
 */

/** A figure got worse when it rose by more than a tenth and by more than this, which is what noise does to it. */
const NOISE = { ratio: 0.1, micros: 0.5, ms: 0.5, bytes: 2 ** 20 }

/**
 * @param {Compared} before
 * @param {Compared} after
 * @returns {string[]} a line for each figure that got worse; on another machine only ratios are compared
 */
export function whatGotWorse(before, after) {
  const isSameMachine = JSON.stringify(before.machine) === JSON.stringify(after.machine)
  const lines = []
  for (const [engine, figures] of Object.entries(after.figures)) {
    for (const [name, value] of Object.entries(figures)) {
      const unit = /** @type {keyof typeof NOISE} */ (name.split(' ').at(-1))
      const past = before.figures[engine]?.[name]
      if (past === undefined || (!isSameMachine && unit !== 'ratio')) continue
      if (value - past <= Math.max(NOISE[unit], Math.abs(past) / 10)) continue
      lines.push(`${engine}: ${name} was ${past.toFixed(2)}, is ${value.toFixed(2)}`)
    }
  }
  return lines
}
