// docs/settings.md: every setting of the gateway, from its own table.
import { SETTINGS } from '../../packages/gateway/dist/index.js'
import { table } from './table.mjs'

/** The first key of a setting's place in YAML -> what its section is called. */
const SECTIONS = {
  server: 'Listening',
  log: 'Logging',
  upstream: 'Upstream',
  clients: 'Clients',
  limits: 'Limits',
  audit: 'Audit',
  metrics: 'Metrics',
  dashboard: 'Dashboard',
  guard: 'Guard',
  request: 'Requests',
  completion: 'Completions',
}

const HEAD = ['variable', 'in sluice.yaml', 'meaning', 'default', 'unit', 'allowed', 'reloads']

const INTRODUCTION = `# Settings

<!-- Written by scripts/generate.mjs from packages/gateway/src/config/settings.ts. Edit that file, then run \`npm run generate\`. -->

A variable wins over \`.env\`, \`.env\` over \`sluice.yaml\`, and that over the default. \`SLUICE_CONFIG\` names the YAML file; without it
\`sluice.yaml\` of the working directory is read if there is one. A wrong setting ends the start with its name, the problem
and what is allowed; so do an unknown key of the file, an unknown variable that begins with \`SLUICE_\`, and one that begins with \`LLM_\` or \`GENESYS\` and is a
slip away from a setting. A secret may also come from a file, by the variable that ends in \`_FILE\`. A blank default means that the setting
may be absent. Settings marked *reloads* apply on SIGHUP and when \`sluice.yaml\` changes; the others need a restart.

\`sluice.yaml\` has two parts that no variable has: \`models\` and \`policies\`, both of which reload. Its JSON Schema for editors is
[\`packages/gateway/sluice.schema.json\`](../packages/gateway/sluice.schema.json); an example is
[\`examples/sluice.yaml\`](../examples/sluice.yaml). \`sluice check --all\` prints the settings in use and where each came from.

It may also have \`upstreams\`, each by its name, with secrets in variables or files (\`apiKeyEnv\`, \`apiKeyFile\`,
\`clientIdEnv\`, \`clientSecretEnv\`, \`clientSecretFile\`). One is served yet, called \`default\`, of the kind \`openai\` or
\`genesys\`; others, and \`targets\` of models, are refused. Variables win over it, and it needs a restart.`

/** @returns {string} */
export function settingsPage() {
  const settings = Object.values(SETTINGS)
  const unsorted = settings.filter(({ path }) => !(firstKey(path) in SECTIONS))
  if (unsorted.length > 0) throw new Error(`no section for ${unsorted.map(({ path }) => path)}`)
  const sections = Object.entries(SECTIONS).map(([key, title]) => {
    const rows = settings.filter(({ path }) => firstKey(path) === key).map(rowOf)
    return `## ${title}\n\n${table(HEAD, rows)}`
  })
  return `${[INTRODUCTION, ...sections].join('\n\n')}\n`
}

/** @param {string} path */
function firstKey(path) {
  return path.split('.')[0] ?? path
}

/** @param {import('../../packages/gateway/dist/index.js').Setting} setting */
function rowOf(setting) {
  const { env, aliases, path, unit, kind, reloads, isSecret, about } = setting
  const names = [env, ...aliases, ...(isSecret ? [`${env}_FILE`] : [])]
  const variables = names.map((name) => `\`${name}\``).join(', ')
  const last = [defaultOf(setting), unit, kind.allowed, reloads ? 'yes' : 'no']
  return [variables, `\`${path}\``, about, ...last]
}

/** @param {{ default: unknown }} setting */
function defaultOf({ default: value }) {
  if (value === undefined) return ''
  return Array.isArray(value) && value.length === 0 ? 'none' : `\`${value}\``
}
