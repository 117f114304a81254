/** `sluice check`: says what the gateway would use, secrets masked, and tries the token endpoint. */
import {
  checkConfiguration,
  GatewayError,
  gatewayConfig,
  type LoadedConfig,
  profileOf,
  SETTINGS,
  type Setting,
  type SettingName,
  UpstreamClient,
  upstreamTarget,
} from '@sluice/gateway'
import { Command } from 'commander'
import { Agent } from 'undici'
import { readConfiguration } from './configuration.ts'
import { neutralise, paint } from './terminal.ts'

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
  if (isSandboxed) {
    print(
      paint(
        'yellow',
        'upstream       none configured: serve would use the built-in sandbox',
        process.stdout,
      ),
    )
    return
  }
  const target = upstreamTarget(loaded.settings)
  await checkConfiguration(gatewayConfig({ ...loaded.settings, ...loaded.file }))
  print(`profile        ${profileOf(loaded.settings)}`)
  print(`chat           ${target.chatUrl}`)
  print(`authentication ${target.authentication.kind}${tokenPlace(target.authentication)}`)
  if (options.offline === true || target.authentication.kind !== 'oauth') return done()
  await tryToken(target)
  done()
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
  return authentication.kind === 'oauth' ? ` at ${authentication.tokenUrl}` : ''
}

function* settingLines({ settings, sources }: LoadedConfig, isAll: boolean): Generator<string> {
  for (const [name, setting] of Object.entries<Setting>(SETTINGS)) {
    const source = sources[name as SettingName]
    if (source === 'default' && !isAll) continue
    const value = settings[name as SettingName]
    const shown =
      value === undefined ? '-' : setting.isSecret ? '********' : neutralise(JSON.stringify(value))
    yield `${setting.env} = ${shown}${setting.unit === '' ? '' : ` ${setting.unit}`}  (${source})`
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

function done(): void {
  print(paint('green', 'The configuration is valid.', process.stdout))
}
