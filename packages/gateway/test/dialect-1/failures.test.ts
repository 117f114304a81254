// Everything that can go wrong: its clear message, no forbidden retry, nothing left open, and the socket goes on.
import { createServer } from 'node:net'
import type { GatewayOptions } from '@sluice/gateway'
import type { SandboxOptions } from '@sluice/sandbox'
import { describe, expect, it } from 'vitest'
import { CREDENTIALS, gatewayForTest, gatewayOnSandbox } from '../harness/gateway-on-sandbox.ts'
import { type Message, shapeOf, TutorialClient, textOf } from '../harness/tutorial-client.ts'
import { until } from '../harness/until.ts'

const INITIATION = 'Stream initiation failed after retries: '
const ID = /\(correlation id [\w-]+\)/

interface Case {
  model: string
  /** The error's text; absent: the completion ends well. */
  error?: RegExp
  /** Requests that reach the chat endpoint. */
  requests: number
  gateway?: GatewayOptions
  sandbox?: SandboxOptions
  text?: RegExp
}

const upstream = (status: number, rest = '.*') =>
  new RegExp(`^${INITIATION}upstream answered ${status}: ${rest}`)

const CASES: readonly Case[] = [
  {
    model: 'sandbox-400',
    error: upstream(400, 'unknown model, prompt over the window'),
    requests: 1,
  },
  { model: 'sandbox-403', error: upstream(403, '.*permission'), requests: 1 },
  { model: 'sandbox-404', error: upstream(404, 'no such path or model'), requests: 1 },
  { model: 'sandbox-413', error: upstream(413, '.*too large'), requests: 1 },
  { model: 'sandbox-422', error: upstream(422, '.*could not process'), requests: 1 },
  { model: 'sandbox-redirect', error: upstream(302, '.*redirect'), requests: 1 },
  { model: 'sandbox-echo-secrets', error: upstream(400), requests: 1 },
  { model: 'sandbox-401-once', requests: 2 },
  { model: 'sandbox-408-once', requests: 2 },
  { model: 'sandbox-429-once', requests: 2 },
  { model: 'sandbox-429-date', requests: 2 },
  { model: 'sandbox-429-none', requests: 2 },
  {
    model: 'sandbox-429-absurd',
    error: upstream(
      429,
      '.*; its Retry-After of \\d+ s is longer than the \\d+ ms that are waited at most',
    ),
    requests: 1,
  },
  {
    model: 'sandbox-429-always',
    error: upstream(429, '.*, after 2 attempts$'),
    requests: 2,
    gateway: { maxAttempts: 2 },
  },
  { model: 'sandbox-500-once', requests: 2 },
  { model: 'sandbox-502-once', requests: 2 },
  { model: 'sandbox-503-once', requests: 2 },
  { model: 'sandbox-504-once', requests: 2 },
  { model: 'sandbox-500', error: upstream(500, '.*, after 3 attempts$'), requests: 3 },
  { model: 'sandbox-502', error: upstream(502, '.*, after 3 attempts$'), requests: 3 },
  { model: 'sandbox-503', error: upstream(503, '.*, after 3 attempts$'), requests: 3 },
  { model: 'sandbox-504', error: upstream(504, '.*, after 3 attempts$'), requests: 3 },
  {
    model: 'sandbox-reset-before-headers',
    error: /^Stream initiation failed .*broke the connection \(\w+\), after 3 attempts$/,
    requests: 3,
  },
  {
    model: 'sandbox-reset-after-headers',
    error: /^Stream initiation failed .*broke the connection \(\w+\), after 3 attempts$/,
    requests: 3,
  },
  { model: 'sandbox-reset-mid-stream', error: /^the upstream's stream broke off$/, requests: 1 },
  {
    model: 'sandbox-stall-before-headers',
    error: /^Stream initiation failed .*did not begin within 1000 ms, after 3 attempts$/,
    requests: 3,
    gateway: { firstByteTimeoutMs: 1_000 },
  },
  {
    model: 'sandbox-stall-after-headers',
    error: /did not begin within 1000 ms, after 3 attempts$/,
    requests: 3,
    gateway: { firstByteTimeoutMs: 1_000 },
  },
  {
    model: 'sandbox-stall-mid-stream',
    error: /^the upstream sent nothing for 1000 ms$/,
    requests: 1,
    gateway: { idleTimeoutMs: 1_000 },
  },
  {
    model: 'sandbox-truncated',
    error: /^the upstream ended its stream before the answer was finished$/,
    requests: 1,
  },
  { model: 'sandbox-invalid-json', error: /^an event of the upstream is not JSON$/, requests: 1 },
  {
    model: 'sandbox-huge-event',
    error: /^an event of the upstream is over 1048576 bytes$/,
    requests: 1,
  },
  {
    model: 'sandbox-error-event',
    error: /^upstream reported an error inside its stream: the upstream is overloaded or failed$/,
    requests: 1,
  },
  {
    model: 'sandbox-error-first',
    error:
      /^Stream initiation failed after retries: upstream reported an error inside its stream: .*, after 3 attempts$/,
    requests: 3,
  },
  {
    model: 'sandbox-html-200',
    error: /^Stream initiation failed .*upstream answered HTML or XML instead of an event stream$/,
    requests: 1,
  },
  {
    model: 'sandbox-slow',
    error: /^.*took longer than 1500 ms$/,
    requests: 1,
    gateway: { completionTimeoutMs: 1_500 },
  },
  {
    model: 'sandbox-long',
    error: /^the answer is longer than 1000 characters$/,
    requests: 1,
    gateway: { maxAnswerCharacters: 1_000 },
  },
  { model: 'sandbox-json-200', requests: 1, text: /./ },
  { model: 'sandbox-no-done', requests: 1, text: /\w{3}/ },
  { model: 'sandbox-no-final-blank-line', requests: 1, text: /\w{3}/ },
  { model: 'sandbox-lf', requests: 1, text: /\w{3}/ },
  { model: 'sandbox-crlf', requests: 1, text: /\w{3}/ },
  { model: 'sandbox-cr', requests: 1, text: /\w{3}/ },
  { model: 'sandbox-bom', requests: 1, text: /\w{3}/ },
  { model: 'sandbox-comments', requests: 1, text: /\w{3}/ },
  { model: 'sandbox-multiline-data', requests: 1, text: /\w{3}/ },
  { model: 'sandbox-byte-by-byte', requests: 1, text: /^Grüße aus Köln.*👩‍💻🚀.*𝒷𝓎𝑒\.$/u },
  { model: 'sandbox-utf8-split', requests: 1, text: /^Grüße aus Köln.*👩‍💻🚀.*𝒷𝓎𝑒\.$/u },
  { model: 'sandbox-packed', requests: 1, text: /\w{3}/ },
  { model: 'sandbox-drip', requests: 1, text: /^Of course, I am happy to help you with that\.$/ },
  { model: 'sandbox-role-only', requests: 1, text: /^$/ },
]

/** One terminal, and it is this one. */
function expectOutcome(messages: readonly Message[], error: RegExp | undefined): void {
  const last = messages.at(-1)
  if (error === undefined) expect(last).toMatchObject({ type: 'complete' })
  else expect(last).toMatchObject({ type: 'error', message: expect.stringMatching(error) })
  expect(JSON.stringify(last), 'addresses and settings').not.toMatch(/https?:|[A-Z]_[A-Z]/)
}

describe('an upstream', () => {
  it.each(CASES)(
    'that is $model: $requests requests',
    async ({ model, error, requests, ...more }) => {
      const { connect, sandbox } = await gatewayOnSandbox(more)
      const client = await connect()
      const messages = await client.ask(model, 'Where is my order? SECRET-PROMPT')
      expectOutcome(messages, error)
      if (more.text !== undefined) expect(textOf(messages)).toMatch(more.text)
      expect(sandbox.stats()).toMatchObject({ chatRequests: requests, redirectsFollowed: 0 })
      expect(JSON.stringify(messages)).not.toMatch(/SECRET-PROMPT|Bearer/)
      expect(shapeOf(await client.ask('sandbox-fast'))).toBe('handshake_ack chunk complete')
      await until('the upstream has no open stream', () => sandbox.stats().openStreams === 0)
    },
  )

  it('gives its correlation id to whoever has to ask about a failure', async () => {
    const { connect } = await gatewayOnSandbox()
    const messages = await (await connect()).ask('sandbox-500')
    expect(messages.at(-1)?.message).toMatch(ID)
  })

  it('that is not there is named as such, and the same socket works when it comes', async () => {
    const closed = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => closed.once('listening', resolve))
    const { port } = closed.address() as { port: number }
    await new Promise((resolve) => closed.close(resolve))
    const gateway = await gatewayForTest({ llmBaseUrl: `http://127.0.0.1:${port}` })
    const client = await TutorialClient.connect(gateway.url)
    const messages = await client.ask('m')
    expect(messages.at(-1)?.message).toBe(
      `${INITIATION}the upstream refused the connection (ECONNREFUSED), after 3 attempts`,
    )
    const { startSandbox } = await import('@sluice/sandbox')
    const sandbox = await startSandbox({ port, deltaIntervalMs: 0 })
    try {
      expect(shapeOf(await client.ask('sandbox-fast'))).toBe('handshake_ack chunk complete')
    } finally {
      await sandbox.close()
    }
  })

  it('that does not speak HTTP is named as such and not tried again', async () => {
    let connections = 0
    const server = createServer((socket) => {
      connections += 1
      socket.end('SSH-2.0-OpenSSH_9.6\r\n')
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as { port: number }
    const gateway = await gatewayForTest({ llmBaseUrl: `http://127.0.0.1:${port}` })
    const client = await TutorialClient.connect(gateway.url)
    expect((await client.ask('m')).at(-1)?.message).toMatch(/the upstream does not speak HTTP$/)
    expect(connections).toBe(1)
    server.close()
  })
})

describe('the token endpoint', () => {
  const credentials = /^OAuth credentials are invalid or expired/

  it.each([
    { faults: ['400'], isPaused: true, error: credentials, tokens: 1, chats: 0 },
    { faults: ['429'], tokens: 2, chats: 1 },
    { faults: ['500', '503'], tokens: 3, chats: 1 },
    {
      faults: ['500', '500', '500'],
      error: /^Stream initiation failed .*token endpoint answered 500/,
      tokens: 3,
      chats: 0,
    },
    { faults: ['reset'], tokens: 2, chats: 1 },
    { faults: ['html-502'], tokens: 2, chats: 1 },
    {
      faults: ['html'],
      error: /answered 200 without a token$/,
      tokens: 1,
      chats: 0,
    },
    { faults: ['no-token'], error: /answered 200 without a token/, tokens: 1, chats: 0 },
    {
      faults: ['stall', 'stall', 'stall'],
      error: /did not answer within 1000 ms, after 3 attempts$/,
      tokens: 3,
      chats: 0,
      gateway: { oauthTimeoutMs: 1_000 },
    },
    {
      faults: ['slow'],
      error: /did not answer within 1000 ms/,
      tokens: 1,
      chats: 0,
      gateway: { oauthTimeoutMs: 1_000, maxAttempts: 1 },
    },
    { faults: ['revoked'], tokens: 2, chats: 2 },
    {
      faults: ['revoked', 'revoked', 'revoked'],
      error: /upstream answered 401: the credentials were refused/,
      tokens: 2,
      chats: 2,
    },
    { faults: ['text-life'], tokens: 1, chats: 1 },
    { faults: ['negative-life'], tokens: 1, chats: 1 },
    { faults: ['no-expires-in'], tokens: 1, chats: 1 },
  ])(
    'that answers $faults: $tokens requests',
    async ({ faults, error, tokens, chats, gateway = {}, isPaused = false }) => {
      const { connect, sandbox } = await gatewayOnSandbox({ gateway })
      sandbox.queueFaults({ token: faults })
      const client = await connect()
      const messages = await client.ask('sandbox-fast')
      expectOutcome(messages, error)
      expect(sandbox.stats()).toMatchObject({ tokenRequests: tokens, chatRequests: chats })
      expect(JSON.stringify(messages)).not.toContain('sandbox-secret')
      sandbox.queueFaults({ token: [] })
      // Refused credentials are not shown again for a while.
      if (!isPaused && (error === undefined || tokens >= faults.length)) {
        expect(shapeOf(await client.ask('sandbox-fast'))).toBe('handshake_ack chunk complete')
      }
    },
  )

  it('refuses wrong credentials without a second request', async () => {
    const { connect, sandbox } = await gatewayOnSandbox({
      gateway: { clientSecret: 'SECRET-wrong' },
    })
    const client = await connect()
    const error = (await client.ask('sandbox-fast')).at(-1)?.message
    expect(error).toMatch(credentials)
    expect(error).not.toContain('SECRET-wrong')
    expect(sandbox.stats()).toMatchObject({ tokenRequests: 1, chatRequests: 0 })
  })

  it('is asked again when a token was revoked in the middle of its life', async () => {
    const { connect, sandbox } = await gatewayOnSandbox()
    const client = await connect()
    await client.ask('sandbox-fast')
    sandbox.revoke()
    expect(shapeOf(await client.ask('sandbox-fast'))).toBe('handshake_ack chunk complete')
    expect(sandbox.stats()).toMatchObject({ tokenRequests: 2, chatRequests: 3 })
  })

  it('that is down is named as such, without its address', async () => {
    const { sandbox } = await gatewayOnSandbox()
    const gateway = await gatewayForTest({
      ...CREDENTIALS,
      genesysBaseUrl: sandbox.url,
      tokenUrl: 'http://127.0.0.1:1/token?key=SECRET-QUERY',
    })
    const client = await TutorialClient.connect(gateway.url)
    expect((await client.ask('sandbox-fast')).at(-1)?.message).toMatch(
      /the token endpoint refused the connection/,
    )
    expect(sandbox.stats().chatRequests).toBe(0)
  })
})

describe('a request', () => {
  const user = { role: 'user', content: 'SECRET-PROMPT' }
  const valid = { modelId: 'sandbox-fast', messages: [user], temperature: 1 }
  const init = (more: object) => JSON.stringify({ type: 'init', payload: { ...valid, ...more } })

  it.each([
    ['no JSON', 'SECRET-PROMPT{', /^The message is not valid JSON$/],
    ['another type', '{"type":"SECRET-PROMPT"}', /^Invalid handshake type/],
    [
      'an unknown role',
      init({ messages: [{ ...user, role: 'SECRET-PROMPT' }] }),
      /^Schema validation failed: messages\.0\.role: /,
    ],
    ['no messages', init({ messages: [] }), /^Schema validation failed: messages: /],
    [
      'content over the limit',
      init({ messages: [{ ...user, content: 'x'.repeat(4_097) }] }),
      /^Schema validation failed: messages\.0\.content: .*4096/,
    ],
    [
      'temperature out of range',
      init({ temperature: 2.5 }),
      /^Schema validation failed: temperature: /,
    ],
    [
      'a prompt over the window',
      init({ messages: Array(12).fill({ ...user, content: '字'.repeat(4_000) }) }),
      /^Context window exceeded: \d+ > 8192\./,
    ],
  ])('with %s gets its message and costs nothing', async (_name, text, error) => {
    const { connect, sandbox } = await gatewayOnSandbox()
    const client = await connect()
    client.send(text)
    const messages = await client.turn()
    expect(messages).toMatchObject([{ type: 'error', message: expect.stringMatching(error) }])
    expect(JSON.stringify(messages)).not.toContain('SECRET-PROMPT')
    expect(sandbox.stats().requests).toBe(0)
    expect(shapeOf(await client.ask('sandbox-fast'))).toBe('handshake_ack chunk complete')
  })
})
