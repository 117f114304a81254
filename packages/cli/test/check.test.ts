// `sluice check`: says what would be used, secrets masked, and finds out whether the credentials are good.
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { startSandbox } from '@sluice/sandbox'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sluice, temporaryFolder } from './sluice-process.ts'

const SECRET = 'qzSECRETqz'

async function sandboxEnv(secret = 'sandbox-secret') {
  const sandbox = await startSandbox()
  onTestFinished(() => sandbox.close())
  return {
    sandbox,
    env: {
      GENESYS_CLOUD_BASE_URL: sandbox.url,
      GENESYS_CLOUD_CLIENT_ID: 'sandbox-client',
      GENESYS_CLOUD_CLIENT_SECRET: secret,
    },
  }
}

/** A server that answers each path with a status. */
async function answering(statusOf: (path: string) => number): Promise<string> {
  const server = createServer(({ url = '' }, response) => {
    response.writeHead(statusOf(url)).end('{"error":{"message":"no"}}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

// Some tests start several processes, one after the other.
describe('sluice check', () => {
  it('tries the token endpoint and says what it would use', async () => {
    const { env, sandbox } = await sandboxEnv()
    const { code, stdout } = await sluice(['check'], { env })
    expect(code).toBe(0)
    expect(stdout).toContain('profile        seed')
    expect(stdout).toContain(`${sandbox.url}/api/v2/ai/llm/chat/completions`)
    expect(stdout).toContain('token          received')
    expect(stdout).toContain('upstream       accepted by a request for one token of gpt-4o-mini')
    expect(stdout).toContain('GENESYS_CLOUD_CLIENT_SECRET = ********')
    expect(stdout).not.toContain('sandbox-secret')
  })

  it('refuses wrong credentials in one line, with what to check', async () => {
    const { env, sandbox } = await sandboxEnv(SECRET)
    const { code, stdout, stderr } = await sluice(['check'], { env })
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /^sluice: No token: OAuth credentials are invalid or expired .*region.*\n$/,
    )
    expect(stdout + stderr).not.toContain(SECRET)
    expect(sandbox.stats().tokenRequests).toBe(1)
  })

  it('names a token endpoint that is not there', async () => {
    const { env } = await sandboxEnv()
    const { code, stderr } = await sluice(['check'], {
      env: { ...env, GENESYS_CLOUD_BASE_URL: 'http://127.0.0.1:1' },
    })
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^sluice: No token: .*refused the connection.*\n$/),
    ])
  })

  it('asks for the list of models with an API key, and refuses a wrong one', async () => {
    const sandbox = await startSandbox({ apiKey: 'right' })
    onTestFinished(() => sandbox.close())
    const env = (LLM_API_KEY: string) => ({ LLM_BASE_URL: sandbox.url, LLM_API_KEY })
    const good = await sluice(['check'], { env: env('right') })
    expect([good.code, good.stdout]).toEqual([
      0,
      expect.stringContaining('upstream       accepted by GET /models'),
    ])
    expect(sandbox.stats().chatRequests).toBe(0)
    const bad = await sluice(['check'], { env: env(SECRET) })
    expect([bad.code, bad.stderr]).toEqual([
      1,
      'sluice: The upstream refused LLM_API_KEY (GET /models was answered 401)\n',
    ])
    const none = await sluice(['check'], { env: { LLM_BASE_URL: sandbox.url } })
    expect(none.stderr).toContain('refused a request without a key; set LLM_API_KEY')
  })

  it.each<[string, (path: string) => number, string | RegExp, number]>([
    [
      'has no list of models',
      (path) => (path === '/v1/models' ? 404 : 200),
      /accepted by .* one token of own/,
      0,
    ],
    [
      'does not know the model',
      (path) => (path === '/v1/models' ? 405 : 400),
      /accepted; .* is there such a model/,
      0,
    ],
    ['has the path elsewhere', () => 404, 'There is no chat endpoint at', 1],
    ['is out of order', () => 503, 'does not work', 1],
    ['has no more requests left', () => 429, /accepted; .* the rate limit is used up/, 0],
    ['forbids it', () => 403, 'The upstream refused', 1],
  ])('tells what it finds at an upstream that %s', async (...[, statusOf, expected, code]) => {
    const url = await answering(statusOf)
    const args = ['check', '--model', 'own']
    const ended = await sluice(args, { env: { LLM_BASE_URL: `${url}/v1`, LLM_API_KEY: SECRET } })
    expect(ended.code).toBe(code)
    expect(ended.stdout + ended.stderr).toMatch(expected)
    expect(ended.stdout + ended.stderr).not.toContain(SECRET)
  })

  it.each([
    ['/v1/v1', undefined, '/v1'],
    ['/v1/chat/completions', undefined, '/chat/completions'],
    ['/proxy/v1', '/v1/chat/completions', '/v1'],
  ])('complains of a doubled path: %s and %s', async (base, path, doubled) => {
    const url = await answering(() => 404)
    const SLUICE_CHAT_PATH = path ?? ''
    const env = { LLM_BASE_URL: url + base, SLUICE_CHAT_PATH }
    const { code, stdout, stderr } = await sluice(['check'], { env })
    expect(code).toBe(1)
    expect(stdout).toContain(`the path has ${doubled} twice`)
    expect(stderr).toContain(`its path has ${doubled} twice`)
  })

  it('contacts nobody with --offline', async () => {
    const { env, sandbox } = await sandboxEnv()
    expect((await sluice(['check', '--offline'], { env })).code).toBe(0)
    expect(sandbox.stats().requests).toBe(0)
  })

  it('reads .env and sluice.yaml of the folder, and says where each value is from', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, '.env'), `LLM_BASE_URL=http://llm:8000\nLLM_API_KEY=${SECRET}\n`)
    writeFileSync(join(folder, 'sluice.yaml'), 'server:\n  port: 4321\n')
    const { code, stdout } = await sluice(['check', '--all', '--offline'], { folder })
    expect(code).toBe(0)
    expect(stdout).toContain('WS_PORT = 4321  (file)')
    expect(stdout).toContain('LLM_BASE_URL = "http://llm:8000"  (.env)')
    expect(stdout).toContain('SLUICE_HOST = "127.0.0.1"  (default)')
    expect(stdout).toContain('chat           http://llm:8000/v1/chat/completions')
    expect(stdout).not.toContain(SECRET)
  })

  it('masks the values of a query, in settings and in the places they lead to', async () => {
    const env = {
      SLUICE_CHAT_PATH: `/chat?key=${SECRET}`,
      LLM_BASE_URL: `http://llm:8000/v1?api-version=${SECRET}`,
    }
    const { code, stdout } = await sluice(['check', '--all', '--offline'], { env })
    expect(code).toBe(0)
    expect(stdout).toContain('SLUICE_CHAT_PATH = "/chat?key=***"')
    expect(stdout).not.toContain(SECRET)
  })

  it('says that the sandbox would be used where nothing is configured', async () => {
    const { code, stdout } = await sluice(['check'], { env: { WS_PORT: '4321' } })
    expect(code).toBe(0)
    expect(stdout).toContain('serve would use the built-in sandbox')
    expect(stdout).toContain('listens on     127.0.0.1, port 4321')
    expect(stdout).toContain('policy         standard')
    expect(stdout).toContain('The configuration is valid.')
  })

  it.each([
    ['an unknown policy', { SLUICE_POLICY: 'stndard' }, 'no policy is called "stndard"'],
    ['an open network address', { SLUICE_HOST: '0.0.0.0' }, 'SLUICE_KEYS_FILE'],
    ['a key file that is absent', { SLUICE_KEYS_FILE: '/nope.json' }, '/nope.json'],
    ['half a TLS pair', { SLUICE_TLS_KEY_FILE: '/k.pem' }, 'SLUICE_TLS_CERT_FILE'],
    ['half a webhook', { SLUICE_WEBHOOK_URL: 'http://hook' }, 'SLUICE_WEBHOOK_SECRET'],
    ['a third of an issuer', { SLUICE_JWT_ISSUER: 'https://i' }, 'SLUICE_JWT_JWKS_URL'],
    ['an audit in no folder', { SLUICE_AUDIT: '/nope/x.db' }, 'SLUICE_AUDIT'],
  ])('refuses %s on the sandbox as serve does', async (_, env, problem) => {
    for (const command of ['check', 'serve']) {
      const { code, stderr } = await sluice([command], { env: { WS_PORT: '0', ...env } })
      expect([code, stderr]).toEqual([1, expect.stringContaining(problem)])
      expect(stderr).not.toMatch(/^\s+at /m)
    }
  })

  it('refuses a policy of sluice.yaml that is wrong', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'sluice.yaml'), 'policies: { desk: { rules: [{ pattern: "(" }] } }')
    const { code, stderr } = await sluice(['check'], { folder })
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^sluice: policies\.desk: /)])
  })

  it('lists everything that is wrong, each on its line', async () => {
    const env = { WS_PORT: 'x', SLUICE_LOG_LEVEL: 'x', SLUICE_NOPE: '1' }
    const { code, stderr } = await sluice(['check'], { env })
    expect(code).toBe(1)
    for (const name of Object.keys(env)) expect(stderr).toMatch(new RegExp(`${name}: `))
    expect(stderr).not.toMatch(/^\s+at /m)
  })
})
