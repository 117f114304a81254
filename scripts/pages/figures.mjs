// The sentences that README.md says of a benchmark run. What the figures mean is in bench/README.md.

/**
 * @param {import('../../bench/rig/figures.mjs').Run} run
 * @returns {string}
 */
export function gatewayFigures({ date, machine, figures }) {
  const { 'sluice-seed': seed, 'sluice-standard': standard, naive } = figures
  const { processor, cores, node } = machine
  const ratio = (engine) => `${engine['paced ratio'].toFixed(2)} x`
  return `**CPU per delta, 300 paced streams, as a multiple of a bare pipe: ${ratio(seed)} with policy \`seed\`, ${ratio(standard)} with \`standard\`**;
the loop that tutorials teach needs ${ratio(naive)}. Added gap between deltas with \`seed\`: median ${milliseconds(seed['latency gap p50 ms'])}, p99
${milliseconds(seed['latency gap p99 ms'])}. Measured on ${date}, ${processor}, ${cores} cores, Node ${node}; method and all figures: [bench](bench/README.md).`
}

/** @param {number} value */
function milliseconds(value) {
  return `${value.toFixed(2)} ms`
}
