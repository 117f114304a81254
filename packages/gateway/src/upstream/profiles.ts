/** The three kinds of upstream: what each makes of the settings, and what it needs that is missing. */

import type { Settings } from '../config/settings.ts'
import { GatewayError } from '../errors.ts'
import type { ChatFormat } from './formats/format.ts'
import { openAiFormat } from './formats/openai/openai-format.ts'
import { GENESYS_DOMAINS, genesysDomain } from './regions.ts'
import type { UpstreamAuthentication, UpstreamCapabilities, UpstreamTarget } from './target.ts'

export type ProfileName = 'seed' | 'genesys' | 'openai'

/** What a profile decides beyond the address: how to ask and be answered, and the defaults that settings may override. */
export interface ProfileDefaults {
  format: ChatFormat
  policy: string
  capabilities: UpstreamCapabilities
  requestsPerMinute: number
  includeUsage: boolean
}

/** Genesys Cloud's limits, whichever way it is reached: the tutorial's schema and window, 300 requests a minute a token. */
const GENESYS_CLOUD = {
  format: openAiFormat,
  capabilities: { maxContentCharacters: 4_096, defaultContextWindow: 8_192 },
  requestsPerMinute: 300,
  includeUsage: false,
}

const PROFILES: Readonly<Record<ProfileName, ProfileDefaults>> = {
  seed: { ...GENESYS_CLOUD, policy: 'seed' },
  genesys: { ...GENESYS_CLOUD, policy: 'standard' },
  openai: {
    format: openAiFormat,
    policy: 'standard',
    capabilities: { maxContentCharacters: undefined, defaultContextWindow: undefined },
    requestsPerMinute: 0,
    includeUsage: true,
  },
}

const SEED_CHAT_PATH = '/api/v2/ai/llm/chat/completions'
const SEED_TOKEN_PATH = '/login/oauth2/token'
const SEED_SCOPE = 'ai:llm:write ai:llm:read'

/** True if nothing says where an upstream is: the case for the sandbox. */
export function isUpstreamAbsent(settings: Settings, isOwnKey: boolean): boolean {
  const {
    profile,
    genesysBaseUrl,
    genesysRegion,
    clientId,
    clientSecret,
    llmBaseUrl,
    tokenUrl,
    chatPath,
  } = settings
  const named = [
    profile,
    genesysBaseUrl,
    genesysRegion,
    clientId,
    clientSecret,
    llmBaseUrl,
    tokenUrl,
    chatPath,
  ]
  // OPENAI_API_KEY lies around on many machines and says nothing by itself; LLM_API_KEY is meant for us.
  return (
    named.every((value) => value === undefined) && !(isOwnKey && settings.llmApiKey !== undefined)
  )
}

/** The profile that the settings name or imply. */
export function profileOf(settings: Settings): ProfileName {
  if (settings.profile !== undefined) return settings.profile
  if (settings.genesysBaseUrl !== undefined) return 'seed'
  if (settings.genesysRegion !== undefined) return 'genesys'
  const hasClient = settings.clientId !== undefined || settings.clientSecret !== undefined
  return hasClient ? 'seed' : 'openai'
}

/** What the profile in use decides. */
export function profileDefaults(settings: Settings): ProfileDefaults {
  return PROFILES[profileOf(settings)]
}

/**
 * The upstream that the settings describe.
 * @throws GatewayError `configuration` that names every missing setting
 */
export function upstreamTarget(settings: Settings): UpstreamTarget {
  const profile = profileOf(settings)
  const problems: string[] = []
  const authentication = authenticationOf(profile, settings, problems)
  const chatUrl = chatUrlOf(profile, settings, problems)
  if (problems.length > 0) {
    const head = `The upstream (profile ${profile}) is not configured completely:`
    throw new GatewayError(
      'configuration',
      [head, ...problems.map((problem) => `  - ${problem}`)].join('\n'),
    )
  }
  const defaults = profileDefaults(settings)
  return {
    name: profile,
    chatUrl,
    format: defaults.format,
    capabilities: capabilitiesOf(settings, defaults),
    extensionFields: settings.extensionFields,
    authentication,
    headers: settings.upstreamHeaders ?? {},
    requestsPerMinute: settings.requestsPerMinute ?? defaults.requestsPerMinute,
    queueTimeoutMs: settings.queueTimeoutMs,
    queueLength: settings.queueLength,
    includeUsage: settings.includeUsage ?? defaults.includeUsage,
    maxEventBytes: settings.maxEventBytes,
    timeouts: {
      connectMs: settings.connectTimeoutMs,
      firstByteMs: settings.firstByteTimeoutMs,
      idleMs: settings.idleTimeoutMs,
    },
    retry: {
      maxAttempts: settings.maxAttempts,
      baseDelayMs: settings.retryBaseDelayMs,
      maxDelayMs: settings.retryMaxDelayMs,
      deadlineMs: settings.retryDeadlineMs,
    },
  }
}

