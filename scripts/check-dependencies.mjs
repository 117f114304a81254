// The dependency rule inside the gateway: which room may import from which, and which room may import which library.
// What packages may import of each other is in biome.json.
import { posix } from 'node:path'
import { filesOf, read } from './repository.mjs'

const SOURCE = 'packages/gateway/src/'

/** Files that put the rooms together, and what stands on that: they may import everything. */
const COMPOSITION = new Set(['assembly.ts', 'check-configuration.ts', 'gateway.ts', 'index.ts'])
/** Files that every room may import. */
const GROUND = new Set([
  'backoff.ts',
  'byte-batch.ts',
  'clock.ts',
  'commonjs.ts',
  'deltas.ts',
  'errors.ts',
  'json-bounds.ts',
  'json-object.ts',
  'logger.ts',
  'loop-turn.ts',
  'loopback.ts',
  'random-hex.ts',
  'root-secret.ts',
  'scheduler.ts',
  'turn.ts',
])

/**
 * Room -> what it may import: a room (a folder, or a file beside the folders), or one file of a room. What is not here
 * is refused, so `server -> dialects -> completion -> {request, upstream}` has no way back.
 */
const ARROWS = {
  'access.ts': ['clients', 'config'],
  admin: [
    'server/open-exchanges.ts',
    'server/origin.ts',
    'server/readiness.ts',
    'server/refusal-reply.ts',
    'server/refusals.ts',
  ],
  'admission.ts': ['access.ts', 'clients', 'completion', 'live-config.ts'],
  audit: ['clients/auth-result.ts', 'completion', 'config/settings.ts', 'request/policies.ts'],
  'callbacks.ts': ['completion', 'webhook', 'dialects'],
  clients: [],
  completion: ['clients', 'detectors', 'request', 'tokens', 'upstream'],
  config: [
    'clients/labels.ts',
    'clients/principal.ts',
    'detectors/detector-settings.ts',
    'request',
  ],
  detectors: ['undici.ts'],
  webhook: ['completion', 'dialects', 'undici.ts'],
  dialects: ['clients', 'completion', 'socket'],
  http: [
    'clients',
    'completion',
    'dialects',
    'limits',
    'server/origin.ts',
    'server/refusal-reply.ts',
    'server/router.ts',
  ],
  limits: ['clients', 'completion/order.ts'],
  'live-config.ts': ['clients', 'config', 'dialects', 'request', 'server/origin.ts', 'upstream'],
  'log-observer.ts': ['audit/bounded-id.ts', 'completion'],
  metrics: ['completion'],
  'reporting.ts': [
    'audit',
    'callbacks.ts',
    'completion',
    'config',
    'webhook',
    'log-observer.ts',
    'metrics',
    'server/origin.ts',
    'server/refusals.ts',
  ],
  'outbound.ts': ['config/settings.ts', 'undici.ts'],
  request: ['detectors', 'tokens', 'upstream/target.ts'],
  server: ['clients', 'dialects', 'limits', 'socket'],
  socket: [],
  tokens: [],
  'undici.ts': [],
  upstream: ['config/masked.ts', 'config/settings.ts', 'undici.ts'],
}

/** Libraries that only some rooms may import. */
const LIBRARIES = {
  '@sluice/guard': ['completion', 'config', 'detectors', 'live-config.ts', 'request'],
  cockatiel: ['detectors', 'upstream'],
  'gpt-tokenizer': ['tokens'],
  jose: ['clients'],
  libsql: ['audit'],
  pino: ['logger.ts'],
  'prom-client': ['metrics'],
  'rate-limiter-flexible': ['limits'],
  undici: ['webhook', 'assembly.ts', 'detectors', 'outbound.ts', 'undici.ts', 'upstream'],
  ws: ['socket'],
  yaml: ['config'],
  zod: ['clients', 'config', 'detectors'],
}

const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g

/** @param {string} path from the source's root */
function roomOf(path) {
  return path.split('/')[0] ?? path
}

/**
 * @param {string} file
 * @param {string} target
 * @returns {string | undefined} what is wrong
 */
function problemOf(file, target) {
  const room = roomOf(file)
  if (!target.startsWith('.')) {
    const library = Object.keys(LIBRARIES).find(
      (name) => target === name || target.startsWith(`${name}/`),
    )
    if (library === undefined || LIBRARIES[library].includes(room)) return undefined
    return `${library} is only for ${LIBRARIES[library].join(', ')}`
  }
  const path = posix.join(posix.dirname(file), target)
  const isFree = COMPOSITION.has(file) || GROUND.has(path) || roomOf(path) === room
  if (isFree) return undefined
  const allowed = ARROWS[room] ?? []
  if (allowed.includes(roomOf(path)) || allowed.includes(path)) return undefined
  return `${room} may not import ${path}`
}

const problems = []
for (const path of filesOf(`${SOURCE}*.ts`)) {
  const file = path.slice(SOURCE.length)
  for (const [, target] of read(path).matchAll(IMPORT)) {
    const problem = problemOf(file, target)
    if (problem !== undefined) problems.push(`${path}: ${problem}`)
  }
}
for (const problem of problems) console.error(problem)
if (problems.length > 0) console.error('The allowed arrows are in scripts/check-dependencies.mjs.')
else console.log('Every import keeps the dependency rule.')
process.exitCode = problems.length === 0 ? 0 : 1
