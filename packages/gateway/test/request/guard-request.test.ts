// The guard on a request: nothing that the upstream sees goes around it, and what it sees instead stays usable.
import { compilePolicy } from '@sluice/guard'
import type { ChatRequest } from '@sluice/protocol'
import { describe, expect, it } from 'vitest'
import { FindingCounts } from '../../src/request/finding-counts.ts'
import { guardRequest } from '../../src/request/guard-request.ts'
import { Scheduler } from '../../src/scheduler.ts'

const CARD = '4111111111111111'
const policy = compilePolicy('strict')
const spansOf = () => undefined

async function guarded(more: Partial<ChatRequest>, isKnownModel = true): Promise<ChatRequest> {
  const request: ChatRequest = {
    modelId: 'm',
    messages: [{ role: 'user', content: 'hi' }],
    ...more,
  }
  const task = new Scheduler().task('client')
  const result = await guardRequest(request, {
    policy,
    task,
    spansOf,
    findings: new FindingCounts(),
    isKnownModel,
  })
  if ('blocked' in result) throw new Error('blocked')
  return result.request
}

const PLACES: readonly [string, Partial<ChatRequest>][] = [
  ...(['system', 'developer', 'user'] as const).map((role): [string, Partial<ChatRequest>] => [
    `a message of role ${role}`,
    { messages: [{ role, content: `card ${CARD}`, name: `n_${CARD}` }] },
  ]),
  ['the content of an assistant', { messages: [{ role: 'assistant', content: CARD }] }],
  [
    'a tool call, its id and its name',
    {
      messages: [
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            {
              id: `call_${CARD}`,
              type: 'function',
              function: { name: `f_${CARD}`, arguments: `{"${CARD}":"\\u0034${CARD.slice(1)}"}` },
            },
          ],
        },
        { role: 'tool', content: CARD, tool_call_id: `call_${CARD}` },
      ],
    },
  ],
  [
    'a tool: name, description, parameters',
    {
      tools: [
        {
          type: 'function',
          function: {
            name: `t-${CARD}`,
            description: `for card ${CARD}`,
            parameters: {
              type: 'object',
              properties: { [CARD]: { const: CARD, maximum: Number(CARD), enum: [`x ${CARD}`] } },
            },
          },
        },
      ],
    },
  ],
  ['a tool choice', { toolChoice: { type: 'function', function: { name: CARD } } }],
  [
    'a response format',
    {
      responseFormat: { type: 'json_schema', json_schema: { name: CARD, schema: { title: CARD } } },
    },
  ],
  ['stop texts', { stop: [CARD, `a ${CARD}`] }],
  ['a seed', { seed: Number(CARD) }],
  ['a number of tokens', { maxTokens: Number(CARD) }],
  ['the name of a model that nobody knows', { modelId: `gpt-${CARD}` }],
]

describe('guardRequest', () => {
  it.each(PLACES)('conceals a card number in %s', async (_, more) => {
    const result = await guarded(more, false)
    expect(JSON.stringify(result)).not.toContain(CARD)
    expect(JSON.stringify(result)).not.toContain(CARD.slice(1))
  })

  it('leaves a request without findings as it is', async () => {
    const more: Partial<ChatRequest> = {
      messages: [
        { role: 'system', content: 'Be kind.' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 'call_1', type: 'function', function: { name: 'find', arguments: '{"a":1}' } },
          ],
        },
        { role: 'tool', content: '{"b":[1,2.5,null]}', tool_call_id: 'call_1' },
      ],
      tools: [
        {
          type: 'function',
          function: {
            name: 'find',
            description: 'Finds an order',
            parameters: {
              type: 'object',
              properties: { a: { type: 'integer', minimum: 0, maximum: 99 } },
              required: ['a'],
              additionalProperties: false,
            },
            strict: true,
          },
        },
      ],
      toolChoice: { type: 'function', function: { name: 'find' } },
      responseFormat: { type: 'json_object' },
      stop: 'END',
      seed: 42,
    }
    expect(await guarded(more)).toEqual({ modelId: 'm', ...more })
  })

  it('keeps a concealed name of the form that every upstream takes, and equal where it was equal', async () => {
    const name = `lookup_${CARD}`
    const { tools, toolChoice } = await guarded({
      tools: [{ type: 'function', function: { name } }],
      toolChoice: { type: 'function', function: { name } },
    })
    expect(tools?.[0]?.function.name).toMatch(/^[\w-]+$/)
    expect(toolChoice).toEqual({ type: 'function', function: { name: tools?.[0]?.function.name } })
  })

  it('keeps a JSON Schema valid: numbers stay numbers, keys and what requires them stay equal', async () => {
    const parameters = {
      properties: { [`k ${CARD}`]: { maximum: Number(CARD) } },
      required: [`k ${CARD}`],
    }
    const { tools } = await guarded({
      tools: [{ type: 'function', function: { name: 'f', parameters } }],
    })
    const shown = tools?.[0]?.function.parameters as {
      properties: Record<string, { maximum: number }>
      required: string[]
    }
    const key = Object.keys(shown.properties)[0] ?? ''
    expect(shown.required).toEqual([key])
    expect(shown.properties[key]?.maximum).toBeTypeOf('number')
  })

  it('counts findings', async () => {
    const findings = new FindingCounts()
    const content = 'ann@example.com '.repeat(20_000)
    const request: ChatRequest = { modelId: 'm', messages: [{ role: 'user', content }] }
    const task = new Scheduler().task('client')
    await guardRequest(request, { policy, task, spansOf, findings, isKnownModel: true })
    expect(findings.counts).toEqual([
      { entity: 'EMAIL_ADDRESS', direction: 'input', action: 'redact', count: 20_000 },
    ])
  })

  it('trusts the roles that the policy trusts, and those of the client', async () => {
    const trusting = compilePolicy({ extends: 'standard', trustedRoles: ['system', 'developer'] })
    const request: ChatRequest = {
      modelId: 'm',
      messages: [
        { role: 'system', content: `card ${CARD}` },
        { role: 'user', content: `card ${CARD}` },
      ],
    }
    const task = new Scheduler().task('client')
    const options = {
      policy: trusting,
      task,
      spansOf,
      findings: new FindingCounts(),
      isKnownModel: true,
    }
    expect(await guardRequest(request, options)).toEqual({
      request: {
        modelId: 'm',
        messages: [
          { role: 'system', content: `card ${CARD}` },
          { role: 'user', content: 'card [CREDIT_CARD]' },
        ],
      },
    })
    const plain = { ...options, policy: compilePolicy('standard') }
    expect(await guardRequest(request, { ...plain, trustedRoles: ['system'] })).toEqual(
      await guardRequest(request, options),
    )
  })
})
