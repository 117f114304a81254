/** `sluice keys`: makes, lists and revokes client keys. The gateway notices a changed file by itself. */
import { existsSync } from 'node:fs'
import {
  createKey,
  type KeyAttributes,
  keyFileProblem,
  keyFileTime,
  listKeys,
  revokeKey,
  type StoredKey,
} from '@sluice/gateway'
import { Command, InvalidArgumentError, Option } from './commander.ts'
import { policiesOf, readConfiguration } from './configuration.ts'
import { CommandError } from './failure.ts'
import { ROLES } from './policy-options.ts'
import { adminUrl, outcomeAt } from './running-gateway.ts'
import { neutralise, paint } from './terminal.ts'

interface CreateOptions {
  file?: string
  expires?: string
  model?: string[]
  policy?: string
  trustedRole?: NonNullable<KeyAttributes['trustedRoles']>
  requestsPerMinute?: number
  tokensPerMinute?: number
  sockets?: number
  completions?: number
  tenant?: string
  label?: Record<string, string>
}

const DEFAULT_FILE = 'sluice-keys.json'
const DAY_MS = 86_400_000

export function keysCommand(): Command {
  const keys = new Command('keys').description('makes, lists and revokes client keys')
  keys.addCommand(
    inFile(new Command('create').description('makes a key and prints it, this once'))
      .argument('<name>', 'what you call it')
      .option('--expires <days>', 'ends after so many days', expiryOf)
      .option(
        '--model <names>',
        'only these models, separated by commas; may be repeated',
        addModels,
      )
      .option('--policy <name>', 'guard policy of this client, built in or of sluice.yaml')
      .addOption(trustedRoleOption())
      .option('--tenant <name>', 'whose client it is, where you serve several organisations')
      .option(
        '--label <name=value>',
        'for audit and metrics, such as team=billing; may be repeated',
        addLabel,
      )
      .option('--requests-per-minute <n>', 'instead of the general limit', wholeNumber)
      .option('--tokens-per-minute <n>', 'instead of the general limit', wholeNumber)
      .option('--sockets <n>', 'instead of the general limit', wholeNumber)
      .option('--completions <n>', 'instead of the general limit', wholeNumber)
      .action(create),
  )
  keys.addCommand(
    inFile(new Command('list').description('keys without their secrets'))
      .option('--json', 'as JSON')
      .action(list),
  )
  keys.addCommand(
    inFile(new Command('revoke').description('ends a key; its open sockets are closed'))
      .argument('<id>')
      .action(revoke),
  )
  return keys
}

function trustedRoleOption(): Option {
  const meaning = 'the guard passes texts of this role in its requests; may be repeated'
  return new Option('--trusted-role <role>', meaning).argParser(addRole)
}

function inFile(command: Command): Command {
  return command.option('--file <path>', `key file (SLUICE_KEYS_FILE, else ${DEFAULT_FILE})`)
}

async function create(name: string, options: CreateOptions): Promise<void> {
  const path = pathOf(options.file)
  const isNew = !existsSync(path)
  if (options.policy !== undefined) assertPolicy(options.policy)
  const { key, stored } = await createKey({ path, now: Date.now() }, attributesOf(name, options))
  process.stderr.write(
    `Key ${stored.id} is in ${path}, as a hash. This is the only time it is shown:\n`,
  )
  process.stdout.write(`${key}\n`)
  process.stderr.write(
    `Start the gateway with SLUICE_KEYS_FILE=${path}; clients send "authorization: Bearer <key>".\n`,
  )
  if (isNew && process.getuid?.() === 0) {
    note(`${path} belongs to root, mode 0600: chown it to the user that the gateway runs as`)
  }
}

function attributesOf(name: string, options: CreateOptions): KeyAttributes {
  const { requestsPerMinute, tokensPerMinute, sockets, completions } = options
  const limits = { requestsPerMinute, tokensPerMinute, sockets, completions }
  const hasLimits = Object.values(limits).some((value) => value !== undefined)
  return {
    name,
    ...(options.expires === undefined ? {} : { expiresAt: options.expires }),
    ...(options.model === undefined ? {} : { allowedModels: options.model }),
    ...(options.policy === undefined ? {} : { policy: options.policy }),
    ...(options.trustedRole === undefined ? {} : { trustedRoles: options.trustedRole }),
    ...(hasLimits ? { limits } : {}),
    ...(options.tenant === undefined ? {} : { tenant: options.tenant }),
    ...(options.label === undefined ? {} : { labels: options.label }),
  }
}

