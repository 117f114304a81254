/** `sluice check`: says what the gateway would use, secrets masked, and tries the token endpoint. */
import {
  type CertificateFacts,
  certificateProblem,
  checkConfiguration,
  GatewayError,
  gatewayConfig,
  type LoadedConfig,
  masked,
  profileDefaults,
  profileOf,
  readTls,
  SETTINGS,
  type Setting,
  type SettingName,
  UpstreamClient,
  upstreamTarget,
} from '@sluice/gateway'
import { Command } from 'commander'
import { Agent } from 'undici'
import { onSandbox, readConfiguration } from './configuration.ts'
import { neutralise, paint } from './terminal.ts'

/** Stands for the sandbox's, which has an address only while it runs. */
const NO_URL = 'http://127.0.0.1'

export function checkCommand(): Command {
  return new Command('check')
    .description('validates the configuration, tries the token endpoint, prints what would be used')
    .option('--all', 'also print the settings that have their defaults')
    .option('--offline', 'do not contact the token endpoint')
    .action((options: { all?: boolean; offline?: boolean }) => check(options))
}

async function check(options: { all?: boolean; offline?: boolean }): Promise<void> {
  const { loaded, isSandboxed } = readConfiguration(process.env, process.cwd())
  print(`configuration  ${loaded.path ?? 'environment only (no sluice.yaml)'}`)
  for (const line of settingLines(loaded, options.all === true)) print(line)
  const settings = isSandboxed ? onSandbox(loaded.settings, NO_URL) : loaded.settings
  await checkConfiguration(gatewayConfig({ ...settings, ...loaded.file }))
  print(`listens on     ${settings.host}, port ${settings.port}`)
  const tls = readTls(settings)
  if (tls !== undefined) print(`certificate    ${certificateLine(tls.certificate)}`)
  print(`policy         ${settings.policy ?? profileDefaults(settings).policy}`)
  if (isSandboxed) {
    const upstream = 'upstream       none configured: serve would use the built-in sandbox'
    print(paint('yellow', upstream, process.stdout))
    return done()
  }
  const target = upstreamTarget(settings)
  print(`profile        ${profileOf(settings)}`)
  print(`chat           ${masked(target.chatUrl)}`)
  print(`authentication ${target.authentication.kind}${tokenPlace(target.authentication)}`)
  if (options.offline === true || target.authentication.kind !== 'oauth') return done()
  await tryToken(target)
  done()
}

function certificateLine(certificate: CertificateFacts): string {
  const problem = certificateProblem(certificate, Date.now())
  if (problem !== undefined) return paint('yellow', `clients refuse it: ${problem}`, process.stdout)
  return `good until ${new Date(certificate.notAfter).toISOString()}`
}

async function tryToken(target: ReturnType<typeof upstreamTarget>): Promise<void> {
  const dispatcher = new Agent({ connect: { timeout: target.timeouts.connectMs } })
  const client = new UpstreamClient({ target, dispatcher })
  try {
    await client.authorize(AbortSignal.timeout(60_000))
    print(`token          ${paint('green', 'received', process.stdout)}`)
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    throw new GatewayError('configuration', `No token: ${error.message}`)
  } finally {
    await dispatcher.close()
  }
}

function tokenPlace(authentication: ReturnType<typeof upstreamTarget>['authentication']): string {
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
