// From a valid request to the upstream's body: guarded before it is counted, fitted, and without what the model refuses.
import { compilePolicy } from '@sluice/guard'
import type { ChatMessage, ChatRequest } from '@sluice/protocol'
import { describe, expect, it } from 'vitest'
import { FindingCounts } from '../../src/request/finding-counts.ts'
import { modelTable } from '../../src/request/models.ts'
import { Blocked, type PrepareOptions, prepareRequest } from '../../src/request/prepare.ts'
import { Scheduler } from '../../src/scheduler.ts'
import { openAiFormat } from '../../src/upstream/formats/openai/openai-format.ts'

const modelOf = modelTable({ models: {}, defaultContextWindow: 8_192 })
const never = new AbortController().signal

/** Conceals e-mail addresses and blocks `forbidden`, in prompts too. */
const policy = compilePolicy({
  name: 'both-ways',
  rules: [
    {
      id: 'mail',
      name: 'MAIL',
      pattern: '[a-z]+@[a-z]+\\.com',
      category: 'pii',
      action: { kind: 'redact' },
    },
    { id: 'term', terms: ['forbidden'], category: 'safety', action: { kind: 'block' } },
  ],
})

const request = (more: Partial<ChatRequest> = {}): ChatRequest => ({
  modelId: 'gpt-4o',
  messages: [{ role: 'user', content: 'hi' }],
  ...more,
})

function prepared(asked: ChatRequest, options: Partial<PrepareOptions> = {}) {
  return prepareRequest(asked, {
    policy: compilePolicy('off'),
    model: modelOf(asked.modelId),
    onOverflow: 'reject',
    scheduler: new Scheduler(),
    client: 'client',
    signal: never,
    findings: new FindingCounts(),
    ...options,
  })
}

const encoded = (request: ChatRequest, includeUsage: boolean) =>
  JSON.parse(openAiFormat.encode(request, { parameters: modelOf(request.modelId), includeUsage }))

const bodyOf = async (...args: Parameters<typeof prepared>) =>
  encoded((await prepared(...args)).request, false)

