// Chunks in, entries out: every form that servers really send, what is refused, and that nothing goes around the guard.
import { compilePolicy, type Policy, Pseudonyms } from '@sluice/guard'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Answer } from '../../src/completion/answer.ts'
import { CompletionLog, endsChunk } from '../../src/completion/log.ts'
import { MemoryBudget } from '../../src/completion/memory-budget.ts'
import { TokenMeter } from '../../src/completion/token-meter.ts'
import { ChunkRenderer } from '../../src/dialects/chunk-renderer.ts'
import { GatewayError } from '../../src/errors.ts'
import { Blocked } from '../../src/request/prepare.ts'
import { openAiFormat } from '../../src/upstream/formats/openai/openai-format.ts'

const policies = { off: compilePolicy('off'), seed: compilePolicy('seed') }

interface Outcome {
  /** Chunk objects as a client would get them. */
  chunks: Record<string, unknown>[]
  failure: unknown
  answer: Answer
}

/** Feeds events to an answer and ends it. */
function answered(
  events: readonly unknown[],
  {
    policy = 'seed' as keyof typeof policies | Policy,
    event = 'message',
    choices = 1,
    standIns = undefined as Pseudonyms | undefined,
    tools = [] as readonly string[],
  } = {},
): Outcome {
  const log = new CompletionLog(new MemoryBudget(1))
  const answer = new Answer({
    log,
    policy: typeof policy === 'string' ? policies[policy] : policy,
    standIns,
    isJson: false,
    tools,
    verbatim: policy === 'off',
    maxCharacters: 1_000,
    meter: new TokenMeter(new MemoryBudget(1)),
    onFindings: () => {},
    choices,
    onRead: () => {},
    judging: {
      signal: new AbortController().signal,
      onUnjudged: () => {},
      onJudged: () => {},
      onFailure: () => {},
    },
  })
  const reader = openAiFormat.reader({ sink: answer, choices, extensionFields: [] })
  let failure: unknown
  try {
    for (const data of events) {
      const kind = reader.read(typeof data === 'string' ? data : JSON.stringify(data), event)
      if (kind === 'done') break
    }
    answer.end()
  } catch (error) {
    failure = error
  }
  return { chunks: rendered(log), failure, answer }
}

function rendered(log: CompletionLog): Record<string, unknown>[] {
  const messages: string[] = []
  const renderer = new ChunkRenderer()
  const sink = {
    begin: () => void messages.push(''),
    add: (source: Buffer, start: number, end: number) => {
      messages.push((messages.pop() ?? '') + source.toString('utf8', start, end))
    },
    text: (payload: string) => void messages.push(payload),
  }
  let from = 1
  for (let seq = 1; seq <= log.top; seq += 1) {
    if (!endsChunk(log.tag(seq)) && seq < log.top) continue
    renderer.render(log, { from, to: seq, sink })
    from = seq + 1
  }
  return messages.map((message) => JSON.parse(message).data)
}

const choice = (delta: unknown, finish: string | null = null, index = 0) => ({
  choices: [{ index, delta, finish_reason: finish }],
})
const finish = choice({}, 'stop')

function textOf({ chunks }: Outcome, field = 'content', index = 0): string {
  const choices = chunks.flatMap((chunk) => chunk.choices) as {
    index: number
    delta: Record<string, string>
  }[]
  return choices
    .filter((each) => each.index === index)
    .map(({ delta }) => delta[field] ?? '')
    .join('')
}