/** Here, because the gateway would find it out only at the first request. */
function assertPolicy(name: string): void {
  policiesOf(readConfiguration(process.env, process.cwd()))(name)
}

async function list(options: { file?: string; json?: boolean }): Promise<void> {
  const path = pathOf(options.file)
  const keys = await listKeys(path)
  if (options.json === true) {
    const shown = keys.map(({ hash: _, ...key }) => key)
    process.stdout.write(`${JSON.stringify(shown, null, 2)}\n`)
    return
  }
  for (const key of keys) process.stdout.write(`${line(key)}\n`)
  if (keys.length > 0) await warnOfMode(path)
  if (keys.length === 0) process.stderr.write('There are no keys yet: sluice keys create <name>\n')
}

async function revoke(id: string, options: { file?: string }): Promise<void> {
  const path = pathOf(options.file)
  await revokeKey({ path, now: Date.now() }, id)
  const url = adminUrl(readConfiguration(process.env, process.cwd()).loaded.settings)
  const outcome = url === undefined ? 'absent' : await outcomeAt(url, await keyFileTime(path))
  if (outcome === 'refused') {
    throw new CommandError(
      `Key ${neutralise(id)} is revoked in ${path}, but the gateway at ${url} could not read its key file and still ` +
        'accepts the keys it knew. Its log says why; the file has to belong to the user that the gateway runs as',
    )
  }
  process.stdout.write(`Key ${neutralise(id)} is revoked\n`)
  if (outcome === 'taken') note(`The gateway at ${url} has taken the change`)
  if (outcome === 'other')
    note(`The gateway at ${url} does not read ${path}: it has another key file, or none`)
}

function note(text: string): void {
  process.stderr.write(`${paint('yellow', text, process.stderr)}\n`)
}

async function warnOfMode(path: string): Promise<void> {
  const problem = await keyFileProblem(path)
  if (problem !== undefined) note(problem)
}

function line(key: StoredKey): string {
  const state = stateOf(key)
  const parts = [
    key.id,
    paint(state === 'valid' ? 'green' : 'yellow', state.padEnd(8), process.stdout),
    `created ${key.createdAt}`,
    neutralise(key.name),
    key.allowedModels === undefined ? '' : `models ${neutralise(key.allowedModels.join(', '))}`,
    key.policy === undefined ? '' : `policy ${neutralise(key.policy)}`,
    key.trustedRoles === undefined ? '' : `trusts ${key.trustedRoles.join(', ')}`,
    key.limits === undefined ? '' : `limits ${JSON.stringify(key.limits)}`,
    key.tenant === undefined ? '' : `tenant ${neutralise(key.tenant)}`,
    ...Object.entries(key.labels ?? {}).map(([name, value]) => neutralise(`${name}=${value}`)),
  ]
  return parts.filter((part) => part !== '').join('  ')
}

function stateOf({ revokedAt, expiresAt }: StoredKey): string {
  if (revokedAt !== undefined) return 'revoked'
  return expiresAt !== undefined && Date.parse(expiresAt) <= Date.now() ? 'expired' : 'valid'
}

function pathOf(file: string | undefined): string {
  const path =
    file ?? readConfiguration(process.env, process.cwd()).loaded.settings.keysFile ?? DEFAULT_FILE
  if (path.trim() === '') throw new CommandError('--file: expected a path')
  return path
}

/** Takes one word and never the next: an option of many words would swallow the key's name after it. */
function addModels(names: string, before: string[] = []): string[] {
  const models = names.split(',').map((name) => name.trim())
  if (models.includes('')) throw new InvalidArgumentError('expected names of models')
  return [...before, ...models]
}

function addRole(name: string, before: KeyAttributes['trustedRoles'] = []) {
  const role = ROLES.find((known) => known === name)
  if (role === undefined) throw new InvalidArgumentError(`expected one of ${ROLES.join(', ')}`)
  return before.includes(role) ? before : [...before, role]
}

/** What a name and a value may be is the key file's own rule. */
function addLabel(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [, name, value] = /^([^=]+)=(.+)$/.exec(text) ?? []
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError('expected name=value, such as team=billing')
  return { ...before, [name]: value }
}

function expiryOf(text: string): string {
  return new Date(Date.now() + wholeNumber(text) * DAY_MS).toISOString()
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('expected a whole number from 1')
  return Number(text)
}
