// `npm run generate`: writes what is made from the source, from measurements or from other packages: two pages of docs/,
// the calling codes of the guard, the JSON Schemas of sluice.yaml and of dialect 2's frames, and the figures in README.md.
// With --check it changes nothing and fails if one of them is stale. It reads the built packages: build first.
import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { detectorJsonSchema, fileJsonSchema } from '../packages/gateway/dist/index.js'
import { frameJsonSchema } from '../packages/protocol/dist/frame-schemas.js'
import { callingCodesSource } from './pages/calling-codes.mjs'
import { gatewayFigures, guardFigures, ratesFigures } from './pages/figures.mjs'
import { metricsPage } from './pages/metrics.mjs'
import { settingsPage } from './pages/settings.mjs'
import { read, root } from './repository.mjs'

/** Committed runs, and what README.md says of each. */
const RUNS = [
  ['bench/results/gateway.json', gatewayFigures],
  ['bench/results/guard-engine.json', guardFigures],
  ['bench/results/guard-rates.json', ratesFigures],
]

/**
 * README.md with the text between its markers replaced.
 * @param {string} name of the markers
 * @param {string} text
 */
function readmeWith(name, text) {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`]
  const readme = read('README.md')
  const [from, to] = [readme.indexOf(begin), readme.indexOf(end)]
  if (from === -1 || to < from) throw new Error(`README.md has no markers ${begin} ... ${end}`)
  return `${readme.slice(0, from + begin.length)}\n\n${text}\n\n${readme.slice(to)}`
}

function figures() {
  const sentences = RUNS.filter(([path]) => existsSync(join(root, path))).map(([path, say]) =>
    say(JSON.parse(read(path))),
  )
  const none = 'No run has been committed yet; `npm run bench` measures on your machine.'
  return sentences.length === 0 ? none : sentences.join('\n\n')
}

/**
 * Text in the house's format, so that the formatter has nothing to say of it.
 * @param {string} path
 * @param {string} text
 */
function formatted(path, text) {
  const formatter = path.endsWith('.md')
    ? ['prettier', '--stdin-filepath', path]
    : ['biome', 'format', `--stdin-file-path=${path}`]
  const args = ['--no-install', ...formatter]
  const shell = process.platform === 'win32'
  const result = spawnSync('npx', args, { cwd: root, input: text, encoding: 'utf8', shell })
  if (result.status !== 0) throw new Error(`${path} cannot be formatted: ${result.stderr}`)
  return result.stdout
}

const pages = {
  'README.md': readmeWith('figures', figures()),
  'docs/settings.md': settingsPage(),
  'docs/metrics.md': await metricsPage(),
  'packages/guard/src/recognizers/calling-codes.ts': callingCodesSource(),
}
const generated = [
  ...Object.entries(pages).map(([path, text]) => [path, formatted(path, text)]),
  ['packages/gateway/sluice.schema.json', `${JSON.stringify(fileJsonSchema(), null, 2)}\n`],
  ['packages/gateway/detector.schema.json', `${JSON.stringify(detectorJsonSchema(), null, 2)}\n`],
  ['packages/protocol/dialect-2.schema.json', `${JSON.stringify(frameJsonSchema(), null, 2)}\n`],
]

const isCheck = process.argv.includes('--check')
const stale = generated.filter(
  ([path, text]) => !existsSync(join(root, path)) || read(path) !== text,
)
for (const [path, text] of stale) {
  if (!isCheck) writeFileSync(join(root, path), text)
  console.log(isCheck ? `${path} is stale: run npm run generate` : `${path} written`)
}
if (stale.length === 0) console.log('The generated files are up to date.')
process.exitCode = isCheck && stale.length > 0 ? 1 : 0
