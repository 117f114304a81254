// Configuration from its three sources: which wins, what is refused and how it is named, and that no secret is ever shown.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { fileJsonSchema } from '../../src/config/file-schema.ts'
import { loadConfig } from '../../src/config/load.ts'
import { masked } from '../../src/config/masked.ts'
import type { Setting } from '../../src/config/setting.ts'
import { SETTINGS } from '../../src/config/settings.ts'
import type { Environment } from '../../src/config/variables.ts'
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
    const alias = { OPENAI_API_KEY: 'alias', OPENAI_BASE_URL: 'http://alias' }
    expect(loadConfig(alias, folderWith()).settings).toMatchObject({
      llmApiKey: 'alias',
      llmBaseUrl: 'http://alias',
    })
    const region = { GENESYSCLOUD_REGION: 'eu-west-1' }
    expect(loadConfig(region, folderWith()).settings.genesysRegion).toBe('eu-west-1')
    const both = { ...alias, LLM_API_KEY: 'own' }
    expect(loadConfig(both, folderWith()).settings.llmApiKey).toBe('own')
  })

  it('reads models and policies from the file alone', () => {
    const yaml =
      'models:\n  own: { contextWindow: 10, encoding: o200k_base }\npolicies:\n  mine: { rules: [] }\n'
    expect(loadConfig({}, folderWith({ 'sluice.yaml': yaml })).file).toEqual({
      models: { own: { contextWindow: 10, encoding: 'o200k_base' } },
      policies: { mine: { rules: [] } },
      detectors: {},
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
      'LLM_BASE_URL: "localhost:8000" is not allowed; allowed: an http or https URL without user and password; did you mean http://localhost:8000?',
    ],
    [{ LLM_BASE_URL: '127.0.0.1:8080' }, 'did you mean http://127.0.0.1:8080?'],
    ...['desk.example.com', '*', 'null', 'localhost:3000', 'https://desk.example.com/'].map(
      (origin): [Environment, string] => [
        { SLUICE_ALLOWED_ORIGINS: `https://a.example,${origin}` },
        `SLUICE_ALLOWED_ORIGINS: "https://a.example,${origin}" is not allowed; allowed: origins such as https://desk`,
      ],
    ),
    ...['team', 'Team=x', 'tenant=x', 'a=', Array.from('abcdefghi', (n) => `${n}=x`).join()].map(
      (claims): [Environment, string] => [
        { SLUICE_JWT_LABEL_CLAIMS: claims },
        'allowed: name=claim, separated by commas; at most 8 labels',
      ],
    ),
    [{ SLUICE_JWT_LIMIT_CLAIMS: 'requests=rpm' }, 'requestsPerMinute, tokensPerMinute, sockets'],
    [{ SLUICE_UPSTREAM_HEADERS: 'x-team' }, 'SLUICE_UPSTREAM_HEADERS: the value is not allowed'],
    [{ SLUICE_UPSTREAM_HEADERS: 'Authorization=x' }, 'SLUICE_UPSTREAM_HEADERS: the value'],
    [{ SLUICE_UPSTREAM_HEADERS: 'x y=z' }, 'SLUICE_UPSTREAM_HEADERS: the value'],
    [{ HTTPS_PROXY: 'socks5://user:qzSECRETqz@host' }, 'HTTPS_PROXY: the value is not allowed'],
    [{ OPENAI_BASE_URL: 'x' }, 'OPENAI_BASE_URL: "x" is not allowed'],
    [{ SLUICE_POLCY: 'off' }, 'SLUICE_POLCY: unknown setting; did you mean SLUICE_POLICY?'],
    [{ SLUICE_PORT: '8090' }, 'SLUICE_PORT: unknown setting; did you mean WS_PORT?'],
    [{ SLUICE_API_KEY: 'x' }, 'SLUICE_API_KEY: unknown setting; did you mean LLM_API_KEY?'],
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

  const service = { SLUICE_SERVICE_HOST: '10.0.0.1' }
  it.each<Environment>([
    service,
    { ...service, SLUICE_SERVICE_PORT: '80', SLUICE_SERVICE_PORT_WS: '80' },
    { SLUICE_PORT: 'tcp://10.0.0.1:80' },
    { SLUICE_PORT: 'tcp://[fd00::1]:80', SLUICE_PORT_80_TCP: 'tcp://[fd00::1]:80' },
    { SLUICE_PORT_53_UDP: 'udp://10.0.0.1:53', SLUICE_PORT_53_UDP_PROTO: 'udp' },
    { SLUICE_PORT_80_TCP_PORT: '80', SLUICE_PORT_80_TCP_ADDR: '10.0.0.1' },
    { SLUICE_REPLICAS_SERVICE_HOST: 'fd00::2', SLUICE_REPLICAS_SERVICE_PORT: '9464' },
    { SLUICE_ADMIN_PORT: 'tcp://10.0.0.3:9464', WS_PORT: 'tcp://10.0.0.3:80' },
  ])('ignores %o, which Kubernetes sets for a service', (env) => {
    expect(problemsOf(env)).toEqual([])
    expect(loadConfig(env, folderWith()).settings).toMatchObject({ port: 8080, adminPort: 9464 })
  })

  it.each<Environment>([
    { SLUICE_PORT: '9000' },
    { SLUICE_PORT: 'http://10.0.0.1' },
    { SLUICE_SERVICE_PORT: '9000' },
    { SLUICE_SERVICE_HOST: 'sluice.example.com' },
    { SLUICE_SERVICE_HOST: '0.0.0.0x', SLUICE_SERVICE_PORT: '80' },
    { SLUICE_PORT_80_TCP: '80' },
    { SLUICE_PORT_80_TCP_ADDR: 'host' },
    { SLUICE_BIND: '0.0.0.0' },
    { SLUICE_: 'x' },
  ])('refuses %o, which Kubernetes does not set', (env) => {
    const [name = ''] = Object.keys(env).reverse()
    expect(problemsOf(env).join('\n')).toContain(`${name}: unknown setting`)
  })

  it.each<[Environment, string]>([
    [
      { GENESYS_CLOUD_BASE_URL: 'https://a.example', GENESYS_CLOUD_REGION: 'eu-west-1' },
      'GENESYS_CLOUD_BASE_URL and GENESYS_CLOUD_REGION contradict each other',
    ],
    [
      { GENESYS_CLOUD_REGION: 'eu-west-1', GENESYSCLOUD_REGION: 'eu-west-2' },
      'GENESYS_CLOUD_REGION and GENESYSCLOUD_REGION have different values',
    ],
    [{ GENESYS_CLOUD_REGION: 'eu-west-1', LLM_API_KEY: 'key' }, 'LLM_API_KEY and GENESYS_CLOUD_'],
    [
      { SLUICE_UPSTREAM_PROFILE: 'openai', SLUICE_TOKEN_URL: 'https://a.example/token' },
      'SLUICE_TOKEN_URL contradicts the profile openai of SLUICE_UPSTREAM_PROFILE',
    ],
    [{ SLUICE_AUDIT: 'off', SLUICE_AUDIT_STRICT: 'true' }, 'SLUICE_AUDIT_STRICT=true contradicts'],
    [{ SLUICE_JWT_TENANT_CLAIM: 'org' }, 'SLUICE_JWT_JWKS_URL is absent'],
    [{ SLUICE_JWT_LABEL_CLAIMS: 'team=department' }, 'SLUICE_JWT_JWKS_URL is absent'],
    [{ SLUICE_JWT_POLICY_CLAIM: 'policy' }, 'without SLUICE_JWT_POLICIES'],
    [{ SLUICE_JWT_MODELS_CLAIM: 'models' }, 'without SLUICE_JWT_MODELS'],
  ])('refuses the contradiction in %o', (env, problem) => {
    expect(problemsOf(env).join('\n')).toContain(problem)
  })

  it.each<Environment>([
    { GENESYS_CLOUD_BASE_URL: 'https://a.example' },
    { GENESYSCLOUD_REGION: 'eu-west-1' },
    { GENESYS_CLOUD_CLIENT_ID: 'id' },
    { SLUICE_UPSTREAM_PROFILE: 'genesys' },
  ])('lets a stray OPENAI_BASE_URL divert nothing of %o', (env) => {
    const stray = { OPENAI_BASE_URL: 'https://stray.example', OPENAI_API_KEY: 'stray' }
    const { settings, sources } = loadConfig({ ...env, ...stray }, folderWith())
    expect([settings.llmBaseUrl, settings.llmApiKey]).toEqual([undefined, undefined])
    expect(sources.llmBaseUrl).toBe('default')
    const meant = loadConfig({ ...env, ...stray, LLM_BASE_URL: 'https://own' }, folderWith())
    expect(meant.settings.llmBaseUrl).toBe('https://own')
  })

  it('takes an alias that lies around for the server where nothing else names one', () => {
    const env = { OPENAI_BASE_URL: 'https://a.example', SLUICE_UPSTREAM_PROFILE: 'openai' }
    expect(loadConfig(env, folderWith()).settings.llmBaseUrl).toBe('https://a.example')
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
    expect(problemsOf(both, folder)).toEqual([
      'LLM_API_KEY and LLM_API_KEY_FILE have different values; keep one',
    ])
    expect(problemsOf({ ...env, LLM_API_KEY: 'from-file' }, folder)).toEqual([])
  })

  it('refuses an empty secret file, which would turn authentication off', () => {
    const folder = folderWith({ key: '\n' })
    expect(problemsOf({ LLM_API_KEY_FILE: join(folder, 'key') }).join()).toContain('is empty')
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
        for (const problem of problems) expect(problem).toMatch(/^[A-Z_]{6,}[: =]/)
      }),
      { numRuns: 200 },
    )
  })
})

