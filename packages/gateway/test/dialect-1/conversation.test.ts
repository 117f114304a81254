// Dialect 1 as the tutorial tells it: which frames come, in which order, and how one socket holds many conversations.
import { describe, expect, it } from 'vitest'
import { gatewayOnSandbox } from '../harness/gateway-on-sandbox.ts'
import { chunksOf, shapeOf, textOf } from '../harness/tutorial-client.ts'

const AUDIT_KEYS = [
  'requestId',
  'modelId',
  'timestamp',
  'status',
  'tokenCount',
  'latencyMs',
  'ppiFiltered',
  'safetyPassed',
]

describe('a completion', () => {
  it('is an ack, chunks and complete, with the fields of the tutorial', async () => {
    const { sandbox, connect } = await gatewayOnSandbox()
    const client = await connect()
    const messages = await client.ask('sandbox-fast', 'Where is my parcel?')
    expect(shapeOf(messages)).toBe('handshake_ack chunk complete')
    expect(messages[0]).toEqual({
      type: 'handshake_ack',
      tokenCount: expect.any(Number),
      modelId: 'sandbox-fast',
    })
    expect(textOf(messages)).toMatch(/^Thank you for your patience\. .* your letter box\.$/)
    const chunks = chunksOf(messages)
    expect(chunks[0]).toMatchObject({ object: 'chat.completion.chunk', model: 'sandbox-fast' })
    expect(chunks.at(-1)?.choices).toEqual([{ index: 0, delta: {}, finish_reason: 'stop' }])
    const auditLog = messages.at(-1)?.auditLog as Record<string, unknown>
    expect(Object.keys(auditLog)).toEqual(AUDIT_KEYS)
    expect(auditLog).toMatchObject({
      requestId: expect.stringMatching(/^[0-9a-f]{32}$/),
      modelId: 'sandbox-fast',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      status: 'success',
      ppiFiltered: false,
      safetyPassed: true,
    })
    expect(auditLog.tokenCount).toBeGreaterThan(30)
    expect(sandbox.stats()).toMatchObject({ chatRequests: 1, tokenRequests: 1, finishedStreams: 1 })
  })

  it('asks the upstream what the tutorial asks it', async () => {
    const { sandbox, connect } = await gatewayOnSandbox()
    await (await connect()).ask('sandbox-fast', 'hi', { maxTokens: 9 })
    const [token, chat] = sandbox.requests()
    expect(token).toMatchObject({ method: 'POST', path: '/login/oauth2/token' })
    expect(token?.headers).toMatchObject({ 'content-type': 'application/x-www-form-urlencoded' })
    expect(token?.body).toMatchObject({
      grant_type: 'client_credentials',
      client_id: 'sandbox-client',
      scope: 'ai:llm:write ai:llm:read',
    })
    expect(chat).toMatchObject({ method: 'POST', path: '/api/v2/ai/llm/chat/completions' })
    expect(chat?.headers).toMatchObject({
      authorization: 'Bearer [redacted]',
      accept: 'text/event-stream',
      'content-type': 'application/json',
      'accept-encoding': 'identity',
    })
    expect(chat?.body).toEqual({
      model: 'sandbox-fast',
      messages: [{ role: 'user', content: 'hi' }],
      temperature: 0.7,
      max_tokens: 9,
      stream: true,
    })
  })

  it('speaks the same when the subprotocol is named, and on either path', async () => {
    const { gateway, connect } = await gatewayOnSandbox()
    const { TutorialClient } = await import('../harness/tutorial-client.ts')
    expect((await connect()).socket.protocol).toBe('')
    for (const path of ['/', '/ws', '/ws?x=1']) {
      const client = await TutorialClient.connect(`${gateway.url}${path}`, ['other', 'sluice.v1'])
      expect(client.socket.protocol).toBe('sluice.v1')
      expect(shapeOf(await client.ask('sandbox-fast'))).toBe('handshake_ack chunk complete')
    }
  })

  it('passes tool calls, reasoning, refusals and choices, each in its place', async () => {
    const { connect } = await gatewayOnSandbox({ gateway: { policy: 'seed' } })
    const client = await connect()
    const reasoned = await client.ask('sandbox-reasoning')
    expect(textOf(reasoned, 'reasoning_content')).toMatch(/^The customer wants a quick answer/)
    const two = await client.ask('sandbox-choices', 'hello', { n: 2 })
    expect(textOf(two, 'content', 0)).toMatch(/^Choice 1: /)
    expect(textOf(two, 'content', 1)).toMatch(/^Choice 2: /)
    const called = chunksOf(await client.ask('sandbox-tools'))
    const calls = called
      .flatMap((chunk) => chunk.choices ?? [])
      .flatMap(({ delta }) => delta.tool_calls ?? []) as {
      index: number
      id?: string
      function: { name?: string; arguments: string }
    }[]
    expect(calls.filter(({ id }) => id !== undefined)).toMatchObject([
      { index: 0, id: 'call_sandbox_0', function: { name: 'lookup_order' } },
      { index: 1, id: 'call_sandbox_1', function: { name: 'lookup_order' } },
    ])
    const second = calls.filter(({ index }) => index === 1).map((call) => call.function.arguments)
    expect(JSON.parse(second.join(''))).toEqual({ orderId: 'A-10235', details: true })
    expect(called.at(-1)?.choices?.[0]?.finish_reason).toBe('tool_calls')
  })

  it('takes the usage of the upstream if there is one, and counts otherwise', async () => {
    const { connect } = await gatewayOnSandbox()
    const client = await connect()
    const told = await client.ask('sandbox-usage', 'hi')
    const usage = chunksOf(told).at(-1) as { choices: []; usage: { completion_tokens: number } }
    expect(usage.choices).toEqual([])
    expect(told.at(-1)).toMatchObject({ auditLog: { tokenCount: usage.usage.completion_tokens } })
    const counted = await client.ask('sandbox-no-usage', 'hi')
    expect(counted.at(-1)?.auditLog).toMatchObject({ tokenCount: expect.any(Number) })
  })

  it('lets only known fields pass unless the policy is off', async () => {
    const seed = await (await gatewayOnSandbox()).connect()
    const guarded = JSON.stringify(await seed.ask('sandbox-unknown-fields'))
    expect(guarded).not.toContain('jane.doe')
    expect(guarded).not.toContain('obfuscation')
    expect(JSON.stringify(await seed.ask('sandbox-logprobs'))).not.toContain('top_logprobs')
    const off = await (await gatewayOnSandbox({ gateway: { policy: 'off' } })).connect()
    const verbatim = JSON.stringify(await off.ask('sandbox-unknown-fields'))
    expect(verbatim).toContain('jane.doe')
    expect(JSON.stringify(await off.ask('sandbox-logprobs'))).toContain('top_logprobs')
  })
})

