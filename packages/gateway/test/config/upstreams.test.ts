// `upstreams` of sluice.yaml: the one called default is served, and nothing else of the form is ignored.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'

function load(yaml: string, variables: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-upstreams-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'key'), ' from-a-file\n')
  writeFileSync(join(folder, 'sluice.yaml'), yaml.replaceAll('$FOLDER', folder))
  return loadConfig(variables, folder)
}

const OPENAI = 'upstreams:\n  default: { kind: openai, baseUrl: http://127.0.0.1:8000/v1'
const GENESYS =
  'upstreams:\n  default: { kind: genesys, region: eu-central-1, clientIdEnv: ID, clientSecretEnv: SECRET, chatPath: /chat'

describe('the upstream called default', () => {
  it('is an OpenAI-compatible server with its key in a variable, its headers and limits', () => {
    const more =
      ', apiKeyEnv: MY_KEY, headers: { x-team: a }, limits: { requestsPerMinute: 7, queue: 3 } }'
    const { settings, sources } = load(OPENAI + more, { MY_KEY: 'k' })
    expect(settings).toMatchObject({
      profile: 'openai',
      llmBaseUrl: 'http://127.0.0.1:8000/v1',
      llmApiKey: 'k',
      upstreamHeaders: { 'x-team': 'a' },
      requestsPerMinute: 7,
      queueLength: 3,
    })
    expect(sources).toMatchObject({ llmBaseUrl: 'file', queueTimeoutMs: 'default' })
  })

  it('has its key in a file', () => {
    const { settings, secretFiles } = load(`${OPENAI}, apiKeyFile: $FOLDER/key }`)
    expect(settings.llmApiKey).toBe('from-a-file')
    expect(secretFiles).toEqual([expect.stringMatching(/\/key$/)])
  })

  it('is Genesys Cloud with the client in variables', () => {
    const { settings } = load(`${GENESYS} }`, { ID: 'id', SECRET: 's' })
    const client = { clientId: 'id', clientSecret: 's' }
    expect(settings).toMatchObject({ profile: 'genesys', genesysRegion: 'eu-central-1', ...client })
  })

  it('gives way to variables, and stands beside other settings of the section', () => {
    const yaml = `${OPENAI} }\nupstream: { retry: { attempts: 5 } }`
    const { settings } = load(yaml, { LLM_BASE_URL: 'http://127.0.0.1:9/v1' })
    expect(settings).toMatchObject({ llmBaseUrl: 'http://127.0.0.1:9/v1', maxAttempts: 5 })
  })
})

describe('variables that lie around for others', () => {
  const lying = { OPENAI_BASE_URL: 'http://127.0.0.1:9/elsewhere', OPENAI_API_KEY: 'sk-elsewhere' }

  it('neither divert what the file names nor give it their key', () => {
    const { settings } = load(`${OPENAI} }`, lying)
    const { settings: alone } = load(`${OPENAI} }`)
    expect(settings.llmBaseUrl).toBe(alone.llmBaseUrl)
    expect(settings.llmApiKey).toBeUndefined()
    const section = 'upstream: { baseUrl: http://127.0.0.1:8/v1 }'
    expect(load(section, lying).settings.llmBaseUrl).toBe('http://127.0.0.1:8/v1')
  })

  it('count where nothing else names an upstream', () => {
    const { settings } = load('log: { level: warn }', lying)
    expect(settings).toMatchObject({ llmBaseUrl: lying.OPENAI_BASE_URL, llmApiKey: 'sk-elsewhere' })
  })
})

describe('what is not supported or contradicts', () => {
  it.each([
    [
      'upstreams:\n  default: { kind: genesys, region: eu-central-1, clientIdEnv: A }',
      { LLM_API_KEY: 'k' },
      'LLM_API_KEY and upstreams.default contradict each other',
    ],
    [
      `${OPENAI} }`,
      { SLUICE_TOKEN_URL: 'https://login.example/token' },
      'SLUICE_TOKEN_URL contradicts the profile openai of upstreams.default',
    ],
    [
      'upstream: { genesys: { baseUrl: https://a.example, region: eu-central-1 } }',
      {},
      'upstream.genesys.baseUrl and upstream.genesys.region contradict each other',
    ],
  ])('is named as it was written: %s with %o', (yaml, variables, problem) => {
    expect(() => load(yaml, { A: 'a', ...variables })).toThrow(problem)
  })

  it.each([
    [
      'a second upstream',
      `${OPENAI} }\n  local: { kind: openai, baseUrl: http://x }`,
      /upstreams\.local: not supported yet/,
    ],
    [
      'no default',
      'upstreams:\n  local: { kind: openai, baseUrl: http://x }',
      /the upstream called default is missing/,
    ],
    [
      'another kind',
      'upstreams:\n  default: { kind: anthropic, apiKeyEnv: K }',
      /openai or genesys; others are not supported yet/,
    ],
    [
      'limits of tokens',
      `${OPENAI}, limits: { tokensPerMinute: 5 } }`,
      /tokensPerMinute: not supported yet/,
    ],
    ['a region', `${OPENAI}, region: eu }`, /region: not supported yet/],
    ['a field that nobody knows', `${OPENAI}, colour: red }`, /colour: unknown setting/],
    ['a key inline', `${OPENAI}, apiKey: sk-1 }`, /apiKey: unknown setting/],
    [
      'a variable that is not set',
      `${OPENAI}, apiKeyEnv: NOT_THERE }`,
      /apiKeyEnv: NOT_THERE is not set/,
    ],
    [
      'a file that is not there',
      `${OPENAI}, apiKeyFile: $FOLDER/none }`,
      /cannot read .*none \(ENOENT\)/,
    ],
    [
      'two sources of a key',
      `${OPENAI}, apiKeyEnv: A, apiKeyFile: $FOLDER/key }`,
      /use one of the two/,
    ],
    [
      'the same in both sections',
      `${OPENAI} }\nupstream: { baseUrl: http://y }`,
      /contradicts upstream\.baseUrl/,
    ],
    [
      'targets of a model',
      'models:\n  support: { targets: [{ upstream: default, model: m }] }',
      /models\.support\.targets: not supported yet/,
    ],
    [
      'a fallback',
      'models:\n  support: { fallbackOn: [connect] }',
      /fallbackOn: not supported yet/,
    ],
  ])('refuses %s', (_what, yaml, problem) => {
    expect(() => load(yaml, { A: 'a' })).toThrow(problem)
  })

  it('never shows a secret', () => {
    const secret = () => load(`${OPENAI}, apiKey: sk-very-secret }`)
    expect(secret).toThrow()
    expect(secret).not.toThrow(/sk-very-secret/)
  })
})
