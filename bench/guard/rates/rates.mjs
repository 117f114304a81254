// The command's second half, `--rates`: how often the policies are wrong, on random values, on sentences and on text of
// others. Writes results/guard-rates.json and guard-rates.md.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describeMachine, measuredCommit } from '../../rig/machine.mjs'
import { round } from '../measure.mjs'
import { compareRivals } from './compare-rivals.mjs'
import { measureRates } from './measure-rates.mjs'
import { ratesReport } from './rates-report.mjs'
import { measureSentences } from './sentences.mjs'
import { installFromNpm } from './temporary-install.mjs'
import { cleanFiles, cleanPieces, DATA_PACKAGES, measureCleanText } from './third-party.mjs'

const SAMPLES = 10_000
const QUICK_SAMPLES = 1000
const COLD_PROCESSES = 7
const RESULTS = new URL('../../results/', import.meta.url)

/**
 * @typedef {object} RatesOptions
 * @property {boolean} quick fewer texts, and nothing is written
 * @property {boolean} shapes lists the false alarms in text of others
 * @property {boolean} rivals compares with other libraries, too
 * @property {string | undefined} [pii] a data set in the format of Presidio's research data, for the comparison
 * @property {string} command
 */

/** @param {RatesOptions} options */
export async function rates({ quick, shapes, rivals, pii, command }) {
  const packages = cleanFiles(installFromNpm('data', DATA_PACKAGES))
  const { places, ...clean } = measureCleanText(packages)
  if (shapes) for (const place of places) console.log(place)
  const results = {
    machine: { ...describeMachine(false), date: new Date().toISOString().slice(0, 10) },
    command,
    commit: measuredCommit(),
    ...measureRates(quick ? QUICK_SAMPLES : SAMPLES),
    sentences: measureSentences(),
    clean: { packages: packages.map(({ name, version }) => `${name} ${version}`), ...clean },
    speed: { deltas: coldSpeed('deltas'), blocks: coldSpeed('blocks') },
    comparison: rivals ? await compareRivals(pii, cleanPieces(packages)) : undefined,
  }
  const table = ratesReport(results)
  if (!quick) {
    writeFileSync(new URL('guard-rates.json', RESULTS), `${JSON.stringify(results, null, 2)}\n`)
    writeFileSync(new URL('guard-rates.md', RESULTS), table)
  }
  console.log(table)
}

/** Medians over several fresh processes. @param {'deltas' | 'blocks'} pieces */
function coldSpeed(pieces) {
  const script = fileURLToPath(new URL('./cold-speed.mjs', import.meta.url))
  const runs = Array.from({ length: COLD_PROCESSES }, () => {
    const { stdout } = spawnSync(process.execPath, [script, pieces])
    return JSON.parse(String(stdout))
  })
  /** @param {'cold' | 'warm'} key */
  const median = (key) => {
    const values = runs.map((run) => run[key]).sort((a, b) => a - b)
    return round(values[Math.floor(values.length / 2)])
  }
  return { cold: median('cold'), warm: median('warm') }
}
