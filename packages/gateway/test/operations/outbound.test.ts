// The way to the upstream: queries and headers that an operator adds, proxies, and secrets that are rotated.
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { startSandbox } from '@sluice/sandbox'
import { describe, expect, it, onTestFinished } from 'vitest'
import { gatewayForTest } from '../harness/gateway-on-sandbox.ts'
import { shapeOf, TutorialClient } from '../harness/tutorial-client.ts'
import { until } from '../harness/until.ts'
import { bearer } from './key-file.ts'
import { runSluice } from './running-sluice.ts'
import { temporaryFolder } from './temporary-folder.ts'

const DONE = 'handshake_ack chunk complete'

async function sandboxForTest(options = {}) {
  const sandbox = await startSandbox(options)
  onTestFinished(() => sandbox.close())
  return sandbox
}

/** A proxy that leads every tunnel to one port of this machine, and remembers where they were meant to go. */
async function proxyTo(port: number): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = []
  const proxy = createServer()
  proxy.on('connect', (request, client, head) => {
    asked.push(`${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim())
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      upstream.write(head)
      upstream.pipe(client).pipe(upstream)
    })
    for (const end of [client, upstream]) end.on('error', () => {})
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    proxy.closeAllConnections()
    proxy.close()
  })
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, asked }
}

/** A server that takes everything and says nothing. */
async function receiverForTest(): Promise<{ url: string; paths: string[]; bodies: string[] }> {
  const paths: string[] = []
  const bodies: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      paths.push(request.url ?? '')
      bodies.push(body)
      response.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, paths, bodies }
}

const ask = async (url: string) =>
  shapeOf(await (await TutorialClient.connect(url)).ask('sandbox-fast'))

describe('a request to the upstream', () => {
  it('keeps the query of base URL and path', async () => {
    const { url, paths } = await receiverForTest()
    const gateway = await gatewayForTest({
      llmBaseUrl: `${url}/v1?api-version=1`,
      chatPath: '/chat/completions?team=a&x=%20',
      maxAttempts: 1,
    })
    await ask(gateway.url)
    expect(paths).toEqual(['/v1/chat/completions?api-version=1&team=a&x=%20'])
  })

  it('has the headers of the configuration', async () => {
    const sandbox = await sandboxForTest()
    const upstreamHeaders = { 'X-Team': 'desk', 'api-key': 'k' }
    const { url } = await gatewayForTest({ llmBaseUrl: `${sandbox.url}/v1`, upstreamHeaders })
    expect(await ask(url)).toBe(DONE)
    const [request] = sandbox.requests()
    expect(request?.headers).toMatchObject({ 'x-team': 'desk', 'content-type': 'application/json' })
  })

  it('goes through the proxy also to the webhook and to the issuer of tokens', async () => {
    const sandbox = await sandboxForTest()
    const { url: receiver, bodies } = await receiverForTest()
    const { url: httpProxy, asked } = await proxyTo(Number(new URL(receiver).port))
    const gateway = await gatewayForTest({
      llmBaseUrl: `${sandbox.url}/v1`,
      httpProxy,
      webhookUrl: 'http://hook.example/events',
      webhookSecret: 'a secret of 16 and more',
      jwksUrl: 'https://keys.example/jwks',
      jwtIssuer: 'https://login.example',
      jwtAudience: 'sluice',
      allowAnonymous: true,
    })
    expect(await ask(gateway.url)).toBe(DONE)
    await until('the webhook is called', () => bodies.length > 0)
    expect(asked).toEqual(['hook.example:80'])
    const token = ['{"alg":"ES256","kid":"a"}', '{}', 'x'].map((part) =>
      Buffer.from(part).toString('base64url'),
    )
    const refused = await TutorialClient.connect(gateway.url, [], bearer(token.join('.')))
    await refused.closed
    expect(asked).toContain('keys.example:443')
  })

  it('goes through the proxy, with its password, but for loopback and the hosts that are excepted', async () => {
    const sandbox = await sandboxForTest()
    const { url: proxy, asked } = await proxyTo(sandbox.port)
    const httpProxy = proxy.replace('//', '//user:pass@')
    const through = await gatewayForTest({ llmBaseUrl: 'http://llm.example/v1', httpProxy })
    expect(await ask(through.url)).toBe(DONE)
    const authorization = `Basic ${Buffer.from('user:pass').toString('base64')}`
    expect(asked).toEqual([`llm.example:80 ${authorization}`])
    const direct = await gatewayForTest({ llmBaseUrl: `${sandbox.url}/v1`, httpProxy })
    expect(await ask(direct.url)).toBe(DONE)
    const excepted = { llmBaseUrl: 'http://llm.invalid/v1', httpProxy, noProxy: ['.invalid'] }
    const refused = await gatewayForTest({ ...excepted, maxAttempts: 1 })
    expect(await ask(refused.url)).not.toBe(DONE)
    expect(asked).toHaveLength(1)
  })
})

describe('a secret in a file', () => {
  it.each([
    ['client secret', 'GENESYS_CLOUD_CLIENT_SECRET', {}],
    ['API key', 'LLM_API_KEY', { apiKey: 'rotated' }],
  ])('that is rotated is taken without a restart: %s', async (_, name, options) => {
    const file = join(temporaryFolder(), 'secret')
    writeFileSync(file, 'outdated\n')
    const sandbox = await sandboxForTest({ ...options, clientSecret: 'rotated' })
    const isKey = name === 'LLM_API_KEY'
    const sluice = await runSluice({
      GENESYS_CLOUD_BASE_URL: isKey ? '' : sandbox.url,
      GENESYS_CLOUD_CLIENT_ID: isKey ? '' : 'sandbox-client',
      GENESYS_CLOUD_CLIENT_SECRET: '',
      LLM_BASE_URL: isKey ? `${sandbox.url}/v1` : '',
      [`${name}_FILE`]: file,
    })
    expect(await ask(sluice.url)).not.toBe(DONE)
    writeFileSync(file, 'rotated\n')
    await until('it is taken', () => sluice.logged('configuration reloaded').length > 0)
    expect(await ask(sluice.url)).toBe(DONE)
    expect(sluice.output()).not.toMatch(/outdated|rotated/)
  })

  it.each(['apiKeyFile', 'clientSecretFile'])(
    'that sluice.yaml names is taken as well: %s',
    async (field) => {
      const folder = temporaryFolder()
      const [file, path] = [join(folder, 'secret'), join(folder, 'sluice.yaml')]
      writeFileSync(file, 'outdated\n')
      const sandbox = await sandboxForTest({ apiKey: 'rotated', clientSecret: 'rotated' })
      const kind =
        field === 'apiKeyFile'
          ? `kind: openai, baseUrl: ${sandbox.url}/v1`
          : 'kind: genesys, region: eu-central-1, clientIdEnv: CLIENT_ID'
      writeFileSync(path, `upstreams: { default: { ${kind}, ${field}: ${file} } }`)
      const ofGenesys = {
        SLUICE_TOKEN_URL: `${sandbox.url}/login/oauth2/token`,
        LLM_BASE_URL: sandbox.url,
        SLUICE_CHAT_PATH: '/api/v2/ai/llm/chat/completions',
      }
      const sluice = await runSluice({
        SLUICE_CONFIG: path,
        GENESYS_CLOUD_BASE_URL: '',
        GENESYS_CLOUD_CLIENT_ID: '',
        GENESYS_CLOUD_CLIENT_SECRET: '',
        CLIENT_ID: 'sandbox-client',
        ...(field === 'clientSecretFile' && ofGenesys),
      })
      expect(await ask(sluice.url)).not.toBe(DONE)
      writeFileSync(file, 'rotated\n')
      await until('it is taken', () => sluice.logged('configuration reloaded').length > 0)
      expect(await ask(sluice.url)).toBe(DONE)
    },
  )
})