describe('.env', () => {
  const read = (content: string, env: Environment = {}) =>
    loadConfig(env, folderWith({ '.env': content }))

  it('is under the environment and over sluice.yaml, and is named as the source', () => {
    const folder = folderWith({
      '.env': 'WS_PORT=1\nSLUICE_POLICY="off" # why\n',
      'sluice.yaml': 'guard: { policy: strict }\nlog: { level: warn }\n',
    })
    const { settings, sources } = loadConfig({ WS_PORT: '2' }, folder)
    expect(settings).toMatchObject({ port: 2, policy: 'off', logLevel: 'warn' })
    expect(sources).toMatchObject({ port: 'environment', policy: '.env', logLevel: 'file' })
  })

  it.each([
    ['a byte-order mark', '\ufeffWS_PORT=1234\n'],
    ['Windows line ends', '# port\r\nWS_PORT=1234\r\n'],
    ['export', 'export WS_PORT=1234'],
    ['blanks', '  WS_PORT = 1234  \n\n   # end'],
    ['quotes', 'WS_PORT=\'1234\'\nNOTE="two\nlines"\nOTHER=`x`\nEMPTY='],
    ['a quote inside', `WS_PORT=1234\nNOTE=it's fine`],
  ])('is read with %s', (_, content) => {
    expect(read(content).settings.port).toBe(1234)
  })

  it.each([
    ['WS_PORT=1\nqzSECRETqz\n', 2, 'expected NAME=value'],
    ['WS_PORT: 1234', 1, 'expected NAME=value'],
    ['# one\n\n=qzSECRETqz', 3, 'expected NAME=value'],
    ['A=1\nB="qzSECRETqz\nC=2\n', 2, 'a quote (") has no end'],
    ["A='qzSECRETqz", 1, "a quote (') has no end"],
    ['1A=qzSECRETqz', 1, 'expected NAME=value'],
    ['W\0S\0_\0P\0', 1, 'not UTF-8'],
  ])('%j is refused by the number of the line alone', (content, line, problem) => {
    expect(() => read(content)).toThrow(`.env: line ${line}: `)
    expect(() => read(content)).toThrow(problem)
    expect(() => read(content)).not.toThrow('qzSECRETqz')
  })
})

describe('a URL in a message', () => {
  const SECRET = 'qzSECRETqz'
  it.each(['LLM_BASE_URL', 'GENESYS_CLOUD_BASE_URL', 'SLUICE_TOKEN_URL', 'SLUICE_WEBHOOK_URL'])(
    'of %s shows no password and no value of its query',
    (name) => {
      for (const url of [
        `https://user:${SECRET}@host/v1`,
        `https://${SECRET}@host`,
        `user:${SECRET}@host:80/v1`,
        `ftp://host/?key=${SECRET}`,
        `host?a=1&key=${SECRET}`,
      ]) {
        const problems = problemsOf({ [name]: url }).join('\n')
        expect(problems).toContain(`${name}: `)
        expect(problems).not.toContain(SECRET)
      }
    },
  )

  it.each([
    ['https://u:p@host/a?b=c&d=e#f', 'https://***@host/a?b=***&d=***#f'],
    ['https://u:p@x@host/', 'https://***@host/'],
    ['/path?key=1', '/path?key=***'],
    ['a, b c', 'a, b c'],
    ['https://host:8080/v1', 'https://host:8080/v1'],
  ])('%s is shown as %s', (text, shown) => {
    expect(masked(text)).toBe(shown)
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
