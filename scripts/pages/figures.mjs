// The sentences that README.md says of benchmark runs. What the figures mean is in the reports that they link.

/** Deltas a second of one stream in the case `paced` of the rig: one every 20 ms. */
const PACED_DELTAS = 50

/**
 * What the gateway costs, in what people buy: cores, time and memory.
 * @param {import('../../bench/rig/figures.mjs').Run} run
 * @returns {string}
 */
export function gatewayFigures({ date, machine, figures, crowd }) {
  const { 'sluice-v2-standard': standard, naive } = figures
  const streams = Math.floor(1e5 / (standard['paced micros'] * PACED_DELTAS)) * 10
  const ms = (name) => `${standard[name].toFixed(1)} ms`
  const [{ streams: open }] = crowd
  const memory = (standard['open bytes'] - standard['warm bytes']) / open / 1e3
  return `**With policy \`standard\` over dialect 2 one core carries about ${streams} answers of ${PACED_DELTAS} deltas a second at once; the first word comes ${ms('latency first p50 ms')} later**
(p99 ${ms('latency first p99 ms')}), a later one at most ${ms('latency gap p99 ms')} (p99); **1,000 sockets with an answer on each take ${Math.round(memory)} MB**. The first is computed from its CPU time at 300 answers, which
is ${standard['paced ratio'].toFixed(2)} times that of a bare pipe; the loop that tutorials teach needs ${naive['paced ratio'].toFixed(2)} times. ${place(machine, date)} [How it is measured](bench/README.md), [all figures](bench/results/gateway.md).`
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
  const standard = sentences.filter(({ policy }) => policy === 'standard')
  if (standard.length === 0) throw new Error('the rates of policy standard were not measured')
  /** @param {'ordinary' | 'altered' | 'whole' | 'half' | 'shown'} key */
  const total = (key) => standard.reduce((sum, row) => sum + row[key], 0)
  const ordinary = total('ordinary')
  const rival = comparison?.rows.find(({ name }) => /^Presidio.*patterns/.test(name))
  const beside =
    rival === undefined
      ? ''
      : `; Presidio's patterns for the same entities alter ${Math.round(rival.ordinaryAlteredBySame * ordinary)}`
  return `**Of ${ordinary} ordinary sentences of contact centres, most of them with numbers, \`standard\` alters ${total('altered')}**${beside}.
Of ${total('whole') + total('half') + total('shown')} personal values in other sentences it conceals ${total('whole')} whole. [All rates, targets and rivals](bench/results/guard-rates.md).`
}

/** @typedef {{ policy: string, ordinary: number, altered: number, whole: number, half: number, shown: number }} SentenceRates */
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
