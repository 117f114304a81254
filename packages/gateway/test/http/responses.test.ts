// OpenAI's Responses interface: every reader gets the same events with the same numbers, and every text is in the end again.
import fc from 'fast-check'
import { accumulateResponse } from 'openai/lib/responses/ResponseAccumulator'
import type { Response, ResponseStreamEvent } from 'openai/resources/responses/responses'
import { describe, expect, it } from 'vitest'
import { gatewayForTest } from '../harness/gateway-on-sandbox.ts'
import { metric } from '../harness/metric.ts'
import { scriptedUpstream } from '../harness/scripted-upstream.ts'
import { until } from '../harness/until.ts'
import { replyTo } from '../operations/http-reply.ts'
import { bearer, keyFile } from '../operations/key-file.ts'
import { MockServer } from '../real-servers/mock-server.ts'
import { httpGateway } from './http-gateway.ts'
import { from, numbersOf, type ResponseObject, responseEvents, textOf } from './response-events.ts'

const STATE = 'reasoning.encrypted_content'
const MEBIBYTE = 1_048_576
const JSON_TYPE = { 'content-type': 'application/json' }

async function responses(options: Parameters<typeof httpGateway>[0] = {}) {
  const running = await httpGateway(options)
  return { ...running, ...asking(running.origin) }
}

/** Ways to ask a gateway for a response, and for one again. */
function asking(origin: string) {
  const ask = (body: object, headers: Readonly<Record<string, string>> = {}) => {
    const asked = { model: 'sandbox-default', input: 'Where is my order?', ...body }
    const all = { ...JSON_TYPE, ...headers }
    const path = '/v1/responses'
    return replyTo(origin, { method: 'POST', path, headers: all, body: JSON.stringify(asked) })
  }
  const stream = async (body: object = {}) =>
    responseEvents((await ask({ ...body, stream: true })).body)
  const object = async (body: object = {}): Promise<ResponseObject> =>
    JSON.parse((await ask(body)).body)
  const get = async (id: string): Promise<ResponseObject> =>
    JSON.parse((await replyTo(origin, { path: `/v1/responses/${id}` })).body)
  const replay = async (id: string, after?: number) => {
    const from = after === undefined ? '' : `&starting_after=${after}`
    const path = `/v1/responses/${id}?stream=true${from}`
    return responseEvents((await replyTo(origin, { path })).body)
  }
  return { ask, stream, object, get, replay }
}

/** What an upstream may send, by what it says. */
type Said =
  | { field: 'content' | 'reasoning_content' | 'refusal'; text: string }
  | { call: number; text: string }

