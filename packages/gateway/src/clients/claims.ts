/**
 * What the claims of a verified token say of its client, as far as the configuration lets them. A claim can choose among
 * what is configured and take away from it; it never adds to it.
 */
import type { JWTPayload } from 'jose'
import { labelValueSchema, tenantSchema } from './labels.ts'
import { CLIENT_LIMITS, type ClientLimit, type Principal } from './principal.ts'

/** Which claims count, by their names, and the bounds they stay in. What is absent is not read. */
export interface ClaimRules {
  /** With it a token needs this claim: without its tenant a client would be nobody's. */
  readonly tenant?: string | undefined
  readonly policy?: string | undefined
  readonly models?: string | undefined
  readonly limits?: Readonly<Partial<Record<ClientLimit, string>>> | undefined
  /** Name of the label -> name of the claim. */
  readonly labels?: Readonly<Record<string, string>> | undefined
  /** Policies that the claim may name. */
  readonly allowedPolicies: readonly string[]
  /** Models of every token; a claim can only leave some out. Absent: all, and then no claim is read. */
  readonly allowedModels?: readonly string[] | undefined
  /** The gateway's own limits, as they are now; 0 is no limit. */
  readonly ceilings: () => Readonly<Record<ClientLimit, number>>
}

/** What claims decide of a principal. */
export type Claimed = Pick<Principal, 'tenant' | 'policy' | 'allowedModels' | 'limits' | 'labels'>

/** A claim that cannot be taken: its name in the configuration, never its value. */
export class ClaimRefusal {
  readonly reason: 'invalid_claim' | 'forbidden_claim'
  /** The place in sluice.yaml that names the claim. */
  readonly setting: string

  constructor(reason: ClaimRefusal['reason'], claim: string) {
    this.reason = reason
    this.setting = `clients.jwt.claims.${claim}`
  }
}

/** Models that one claim may name, and the longest name of one. */
const MAX_MODELS = 256
const MAX_MODEL_LENGTH = 256

/** @throws ClaimRefusal */
export function readClaims(payload: JWTPayload, rules: ClaimRules): Claimed {
  const claimed = {
    tenant: tenantOf(payload, rules),
    policy: policyOf(payload, rules),
    allowedModels: modelsOf(payload, rules),
    limits: limitsOf(payload, rules),
    labels: labelsOf(payload, rules),
  }
  const given = Object.entries(claimed).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given)
}

/** A claim's value; undefined where there is none. */
function claimIn(payload: JWTPayload, claim: string): unknown {
  return Object.hasOwn(payload, claim) ? (payload[claim] ?? undefined) : undefined
}

/** A text, or a whole number as text: ids are numbers with some issuers. */
function textOf(value: unknown): unknown {
  return Number.isSafeInteger(value) ? String(value) : value
}

function tenantOf(payload: JWTPayload, { tenant }: ClaimRules): string | undefined {
  if (tenant === undefined) return undefined
  const result = tenantSchema.safeParse(textOf(claimIn(payload, tenant)))
  if (!result.success) throw new ClaimRefusal('invalid_claim', 'tenant')
  return result.data
}

function policyOf(payload: JWTPayload, { policy, allowedPolicies }: ClaimRules) {
  if (policy === undefined) return undefined
  const value = claimIn(payload, policy)
  if (value === undefined) return undefined
  if (typeof value !== 'string') throw new ClaimRefusal('invalid_claim', 'policy')
  if (!allowedPolicies.includes(value)) throw new ClaimRefusal('forbidden_claim', 'policy')
  return value
}

function modelsOf(payload: JWTPayload, { models, allowedModels }: ClaimRules) {
  if (models === undefined || allowedModels === undefined) return allowedModels
  const value = claimIn(payload, models)
  if (value === undefined) return allowedModels
  const named = typeof value === 'string' ? [value] : value
  if (!isModelList(named)) throw new ClaimRefusal('invalid_claim', 'models')
  const allowed = allowedModels.filter((model) => named.includes(model))
  if (allowed.length === 0) throw new ClaimRefusal('forbidden_claim', 'models')
  return allowed
}

function isModelList(value: unknown): value is readonly string[] {
  if (!Array.isArray(value) || value.length > MAX_MODELS) return false
  return value.every((model) => typeof model === 'string' && model.length <= MAX_MODEL_LENGTH)
}

function limitsOf(payload: JWTPayload, { limits = {}, ceilings }: ClaimRules) {
  const lowered: Partial<Record<ClientLimit, number>> = {}
  for (const name of CLIENT_LIMITS) {
    const claim = limits[name]
    const value = claim === undefined ? undefined : claimIn(payload, claim)
    if (value === undefined) continue
    if (!Number.isSafeInteger(value) || Number(value) < 1) {
      throw new ClaimRefusal('invalid_claim', `limits.${name}`)
    }
    const ceiling = ceilings()[name]
    lowered[name] = ceiling === 0 ? Number(value) : Math.min(Number(value), ceiling)
  }
  return Object.keys(lowered).length === 0 ? undefined : lowered
}

function labelsOf(payload: JWTPayload, { labels = {} }: ClaimRules) {
  const found: Record<string, string> = {}
  for (const [label, claim] of Object.entries(labels)) {
    const value = claimIn(payload, claim)
    if (value === undefined) continue
    const result = labelValueSchema.safeParse(textOf(value))
    if (!result.success) throw new ClaimRefusal('invalid_claim', `labels.${label}`)
    found[label] = result.data
  }
  return Object.keys(found).length === 0 ? undefined : found
}
