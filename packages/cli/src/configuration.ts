/** The configuration as the commands read it: `.env` and the environment, sluice.yaml beside them. */
import {
  type Environment,
  isUpstreamAbsent,
  type LoadedConfig,
  loadConfig,
  type Settings,
} from '@sluice/gateway'

export interface CommandConfig {
  loaded: LoadedConfig
  /** Nothing says where an upstream is, and this is not production: the sandbox may stand in. */
  isSandboxed: boolean
}

/** Whom the built-in sandbox serves. */
export const SANDBOX_CLIENT = { clientId: 'sandbox-client', clientSecret: 'sandbox-secret' }

/** The settings of a gateway whose upstream is the built-in sandbox. */
export function onSandbox(settings: Settings, url: string): Settings {
  return { ...settings, ...SANDBOX_CLIENT, genesysBaseUrl: url }
}

/** @throws GatewayError `configuration` */
export function readConfiguration(env: Environment, folder: string): CommandConfig {
  const loaded = loadConfig(env, folder)
  const { variables } = loaded
  const isOwnKey =
    loaded.sources.llmApiKey === 'file' ||
    (variables.LLM_API_KEY ?? variables.LLM_API_KEY_FILE ?? '') !== ''
  const isAbsent = isUpstreamAbsent(loaded.settings, isOwnKey)
  return { loaded, isSandboxed: isAbsent && variables.NODE_ENV !== 'production' }
}
