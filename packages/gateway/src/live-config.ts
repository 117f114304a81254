/** What a reload replaces as one: policies, models, the request's limits, quotas and origins. */
import type { DetectorTable, Policy } from '@sluice/guard'
import type { StoredKey } from './clients/key-store.ts'
import type { GatewayConfig } from './config/gateway-config.ts'
import type { Setting } from './config/setting.ts'
import { SETTINGS, type SettingName } from './config/settings.ts'
import { FrameReader } from './dialects/dialect-2/frame-reader.ts'
import { RequestReader } from './dialects/request-reader.ts'
import { GatewayError } from './errors.ts'
import { isLoopbackAddress } from './loopback.ts'
import { type Model, modelTable } from './request/models.ts'
import { policyTable } from './request/policies.ts'
import type { OriginRules } from './server/origin.ts'
import { profileDefaults, upstreamTarget } from './upstream/profiles.ts'

export interface LiveConfig
  extends Pick<GatewayConfig, 'settings' | 'models' | 'policies' | 'detectors'> {
  /** The policy of a client, by its name; the gateway's own without one. Throws for an unknown name. */
  policyOf: (name: string | undefined) => Policy
  modelOf: (name: string) => Model
  reader: RequestReader
  frames: FrameReader
  originRules: OriginRules
}

/** Where the configuration in use is found: a reload puts another one here. */
export interface Live {
  current: LiveConfig
}

/**
 * @param table what policies may name; they live as long as the gateway
 * @throws GatewayError `configuration`, and then nothing has changed
 */
export function liveConfig(
  { settings, models, policies, detectors }: GatewayConfig,
  table: DetectorTable,
): LiveConfig {
  const { policy } = profileDefaults(settings)
  // What acts before an upstream is chosen follows the one called default.
  const { capabilities } = upstreamTarget(settings)
  const policyByName = policyTable(policies, table)
  const policyOf = (name: string | undefined) => policyByName(name ?? settings.policy ?? policy)
  // Compiled now, so that a wrong policy is found at the start or the reload and not at the first request.
  within('SLUICE_POLICY, or guard.policy in sluice.yaml', () => policyOf(undefined))
  for (const name of Object.keys(policies)) policyOf(name)
  for (const name of settings.jwtPolicies)
    within('SLUICE_JWT_POLICIES, or clients.jwt.policies in sluice.yaml', () => policyOf(name))
  const reading = {
    maxJsonDepth: settings.maxJsonDepth,
    maxMessages: settings.maxMessages,
    extensionFields: settings.extensionFields,
    maxContentCharacters: capabilities.maxContentCharacters ?? settings.maxMessageBytes,
  }
  return {
    settings,
    models,
    policies,
    detectors,
    policyOf,
    modelOf: modelTable({ models, ...capabilities }),
    reader: new RequestReader(reading),
    frames: new FrameReader(reading),
    originRules: {
      allowedOrigins: settings.allowedOrigins,
      allowedHosts: settings.allowedHosts,
      isLoopback: isLoopbackAddress(settings.host),
      isTls: settings.tlsCertFile !== undefined,
    },
  }
}

/** What is wrong with keys, each named: its policy does not exist. Such a key is refused alone, at its use. */
export function keyProblems(keys: readonly StoredKey[], { policyOf }: LiveConfig): string[] {
  return keys.flatMap(({ id, policy }) => {
    try {
      within(`key ${id}`, () => policyOf(policy))
      return []
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      return [error.message]
    }
  })
}

/** How a new configuration differs from the one in use. */
export interface ConfigChanges {
  /** What is applied at once. */
  applied: (SettingName | 'models' | 'policies')[]
  /** Settings that keep their old value until a restart. */
  needRestart: (SettingName | 'detectors')[]
}

/** What is configured, without what was made of it. */
type Configured = Pick<GatewayConfig, 'settings' | 'models' | 'policies' | 'detectors'>

export function changesBetween(before: Configured, after: Configured): ConfigChanges {
  const changed = (Object.keys(SETTINGS) as SettingName[]).filter(
    (name) => !isSame(before.settings[name], after.settings[name]),
  )
  const reloads = (name: SettingName) => (SETTINGS[name] as Setting).reloads
  const tables = (['models', 'policies'] as const).filter(
    (table) => !isSame(before[table], after[table]),
  )
  return {
    applied: [...changed.filter(reloads), ...tables],
    needRestart: [
      ...changed.filter((name) => !reloads(name)),
      ...(isSame(before.detectors, after.detectors) ? [] : (['detectors'] as const)),
    ],
  }
}

/** The configuration in use with what a reload changes of it. */
export function withChanges(before: Configured, after: GatewayConfig): GatewayConfig {
  const { applied } = changesBetween(before, after)
  const entries = Object.entries(after.settings).filter(([name]) =>
    applied.includes(name as SettingName),
  )
  const { detectors } = before
  return { ...after, detectors, settings: { ...before.settings, ...Object.fromEntries(entries) } }
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** Says of a problem where it is. */
function within<T>(place: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    throw new GatewayError(error.code, `${place}: ${error.message}`, { cause: error })
  }
}
