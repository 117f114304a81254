/** The configuration as the commands read it: `.env` and the environment, sluice.yaml beside them. */
import {
  type Environment,
  isUpstreamAbsent,
  type LoadedConfig,
  loadConfig,
  withDotEnv,
} from '@sluice/gateway'

export interface CommandConfig {
  loaded: LoadedConfig
  /** Nothing says where an upstream is, and this is not production: the sandbox may stand in. */
  isSandboxed: boolean
}

/** @throws GatewayError `configuration` */
export function readConfiguration(env: Environment, folder: string): CommandConfig {
  const merged = withDotEnv(env, folder)
  const loaded = loadConfig(merged, folder)
  const isOwnKey =
    loaded.sources.llmApiKey === 'file' ||
    (merged.LLM_API_KEY ?? merged.LLM_API_KEY_FILE ?? '') !== ''
  const isAbsent = isUpstreamAbsent(loaded.settings, isOwnKey)
  return { loaded, isSandboxed: isAbsent && merged.NODE_ENV !== 'production' }
}
