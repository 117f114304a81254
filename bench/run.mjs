// `npm run bench`: measures the engines in interleaved rounds, prints the figures, says what got worse since the last
// committed run and writes results/gateway.json and gateway.md. The method is in README.md.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { ENGINES } from './engines/engines.mjs'
import { FULL, QUICK } from './rig/cases.mjs'
import { whatGotWorse } from './rig/comparison.mjs'
import { measureCrowd } from './rig/crowd.mjs'
import { figuresOf } from './rig/figures.mjs'
import { describeMachine, lastCommitted, measuredCommit, pinToSecondCore } from './rig/machine.mjs'
import { toMarkdown } from './rig/report.mjs'
import { measureRequests } from './rig/requests.mjs'
import { Rig } from './rig/rig.mjs'

/** @typedef {import('./rig/cases.mjs').Suite} Suite */
/** @typedef {import('./rig/figures.mjs').Run} Run */
/** @typedef {import('./rig/rig.mjs').Measurement} Measurement */
/** @typedef {import('./rig/rig.mjs').Target} Target */
/** @typedef {{ engines: string[], suite: Suite, isKept: boolean }} Options */

const DEFAULT_ENGINES = [
  ...['pipe', 'naive', 'sluice-off', 'sluice-seed'],
  ...['sluice-v2-standard', 'sluice-http'],
]
const MAX_ROUNDS = 20
const RESULTS = 'results/gateway'

const HELP = `Usage: npm run bench -- [options]

Measures what an answer costs on its way through an engine: CPU per delta as a multiple of a bare pipe, the delay
that is added, memory. Needs Linux; pins processes to cores where taskset is there. A full run takes about eight minutes.

  --quick           two rounds of smaller cases, about two minutes; writes nothing and compares with nothing
  --rounds N        how many rounds, 1 to ${MAX_ROUNDS} (default ${FULL.rounds}, quick ${QUICK.rounds})
  --engines A,B     which engines (default ${DEFAULT_ENGINES.join(',')});
                    known: ${Object.keys(ENGINES).join(', ')}; pipe always runs, as the unit
  --help            this text
`

/**
 * @param {string[]} args
 * @returns {Options | undefined} undefined when help was asked for
 * @throws {Error} for an unknown option, engine or number of rounds
 */
function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      engines: { type: 'string', default: DEFAULT_ENGINES.join(',') },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  const suite = values.quick ? QUICK : FULL
  const rounds = Number(values.rounds ?? suite.rounds)
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > MAX_ROUNDS) {
    throw new Error(`--rounds takes a whole number from 1 to ${MAX_ROUNDS}`)
  }
  const engines = [...new Set(['pipe', ...values.engines.split(',')])]
  const unknown = engines.find((name) => !Object.hasOwn(ENGINES, name))
  if (unknown !== undefined) throw new Error(`--engines: no engine is called ${unknown}`)
  return { engines, suite: { ...suite, rounds }, isKept: !values.quick }
}

/**
 * All engines side by side, each in every round, each round starting with another one. A first round, which is thrown
 * away, warms them up.
 * @param {Rig} rig
 * @param {Options} options
 * @returns {Promise<Measurement[][]>}
 */
async function measureRounds(rig, { engines, suite }) {
  /** @type {Target[]} */
  const targets = [rig.direct]
  for (const name of engines) targets.push(await rig.startEngine(name))
  const rounds = []
  for (let round = 0; round <= suite.rounds; round += 1) {
    console.log(round === 0 ? 'warming up' : `round ${round} of ${suite.rounds}`)
    const first = round % targets.length
    rounds.push(
      await measureRound(rig, [...targets.slice(first), ...targets.slice(0, first)], suite),
    )
  }
  for (const target of targets) await rig.stopEngine(target)
  return rounds.slice(1)
}

/**
 * @param {Rig} rig
 * @param {Target[]} targets
 * @param {Suite} suite
 */
async function measureRound(rig, targets, { cases }) {
  const measurements = []
  for (const task of cases) {
    for (const target of targets) measurements.push(await rig.measure(target, task))
  }
  return measurements
}

/**
 * @param {Rig} rig
 * @param {Options} options
 */
async function measureCrowds(rig, { engines, suite }) {
  const results = []
  for (const name of engines) {
    console.log(`${suite.crowd.streams} streams at once: ${name}`)
    results.push(await measureCrowd(rig, name, suite))
  }
  return results
}

/**
 * @param {Rig} rig
 * @param {Options} options
 */
async function measureRequestsOf(rig, { engines, suite }) {
  const results = []
  for (const name of engines) {
    console.log(`requests of one delta: ${name}`)
    results.push(await measureRequests(rig, name, suite))
  }
  return results
}

/**
 * @param {Options} options
 * @param {string} command
 * @returns {Promise<Run>}
 */
async function measure(options, command) {
  const isPinned = pinToSecondCore()
  const rig = new Rig({ isPinned })
  const interrupt = () => rig.stop().then(() => process.exit(130))
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  try {
    await rig.start()
    const rounds = await measureRounds(rig, options)
    const crowd = await measureCrowds(rig, options)
    const requests = await measureRequestsOf(rig, options)
    return {
      date: new Date().toISOString().slice(0, 10),
      command,
      commit: measuredCommit(),
      machine: describeMachine(isPinned),
      figures: figuresOf({ rounds, crowd, requests }),
      crowd,
      requests,
      rounds,
    }
  } finally {
    await rig.stop()
  }
}

/** @param {Run} run */
function keep(run) {
  const committed = lastCommitted(`${RESULTS}.json`)
  const worse = committed === undefined ? [] : whatGotWorse(JSON.parse(committed), run)
  if (committed === undefined) console.log('There is no committed run to compare with.')
  else if (worse.length === 0) console.log('Nothing got worse since the last committed run.')
  else console.log(`Worse than the last committed run:\n${worse.join('\n')}`)
  writeFileSync(`${RESULTS}.json`, `${JSON.stringify(run)}\n`)
  writeFileSync(`${RESULTS}.md`, toMarkdown(run))
}

async function main() {
  const args = process.argv.slice(2)
  const options = readOptions(args)
  if (options === undefined) return console.log(HELP)
  if (process.platform !== 'linux') throw new Error('the rig reads /proc: it needs Linux')
  process.chdir(import.meta.dirname)
  const run = await measure(
    options,
    ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' '),
  )
  console.log(`\n${toMarkdown(run)}`)
  if (options.isKept) keep(run)
}

main().catch((error) => {
  console.error(`bench: ${error.message}`)
  process.exitCode = 1
})