describe('an answer', () => {
  it('keeps the envelope, the role, each channel and the usage', () => {
    const head = {
      id: 'c-1',
      created: 7,
      model: 'm/1:x',
      system_fingerprint: 'fp',
      service_tier: 'default',
    }
    const outcome = answered([
      { ...head, ...choice({ role: 'assistant', content: null }) },
      { ...head, ...choice({ reasoning_content: 'think' }) },
      { ...head, ...choice({ reasoning: 'or so' }) },
      { ...head, ...choice({ content: 'Hello' }) },
      { ...head, ...choice({ refusal: 'no' }) },
      { ...head, ...finish },
      {
        ...head,
        choices: [],
        usage: { prompt_tokens: 1, completion_tokens: 2, details: { a: 1, b: 'x' }, note: 'x' },
      },
      '[DONE]',
    ])
    expect(outcome.failure).toBeUndefined()
    const envelope = { ...head, object: 'chat.completion.chunk' }
    for (const chunk of outcome.chunks) expect(chunk).toMatchObject(envelope)
    expect(outcome.chunks[0]?.choices).toEqual([
      { index: 0, delta: { role: 'assistant' }, finish_reason: null },
    ])
    expect(textOf(outcome)).toBe('Hello')
    expect(textOf(outcome, 'reasoning_content')).toBe('think')
    expect(textOf(outcome, 'reasoning')).toBe('or so')
    expect(textOf(outcome, 'refusal')).toBe('no')
    expect(outcome.chunks.at(-1)).toEqual({
      ...envelope,
      choices: [],
      usage: { prompt_tokens: 1, completion_tokens: 2, details: { a: 1 } },
    })
    expect(outcome.answer).toMatchObject({
      finishReasons: ['stop'],
      promptTokens: 1,
      completionTokens: 2,
    })
  })

  it.each([
    [
      'null for everything',
      [
        {
          id: null,
          choices: [{ index: null, delta: null, finish_reason: null, logprobs: null }],
          usage: null,
        },
        finish,
      ],
    ],
    ['no delta', [{ choices: [{ index: 0 }] }, finish]],
    ['no index', [{ choices: [{ delta: { content: '' }, finish_reason: 'stop' }] }]],
    ['no choices', [{ id: 'x' }, finish]],
    ['choices that are null', [{ choices: null }, finish]],
    ['an event of a kind nobody knows', [{ type: 'ping' }, finish]],
    ['[DONE] alone', ['[DONE]']],
    ['anything after [DONE]', [finish, '[DONE]', 'nonsense', '[DONE]']],
    ['a finish reason twice', [finish, finish]],
    ['text after the finish', [finish, choice({ content: 'x' })]],
    ['keep-alives', ['', ' ', 'null', ': waiting', finish]],
  ])('takes %s', (_name, events) => {
    for (const policy of ['seed', 'off'] as const)
      expect(answered(events, { policy }).failure).toBeUndefined()
  })

  it.each([
    ['no JSON', ['{'], 'upstream_invalid_stream', 'is not JSON'],
    ['JSON that is no object', ['[1]'], 'upstream_invalid_stream', 'is not a JSON object'],
    [
      'a choice with half an index',
      [choice({}, null, 0.5)],
      'upstream_invalid_stream',
      'choice without a proper index',
    ],
    ['a choice that is text', [{ choices: ['x'] }], 'upstream_invalid_stream', 'no object'],
    [
      'a tool call out of range',
      [choice({ tool_calls: [{ index: 1.5 }] })],
      'upstream_invalid_stream',
      'tool call without a proper index',
    ],
    [
      'an end before the finish',
      [choice({ content: 'x' })],
      'stream_interrupted',
      'before the answer was finished',
    ],
    ['no event at all', [], 'stream_interrupted', 'before the answer'],
    [
      'an error object',
      [{ error: { message: 'SECRET', code: 429 } }],
      'upstream_rate_limited',
      'an error 429',
    ],
    ['an error that is text', [{ error: 'SECRET' }], 'upstream_unavailable', 'an error inside'],
    [
      'the error body of Genesys Cloud',
      [{ message: 'SECRET', code: 'x', status: 503 }],
      'upstream_unavailable',
      '503',
    ],
    [
      'more text than the limit',
      [choice({ content: 'x'.repeat(1_001) })],
      'stream_interrupted',
      'longer than 1000 characters',
    ],
  ])('refuses %s', (...[, events, code, words]) => {
    const { failure } = answered(events)
    expect(failure).toBeInstanceOf(GatewayError)
    expect(failure).toMatchObject({ code, message: expect.stringContaining(words) })
    expect((failure as Error).message).not.toContain('SECRET')
  })

  it('is not whole while a choice that was asked for has no finish', () => {
    const events = [choice({ content: 'x' }, null, 1), finish]
    expect(answered(events, { choices: 2 }).failure).toMatchObject({ code: 'stream_interrupted' })
  })

  it('has no more choices than were asked for', () => {
    const { failure } = answered([choice({ content: 'x' }, null, 2)], { choices: 2 })
    expect(failure).toMatchObject({ code: 'upstream_invalid_stream' })
  })

  it('takes an event of the type error for one, whatever is in it', () => {
    const { failure } = answered([{ detail: 'SECRET' }], { event: 'error' })
    expect(failure).toMatchObject({ code: 'upstream_unavailable' })
  })

  it('does not let text pass where only a name or number belongs', () => {
    const pii = 'write to jane.doe@example.com now'
    const { chunks } = answered([
      {
        id: pii,
        model: pii,
        created: pii,
        service_tier: pii,
        object: pii,
        [pii]: pii,
        ...choice({ role: pii, content: 'ok', x: pii }),
      },
      {
        choices: [
          {
            index: 0,
            delta: { tool_calls: [{ index: 0, id: pii, type: pii, function: { name: pii } }] },
            logprobs: { content: [{ token: pii }] },
            finish_reason: pii,
          },
        ],
      },
      {
        choices: [{ index: 0, delta: {}, finish_reason: 'stop' }],
        usage: { prompt_tokens: pii, [pii]: 1, details: { [pii]: 1 } },
      },
    ])
    expect(JSON.stringify(chunks)).not.toContain('jane')
    expect(JSON.stringify(chunks)).toContain('ok')
  })

  it('lets no finding pass as a name, an id or a number', () => {
    const ssn = '123-45-6789'
    const mail = 'jane.doe@example.com'
    const call = { index: 0, id: mail, function: { name: ssn, arguments: '{}' } }
    const { chunks, failure } = answered([
      { id: ssn, model: mail, created: 4_111_111_111_111_111, ...choice({ tool_calls: [call] }) },
      { ...choice({}, 'stop'), usage: { prompt_tokens: 4_111_111_111_111_111 } },
    ])
    expect(failure).toBeUndefined()
    const sent = JSON.stringify(chunks)
    for (const value of [ssn, mail, '4111']) expect(sent).not.toContain(value)
    // The call is still one that can be answered.
    expect(sent).toMatch(/"id":"concealed-[0-9a-f]{16}"/)
    expect(sent).toContain('"name":"concealed"')
  })

  it('guards text, reasoning and tool arguments, each by itself', () => {
    for (const field of ['content', 'reasoning_content', 'reasoning', 'refusal']) {
      const outcome = answered([
        choice({ [field]: 'so mali' }),
        choice({ [field]: 'cious' }),
        finish,
      ])
      expect(outcome.failure).toBeInstanceOf(Blocked)
      expect(textOf(outcome, field)).toBe('so ')
    }
    const call = (text: string) =>
      choice({ tool_calls: [{ index: 0, function: { arguments: text } }] })
    const outcome = answered([call('{"mail":"jane@'), call('example.com"}'), finish])
    expect(outcome.failure).toEqual(new Blocked('output', 'pii'))
    expect(JSON.stringify(outcome.chunks)).not.toContain('jane')
    const apart = answered(
      [
        choice({ content: 'mali' }),
        choice({ reasoning: 'cious' }),
        choice({ content: 'bu' }, null, 1),
        choice({}, 'stop', 1),
        finish,
      ],
      { choices: 2 },
    )
    expect(apart.failure, 'halves in two channels are no match').toBeUndefined()
  })

  it('releases what was held in a chunk before the finish', () => {
    const { chunks } = answered([choice({ content: 'mali' }), finish])
    const deltas = chunks.map(
      (chunk) => (chunk.choices as { delta: object; finish_reason: string | null }[])[0],
    )
    expect(deltas).toEqual([
      { index: 0, delta: { content: 'mali' }, finish_reason: null },
      { index: 0, delta: {}, finish_reason: 'stop' },
    ])
  })

  it('says the same with and without a policy for any harmless stream', () => {
    const word = fc.constantFrom(
      'Hello',
      ' you',
      '',
      'Köln',
      '🚀',
      '\n',
      '"',
      ' 12',
      '@ home',
      'mali',
      'exp',
    )
    const delta = fc.oneof(
      word.map((content) => ({ content })),
      fc.record({ content: word, reasoning_content: word }),
      fc.constant({ role: 'assistant', content: '' }),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(delta, fc.nat(2)), { maxLength: 20 }), (deltas) => {
        const used = [...new Set(deltas.map(([, index]) => index))]
        const events = [
          ...deltas.map(([each, index]) => choice(each, null, index)),
          ...used.map((index) => choice({}, 'stop', index)),
          '[DONE]',
        ]
        const options = { choices: 3 }
        const [off, seed] = [
          answered(events, { ...options, policy: 'off' }),
          answered(events, options),
        ]
        expect([off.failure, seed.failure]).toEqual([undefined, undefined])
        for (const index of used) {
          for (const field of ['content', 'reasoning_content']) {
            expect(textOf(seed, field, index)).toBe(textOf(off, field, index))
          }
        }
        expect(seed.answer.finishReasons).toEqual(off.answer.finishReasons)
      }),
      { numRuns: 300 },
    )
  })

  it('ends in chunks, a block or one of our errors for any JSON', () => {
    const json = fc.oneof(
      fc.json(),
      fc.json().map((text) => `{"choices":[{"delta":${text}}]}`),
    )
    fc.assert(
      fc.property(fc.array(json, { maxLength: 5 }), (events) => {
        for (const policy of ['seed', 'off'] as const) {
          const { failure } = answered(events, { policy })
          if (failure !== undefined && !(failure instanceof Blocked)) {
            expect(failure).toBeInstanceOf(GatewayError)
          }
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('a whole answer', () => {
  it('makes one chunk of a whole completion, which reads as the same answer', () => {
    const message = {
      role: 'assistant',
      content: 'Hello',
      tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
    }
    const completion = {
      id: 'x',
      object: 'chat.completion',
      choices: [{ index: 0, message, finish_reason: 'stop' }],
      usage: { completion_tokens: 3 },
    }
    const outcome = answered([openAiFormat.eventOf(JSON.stringify(completion))])
    expect(outcome.failure).toBeUndefined()
    expect(textOf(outcome)).toBe('Hello')
    expect(JSON.stringify(outcome.chunks)).toContain('"name":"f","arguments":"{}"')
    expect(outcome.answer.completionTokens).toBe(3)
  })

  it.each(['', 'x', '1', 'null', '"text"'])('refuses %j', (json) => {
    expect(() => openAiFormat.eventOf(json)).toThrow(
      expect.objectContaining({ code: 'upstream_invalid_stream' }),
    )
  })

  it('passes an error object on, for the answer to refuse', () => {
    expect(answered([openAiFormat.eventOf('{"error":{"code":503}}')]).failure).toMatchObject({
      status: 503,
    })
  })
})

describe('the name of a tool', () => {
  const standard = compilePolicy('standard')
  const OFFERED = ['look', 'look_up', 'look_up_order', 'cancel', 'a']
  const tool = fc.constantFrom(...OFFERED)
  /** A name in pieces, or again and again, with arguments in the same parts or after them. */
  const call = fc.record({
    name: tool,
    cuts: fc.array(fc.nat(12), { maxLength: 3 }),
    repeats: fc.boolean(),
    argumentsWithLast: fc.boolean(),
  })

  function eventsOf(index: number, { name, cuts, repeats, argumentsWithLast }: NamedCall) {
    const places = [...new Set([0, ...cuts.filter((cut) => cut < name.length), name.length])]
    places.sort((one, other) => one - other)
    const pieces = places.slice(1).map((end, i) => name.slice(places[i], end))
    // A piece that is all there was before looks like a name that is repeated.
    const isPlain = pieces.every((piece, i) => i === 0 || piece !== pieces.slice(0, i).join(''))
    const names = repeats || !isPlain ? [name, name] : pieces
    const delta = (called: object, first: object = {}) => ({
      choices: [{ index: 0, delta: { tool_calls: [{ index, ...first, function: called }] } }],
    })
    const heads = names.map((piece, i) => {
      const isLast = argumentsWithLast && i === names.length - 1
      const first = i === 0 ? { id: `c${index}`, type: 'function' } : {}
      return delta({ name: piece, arguments: isLast ? '{"q"' : '' }, first)
    })
    return [...heads, delta({ arguments: argumentsWithLast ? ':1}' : '{"q":1}' })]
  }

  it('is whole in the first part of its call, for any pieces of it', () => {
    const law = fc.property(fc.array(call, { minLength: 1, maxLength: 4 }), (calls) => {
      const finish = { choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] }
      const events = [...calls.flatMap((one, index) => eventsOf(index, one)), finish, '[DONE]']
      const { chunks, failure } = answered(events, { policy: standard, tools: OFFERED })
      expect(failure).toBeUndefined()
      const parts = chunks.flatMap((chunk) =>
        (chunk as unknown as ToolChunk).choices.flatMap(({ delta }) => delta.tool_calls ?? []),
      )
      calls.forEach(({ name }, index) => {
        const own = parts.filter((part) => part.index === index)
        expect(own[0]).toMatchObject({ id: `c${index}`, type: 'function', function: { name } })
        expect(own.filter((part) => part.function.name !== undefined)).toHaveLength(1)
        expect(own.map((part) => part.function.arguments ?? '').join('')).toBe('{"q":1}')
      })
    })
    fc.assert(law, { numRuns: 300 })
  })

  it('does not go on behind arguments, in which values are by what it was', () => {
    const part = (called: object) => choice({ tool_calls: [{ index: 0, function: called }] })
    const parts = [
      part({ name: 'look', arguments: '{"q"' }),
      part({ name: '_up', arguments: ':1' }),
      part({ name: 'cancel' }),
      part({ name: 'look', arguments: '}' }),
    ]
    const events = [...parts, choice({}, 'tool_calls'), '[DONE]']
    const text = JSON.stringify(answered(events, { policy: standard, tools: OFFERED }).chunks)
    expect(text.match(/"name":"[^"]*"/g)).toEqual(['"name":"look"'])
  })

  it('is told also where nothing follows it', () => {
    const head = { index: 0, id: 'c', type: 'function', function: { name: 'look' } }
    const tail = [choice({}, 'tool_calls'), '[DONE]']
    const shown = (...deltas: object[]) =>
      answered([...deltas.map((delta) => choice(delta)), ...tail], { tools: OFFERED }).chunks
    expect(JSON.stringify(shown({ tool_calls: [head] }))).toContain('"look"')
    const [first] = shown({ tool_calls: [head] }, { content: 'and a text. ' }, { content: 'More' })
    expect(JSON.stringify(first)).toContain('"look"')
  })
})

interface NamedCall {
  name: string
  cuts: number[]
  repeats: boolean
  argumentsWithLast: boolean
}

interface ToolChunk {
  choices: {
    delta: { tool_calls?: { index: number; function: { name?: string; arguments?: string } }[] }
  }[]
}

describe('stand-ins', () => {
  const rules = [
    { pattern: 'ACME-\\d+', name: 'ACCOUNT', action: { kind: 'pseudonymize' } },
  ] as const
  const parts = (text: string) => [text.slice(0, 3), text.slice(3, 9), text.slice(9)]
  const delta = (fields: object) => ({ choices: [{ index: 0, delta: fields }] })
  const finish = { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }

  /** What each channel and each tool shows of the same stand-in, which comes in pieces. */
  function shown(pseudonyms: object) {
    const policy = compilePolicy({ rules, pseudonyms })
    const standIns = new Pseudonyms({ key: new Uint8Array(32), scope: '' })
    const name = standIns.standInOf('ACCOUNT', 'ACME-1') ?? ''
    const tool = (index: number, called: object) =>
      delta({ tool_calls: [{ index, function: called }] })
    const events = [
      ...['reasoning_content', 'content', 'refusal'].flatMap((field) =>
        parts(name).map((text) => delta({ [field]: text })),
      ),
      ...['crm_lookup', 'web_search'].flatMap((called, i) => [
        tool(i, { name: called.slice(0, 3) }),
        tool(i, { name: called.slice(3) }),
        ...parts(`{"q":"${name}"}`).map((text) => tool(i, { arguments: text })),
      ]),
      finish,
      '[DONE]',
    ]
    const { chunks, failure } = answered(events, { policy, standIns })
    expect(failure).toBeUndefined()
    const text = JSON.stringify(chunks)
    const deltas = chunks.flatMap((chunk) =>
      (chunk as unknown as { choices: { delta: Record<string, unknown> }[] }).choices.map(
        (choice) => choice.delta,
      ),
    )
    const of = (field: string) => deltas.map((one) => one[field] ?? '').join('')
    const calls = deltas.flatMap(
      (one) => (one.tool_calls ?? []) as { index: number; function: { arguments?: string } }[],
    )
    const ofTool = (index: number) =>
      calls
        .filter((call) => call.index === index)
        .map((call) => call.function.arguments ?? '')
        .join('')
    expect(text).not.toContain('undefined')
    const all = [of('reasoning_content'), of('content'), of('refusal'), ofTool(0), ofTool(1)]
    return all.map((one) => one.replaceAll(name, 'S').replaceAll('ACME-1', 'V')).join(' ')
  }

  it('become values again where the policy says: in content, and nowhere else unless it is named', () => {
    expect(shown({})).toBe('S V S {"q":"S"} {"q":"S"}')
    expect(shown({ restoreIn: [] })).toBe('S S S {"q":"S"} {"q":"S"}')
    expect(shown({ restoreIn: ['reasoning', 'refusal'] })).toBe('V S V {"q":"S"} {"q":"S"}')
    expect(shown({ restoreTools: ['crm_lookup'] })).toBe('S V S {"q":"V"} {"q":"S"}')
    expect(shown({ restoreTools: 'all' })).toBe('S V S {"q":"V"} {"q":"V"}')
  })
})
