// A run as Markdown: for the terminal, for results/ and, from there, for the documentation.

/** @typedef {import('./figures.mjs').Run} Run */
/** @typedef {import('./figures.mjs').Figures} Figures */
/** @typedef {{ title: string, text: (figures: Figures) => string }} Column */

/** @type {Column[]} */
const COST = [
  column('burst, µs', 'burst micros', 2),
  column('x pipe', 'burst ratio', 2),
  column('paced, µs', 'paced micros', 2),
  column('x pipe', 'paced ratio', 2),
  column('added gap p50, ms', 'paced gap p50 ms', 2),
  column('added gap p99, ms', 'paced gap p99 ms', 2),
]

/** @type {Column[]} */
const DELAY = [
  column('first text p50, ms', 'latency first p50 ms', 2),
  column('first text p99, ms', 'latency first p99 ms', 2),
  column('gap p50, ms', 'latency gap p50 ms', 2),
  column('gap p99, ms', 'latency gap p99 ms', 2),
]

/** @type {Column[]} */
const RUSH = [
  column('first text p50, ms', 'rush first p50 ms', 2),
  column('first text p99, ms', 'rush first p99 ms', 2),
]

/** @type {Column[]} */
const REQUESTS = [
  column('warm, µs', 'request warm micros', 0),
  column('x pipe', 'request warm ratio', 2),
  column('cold, µs', 'request cold micros', 0),
  column('x pipe', 'request cold ratio', 2),
]

/** @type {Column[]} */
const MEMORY = [
  column('start, ms', 'start ms', 0),
  megabytes('idle, MB', 'idle bytes'),
  megabytes('after warm-up, MB', 'warm bytes'),
  megabytes('streams open, MB', 'open bytes'),
  megabytes('after, MB', 'after bytes'),
  column('after / warm-up', 'growth ratio', 2),
]

/**
 * @param {string} title
 * @param {string} name of the figure
 * @param {number} digits
 * @returns {Column}
 */
function column(title, name, digits) {
  return { title, text: (figures) => (figures[name] ?? Number.NaN).toFixed(digits) }
}

/**
 * @param {string} title
 * @param {string} name
 * @returns {Column}
 */
function megabytes(title, name) {
  return { title, text: (figures) => ((figures[name] ?? Number.NaN) / 1e6).toFixed(0) }
}

/**
 * @param {Run} run
 * @returns {string}
 */
export function toMarkdown(run) {
  const { machine } = run
  const pinning = machine.isPinned ? 'engine and clients on a core each' : 'not pinned to cores'
  return `${[
    '# What the gateway costs',
    `${run.date}, commit ${run.commit}, \`${run.command}\`, median of ${run.rounds.length} rounds.`,
    `${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}, ${pinning}.`,
    '## CPU per delta, and the gap it adds',
    table(run, COST),
    '## Delay added to an upstream at its own pace',
    table(run, DELAY),
    '## Delay added when a crowd asks at once',
    table(run, RUSH),
    '## CPU per request',
    table(run, REQUESTS),
    '## Memory',
    table(run, MEMORY),
    '## Cancelled streams',
    run.crowd.map(cancelLine).join('\n'),
    '## How busy the clients were',
    busyLine(run),
  ].join('\n\n')}\n`
}

/**
 * @param {Run} run
 * @param {Column[]} columns
 */
function table(run, columns) {
  const rows = Object.entries(run.figures).map(([engine, figures]) => [
    engine,
    ...columns.map(({ text }) => text(figures)),
  ])
  const head = ['engine', ...columns.map(({ title }) => title)]
  const rule = head.map((_, index) => (index === 0 ? '---' : '--:'))
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** @param {import('./crowd.mjs').CrowdResult} result */
function cancelLine({ engine, streams, cancelled, aborted, leftOpen }) {
  return `- ${engine}: ${streams} at once; ${cancelled} clients left halfway, ${aborted} upstream streams were aborted, ${leftOpen} stayed open.`
}

/** @param {Run} run */
function busyLine({ rounds }) {
  const busiest = Math.max(
    ...rounds.flat().map((entry) => (entry.case === 'burst' ? 0 : entry.clientBusy)),
  )
  const note = busiest > 0.8 ? ': too much for the delays to be trusted' : ''
  return `At most ${Math.round(busiest * 100)} % of their core outside the bursts${note}.`
}
