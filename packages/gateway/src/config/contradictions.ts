/** Settings that cannot both be meant. One of two would win in silence, and traffic or credentials go where nobody wanted. */
import type { Settings } from './settings.ts'

/** What is wrong with settings that are each right by themselves; one line a contradiction. */
export function contradictions(settings: Partial<Settings>): string[] {
  return RULES.filter(([holds]) => holds(settings)).map(([, problem]) => problem)
}

/** Whether settings say that the upstream asks for an OAuth token. */
export function usesOAuth(settings: Partial<Settings>): boolean {
  const { profile, genesysBaseUrl, genesysRegion, clientId, clientSecret } = settings
  if (profile !== undefined) return profile !== 'openai'
  return [genesysBaseUrl, genesysRegion, clientId, clientSecret].some(
    (value) => value !== undefined,
  )
}

function readsClaims(settings: Partial<Settings>): boolean {
  const { jwtTenantClaim, jwtPolicyClaim, jwtModelsClaim } = settings
  const { jwtLimitClaims, jwtLabelClaims } = settings
  const claims = [jwtTenantClaim, jwtPolicyClaim, jwtModelsClaim, jwtLimitClaims, jwtLabelClaims]
  return claims.some((claim) => claim !== undefined)
}

const RULES: readonly [holds: (settings: Partial<Settings>) => boolean, problem: string][] = [
  [
    ({ genesysBaseUrl, genesysRegion }) =>
      genesysBaseUrl !== undefined && genesysRegion !== undefined,
    'GENESYS_CLOUD_BASE_URL and GENESYS_CLOUD_REGION contradict each other: the first is profile seed, the second profile genesys; keep one',
  ],
  [
    (settings) => settings.llmApiKey !== undefined && usesOAuth(settings),
    'LLM_API_KEY and the OAuth client of GENESYS_CLOUD_* contradict each other: an upstream takes one of them; remove the other, or set SLUICE_UPSTREAM_PROFILE=openai to use the key',
  ],
  [
    ({ profile, tokenUrl, oauthScope }) =>
      profile === 'openai' && (tokenUrl !== undefined || oauthScope !== undefined),
    'SLUICE_TOKEN_URL and SLUICE_OAUTH_SCOPE contradict SLUICE_UPSTREAM_PROFILE=openai, which asks for no token',
  ],
  [
    (settings) => settings.jwksUrl === undefined && readsClaims(settings),
    'SLUICE_JWT_JWKS_URL is absent, so no token is accepted, but SLUICE_JWT_*_CLAIM settings read its claims; set it, or remove them',
  ],
  [
    ({ jwtPolicyClaim, jwtPolicies = [] }) =>
      jwtPolicyClaim !== undefined && jwtPolicies.length === 0,
    'SLUICE_JWT_POLICY_CLAIM without SLUICE_JWT_POLICIES: list the policies that the claim may name',
  ],
  [
    ({ jwtModelsClaim, jwtModels = [] }) => jwtModelsClaim !== undefined && jwtModels.length === 0,
    'SLUICE_JWT_MODELS_CLAIM without SLUICE_JWT_MODELS: list the models that the claim may choose from',
  ],
  [
    ({ audit, auditStrict }) => audit === 'off' && auditStrict === true,
    'SLUICE_AUDIT_STRICT=true contradicts SLUICE_AUDIT=off: nothing could be served',
  ],
]
