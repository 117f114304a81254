// Configuration from its three sources: which wins, what is refused and how it is named, and that no secret is ever shown.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { fileJsonSchema } from '../../src/config/file-schema.ts'
import { type Environment, loadConfig, withDotEnv } from '../../src/config/load.ts'
import { SETTINGS, type Setting } from '../../src/config/settings.ts'
import { GatewayError } from '../../src/errors.ts'

/** A folder with these files that goes away with the test. */
function folderWith(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-config-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  return folder
}

function problemsOf(env: Environment, folder = folderWith()): string[] {
  try {
    loadConfig(env, folder)
  } catch (error) {
    expect(error).toBeInstanceOf(GatewayError)
    return (error as Error).message.split('\n')
  }
  return []
}

describe('loadConfig', () => {
  it('takes variables before the file and the file before defaults', () => {
    const folder = folderWith({ 'sluice.yaml': 'server:\n  port: 1111\n  host: 0.0.0.0\n' })
    const { settings, sources, path } = loadConfig({ WS_PORT: '2222' }, folder)
    expect(settings).toMatchObject({ port: 2222, host: '0.0.0.0', logLevel: 'info' })
    expect(sources).toMatchObject({ port: 'environment', host: 'file', logLevel: 'default' })
    expect(path).toBe(join(folder, 'sluice.yaml'))
  })

  it('has every default without any source', () => {
    const { settings } = loadConfig({}, folderWith())
    for (const [name, setting] of Object.entries<Setting>(SETTINGS)) {
      expect(settings[name as keyof typeof settings]).toEqual(setting.default)
    }
  })

  it('reads each kind of value from text', () => {
    const env = {
      SLUICE_ALLOWED_ORIGINS: ' https://a.example , https://b.example,',
      SLUICE_UPSTREAM_INCLUDE_USAGE: 'Yes',
      SLUICE_ADMIN_PORT: 'off',
      SLUICE_LOG_LEVEL: 'debug',
      GENESYS_CLOUD_BASE_URL: ' https://api.example ',
      WS_PORT: '',
    }
    expect(loadConfig(env, folderWith()).settings).toMatchObject({
      allowedOrigins: ['https://a.example', 'https://b.example'],
      includeUsage: true,
      adminPort: 'off',
      logLevel: 'debug',
      genesysBaseUrl: 'https://api.example',
      port: 8080,
    })
  })

  it('takes an alias where the name itself is absent', () => {
    const alias = {
      OPENAI_API_KEY: 'alias',
      OPENAI_BASE_URL: 'http://alias',
      GENESYSCLOUD_REGION: 'eu-west-1',
    }
    expect(loadConfig(alias, folderWith()).settings).toMatchObject({
      llmApiKey: 'alias',
      llmBaseUrl: 'http://alias',
      genesysRegion: 'eu-west-1',
    })
    const both = { ...alias, LLM_API_KEY: 'own' }
    expect(loadConfig(both, folderWith()).settings.llmApiKey).toBe('own')
  })

  it('reads models and policies from the file alone', () => {
    const yaml =
      'models:\n  own: { contextWindow: 10, encoding: o200k_base }\npolicies:\n  mine: { rules: [] }\n'
    expect(loadConfig({}, folderWith({ 'sluice.yaml': yaml })).file).toEqual({
      models: { own: { contextWindow: 10, encoding: 'o200k_base' } },
      policies: { mine: { rules: [] } },
    })
  })

  it('takes another file by name, and an empty one for no settings', () => {
    const folder = folderWith({
      'other.yaml': 'server: { port: 3333 }',
      'sluice.yaml': '# nothing yet\n',
    })
    const env = { SLUICE_CONFIG: join(folder, 'other.yaml') }
    expect(loadConfig(env, folder).settings.port).toBe(3333)
    expect(loadConfig({}, folder).settings.port).toBe(8080)
  })

  it.each([
    [
      { WS_PORT: '99999' },
      'WS_PORT: "99999" is not allowed; allowed: a whole number from 0 to 65535',
    ],
    [{ WS_PORT: '80.5' }, 'WS_PORT: "80.5" is not allowed'],
    [{ WS_PORT: '0x50' }, 'WS_PORT: "0x50" is not allowed'],
    [
      { SLUICE_LOG_LEVEL: 'loud' },
      'SLUICE_LOG_LEVEL: "loud" is not allowed; allowed: fatal, error, warn',
    ],
    [{ SLUICE_UPSTREAM_INCLUDE_USAGE: 'maybe' }, 'allowed: true or false'],
    [
      { LLM_BASE_URL: 'localhost:8000' },
      'LLM_BASE_URL: "localhost:8000" is not allowed; allowed: an http or https URL',
    ],
    ...['desk.example.com', '*', 'null', 'localhost:3000', 'https://desk.example.com/'].map(
      (origin): [Environment, string] => [
        { SLUICE_ALLOWED_ORIGINS: `https://a.example,${origin}` },
        `SLUICE_ALLOWED_ORIGINS: "https://a.example,${origin}" is not allowed; allowed: origins such as https://desk`,
      ],
    ),
    [{ OPENAI_BASE_URL: 'x' }, 'OPENAI_BASE_URL: "x" is not allowed'],
    [{ SLUICE_POLCY: 'off' }, 'SLUICE_POLCY: unknown setting; did you mean SLUICE_POLICY?'],
    [{ LLM_BASEURL: 'x' }, 'LLM_BASEURL: unknown setting; did you mean LLM_BASE_URL?'],
    [
      { GENESYS_CLOUD_CLINET_ID: 'x' },
      'GENESYS_CLOUD_CLINET_ID: unknown setting; did you mean GENESYS_CLOUD_CLIENT_ID?',
    ],
    [{ SLUICE_QQQQQQQQQQ: '1' }, 'SLUICE_QQQQQQQQQQ: unknown setting; see docs/settings.md'],
    [{ SLUICE_CONFIG: '/no/such/file.yaml' }, 'SLUICE_CONFIG: no such file: /no/such/file.yaml'],
    [{ LLM_API_KEY_FILE: '/no/such/key' }, 'LLM_API_KEY_FILE: cannot read /no/such/key (ENOENT)'],
  ])('refuses %o', (env, problem) => {
    expect(problemsOf(env).join('\n')).toContain(problem)
  })

  it.each([
    ['server:\n  prot: 1\n', 'server.prot: unknown setting; did you mean server.port?'],
    ['surver: {}\n', 'surver: unknown setting; did you mean server?'],
    ['qqqq: {}\n', 'qqqq: unknown setting; see docs/settings.md for all of them'],
    ['server:\n  port: many\n', 'server.port: expected number, received string; allowed: a whole'],
    ['server: 5\n', 'server: '],
    ['server: { allowedOrigins: ["*"] }', 'allowedOrigins.0: expected an origin such as https:'],
    ['models:\n  own: { window: 5 }\n', 'models.own.window: unknown setting;'],
    ['a: [\n', 'sluice.yaml: '],
    ['a: b: c\n', /compact mappings at line 1, column 4$/],
    [
      'a: "ACME-\\d"\n',
      /at line 1, column \d+; in single quotes '\.\.\.' a backslash stands for itself$/,
    ],
    ['- a\n- b\n', 'sluice.yaml: '],
    ['text', 'sluice.yaml: '],
  ])('refuses a file with %j', (yaml, problem) => {
    const problems = problemsOf({}, folderWith({ 'sluice.yaml': yaml })).join('\n')
    if (typeof problem === 'string') expect(problems).toContain(problem)
    else expect(problems).toMatch(problem)
  })

  it('says what is allowed where a value of the file is wrong', () => {
    const folder = folderWith({ 'sluice.yaml': 'server:\n  port: 70000\n' })
    expect(problemsOf({}, folder).join()).toContain('allowed: a whole number from 0 to 65535')
  })

  it('reports all problems together', () => {
    const env = { WS_PORT: 'x', SLUICE_LOG_LEVEL: 'x', SLUICE_NOPE: '1' }
    const folder = folderWith({ 'sluice.yaml': 'nope: 1\n' })
    expect(problemsOf(env, folder)).toHaveLength(4)
  })

  it.each([
    'SLUICE_SERVICE_HOST',
    'SLUICE_SERVICE_PORT',
    'SLUICE_SERVICE_PORT_WS',
    'SLUICE_PORT',
    'SLUICE_PORT_8080_TCP',
    'SLUICE_PORT_8080_TCP_ADDR',
    'SLUICE_PORT_8080_TCP_PROTO',
  ])('ignores %s, which Kubernetes sets for a service called sluice', (name) => {
    expect(problemsOf({ [name]: 'tcp://10.0.0.1:8080' })).toEqual([])
  })

  it.each(['LLM_MODEL', 'LLM_USER_PATH', 'GENESYSCLOUD_OAUTHCLIENT_ID', 'GENESYS_CLOUD_ORG'])(
    'ignores %s, which is meant for another program',
    (name) => {
      expect(problemsOf({ [name]: 'x' })).toEqual([])
    },
  )

  it('reads a secret from the file that is named, without its line end', () => {
    const folder = folderWith({ key: 'from-file\n' })
    const env = { LLM_API_KEY_FILE: join(folder, 'key') }
    expect(loadConfig(env, folder).settings.llmApiKey).toBe('from-file')
    const both = { ...env, LLM_API_KEY: 'from-variable' }
    expect(loadConfig(both, folder).settings.llmApiKey).toBe('from-variable')
  })

  it('takes only secrets from files', () => {
    expect(problemsOf({ WS_PORT_FILE: '/x' })).toEqual([])
    expect(problemsOf({ SLUICE_POLICY_FILE: '/x' }).join()).toContain(
      'SLUICE_POLICY_FILE: unknown setting',
    )
  })

  it('never shows a secret in a problem, from whatever source', () => {
    const secret = 'qzSECRETqz'
    const secrets = Object.values<Setting>(SETTINGS).filter(({ isSecret }) => isSecret)
    for (const { env, aliases, path } of secrets) {
      for (const name of [env, ...aliases]) {
        const shown = problemsOf({ [name]: secret, WS_PORT: 'x' }).join()
        expect(shown).not.toContain(secret)
      }
      const [group = '', ...rest] = path.split('.')
      const leaf = rest.reduceRight<unknown>((value, key) => ({ [key]: value }), [secret])
      const yaml = JSON.stringify({ [group]: leaf })
      const problems = problemsOf({}, folderWith({ 'sluice.yaml': yaml })).join()
      expect(problems).toContain(path)
      expect(problems).not.toContain(secret)
    }
    const broken = `upstream:\n  apiKey: ${secret}\n  : : ${secret}: [\n`
    expect(problemsOf({}, folderWith({ 'sluice.yaml': broken })).join()).not.toContain(secret)
  })

  it('ends in settings or in problems for any text in any variable', () => {
    const names = Object.values<Setting>(SETTINGS).map(({ env }) => env)
    const env = fc.dictionary(fc.constantFrom(...names), fc.string({ maxLength: 20 }))
    const folder = folderWith()
    fc.assert(
      fc.property(env, (variables) => {
        const problems = problemsOf(variables, folder)
        expect(
          problems.every((problem) => /^[A-Z_]+: /.test(problem) || !problem.includes(':')),
        ).toBe(true)
      }),
      { numRuns: 200 },
    )
  })
})

