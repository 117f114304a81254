// Personal data in a request, in every place that goes to the upstream, over each interface: nothing of it arrives there.
import { describe, expect, it } from 'vitest'
import { Dialect2Client, ended } from '../harness/dialect-2-client.ts'
import { gatewayOnSandbox } from '../harness/gateway-on-sandbox.ts'
import { TutorialClient } from '../harness/tutorial-client.ts'
import { replyTo } from './http-reply.ts'

const CARD = '4111111111111111'
/** The same with its first digit as an escape sequence, for places that hold JSON as text. */
const ESCAPED = `\\u0034${CARD.slice(1)}`

const TOOL = {
  type: 'function',
  function: {
    name: `find_${CARD}`,
    description: `finds ${CARD}`,
    parameters: {
      type: 'object',
      title: CARD,
      properties: { [`k ${CARD}`]: { const: CARD, maximum: Number(CARD), enum: [`e ${CARD}`] } },
      required: [`k ${CARD}`],
    },
  },
}
const CALL = {
  id: `call_${CARD}`,
  type: 'function',
  function: { name: `find_${CARD}`, arguments: `{"${ESCAPED}":"${ESCAPED}","n":${CARD}}` },
}
const MESSAGES = [
  ...['system', 'developer', 'user'].map((role) => ({
    role,
    content: `I am ${CARD}`,
    name: `n_${CARD}`,
  })),
  { role: 'user', content: [{ type: 'text', text: `part ${CARD}` }] },
  { role: 'assistant', content: CARD, reasoning_content: CARD, tool_calls: [CALL] },
  { role: 'tool', content: `{"found":"${ESCAPED}"}`, tool_call_id: CALL.id },
]
const FORMAT = { type: 'json_schema', json_schema: { name: CARD, schema: { title: CARD } } }
const CHOICE = { type: 'function', function: { name: TOOL.function.name } }
const COMMON = { messages: MESSAGES, stop: [CARD], seed: Number(CARD) }

const OURS = {
  ...COMMON,
  modelId: `m-${CARD}`,
  tools: [TOOL],
  toolChoice: CHOICE,
  responseFormat: FORMAT,
}
const OPENAIS = {
  ...COMMON,
  model: `m-${CARD}`,
  tools: [TOOL],
  tool_choice: CHOICE,
  response_format: FORMAT,
  user: CARD,
  metadata: { card: CARD },
}

/** Sends the request; resolves when it has been answered well. */
const WAYS: Record<string, (url: string) => Promise<void>> = {
  'dialect 1': async (url) => {
    const client = await TutorialClient.connect(url)
    client.send({ type: 'init', payload: OURS, conversationId: `call ${CARD}` })
    expect((await client.turn()).at(-1)).toMatchObject({ type: 'complete' })
  },
  'dialect 2': async (url) => {
    const client = await Dialect2Client.connect(url)
    const asked = client.init('m', { payload: OURS, idempotencyKey: CARD, conversationId: CARD })
    expect(await ended(asked)).toEqual(['complete'])
  },
  HTTP: async (url) => {
    const reply = await replyTo(url, {
      method: 'POST',
      path: '/v1/chat/completions',
      headers: {
        'content-type': 'application/json',
        'x-request-id': CARD,
        'idempotency-key': CARD,
      },
      body: JSON.stringify(OPENAIS),
    })
    expect(reply).toMatchObject({ status: 200 })
  },
}

describe.each(['standard', 'strict', 'private'])('a request under %s', (policy) => {
  it.each(Object.keys(WAYS))('takes no card to the upstream, over %s', async (way) => {
    const { gateway, sandbox } = await gatewayOnSandbox({ gateway: { profile: 'openai', policy } })
    await WAYS[way]?.(gateway.url)
    const sent = sandbox.requests()
    expect(sent).toHaveLength(1)
    // As text and as read, so that an escape sequence hides nothing either.
    const text = JSON.stringify(sent)
    for (const form of [text, text.replaceAll(/\\+u0034/g, '4')])
      expect(form).not.toContain(CARD.slice(1))
    const body = sent[0]?.body as { messages: { role: string }[]; tools: unknown[] }
    expect(body.messages.filter(({ role }) => role !== 'system')).toHaveLength(5)
    expect(body.tools).toHaveLength(1)
  })
})