describe('prepareRequest', () => {
  it("writes OpenAI's request with everything that was asked for, and nothing else", async () => {
    const tools = [{ type: 'function' as const, function: { name: 'f', parameters: {} } }]
    const asked = request({
      temperature: 0,
      topP: 0.5,
      maxTokens: 9,
      stop: ['x'],
      seed: 1,
      tools,
      toolChoice: 'auto',
      responseFormat: { type: 'json_object' },
    })
    expect(encoded((await prepared(asked)).request, true)).toEqual({
      model: 'gpt-4o',
      messages: asked.messages,
      temperature: 0,
      top_p: 0.5,
      max_tokens: 9,
      stop: ['x'],
      seed: 1,
      tools,
      tool_choice: 'auto',
      response_format: { type: 'json_object' },
      stream: true,
      stream_options: { include_usage: true },
    })
    expect(Object.keys(await bodyOf(request()))).toEqual(['model', 'messages', 'stream'])
  })

  it('leaves out what a reasoning model refuses, and names its limit as it wants it', async () => {
    const body = await bodyOf(
      request({ modelId: 'o3-mini', temperature: 1, topP: 1, maxTokens: 9 }),
    )
    expect(body).toEqual({
      model: 'o3-mini',
      messages: expect.anything(),
      max_completion_tokens: 9,
      stream: true,
    })
  })

  it('guards contents and the arguments of tool calls before anything leaves', async () => {
    const call = {
      id: 'c',
      type: 'function' as const,
      function: { name: 'f', arguments: '{"to":"ada@x.com"}' },
    }
    const messages: ChatMessage[] = [
      { role: 'system', content: 'you are Ada' },
      { role: 'assistant', content: 'is it ada@x.com' },
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', content: 'ada@x.com', tool_call_id: 'c' },
      { role: 'user', content: 'and ada@x.com?' },
    ]
    const findings = new FindingCounts()
    const body = await bodyOf(request({ messages }), { policy, findings })
    expect(JSON.stringify(body)).not.toContain('ada@x.com')
    expect(body.messages).toHaveLength(5)
    expect(findings.counts).toMatchObject([{ entity: 'MAIL', count: 4 }])
    expect(messages[1]?.content, 'the request itself is not changed').toBe('is it ada@x.com')
  })

  it('guards instructions as well, since a client may choose any role', async () => {
    const messages: ChatMessage[] = [{ role: 'system', content: 'mail ada@x.com' }]
    expect((await bodyOf(request({ messages }), { policy })).messages).toEqual([
      { role: 'system', content: 'mail [MAIL]' },
    ])
  })

  it('is blocked by what the guard forbids, and tells what was found until then', async () => {
    const findings = new FindingCounts()
    const messages: ChatMessage[] = [
      { role: 'user', content: 'ada@x.com' },
      { role: 'user', content: `${'word '.repeat(5_000)}forbidden` },
    ]
    const asked = prepared(request({ messages }), { policy, findings })
    await expect(asked).rejects.toEqual(new Blocked('input', 'safety'))
    expect(findings.counts.map(({ entity }) => entity)).toContain('MAIL')
  })

  it('counts tools and the reserved answer into the window', async () => {
    const parameters = { description: 'word '.repeat(9_000) }
    const tools = [{ type: 'function' as const, function: { name: 'f', parameters } }]
    await expect(prepared(request({ modelId: 'gpt-4', tools }))).rejects.toThrow(
      /^Context window exceeded: 9\d{3} > 8192$/,
    )
    await expect(prepared(request({ modelId: 'gpt-4', maxTokens: 8_192 }))).rejects.toThrow(
      /reserved by maxTokens/,
    )
  })

  it.each([
    ['guards', 'standard', 'ann@example.com '.repeat(200)],
    ['counts', 'off', 'aB3$ 数据 '.repeat(400)],
  ] as const)(
    'lets others have their turn while it %s many short messages',
    async (_, name, content) => {
      const messages: ChatMessage[] = Array.from({ length: 400 }, () => ({ role: 'user', content }))
      let turns = 0
      const others = setInterval(() => {
        turns += 1
      }, 0)
      const usage = process.cpuUsage()
      await prepared(request({ messages }), {
        policy: compilePolicy(name),
        onOverflow: 'truncate',
      })
      clearInterval(others)
      const workedMs = process.cpuUsage(usage).user / 1_000
      expect(turns).toBeGreaterThan(workedMs / 50)
    },
  )

  it.each([
    [
      'a response format',
      { responseFormat: { type: 'json_schema', json_schema: { name: 'word '.repeat(9_000) } } },
    ],
    [
      'a tool choice',
      { toolChoice: { type: 'function', function: { name: 'word '.repeat(9_000) } } },
    ],
    [
      'the ids of tool calls',
      {
        messages: Array.from({ length: 100 }, () => ({
          role: 'tool' as const,
          content: '',
          tool_call_id: 'word '.repeat(90),
        })),
      },
    ],
  ])('counts %s into the window', async (_, more) => {
    await expect(prepared(request({ modelId: 'gpt-4', ...more }))).rejects.toThrow(
      /^Context window exceeded: 9\d{3} > 8192$/,
    )
  })

  it('refuses a prompt far beyond its window without counting all of it', async () => {
    const messages: ChatMessage[] = [{ role: 'user', content: 'word '.repeat(400_000) }]
    await expect(prepared(request({ modelId: 'gpt-4', messages }))).rejects.toThrow(
      /^Context window exceeded: 2[67]\d{3} > 8192$/,
    )
  })

  it('leaves a long prompt at once when it is aborted', async () => {
    const controller = new AbortController()
    const messages: ChatMessage[] = [{ role: 'user', content: 'a'.repeat(1_000_000) }]
    const asked = prepared(request({ messages }), { policy, signal: controller.signal })
    controller.abort('gone')
    await expect(asked).rejects.toBe('gone')
  })
})
