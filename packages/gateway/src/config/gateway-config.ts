/** What a gateway is made from: complete settings, models and policies, from files or from a program. */
import type { DetectorSettings } from '../detectors/detector-settings.ts'
import { GatewayError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import type { ModelSettings } from '../request/models.ts'
import { contradictions } from './contradictions.ts'
import type { Setting } from './setting.ts'
import { SETTINGS, type Settings } from './settings.ts'

export interface GatewayConfig {
  settings: Settings
  models: Readonly<Record<string, ModelSettings>>
  /** Guard policies by name, as the guard package takes them. */
  policies: Readonly<Record<string, unknown>>
  /** Detectors that policies may name, by name. */
  detectors: Readonly<Record<string, DetectorSettings>>
  /** Default: JSON lines on standard output at the setting's level. */
  logger: Logger | undefined
}

/** Settings by name, and what no setting can say. */
export type GatewayOptions = Partial<Settings> & Partial<Omit<GatewayConfig, 'settings'>>

/**
 * Completes options with defaults.
 * @throws GatewayError `configuration` for a name or value that is not allowed
 */
export function gatewayConfig(options: GatewayOptions): GatewayConfig {
  const { models = {}, policies = {}, detectors = {}, logger, ...given } = options
  const values: Record<string, unknown> = given
  const unknown = Object.keys(values).filter((name) => !(name in SETTINGS))
  const problems = unknown.map((name) => `${name}: unknown setting`)
  const settings: Record<string, unknown> = {}
  for (const [name, setting] of Object.entries<Setting>(SETTINGS)) {
    const value = values[name] ?? setting.default
    settings[name] = value
    if (value !== undefined && !setting.kind.schema.safeParse(value).success) {
      problems.push(`${name}: not allowed; allowed: ${setting.kind.allowed}`)
    }
  }
  problems.push(...contradictions(settings, (name) => name))
  if (problems.length > 0) throw new GatewayError('configuration', problems.join('\n'))
  return { settings: settings as Settings, models, policies, detectors, logger }
}
