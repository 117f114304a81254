// `npm run generate`: writes what is made from the source or from measurements: docs/settings.md, the JSON Schema of
// sluice.yaml, and the figures in README.md. With --check it changes nothing and fails if one of them is stale.
// It reads the built gateway: build first.
import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileJsonSchema, SETTINGS } from '../packages/gateway/dist/index.js'
import { gatewayFigures } from './figures.mjs'
import { read, root } from './repository.mjs'

/** The first key of a setting's place in YAML -> what its section is called. */
const SECTIONS = {
  server: 'Listening',
  log: 'Logging',
  upstream: 'Upstream',
  clients: 'Clients',
  limits: 'Limits',
  audit: 'Audit',
  dashboard: 'Dashboard',
  guard: 'Guard',
  request: 'Requests',
  completion: 'Completions',
}

const BENCH_RESULT = 'bench/results/gateway.json'

/** @param {string} text */
function cell(text) {
  return text.replaceAll('|', '\\|')
}

/** @param {{ default: unknown }} setting */
function defaultOf({ default: value }) {
  if (value === undefined) return ''
  return Array.isArray(value) && value.length === 0 ? 'none' : `\`${value}\``
}

/** @param {import('../packages/gateway/dist/index.js').Setting} setting */
function rowOf(setting) {
  const { env, aliases, path, unit, kind, reloads, isSecret, about } = setting
  const names = [`\`${env}\``, ...aliases.map((alias) => `\`${alias}\``)]
  if (isSecret) names.push(`\`${env}_FILE\``)
  const cells = [names.join(', '), `\`${path}\``, about, defaultOf(setting), unit, kind.allowed]
  return `| ${[...cells.map(cell), reloads ? 'yes' : 'no'].join(' | ')} |`
}

/** @param {[key: string, title: string]} section */
function sectionOf([key, title]) {
  const rows = Object.values(SETTINGS).filter(({ path }) => path.split('.')[0] === key)
  const head = ['variable', 'in sluice.yaml', 'meaning', 'default', 'unit', 'allowed', 'reloads']
  const rule = head.map(() => '---')
  return [
    `## ${title}\n`,
    `| ${head.join(' | ')} |`,
    `| ${rule.join(' | ')} |`,
    ...rows.map(rowOf),
  ].join('\n')
}

function settingsPage() {
  const intro = `# Settings

<!-- Written by scripts/generate.mjs from packages/gateway/src/config/settings.ts. Edit that file, then run \`npm run generate\`. -->

A variable wins over \`.env\`, \`.env\` over \`sluice.yaml\`, and that over the default. \`SLUICE_CONFIG\` names the YAML file; without it
\`sluice.yaml\` of the working directory is read if there is one. An unknown or wrong setting ends the start with its name, the problem
and what is allowed. A secret may also come from a file, by the variable that ends in \`_FILE\`. A blank default means that the setting
may be absent. Settings marked *reloads* apply on SIGHUP and when \`sluice.yaml\` changes; the others need a restart.

\`sluice.yaml\` has two parts that no variable has: \`models\` and \`policies\`, both of which reload. Its JSON Schema for editors is
[\`packages/gateway/sluice.schema.json\`](../packages/gateway/sluice.schema.json); an example is
[\`examples/sluice.yaml\`](../examples/sluice.yaml). \`sluice check --all\` prints the settings in use and where each came from.`
  const unsorted = Object.values(SETTINGS).filter(({ path }) => !(path.split('.')[0] in SECTIONS))
  if (unsorted.length > 0) throw new Error(`no section for ${unsorted.map(({ path }) => path)}`)
  return `${[intro, ...Object.entries(SECTIONS).map(sectionOf)].join('\n\n')}\n`
}

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
  if (existsSync(join(root, BENCH_RESULT))) return gatewayFigures(JSON.parse(read(BENCH_RESULT)))
  return 'No run has been committed yet; `npm run bench` measures on your machine.'
}

/**
 * Text in the house's format, so that the formatter has nothing to say of it.
 * @param {string} path
 * @param {string} text
 */
function formatted(path, text) {
  const args = ['--no-install', 'biome', 'format', `--stdin-file-path=${path}`]
  const shell = process.platform === 'win32'
  const result = spawnSync('npx', args, { cwd: root, input: text, encoding: 'utf8', shell })
  if (result.status !== 0) throw new Error(`${path} cannot be formatted: ${result.stderr}`)
  return result.stdout
}

const generated = {
  'docs/settings.md': formatted('docs/settings.md', settingsPage()),
  'packages/gateway/sluice.schema.json': `${JSON.stringify(fileJsonSchema(), null, 2)}\n`,
  'README.md': formatted('README.md', readmeWith('figures', figures())),
}

const isCheck = process.argv.includes('--check')
const isStale = ([path, text]) => !existsSync(join(root, path)) || read(path) !== text
const stale = Object.entries(generated).filter(isStale)
for (const [path, text] of stale) {
  if (!isCheck) writeFileSync(join(root, path), text)
  console.log(isCheck ? `${path} is stale: run npm run generate` : `${path} written`)
}
if (stale.length === 0) console.log('The generated files are up to date.')
process.exitCode = isCheck && stale.length > 0 ? 1 : 0
