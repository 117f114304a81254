/** `sluice check`: says what the gateway would use, secrets masked, and tries the credentials. */
import {
  type CertificateFacts,
  certificateProblem,
  checkConfiguration,
  createDispatcher,
  gatewayConfig,
  type LoadedConfig,
  masked,
  profileOf,
  readTls,
  SETTINGS,
  type Setting,
  type SettingName,
  type UpstreamTarget,
  upstreamTarget,
} from '@sluice/gateway'
import { Command } from './commander.ts'
import { assertUpstream, onSandbox, policyInUse, readConfiguration } from './configuration.ts'
import { doubledPart, type ProbeRequest, probe } from './probe.ts'
import { neutralise, paint } from './terminal.ts'

/** Stands for the sandbox's, which has an address only while it runs. */
const NO_URL = 'http://127.0.0.1'

/** Asked for one token if nothing else is named. */
const DEFAULT_MODEL = 'gpt-4o-mini'

interface CheckOptions {
  all?: boolean
  offline?: boolean
  model?: string
}

export function checkCommand(): Command {
  return new Command('check')
    .description('validates the configuration, tries the credentials, prints what would be used')
    .option('--all', 'also print the settings that have their defaults')
    .option('--offline', 'contact nobody')
    .option(
      '--model <name>',
      'asked for one token where the upstream has no GET /models (default: the first of sluice.yaml)',
    )
    .action(check)
}

async function check(options: CheckOptions): Promise<void> {
  const config = readConfiguration(process.env, process.cwd())
  const { loaded, isSandboxed } = config
  print(`configuration  ${loaded.path ?? 'environment only (no sluice.yaml)'}`)
  for (const line of settingLines(loaded, options.all === true)) print(line)
  assertUpstream(config)
  const settings = isSandboxed ? onSandbox(loaded.settings, NO_URL) : loaded.settings
  await checkConfiguration(gatewayConfig({ ...settings, ...loaded.file }))
  print(`listens on     ${settings.host}, port ${settings.port}`)
  const tls = readTls(settings)
  if (tls !== undefined) print(`certificate    ${certificateLine(tls.certificate)}`)
  print(`policy         ${policyInUse(config)}`)
  if (isSandboxed) {
    const upstream = 'upstream       none configured: serve would use the built-in sandbox'
    print(paint('yellow', upstream, process.stdout))
    return done()
  }
  const target = upstreamTarget(settings)
  print(`profile        ${profileOf(settings)}`)
  print(`chat           ${masked(target.chatUrl)}`)
  print(`authentication ${target.authentication.kind}${tokenPlace(target.authentication)}`)
  const doubled = doubledPart(new URL(target.chatUrl).pathname)
  if (doubled !== undefined) {
    print(
      paint(
        'yellow',
        `               the path has ${doubled} twice: is that meant?`,
        process.stdout,
      ),
    )
  }
  if (options.offline !== true) {
    const [model = DEFAULT_MODEL] = Object.keys(loaded.file.models)
    await tryUpstream({
      target,
      dispatcher: createDispatcher(settings),
      model: options.model ?? model,
    })
  }
  done()
}

function certificateLine(certificate: CertificateFacts): string {
  const problem = certificateProblem(certificate, Date.now())
  if (problem !== undefined) return paint('yellow', `clients refuse it: ${problem}`, process.stdout)
  return `good until ${new Date(certificate.notAfter).toISOString()}`
}

async function tryUpstream(request: ProbeRequest): Promise<void> {
  const { hasToken, outcome } = await probe(request)
  if (hasToken) print(`token          ${paint('green', 'received', process.stdout)}`)
  print(`upstream       ${paint('green', neutralise(outcome), process.stdout)}`)
}

function tokenPlace(authentication: UpstreamTarget['authentication']): string {
  return authentication.kind === 'oauth' ? ` at ${masked(authentication.tokenUrl)}` : ''
}

function* settingLines({ settings, sources }: LoadedConfig, isAll: boolean): Generator<string> {
  for (const [name, setting] of Object.entries<Setting>(SETTINGS)) {
    const source = sources[name as SettingName]
    if (source === 'default' && !isAll) continue
    const value = settings[name as SettingName]
    const shown =
      value === undefined ? '-' : setting.isSecret ? '********' : neutralise(maskedJson(value))
    yield `${setting.env} = ${shown}${setting.unit === '' ? '' : ` ${setting.unit}`}  (${source})`
  }
}

/** A value as JSON, without the secrets that a URL in it may carry. */
function maskedJson(value: unknown): string {
  return JSON.stringify(value, (_, part) => (typeof part === 'string' ? masked(part) : part))
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

function done(): void {
  print(paint('green', 'The configuration is valid.', process.stdout))
}
