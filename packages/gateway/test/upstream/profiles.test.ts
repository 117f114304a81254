// The three profiles row by row, base URLs, regions, mixtures, and that what is missing is named.
import { describe, expect, it } from 'vitest'
import { gatewayConfig } from '../../src/config/gateway-config.ts'
import type { Settings } from '../../src/config/settings.ts'
import {
  isUpstreamAbsent,
  profileDefaults,
  profileOf,
  upstreamTarget,
} from '../../src/upstream/profiles.ts'
import { GENESYS_DOMAINS, genesysDomain } from '../../src/upstream/regions.ts'

const client = { clientId: 'id', clientSecret: 'secret' }
const settingsOf = (given: Partial<Settings>) => gatewayConfig(given).settings
const targetOf = (given: Partial<Settings>) => upstreamTarget(settingsOf(given))

function problemsOf(given: Partial<Settings>): string {
  try {
    targetOf(given)
  } catch (error) {
    return (error as Error).message
  }
  return ''
}

describe('upstreamTarget', () => {
  it('makes of profile seed what the tutorial does', () => {
    const target = targetOf({ genesysBaseUrl: 'https://api.example.com', ...client })
    expect(target).toMatchObject({
      name: 'seed',
      chatUrl: 'https://api.example.com/api/v2/ai/llm/chat/completions',
      authentication: {
        kind: 'oauth',
        tokenUrl: 'https://api.example.com/login/oauth2/token',
        clientAuthentication: 'body',
        scope: 'ai:llm:write ai:llm:read',
        ...client,
      },
      requestsPerMinute: 300,
      includeUsage: false,
      capabilities: { maxContentCharacters: 4_096, defaultContextWindow: 8_192 },
    })
    expect(profileDefaults(settingsOf({ profile: 'seed' })).policy).toBe('seed')
  })

  it('makes of profile genesys what the platform does', () => {
    const target = targetOf({ genesysRegion: 'eu-central-1', chatPath: '/llm', ...client })
    expect(target).toMatchObject({
      name: 'genesys',
      chatUrl: 'https://api.mypurecloud.de/llm',
      authentication: {
        tokenUrl: 'https://login.mypurecloud.de/oauth/token',
        clientAuthentication: 'basic',
        scope: undefined,
      },
      requestsPerMinute: 300,
    })
  })

  it('makes of profile openai a server with a key or without', () => {
    const url = { llmBaseUrl: 'http://127.0.0.1:8000' }
    const target = targetOf({ ...url, llmApiKey: 'key' })
    expect(target).toMatchObject({
      name: 'openai',
      authentication: { kind: 'key', key: 'key' },
      requestsPerMinute: 0,
      includeUsage: true,
    })
    expect(targetOf(url).authentication).toEqual({ kind: 'none' })
    const none = { maxContentCharacters: undefined, defaultContextWindow: undefined }
    expect(target.capabilities).toEqual(none)
  })

  it('bounds contents as the setting says, whatever the profile', () => {
    const bound = { maxContentCharacters: 100 }
    expect(targetOf({ llmBaseUrl: 'http://host', ...bound }).capabilities).toMatchObject(bound)
    const seed = targetOf({ genesysBaseUrl: 'https://api.example.com', ...client, ...bound })
    expect(seed.capabilities).toEqual({ ...bound, defaultContextWindow: 8_192 })
  })

  it.each([
    ['http://host', 'http://host/v1/chat/completions'],
    ['http://host/', 'http://host/v1/chat/completions'],
    ['http://host/v1', 'http://host/v1/chat/completions'],
    ['http://host/v1/', 'http://host/v1/chat/completions'],
    [
      'https://host:8443/openai/deployments/x',
      'https://host:8443/openai/deployments/x/chat/completions',
    ],
    ['http://host/v1?a=b#c', 'http://host/v1/chat/completions?a=b'],
  ])('finds the chat endpoint of %s', (llmBaseUrl, chatUrl) => {
    expect(targetOf({ llmBaseUrl }).chatUrl).toBe(chatUrl)
  })

  it('takes a path of the base URL along in profile seed', () => {
    const target = targetOf({ genesysBaseUrl: 'https://proxy/genesys/', ...client })
    expect(target.chatUrl).toBe('https://proxy/genesys/api/v2/ai/llm/chat/completions')
    expect(target.authentication).toMatchObject({
      tokenUrl: 'https://proxy/genesys/login/oauth2/token',
    })
  })

  it('puts an OpenAI-compatible server behind the OAuth of Genesys Cloud', () => {
    const llmBaseUrl = 'http://llm/v1'
    expect(targetOf({ genesysRegion: 'us-east-1', llmBaseUrl, ...client })).toMatchObject({
      name: 'genesys',
      chatUrl: 'http://llm/v1/chat/completions',
      authentication: { tokenUrl: 'https://login.mypurecloud.com/oauth/token' },
    })
    const own = { profile: 'seed', tokenUrl: 'https://login/t', chatPath: '/chat' } as const
    expect(targetOf({ ...own, llmBaseUrl, ...client })).toMatchObject({
      chatUrl: 'http://llm/v1/chat',
      authentication: { tokenUrl: 'https://login/t', clientAuthentication: 'body' },
    })
  })

  it('lets settings override what a profile decides', () => {
    const given = { requestsPerMinute: 0, includeUsage: true, oauthScope: 'x' }
    expect(targetOf({ genesysBaseUrl: 'https://a', ...client, ...given })).toMatchObject({
      requestsPerMinute: 0,
      includeUsage: true,
      authentication: { scope: 'x' },
    })
  })

  it.each([
    [{ genesysBaseUrl: 'https://a' }, ['GENESYS_CLOUD_CLIENT_ID', 'GENESYS_CLOUD_CLIENT_SECRET']],
    [{ clientId: 'id' }, ['GENESYS_CLOUD_CLIENT_SECRET', 'GENESYS_CLOUD_BASE_URL']],
    [{ profile: 'genesys', ...client }, ['GENESYS_CLOUD_REGION', 'SLUICE_CHAT_PATH']],
    [{ genesysRegion: 'eu-central-1', ...client }, ['SLUICE_CHAT_PATH', 'LLM_BASE_URL']],
    [
      { genesysRegion: 'mars-1', chatPath: '/x', ...client },
      ['"mars-1" is not a region', 'eu-central-1'],
    ],
    [{ profile: 'openai' }, ['LLM_BASE_URL']],
    [{ llmApiKey: 'key-not-shown' }, ['LLM_BASE_URL']],
    [
      { genesysBaseUrl: 'https://a', chatPath: 'x', ...client },
      ['SLUICE_CHAT_PATH must begin with /'],
    ],
  ] as const)('names what is missing or wrong: %o', (given, names) => {
    const problems = problemsOf(given)
    expect(problems).toMatch(/^The upstream \(profile \w+\) is not configured completely:\n/)
    for (const name of names) expect(problems).toContain(name)
    expect(problems).not.toMatch(/key-not-shown|\bsecret\b.*secret/)
    const lines = problems.split('\n')
    expect(new Set(lines).size, 'each problem once').toBe(lines.length)
  })
})