function capabilitiesOf(
  { maxContentCharacters }: Settings,
  { capabilities }: ProfileDefaults,
): UpstreamCapabilities {
  return maxContentCharacters === undefined
    ? capabilities
    : { ...capabilities, maxContentCharacters }
}

function authenticationOf(
  profile: ProfileName,
  settings: Settings,
  problems: string[],
): UpstreamAuthentication {
  if (profile === 'openai') {
    const key = settings.llmApiKey
    return key === undefined ? { kind: 'none' } : { kind: 'key', key }
  }
  return {
    kind: 'oauth',
    tokenUrl: settings.tokenUrl ?? tokenUrlOf(profile, settings, problems),
    clientId: needed(
      settings.clientId,
      'GENESYS_CLOUD_CLIENT_ID is missing (the OAuth client id)',
      problems,
    ),
    clientSecret: needed(
      settings.clientSecret,
      'GENESYS_CLOUD_CLIENT_SECRET is missing (the OAuth client secret)',
      problems,
    ),
    clientAuthentication: profile === 'seed' ? 'body' : 'basic',
    scope: settings.oauthScope ?? (profile === 'seed' ? SEED_SCOPE : undefined),
    timeoutMs: settings.oauthTimeoutMs,
  }
}

function tokenUrlOf(profile: ProfileName, settings: Settings, problems: string[]): string {
  if (profile === 'seed') return withPath(genesysBase(settings, problems), SEED_TOKEN_PATH)
  return `https://login.${domainOf(settings, problems)}/oauth/token`
}

function chatUrlOf(profile: ProfileName, settings: Settings, problems: string[]): string {
  const { chatPath, llmBaseUrl } = settings
  if (chatPath !== undefined && !chatPath.startsWith('/'))
    problems.push('SLUICE_CHAT_PATH must begin with /')
  // A chat server of its own may stand behind the OAuth of any profile.
  if (llmBaseUrl !== undefined)
    return chatPath === undefined ? openAiChatUrl(llmBaseUrl) : withPath(llmBaseUrl, chatPath)
  if (profile === 'openai') {
    return needed(
      undefined,
      'LLM_BASE_URL is missing (for example https://api.openai.com/v1)',
      problems,
    )
  }
  if (profile === 'seed')
    return withPath(genesysBase(settings, problems), chatPath ?? SEED_CHAT_PATH)
  const why =
    "SLUICE_CHAT_PATH is missing: Genesys Cloud's published API has no chat-completions path, so name the one of your organisation's gateway, or set LLM_BASE_URL to a chat server behind it"
  return withPath(`https://api.${domainOf(settings, [])}`, needed(chatPath, why, problems))
}

/** The habit of OpenAI's SDKs: a path is kept, a bare origin gets /v1. */
function openAiChatUrl(base: string): string {
  const path = new URL(base).pathname.replace(/\/+$/, '')
  return withPath(base, `${path === '' ? '/v1' : ''}/chat/completions`)
}

function withPath(base: string, path: string): string {
  if (!URL.canParse(base)) return base
  const url = new URL(base)
  const [pathname, query = ''] = path.split('?')
  // Both may have a query: Azure's api-version stands in the base, a key in the path.
  const search = [url.search.slice(1), query].filter((part) => part !== '').join('&')
  const whole = `${url.origin}${url.pathname.replace(/\/+$/, '')}${pathname}`
  return search === '' ? whole : `${whole}?${search}`
}

function genesysBase(settings: Settings, problems: string[]): string {
  const missing =
    'GENESYS_CLOUD_BASE_URL is missing (profile genesys takes GENESYS_CLOUD_REGION instead)'
  if (settings.genesysBaseUrl === undefined && problems.includes(missing)) return ''
  return needed(settings.genesysBaseUrl, missing, problems)
}

function domainOf(settings: Settings, problems: string[]): string {
  const allowed = Object.keys(GENESYS_DOMAINS).join(', ')
  const region = needed(
    settings.genesysRegion,
    `GENESYS_CLOUD_REGION is missing; allowed: ${allowed}`,
    problems,
  )
  const domain = genesysDomain(region)
  if (domain === undefined && region !== '') {
    problems.push(
      `GENESYS_CLOUD_REGION: ${JSON.stringify(region)} is not a region; allowed: ${allowed}, or its domain`,
    )
  }
  return domain ?? ''
}

function needed(value: string | undefined, missing: string, problems: string[]): string {
  if (value === undefined) problems.push(missing)
  return value ?? ''
}
