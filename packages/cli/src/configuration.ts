/** The configuration as the commands read it: `.env` and the environment, sluice.yaml beside them. */
import {
  createDetectors,
  createDispatcher,
  type Environment,
  isUpstreamAbsent,
  type LoadedConfig,
  loadConfig,
  policyTable,
  profileDefaults,
  type Settings,
} from '@sluice/gateway'
import { CommandError } from './failure.ts'

export interface CommandConfig {
  loaded: LoadedConfig
  /** Nothing says where an upstream is. */
  isUpstreamAbsent: boolean
  /** That, and this is not production: the sandbox may stand in. */
  isSandboxed: boolean
}

/** Whom the built-in sandbox serves. */
export const SANDBOX_CLIENT = { clientId: 'sandbox-client', clientSecret: 'sandbox-secret' }

/** The policy on the sandbox: what a newcomer sees is what any upstream gets, and not the tutorial's. */
const SANDBOX_POLICY = 'standard'

/** The settings of a gateway whose upstream is the built-in sandbox. A key that lies around has no use there. */
export function onSandbox(settings: Settings, url: string): Settings {
  const { policy = SANDBOX_POLICY } = settings
  return { ...settings, ...SANDBOX_CLIENT, genesysBaseUrl: url, llmApiKey: undefined, policy }
}

/** The name of the policy that `serve` would use. */
export function policyInUse({ loaded, isSandboxed }: CommandConfig): string {
  const { settings } = loaded
  return settings.policy ?? (isSandboxed ? SANDBOX_POLICY : profileDefaults(settings).policy)
}

/** The policies by name, with the detectors that they name; compiled when they are asked for. */
export function policiesOf({ loaded: { file, settings } }: CommandConfig) {
  return policyTable(file.policies, createDetectors(file.detectors, createDispatcher(settings)))
}

/** @throws GatewayError `configuration` */
export function readConfiguration(env: Environment, folder: string): CommandConfig {
  const loaded = loadConfig(env, folder)
  const { variables } = loaded
  const isOwnKey =
    loaded.sources.llmApiKey === 'file' ||
    (variables.LLM_API_KEY ?? variables.LLM_API_KEY_FILE ?? '') !== ''
  const isAbsent = isUpstreamAbsent(loaded.settings, isOwnKey)
  const isSandboxed = isAbsent && variables.NODE_ENV !== 'production'
  return { loaded, isUpstreamAbsent: isAbsent, isSandboxed }
}

/** @throws CommandError where there is neither an upstream nor the sandbox in its stead */
export function assertUpstream({ isUpstreamAbsent: isAbsent, isSandboxed }: CommandConfig): void {
  if (!isAbsent || isSandboxed) return
  throw new CommandError(
    'No upstream is configured, and with NODE_ENV=production the sandbox is none: set LLM_BASE_URL (such as https://api.openai.com/v1), or GENESYS_CLOUD_* as in docs/settings.md',
  )
}