describe('withDotEnv', () => {
  it('puts .env under the environment', () => {
    const folder = folderWith({ '.env': 'WS_PORT=1\nSLUICE_POLICY="off" # why\n' })
    expect(withDotEnv({ WS_PORT: '2' }, folder)).toMatchObject({
      WS_PORT: '2',
      SLUICE_POLICY: 'off',
    })
    expect(withDotEnv({ A: '1' }, folderWith())).toEqual({ A: '1' })
  })
})

describe('the table of settings', () => {
  const settings = Object.values<Setting>(SETTINGS)

  it('has each variable and each place once, and a meaning for all', () => {
    const variables = settings.flatMap(({ env, aliases }) => [env, ...aliases])
    expect(new Set(variables).size).toBe(variables.length)
    expect(new Set(settings.map(({ path }) => path)).size).toBe(settings.length)
    for (const { about, env } of settings) expect(about, env).toMatch(/^.+\.$/)
  })

  it('has defaults that it allows', () => {
    for (const setting of settings.filter((each) => each.default !== undefined)) {
      expect(setting.kind.schema.safeParse(setting.default).success, setting.env).toBe(true)
    }
  })

  it('is published as a JSON Schema with each place in it', () => {
    const schema = fileJsonSchema() as { properties: Record<string, unknown> }
    for (const { path } of settings) {
      const at = path
        .split('.')
        .reduce<unknown>(
          (node, key) => (node as { properties: Record<string, unknown> }).properties[key],
          schema,
        )
      expect(at, path).toHaveProperty('description')
    }
  })
})
