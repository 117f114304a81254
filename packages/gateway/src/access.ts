/** Who may use the gateway: the ways to show a credential, and the refusal to stand open to the network by accident. */
import { Authenticator } from './clients/authenticator.ts'
import { BrowserTokens, narrowed } from './clients/browser-tokens.ts'
import type { ClaimRules } from './clients/claims.ts'
import { KeyRing } from './clients/key-ring.ts'
import type { Principal } from './clients/principal.ts'
import type { TokenVerifier } from './clients/token-verifier.ts'
import type { Clock } from './clock.ts'
import type { Settings } from './config/settings.ts'
import { GatewayError } from './errors.ts'
import type { Logger } from './logger.ts'
import { isLoopbackAddress } from './loopback.ts'

export interface Access {
  authenticator: Authenticator
  keys: KeyRing | undefined
  /** Makes tokens for pages; undefined without keys. */
  pages: BrowserTokens | undefined
  /** Whether a client without a credential is served. */
  allowAnonymous: boolean
  /** What a client of an open socket may do now: its key may have changed since. @throws GatewayError `unauthorized` */
  current: (principal: Principal) => Principal
}

interface AccessTools {
  logger: Logger
  clock: Clock
  /** Of the signatures of tokens for pages. */
  tokenSecret: Buffer
  /** How the issuer of tokens is asked for its keys. */
  fetch: typeof fetch
  /** The gateway's own limits of one client, as they are now: no claim of a token raises them. */
  limits: () => Pick<Settings, ClientLimitSetting>
}

type ClientLimitSetting =
  | 'clientRequestsPerMinute'
  | 'clientTokensPerMinute'
  | 'clientSockets'
  | 'clientCompletions'

/** @throws GatewayError `configuration` */
export async function openAccess(settings: Settings, tools: AccessTools): Promise<Access> {
  const { keysFile, host } = settings
  const keys = keysFile === undefined ? undefined : await KeyRing.load(keysFile, tools.clock.now)
  const tokens = await tokenVerifier(settings, tools)
  const hasCredentials = keys !== undefined || tokens !== undefined
  const allowAnonymous = settings.allowAnonymous ?? (isLoopbackAddress(host) && !hasCredentials)
  if (!allowAnonymous && !hasCredentials) {
    const problem = isLoopbackAddress(host)
      ? 'SLUICE_ALLOW_ANONYMOUS is false'
      : `SLUICE_HOST=${host} is reachable by others`
    throw new GatewayError(
      'configuration',
      `${problem} and no client could show a credential. Create keys (sluice keys create) and set SLUICE_KEYS_FILE, ` +
        'or set SLUICE_JWT_JWKS_URL, or set SLUICE_ALLOW_ANONYMOUS=true to serve everybody who can reach it',
    )
  }
  const pages =
    keys === undefined
      ? undefined
      : new BrowserTokens({
          secret: tools.tokenSecret,
          principalOf: (id) => keys.principal(id),
          now: tools.clock.now,
        })
  return {
    authenticator: new Authenticator({ keys, tokens, pages, allowAnonymous }),
    keys,
    pages,
    allowAnonymous,
    current: (principal) => current(principal, keys),
  }
}

function current(principal: Principal, keys: KeyRing | undefined): Principal {
  if (principal.kind !== 'key') return principal
  const now = keys?.principal(principal.id)
  if (now === undefined) throw new GatewayError('unauthorized', 'The key has been revoked')
  return principal.grant === undefined ? now : narrowed(now, principal.grant)
}

async function tokenVerifier(
  settings: Settings,
  { logger, clock, fetch, limits }: AccessTools,
): Promise<TokenVerifier | undefined> {
  const { jwksUrl, jwtIssuer: issuer, jwtAudience: audience } = settings
  if (jwksUrl === undefined && issuer === undefined && audience === undefined) return undefined
  if (jwksUrl === undefined || issuer === undefined || audience === undefined) {
    const needed =
      'SLUICE_JWT_JWKS_URL, SLUICE_JWT_ISSUER and SLUICE_JWT_AUDIENCE are needed together'
    throw new GatewayError('configuration', needed)
  }
  // Loaded here, because most gateways have no tokens and a JWT library is many files.
  const { TokenVerifier } = await import('./clients/token-verifier.ts')
  const claims = claimRules(settings, limits)
  return new TokenVerifier({ jwksUrl, issuer, audience, claims, ...clock, logger, fetch })
}

function claimRules(settings: Settings, limits: AccessTools['limits']): ClaimRules {
  return {
    tenant: settings.jwtTenantClaim,
    policy: settings.jwtPolicyClaim,
    models: settings.jwtModelsClaim,
    limits: settings.jwtLimitClaims,
    labels: settings.jwtLabelClaims,
    allowedPolicies: settings.jwtPolicies,
    allowedModels: settings.jwtModels.length === 0 ? undefined : settings.jwtModels,
    ceilings: () => {
      const now = limits()
      return {
        requestsPerMinute: now.clientRequestsPerMinute,
        tokensPerMinute: now.clientTokensPerMinute,
        sockets: now.clientSockets,
        completions: now.clientCompletions,
      }
    },
  }
}