describe('profileOf', () => {
  it.each([
    [{ profile: 'genesys', genesysBaseUrl: 'https://a' }, 'genesys'],
    [{ genesysRegion: 'eu-west-1' }, 'genesys'],
    [{ clientId: 'id', llmBaseUrl: 'http://a' }, 'seed'],
    [{ llmBaseUrl: 'http://a' }, 'openai'],
    [{ llmApiKey: 'k' }, 'openai'],
  ] as const)('infers from %o', (given, profile) => {
    expect(profileOf(settingsOf(given))).toBe(profile)
  })
})

describe('isUpstreamAbsent', () => {
  it.each([
    [{}, false, true],
    [{ llmApiKey: 'k' }, false, true],
    [{ llmApiKey: 'k' }, true, false],
    [{ llmBaseUrl: 'http://a' }, false, false],
    [{ clientId: 'id' }, false, false],
    [{ tokenUrl: 'http://a' }, false, false],
    [{ profile: 'openai' }, false, false],
  ] as const)('judges %o, the key being ours: %s', (given, isOwnKey, isAbsent) => {
    expect(isUpstreamAbsent(settingsOf(given), isOwnKey)).toBe(isAbsent)
  })
})

describe('genesysDomain', () => {
  it.each(Object.entries(GENESYS_DOMAINS))('knows %s and its domain', (region, domain) => {
    expect(genesysDomain(region)).toBe(domain)
    expect(genesysDomain(region.toUpperCase())).toBe(domain)
    expect(genesysDomain(domain)).toBe(domain)
    const settings = { genesysRegion: region, chatPath: '/x', ...client }
    expect(targetOf(settings).chatUrl).toBe(`https://api.${domain}/x`)
  })

  it.each(['', 'eu', 'mypurecloud', 'evil.example', '__proto__', 'constructor'])(
    'refuses %j',
    (name) => {
      expect(genesysDomain(name)).toBeUndefined()
    },
  )

  it('has the 18 regions, none of them twice', () => {
    expect(new Set(Object.values(GENESYS_DOMAINS)).size).toBe(18)
  })
})