function saidEvents(said: readonly Said[], reason: string): string[] {
  const named = new Set<number>()
  const chunk = (delta: object, finish: string | null = null) =>
    `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
  const deltas = said.map((each) => {
    if ('field' in each) return chunk({ [each.field]: each.text })
    const head = named.has(each.call) ? {} : { id: `call-${each.call}`, type: 'function' }
    const name = named.has(each.call) ? {} : { name: `tool_${each.call}` }
    named.add(each.call)
    const call = { index: each.call, ...head, function: { ...name, arguments: each.text } }
    return chunk({ tool_calls: [call] })
  })
  return [...deltas, chunk({}, reason), 'data: [DONE]\n\n']
}

/** With what some take for the end of a line, though JSON and event streams do not. */
const text = fc.oneof(
  fc.string({ minLength: 0, maxLength: 8, unit: 'grapheme' }),
  fc.constantFrom('\u2028', '\u2029', '\u0085', '\n\n', '\r', '"', '\\'),
)
const field = fc.constantFrom('content', 'reasoning_content', 'refusal')
const saids = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ field, text }) },
    { weight: 1, arbitrary: fc.record({ call: fc.nat(2), text }) },
  ),
  { maxLength: 24 },
) as fc.Arbitrary<Said[]>

function contentOf(said: Said): string {
  return 'field' in said && said.field === 'content' ? said.text : ''
}

/** Without what only the library adds. */
function plain(response: unknown): ResponseObject {
  const { output_text: _, ...fields } = JSON.parse(JSON.stringify(response))
  return fields
}

describe('the events of a response', () => {
  it('are the same for every reader, and add up to the object', async () => {
    let said: Said[] = []
    let reason = 'stop'
    const upstream = await scriptedUpstream(() => saidEvents(said, reason))
    const llmBaseUrl = `${upstream.url}/v1`
    const gateway = await gatewayForTest({ profile: 'openai', llmBaseUrl, policy: 'standard' })
    const { stream, replay, get } = asking(`http://127.0.0.1:${gateway.port}`)
    const asked = fc.record({
      said: saids,
      reason: fc.constantFrom('stop', 'length', 'content_filter', 'tool_calls'),
      summary: fc.constantFrom(null, 'auto'),
      include: fc.constantFrom([], [STATE]),
      after: fc.nat(40),
    })
    await fc.assert(
      fc.asyncProperty(asked, async (given) => {
        ;({ said, reason } = given)
        const { summary, include } = given
        const events = await stream({ reasoning: { summary }, include })
        expect(numbersOf(events)).toEqual(from(0, events.length))
        const last = events.at(-1)?.response
        if (last === undefined) throw new Error('no response at the end')
        expect(await replay(last.id)).toEqual(events)
        expect(await replay(last.id, given.after)).toEqual(events.slice(given.after + 1))
        expect(await get(last.id)).toEqual(last)
        // Deltas alone make what the end says: the library's own accumulation, without the last event.
        let snapshot: Response | undefined
        for (const event of events.slice(0, -1))
          snapshot = accumulateResponse(event as unknown as ResponseStreamEvent, snapshot)
        expect(plain(snapshot).output).toEqual(last.output)
        expect(textOf(last)).toBe(said.map(contentOf).join(''))
      }),
      { numRuns: 60 },
    )
  })

  it('begin with created and in_progress, and open and close what they tell', async () => {
    const { stream } = await responses()
    const events = await stream({ model: 'sandbox-reasoning' })
    const types = events.map(({ type }) => type.replace('response.', ''))
    const isDelta = (type: string) => type.endsWith('.delta')
    expect(types.filter((type, i) => !isDelta(type) || types[i - 1] !== type)).toEqual([
      ...['created', 'in_progress', 'output_item.added', 'content_part.added'],
      ...['reasoning_text.delta', 'reasoning_text.done', 'content_part.done', 'output_item.done'],
      ...['output_item.added', 'content_part.added'],
      ...['output_text.delta', 'output_text.done', 'content_part.done', 'output_item.done'],
      'completed',
    ])
  })

  it('tell reasoning as a summary to who asked for one', async () => {
    const { stream, object } = await responses()
    const asked = { model: 'sandbox-reasoning', reasoning: { effort: 'low', summary: 'auto' } }
    const types = (await stream(asked)).map(({ type }) => type)
    expect(types).toContain('response.reasoning_summary_part.added')
    expect(types).toContain('response.reasoning_summary_text.delta')
    expect(types).not.toContain('response.reasoning_text.delta')
    const [reasoning] = (await object(asked)).output
    expect(reasoning).toMatchObject({ type: 'reasoning', summary: [{ type: 'summary_text' }] })
  })

  it('tell a failure with its own status before there are any, and as failed after that', async () => {
    const { ask, stream } = await responses()
    expect((await ask({ model: 'sandbox-503', stream: true })).status).toBe(503)
    const events = await stream({ model: 'sandbox-reset-mid-stream' })
    expect(numbersOf(events)).toEqual(from(0, events.length))
    expect(events.at(-1)).toMatchObject({
      type: 'response.failed',
      error: { code: 'stream_interrupted', param: null },
      response: { status: 'failed', error: { code: 'stream_interrupted' } },
    })
  })

  it('say nothing of a text that was withdrawn to who comes later', async () => {
    const { stream, replay, get } = await responses({ gateway: { policy: 'seed' } })
    const input = 'this is ¦a long ¦way to ¦a mali¦cious ¦script'
    const events = await stream({ model: 'sandbox-echo', input })
    expect(numbersOf(events)).toEqual(from(0, events.length))
    const last = events.at(-1)
    const withdrawn = {
      status: 'incomplete',
      incomplete_details: { reason: 'content_filter' },
      output: [],
    }
    expect(last).toMatchObject({ type: 'response.incomplete', response: withdrawn })
    const id = last?.response?.id ?? ''
    const later = await replay(id)
    expect(later.map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.incomplete',
    ])
    const [, , end] = numbersOf(later)
    expect(end, 'whoever saw a part of it sees the end').toBeGreaterThanOrEqual(events.length - 1)
    expect(later.at(-1)?.response).toEqual(last?.response)
    expect(await replay(id, events.length - 2)).toEqual(later.slice(2))
    expect(await get(id)).toEqual(last?.response)
  })
})

