/** The face of the package: a gateway as a library, and what the command `sluice` needs of it. */
export type { AnalyticsCallbacks, StreamEvent } from './callbacks.ts'
export { fileJsonSchema } from './config/file-schema.ts'
export {
  type GatewayConfig,
  type GatewayOptions,
  gatewayConfig,
} from './config/gateway-config.ts'
export { type Environment, type LoadedConfig, loadConfig, withDotEnv } from './config/load.ts'
export { SETTINGS, type Setting, type SettingName, type Settings } from './config/settings.ts'
export { GatewayError, type GatewayErrorCode } from './errors.ts'
export { createGateway, Gateway } from './gateway.ts'
export { createLogger, type Logger } from './log.ts'
export { UpstreamClient } from './upstream/client.ts'
export { isUpstreamAbsent, profileOf, upstreamTarget } from './upstream/profiles.ts'
export type { UpstreamTarget } from './upstream/target.ts'