describe('a socket', () => {
  it('holds one conversation after another, errors and blocks between them', async () => {
    const { connect, sandbox } = await gatewayOnSandbox()
    const client = await connect()
    const models = [
      'sandbox-fast',
      'sandbox-400',
      'sandbox-unsafe',
      'sandbox-role-only',
      'sandbox-fast',
    ]
    const shapes = []
    for (const model of models) shapes.push(shapeOf(await client.ask(model)))
    expect(shapes).toEqual([
      'handshake_ack chunk complete',
      'handshake_ack error',
      'handshake_ack chunk blocked',
      'handshake_ack chunk complete',
      'handshake_ack chunk complete',
    ])
    expect(
      client.received.map(({ type }) => type).filter((type) => type === 'handshake_ack'),
    ).toHaveLength(5)
    expect(sandbox.stats()).toMatchObject({ chatRequests: 5, openStreams: 0, tokenRequests: 1 })
  })

  it('refuses a second init while one runs, and does not disturb that one', async () => {
    const { connect, sandbox } = await gatewayOnSandbox({ sandbox: { deltaIntervalMs: 5 } })
    const client = await connect()
    client.init('sandbox-default', 'Where is my order?')
    client.init('sandbox-fast', 'another')
    const messages = [await client.next(), await client.next()]
    expect(messages.filter(({ type }) => type === 'error')).toEqual([
      {
        type: 'error',
        message: expect.stringMatching(/^A completion is already running/),
        code: 'too_many_completions',
      },
    ])
    const rest = await client.turn()
    expect(rest.at(-1)?.type).toBe('complete')
    expect(textOf([...messages, ...rest])).toMatch(/^Thank you .* letter box\.$/)
    expect(sandbox.stats().chatRequests).toBe(1)
    expect(shapeOf(await client.ask('sandbox-fast'))).toBe('handshake_ack chunk complete')
  })

  it('sends nothing after a terminal', async () => {
    const { connect } = await gatewayOnSandbox()
    const client = await connect()
    for (const model of ['sandbox-fast', 'sandbox-unsafe', 'sandbox-truncated', 'sandbox-500']) {
      await client.ask(model)
    }
    const before = client.received.length
    client.send('no json')
    expect(await client.next()).toMatchObject({ type: 'error' })
    expect(client.received).toHaveLength(before + 1)
  })
})

describe('the context window', () => {
  const long = {
    messages: [
      { role: 'system', content: 'Be kind.' },
      ...Array.from({ length: 12 }, (_, i) => ({
        role: 'user',
        content: `${i} ${'word '.repeat(800)}`,
      })),
    ],
  }

  it('refuses a prompt over it with the arithmetic, before the upstream hears of it', async () => {
    const { connect, sandbox } = await gatewayOnSandbox()
    const client = await connect()
    const [refusal] = await client.ask('sandbox-fast', '', long)
    expect(refusal).toEqual({
      type: 'error',
      message: expect.stringMatching(/^Context window exceeded: 9\d{3} > 8192\./),
      code: 'context_window_exceeded',
      requestId: expect.stringMatching(/^[0-9a-f]{32}$/),
    })
    expect(sandbox.stats().requests).toBe(0)
    expect(shapeOf(await client.ask('sandbox-fast'))).toBe('handshake_ack chunk complete')
  })

  it('counts the reserved answer into it', async () => {
    const { connect } = await gatewayOnSandbox()
    const [refusal] = await (await connect()).ask('sandbox-fast', 'hi', { maxTokens: 8_190 })
    expect(refusal?.message).toMatch(
      /^Context window exceeded: \d+ > 8192 \(\d+ tokens of prompt \+ 8190 reserved by maxTokens\)\./,
    )
  })

  it('leaves out the oldest turns where the client asks for it, and says how many', async () => {
    const { connect, sandbox } = await gatewayOnSandbox()
    const client = await connect()
    client.send({
      type: 'init',
      onOverflow: 'truncate',
      payload: { modelId: 'sandbox-fast', ...long },
    })
    const messages = await client.turn()
    expect(messages[0]).toMatchObject({ type: 'handshake_ack', dropped: 2 })
    expect(messages[0]?.tokenCount).toBeLessThanOrEqual(8_192)
    const { body } = sandbox.requests().at(-1) as { body: { messages: { content: string }[] } }
    expect(body.messages).toEqual([long.messages[0], ...long.messages.slice(3)])
  })
})