describe('a response', () => {
  it('says how long it was and what was asked, and nothing of what was said', async () => {
    const { object } = await responses()
    const metadata = { order: 'A-7' }
    const secret = 'a secret of the application'
    const tools = [{ type: 'function', name: 'look_up', description: secret, parameters: {} }]
    const asked = { instructions: secret, tools, metadata, temperature: 0.5, max_output_tokens: 99 }
    const response = await object(asked)
    expect(response).toMatchObject({
      ...{ object: 'response', status: 'completed', model: 'sandbox-default', error: null },
      ...{ metadata, temperature: 0.5, max_output_tokens: 99, instructions: null, tools: [] },
    })
    expect(JSON.stringify(response)).not.toContain(secret)
    const { input_tokens: input, output_tokens: output, total_tokens: total } = response.usage ?? {}
    expect(output).toBeGreaterThan(10)
    expect(total).toBe((input ?? 0) + (output ?? 0))
  })

  it('in the background goes on without its connection, and is followed and found', async () => {
    const { object, replay, get, sandbox } = await responses({ sandbox: { deltaIntervalMs: 5 } })
    const { id, status, output } = await object({ background: true, metadata: { a: 'b' } })
    expect({ status, output }).toEqual({ status: 'in_progress', output: [] })
    const [events, again] = await Promise.all([replay(id), replay(id, 7)])
    expect(again).toEqual(events.slice(8))
    expect(numbersOf(events)).toEqual(from(0, events.length))
    const last = await get(id)
    expect(last).toMatchObject({ status: 'completed', metadata: { a: 'b' } })
    expect(events.at(-1)?.response).toEqual(last)
    expect(textOf(last).length).toBeGreaterThan(20)
    expect(sandbox.stats().abortedStreams).toBe(0)
  })

  it('in the background is refused like any other before it has begun', async () => {
    const block = { kind: 'block' } as const
    const wombat = { terms: ['wombat'], match: 'word', category: 'safety' } as const
    const policies = { own: { rules: [{ ...wombat, direction: 'input', action: block } as const] } }
    const { ask } = await responses({ gateway: { policy: 'own', policies } })
    const blocked = await ask({ background: true, input: 'Where is my wombat?' })
    expect(blocked.status).toBe(400)
    expect(JSON.parse(blocked.body).error.code).toBe('content_filter')
    const unstored = await ask({ background: true, store: false })
    expect(unstored.status).toBe(400)
    expect(unstored.body).toContain('store')
  })

  it('is cancelled by its name, and keeps what it said', async () => {
    const { object, replay, get, origin, sandbox } = await responses()
    const { id } = await object({ model: 'sandbox-slow', background: true })
    const following = replay(id)
    await until('it is asked', () => sandbox.stats().openStreams === 1)
    const path = `/v1/responses/${id}/cancel`
    const cancelled = JSON.parse((await replyTo(origin, { method: 'POST', path })).body)
    expect(cancelled).toMatchObject({ id, status: 'cancelled' })
    await until('the upstream is left', () => sandbox.stats().abortedStreams === 1)
    const events = await following
    expect(numbersOf(events)).toEqual(from(0, events.length))
    expect(events.at(-1)).toMatchObject({ type: 'response.incomplete', response: cancelled })
    expect(JSON.parse((await replyTo(origin, { method: 'POST', path })).body)).toEqual(cancelled)
    expect(await get(id)).toEqual(cancelled)
    expect(await replay(id)).toEqual(events)
  })

  it('ends with its connection unless it is to go on', async () => {
    const { sandbox, origin, get } = await responses()
    const abort = new AbortController()
    const body = JSON.stringify({ model: 'sandbox-slow', input: 'Hi', stream: true })
    const asked = { method: 'POST', headers: JSON_TYPE, body, signal: abort.signal }
    const answer = await fetch(`${origin}/v1/responses`, asked)
    abort.abort()
    await until('the upstream is left', () => sandbox.stats().abortedStreams === 1)
    const id = `resp_${answer.headers.get('x-request-id')}`
    let status = ''
    void (async () => {
      while (status !== 'cancelled') status = (await get(id)).status
    })()
    await until('it is known as cancelled', () => status === 'cancelled')
  })

  it('is not kept where it is not to be stored', async () => {
    const { object, origin } = await responses()
    const { id } = await object({ store: false })
    expect((await replyTo(origin, { path: `/v1/responses/${id}` })).status).toBe(404)
  })

  it('is held in memory whole, gives it back, and gives way where memory is needed', async () => {
    const models = { 'sandbox-echo': { contextWindow: 100_000 } }
    const { object, get, gateway, origin } = await responses({
      gateway: {
        adminPort: 0,
        memoryBudgetBytes: MEBIBYTE,
        maxContentCharacters: 100_000,
        models,
      },
    })
    // In two deltas: what it costs is to be its length.
    const words = 'word '.repeat(8_000)
    const long = { model: 'sandbox-echo', input: `${words}¦.` }
    await object({ ...long, store: false })
    expect(await metric(gateway, 'sluice_log_bytes')).toBe(0)
    const { id: first } = await object(long)
    expect(await metric(gateway, 'sluice_log_bytes')).toBeGreaterThan(words.length)
    expect(textOf(await get(first))).toBe(`${words}.`)
    let last = first
    for (let i = 0; i < 40; i += 1) {
      last = (await object(long)).id
      expect(await metric(gateway, 'sluice_log_bytes')).toBeLessThanOrEqual(MEBIBYTE + 131_072)
    }
    expect((await get(last)).status).toBe('completed')
    const { status } = await replyTo(origin, { path: `/v1/responses/${first}` })
    expect(status, 'the oldest goes first').toBe(404)
  })

  it('of somebody else, a chat completion and none are the same 404', async () => {
    const keys = keyFile()
    const [mine, others] = [(await keys.create()).key, (await keys.create()).key]
    const { ask, complete, origin } = await responses({ gateway: { keysFile: keys.path } })
    const response = await ask({}, bearer(mine).headers)
    const { id } = JSON.parse(response.body)
    const goOn = { 'x-sluice-on-disconnect': 'continue', ...bearer(others).headers }
    const chat = `resp_${(await complete({}, goOn)).headers['x-request-id']}`
    const names = [id, `resp_${'0'.repeat(32)}`, 'nonsense', chat]
    for (const { method, tail } of [
      { method: 'GET', tail: '' },
      { method: 'GET', tail: '?stream=true' },
      { method: 'POST', tail: '/cancel' },
    ]) {
      const replies = await Promise.all(
        names.map((name) =>
          replyTo(origin, { method, path: `/v1/responses/${name}${tail}`, ...bearer(others) }),
        ),
      )
      expect(new Set(replies.map((reply) => `${reply.status} ${reply.body}`)).size).toBe(1)
      expect(replies[0]?.status).toBe(404)
    }
    const own = await replyTo(origin, { path: `/v1/responses/${id}`, ...bearer(mine) })
    expect(JSON.parse(own.body).id).toBe(id)
    expect((await replyTo(origin, { path: `/v1/responses/${id}` })).status).toBe(401)
  })

  it('is one for any number of requests with the same key, and no chat completion', async () => {
    const { ask, complete, sandbox } = await responses()
    const key = { 'idempotency-key': 'order-7' }
    const replies = await Promise.all([ask({}, key), ask({}, key), ask({ stream: true }, key)])
    const ids = replies.map(({ headers }) => headers['x-request-id'])
    expect(new Set(ids).size).toBe(1)
    expect(sandbox.stats().chatRequests).toBe(1)
    expect((await ask({ metadata: { a: 'b' } }, key)).status).toBe(409)
    expect((await complete({}, key)).status).toBe(409)
  })
})

