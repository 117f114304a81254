// How a figure is taken: the best of several runs, in processor time of this process, since the machine may be shared.

const RUNS = 7
const SHORTEST_SAMPLE_MICROSECONDS = 50_000

/** Microseconds of processor time that the quickest of several runs took. @param {() => void} run */
function cheapestRun(run, runs = RUNS) {
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i < runs; i += 1) best = Math.min(best, costOf(run))
  return best
}

/** One run, or the mean of as many as it takes for the clock of the processor time to be fine enough. @param {() => void} run */
function costOf(run) {
  const before = process.cpuUsage()
  for (let times = 1; ; times += 1) {
    run()
    const { user, system } = process.cpuUsage(before)
    if (user + system >= SHORTEST_SAMPLE_MICROSECONDS) return (user + system) / times
  }
}

/**
 * Pushes all pieces through a new stream; returns what is needed to check and to judge it.
 * @param {import('./engines.mjs').Engine} engine
 * @param {readonly string[]} pieces
 */
export function runThrough(engine, pieces) {
  const stream = engine.open()
  const holds = new Uint32Array(pieces.length)
  /** @type {string[]} */
  const shown = []
  let findings = 0
  pieces.forEach((piece, i) => {
    const result = stream.push(piece)
    shown.push(result.text)
    holds[i] = result.held
    findings += result.findings?.length ?? 0
  })
  const last = stream.end()
  shown.push(last.text)
  findings += last.findings?.length ?? 0
  return { text: shown.join(''), findings, holds: holds.sort() }
}

/**
 * Throughput of an engine over pieces, and what a piece costs.
 * @param {import('./engines.mjs').Engine} engine
 * @param {readonly string[]} pieces
 * @param {number} [runs]
 */
export function throughput(engine, pieces, runs) {
  const units = pieces.reduce((sum, piece) => sum + piece.length, 0)
  const cost = cheapestRun(() => {
    const stream = engine.open()
    for (const piece of pieces) stream.push(piece)
    stream.end()
  }, runs)
  return {
    microseconds: round(cost),
    megabytesPerSecond: round(units / cost),
    microsecondsPerPiece: round(cost / pieces.length),
  }
}

/** Mean and percentiles of how many units wait after a push. @param {Uint32Array} holds sorted */
export function holdFigures(holds) {
  /** @param {number} share */
  const at = (share) => holds[Math.min(holds.length - 1, Math.floor(holds.length * share))]
  const sum = holds.reduce((total, held) => total + held, 0)
  const idle = holds.reduce((count, held) => count + (held === 0 ? 1 : 0), 0)
  return {
    mean: round(sum / holds.length),
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    max: at(1),
    shareOfPushesThatHoldNothing: round(idle / holds.length),
  }
}

/** To three digits. @param {number} value */
export function round(value) {
  return Number(value.toPrecision(3))
}
