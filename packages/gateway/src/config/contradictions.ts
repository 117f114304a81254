/** Settings that cannot both be meant. One of two would win in silence, and traffic or credentials go where nobody wanted. */
import type { SettingName, Settings } from './settings.ts'

/** How a setting is named to whoever wrote it: its variable, its place in the file, or its name in a program. */
type NameOf = (name: SettingName) => string

/** What is wrong with settings that are each right by themselves; one line a contradiction. */
export function contradictions(settings: Partial<Settings>, nameOf: NameOf): string[] {
  return RULES.flatMap((rule) => rule(settings, nameOf) ?? [])
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

/** The settings that make an upstream ask for an OAuth token. */
const OAUTH = [
  'profile',
  'genesysBaseUrl',
  'genesysRegion',
  'clientId',
  'clientSecret',
] as const satisfies readonly SettingName[]

type Rule = (settings: Partial<Settings>, nameOf: NameOf) => string | undefined

const RULES: readonly Rule[] = [
  ({ genesysBaseUrl, genesysRegion }, nameOf) =>
    genesysBaseUrl === undefined || genesysRegion === undefined
      ? undefined
      : `${nameOf('genesysBaseUrl')} and ${nameOf('genesysRegion')} contradict each other: the first is profile seed, the second profile genesys; keep one`,
  (settings, nameOf) => {
    const oauth = OAUTH.find((name) => settings[name] !== undefined)
    if (settings.llmApiKey === undefined || oauth === undefined || !usesOAuth(settings)) return
    return `${nameOf('llmApiKey')} and ${nameOf(oauth)} contradict each other: an upstream takes an API key or an OAuth client; remove one of the two, or set SLUICE_UPSTREAM_PROFILE=openai to use the key`
  },
  ({ profile, tokenUrl, oauthScope }, nameOf) =>
    profile !== 'openai' || (tokenUrl === undefined && oauthScope === undefined)
      ? undefined
      : `${nameOf(tokenUrl === undefined ? 'oauthScope' : 'tokenUrl')} contradicts the profile openai of ${nameOf('profile')}, which asks for no token`,
  (settings, nameOf) =>
    settings.jwksUrl !== undefined || !readsClaims(settings)
      ? undefined
      : `${nameOf('jwksUrl')} is absent, so no token is accepted, but claims of tokens are to be read; set it, or remove them`,
  ({ jwtPolicyClaim, jwtPolicies = [] }, nameOf) =>
    jwtPolicyClaim === undefined || jwtPolicies.length > 0
      ? undefined
      : `${nameOf('jwtPolicyClaim')} without ${nameOf('jwtPolicies')}: list the policies that the claim may name`,
  ({ jwtModelsClaim, jwtModels = [] }, nameOf) =>
    jwtModelsClaim === undefined || jwtModels.length > 0
      ? undefined
      : `${nameOf('jwtModelsClaim')} without ${nameOf('jwtModels')}: list the models that the claim may choose from`,
  ({ audit, auditStrict }, nameOf) =>
    audit !== 'off' || auditStrict !== true
      ? undefined
      : `${nameOf('auditStrict')}=true contradicts ${nameOf('audit')}=off: nothing could be served`,
]
