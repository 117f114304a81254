// The sentences that README.md says of benchmark runs. What the figures mean is in the reports that they link.

/**
 * What the gateway costs.
 * @param {import('../../bench/rig/figures.mjs').Run} run
 * @returns {string}
 */
export function gatewayFigures({ date, machine, figures }) {
  const { 'sluice-seed': seed, 'sluice-standard': standard, naive } = figures
  const ratio = (engine) => `${engine['paced ratio'].toFixed(2)} x`
  const gap = (rank) => `${seed[`latency gap ${rank} ms`].toFixed(2)} ms`
  return `**CPU per delta, 300 paced streams, as a multiple of a bare pipe: ${ratio(seed)} with policy \`seed\`, ${ratio(standard)} with \`standard\`**;
the loop that tutorials teach needs ${ratio(naive)}. Added gap between deltas with \`seed\`: median ${gap('p50')}, p99 ${gap('p99')}. ${place(machine, date)}
[How it is measured](bench/README.md), [all figures](bench/results/gateway.md).`
}

/**
 * What the guard costs and how long it holds text back.
 * @param {{ machine: Machine & { date: string }, prose: GuardCase[] }} run
 * @returns {string}
 */
export function guardFigures({ machine, prose }) {
  const all = prose.find(({ policy }) => policy === 'all entities')
  if (all === undefined) throw new Error('the guard was not measured with all entities')
  const { cleanProse, hold } = all
  return `**The guard alone, all entities: ${cleanProse.microsecondsPerPiece.toFixed(2)} µs a delta; it holds back ${hold.mean.toFixed(1)} characters of English prose in the mean**,
${hold.p99} at p99. ${place(machine, machine.date)} [All figures](bench/results/guard.md).`
}

/**
 * How often the guard is wrong, beside another.
 * @param {{ machine: Machine & { date: string }, sentences: SentenceRates[], comparison?: { rows: Compared[] } }} run
 * @returns {string}
 */
export function ratesFigures({ sentences, comparison }) {
  const standard = sentences.find(({ policy }) => policy === 'standard')
  if (standard === undefined) throw new Error('the rates of policy standard were not measured')
  const { whole, half, shown } = standard
  const ordinary = standard.ordinary + standard.unfitted
  const altered = standard.altered + standard.unfittedAltered
  const rival = comparison?.rows.find(({ name }) => /^Presidio.*patterns/.test(name))
  const beside =
    rival === undefined
      ? ''
      : `; Presidio's patterns for the same entities alter ${Math.round(rival.ordinaryAlteredBySame * ordinary)}`
  return `**Of ${ordinary} ordinary sentences of contact centres, most of them with numbers, \`standard\` alters ${altered}**${beside}.
Of ${whole + half + shown} personal values in other sentences it conceals ${whole} whole. [All rates, targets and rivals](bench/results/guard-rates.md).`
}

/** @typedef {{ policy: string, ordinary: number, altered: number, unfitted: number, unfittedAltered: number, whole: number, half: number, shown: number }} SentenceRates */
/** @typedef {{ name: string, ordinaryAlteredBySame: number }} Compared */
/** @typedef {{ processor: string, cores: number, node: string }} Machine */
/** @typedef {{ policy: string, cleanProse: { microsecondsPerPiece: number }, hold: { mean: number, p99: number } }} GuardCase */

/**
 * @param {Machine} machine
 * @param {string} date
 */
function place({ processor, cores, node }, date) {
  return `Measured on ${date}, ${processor}, ${cores} cores, Node ${node}.`
}