describe('the input of a response', () => {
  const CALL = { type: 'function_call', call_id: 'c-1', name: 'look_up', arguments: '{"a":1}' }
  const OUTPUT = { type: 'function_call_output', call_id: 'c-1', output: 'on its way' }
  const CALLED = {
    id: 'c-1',
    type: 'function',
    function: { name: 'look_up', arguments: '{"a":1}' },
  }

  it.each<[string, object[], object[]]>([
    [
      'text of any role, as text or parts',
      [
        { role: 'developer', content: 'be brief' },
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'one' }] },
        { role: 'assistant', content: [{ type: 'output_text', text: 'two', annotations: [] }] },
        { role: 'assistant', content: [{ type: 'refusal', refusal: 'no' }] },
      ],
      [
        { role: 'developer', content: 'be brief' },
        { role: 'user', content: 'one' },
        { role: 'assistant', content: 'two' },
        { role: 'assistant', content: 'no' },
      ],
    ],
    [
      'calls and their results as one turn',
      [
        { role: 'user', content: 'where?' },
        {
          type: 'reasoning',
          id: 'rs',
          summary: [],
          content: [{ type: 'reasoning_text', text: 'hm' }],
        },
        { type: 'message', role: 'assistant', content: 'I look', id: 'msg', status: 'completed' },
        { ...CALL, id: 'fc', status: 'completed', extra_content: { google: { a: 'sig-nature' } } },
        { ...CALL, call_id: 'c-2' },
        OUTPUT,
        { ...OUTPUT, call_id: 'c-2', output: [{ type: 'input_text', text: 'lost' }] },
      ],
      [
        { role: 'user', content: 'where?' },
        {
          role: 'assistant',
          content: 'I look',
          reasoning_content: 'hm',
          tool_calls: [
            { ...CALLED, extra_content: { google: { a: 'sig-nature' } } },
            { ...CALLED, id: 'c-2' },
          ],
        },
        { role: 'tool', tool_call_id: 'c-1', content: 'on its way' },
        { role: 'tool', tool_call_id: 'c-2', content: 'lost' },
      ],
    ],
    [
      'calls one after the other as turns of their own',
      [CALL, OUTPUT, { ...CALL, call_id: 'c-2' }, { ...OUTPUT, call_id: 'c-2' }],
      [
        { role: 'assistant', content: null, tool_calls: [CALLED] },
        { role: 'tool', tool_call_id: 'c-1', content: 'on its way' },
        { role: 'assistant', content: null, tool_calls: [{ ...CALLED, id: 'c-2' }] },
        { role: 'tool', tool_call_id: 'c-2', content: 'on its way' },
      ],
    ],
  ])('has %s', async (_what, input, messages) => {
    const { object, sandbox } = await responses()
    expect((await object({ input })).status).toBe('completed')
    expect(sandbox.requests().at(-1)?.body).toMatchObject({ messages })
  })

  it('brings back what a provider wants with the results of its tools', async () => {
    const details = [{ type: 'reasoning.encrypted', data: 'ZXhhbXBsZQ==', index: 0 }]
    const extra = { google: { thought_signature: 'Rm9v' } }
    const call = { index: 0, id: 'c-1', type: 'function', extra_content: extra }
    const said = [
      { reasoning: 'Look it ' },
      { reasoning: 'up.' },
      { reasoning_details: details },
      { tool_calls: [{ ...call, function: { name: 'look_up', arguments: '{"a":1}' } }] },
    ]
    const chunks = [...said.map(($delta) => ({ $delta })), { $finish: 'tool_calls' }]
    const upstream = await MockServer.start([{ chunks }], [])
    const llmBaseUrl = `${upstream.url}/v1`
    const gateway = await gatewayForTest({ profile: 'openai', llmBaseUrl, policy: 'standard' })
    const { stream } = asking(`http://127.0.0.1:${gateway.port}`)
    for (const reasoning of [{}, { summary: 'auto' }]) {
      const { response } = (await stream({ reasoning, include: [STATE] })).at(-1) ?? {}
      // As clients do that return what they cannot read, and nothing else of it.
      const items = (response?.output ?? []).map(({ content: _, ...item }) =>
        item.type === 'reasoning' ? { ...item, summary: [] } : item,
      )
      expect(items.map(({ type }) => type)).toEqual(['reasoning', 'function_call', 'reasoning'])
      await stream({ input: [{ role: 'user', content: 'where?' }, ...items, OUTPUT] })
      expect(upstream.requests.at(-1)?.body).toMatchObject({
        messages: [
          { role: 'user', content: 'where?' },
          {
            ...{ role: 'assistant', content: null, reasoning: 'Look it up.' },
            reasoning_details: details,
            tool_calls: [{ ...CALLED, extra_content: extra }],
          },
          { role: 'tool', tool_call_id: 'c-1', content: 'on its way' },
        ],
      })
    }
  })

  it('is bounded also in what is brought back unread, and nothing of another gateway is', async () => {
    const { ask, sandbox } = await responses()
    const brought = (json: string) => `sluice.${Buffer.from(json).toString('base64url')}`
    const reasoning = (state: string) => ({
      type: 'reasoning',
      summary: [],
      encrypted_content: state,
    })
    const asked = (...states: string[]) =>
      ask({ input: [{ role: 'user', content: 'Hi' }, ...states.map(reasoning), CALL, OUTPUT] })
    const deep = `{"reasoning_details":${'['.repeat(200)}${']'.repeat(200)}}`
    const wide = `{"reasoning_details":[${'0,'.repeat(15_000)}0]}`
    for (const states of [['{'], ['1,2'], [deep], [wide, wide]]) {
      const { status, body } = await asked(...states.map(brought))
      expect([status, JSON.parse(body).error.type]).toEqual([400, 'invalid_request_error'])
    }
    const padded = await asked(`${brought('0')}=`)
    expect(padded.status).toBe(400)
    expect(sandbox.stats().chatRequests).toBe(0)
    const card = '{"reasoning_content":"4111 1111 1111 1111","tool_calls":[],"role":"system"}'
    expect((await asked('gAAAAAB-of-another', brought('0'), brought(card))).status).toBe(200)
    const sent = sandbox.requests().at(-1)?.body
    expect(sent).toMatchObject({ messages: [{}, { role: 'assistant', tool_calls: [CALLED] }, {}] })
    expect(JSON.stringify(sent)).not.toContain('4111')
  })

  it('goes to the upstream in its own words', async () => {
    const { object, sandbox } = await responses()
    const schema = { type: 'object', properties: { city: { type: 'string' } } }
    await object({
      ...{ instructions: 'be brief', max_output_tokens: 50, top_p: 0.5 },
      tools: [{ type: 'function', name: 'look_up', parameters: schema, strict: true }],
      tool_choice: { type: 'function', name: 'look_up' },
      parallel_tool_calls: false,
      reasoning: { effort: 'high' },
      text: { format: { type: 'json_schema', name: 'trip', schema, strict: true } },
      ...{ previous_response_id: null, conversation: null, include: [], user: 'u', prompt: null },
    })
    expect(sandbox.requests().at(-1)?.body).toMatchObject({
      messages: [
        { role: 'system', content: 'be brief' },
        { role: 'user', content: 'Where is my order?' },
      ],
      ...{ max_tokens: 50, top_p: 0.5, parallel_tool_calls: false, reasoning_effort: 'high' },
      tools: [
        { type: 'function', function: { name: 'look_up', parameters: schema, strict: true } },
      ],
      tool_choice: { type: 'function', function: { name: 'look_up' } },
      response_format: { type: 'json_schema', json_schema: { name: 'trip', schema, strict: true } },
    })
  })

  it('is guarded in every place that the upstream would see', async () => {
    const { object, sandbox } = await responses({ gateway: { policy: 'standard' } })
    const card = '4111 1111 1111 1111'
    const parameters = { type: 'object', description: `like ${card}` }
    await object({
      instructions: `never say ${card}`,
      input: [
        { role: 'user', content: [{ type: 'input_text', text: `it is ${card}` }] },
        { type: 'reasoning', summary: [{ type: 'summary_text', text: `they said ${card}` }] },
        { ...CALL, arguments: JSON.stringify({ card }) },
        { ...OUTPUT, output: `paid by ${card}` },
      ],
      tools: [{ type: 'function', name: 'look_up', description: `of ${card}`, parameters }],
      text: { format: { type: 'json_schema', name: 'x', schema: { const: card } } },
    })
    const sent = JSON.stringify(sandbox.requests().at(-1)?.body)
    expect(sent).not.toContain('4111')
    expect(sent).toContain('look_up')
  })

  it.each<[string, object, string]>([
    ['an earlier response', { previous_response_id: 'resp_1' }, 'previous_response_id'],
    ['a conversation', { conversation: 'conv_1' }, 'conversation'],
    ['a prompt template', { prompt: { id: 'pmpt_1' } }, 'prompt'],
    ['a hosted tool', { tools: [{ type: 'web_search' }] }, 'tools.0.type'],
    ['an item of an earlier response', { input: [{ type: 'item_reference', id: 'x' }] }, 'input.0'],
    [
      'an image',
      { input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'data:,' }] }] },
      'input.0.content',
    ],
    ['log probabilities', { include: ['message.output_text.logprobs'] }, 'include.0'],
    ['their alternatives', { top_logprobs: 3 }, 'top_logprobs'],
    ['a verbosity', { text: { verbosity: 'low' } }, 'text.verbosity'],
    ['no input', { input: undefined }, 'input'],
    ['an empty list as input', { input: [] }, 'failed: input: '],
    ['no room for an answer', { max_output_tokens: 0 }, 'failed: max_output_tokens: '],
    [
      'too many pairs',
      { metadata: Object.fromEntries(from(0, 17).map((n) => [n, ''])) },
      'metadata',
    ],
  ])('is refused by name with %s', async (_what, body, name) => {
    const { ask, sandbox } = await responses()
    const { status, body: answer } = await ask(body)
    expect(status).toBe(400)
    const { type, message } = JSON.parse(answer).error
    expect(type).toBe('invalid_request_error')
    expect(message).toContain(name)
    expect(sandbox.stats().chatRequests).toBe(0)
  })

  it('that is too long is the context length, as it is for chat completions', async () => {
    const { ask } = await responses({
      gateway: { maxContentCharacters: 1_000, models: { 'sandbox-fast': { contextWindow: 100 } } },
    })
    for (const asked of [
      { input: 'x'.repeat(1_001) },
      { model: 'sandbox-fast', input: 'word '.repeat(150), truncation: 'disabled' },
    ]) {
      const { status, body } = await ask(asked)
      expect([status, JSON.parse(body).error.code]).toEqual([400, 'context_length_exceeded'])
    }
    const turns = Array.from({ length: 30 }, () => ({ role: 'user', content: 'word '.repeat(9) }))
    const asked = { model: 'sandbox-fast', input: turns, truncation: 'auto' }
    expect((await ask(asked)).status).toBe(200)
  })
})
