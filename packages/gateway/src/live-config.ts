/** What a reload replaces as one: policies, models, the request's limits, quotas and origins. */
import type { Policy } from '@sluice/guard'
import type { GatewayConfig } from './config/gateway-config.ts'
import { SETTINGS, type Setting, type SettingName, type Settings } from './config/settings.ts'
import { RequestReader } from './faces/request-reader.ts'
import { type Model, modelTable } from './request/models.ts'
import { policyTable } from './request/policies.ts'
import { isLoopbackAddress, type OriginRules } from './server/origin.ts'
import { profileDefaults } from './upstream/profiles.ts'

export interface LiveConfig {
  settings: Settings
  /** The policy of a client, by its name; the gateway's own without one. Throws for an unknown name. */
  policyOf: (name: string | undefined) => Policy
  modelOf: (name: string) => Model
  reader: RequestReader
  originRules: OriginRules
}

/** @throws GatewayError `configuration`, and then nothing has changed */
export function liveConfig({ settings, models, policies }: GatewayConfig): LiveConfig {
  const profile = profileDefaults(settings)
  const policyByName = policyTable(policies)
  const policyOf = (name: string | undefined) =>
    policyByName(name ?? settings.policy ?? profile.policy)
  // Compiled now, so that a wrong policy is found at the start or the reload and not at the first request.
  for (const name of [undefined, ...Object.keys(policies)]) policyOf(name)
  return {
    settings,
    policyOf,
    modelOf: modelTable({ models, defaultContextWindow: profile.defaultContextWindow }),
    reader: new RequestReader({
      maxJsonDepth: settings.maxJsonDepth,
      maxMessages: settings.maxMessages,
      maxContentCharacters:
        settings.maxContentCharacters ?? profile.maxContentCharacters ?? settings.maxMessageBytes,
    }),
    originRules: {
      allowedOrigins: settings.allowedOrigins,
      allowedHosts: settings.allowedHosts,
      isLoopback: isLoopbackAddress(settings.host),
      isTls: settings.tlsCertFile !== undefined,
    },
  }
}

/** How a new configuration differs from the one in use. */
export interface ConfigChanges {
  /** Settings that are applied at once. */
  applied: SettingName[]
  /** Settings that keep their old value until a restart. */
  needRestart: SettingName[]
}

export function changesBetween(before: Settings, after: Settings): ConfigChanges {
  const changed = (Object.keys(SETTINGS) as SettingName[]).filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  )
  const reloads = (name: SettingName) => (SETTINGS[name] as Setting).reloads
  return {
    applied: changed.filter(reloads),
    needRestart: changed.filter((name) => !reloads(name)),
  }
}
