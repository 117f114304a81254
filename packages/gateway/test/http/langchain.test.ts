// LangChain's client, which nobody here wrote, against the gateway.
import { HumanMessage, ToolMessage } from '@langchain/core/messages'
import { ChatOpenAI } from '@langchain/openai'
import { describe, expect, it } from 'vitest'
import { httpGateway } from './http-gateway.ts'

const PROMPT = 'Where is my order?'
const TOOL = {
  type: 'function' as const,
  function: { name: 'lookup_order', parameters: { type: 'object', properties: {} } },
}

/** It tries every failure again by itself, whatever the gateway says of that. */
const SETTINGS = { apiKey: 'none', maxRetries: 0 }

/** Its types have usage for some messages only. */
function outputTokens(message: { usage_metadata?: unknown }): number {
  return (message.usage_metadata as { output_tokens?: number } | undefined)?.output_tokens ?? 0
}

describe.each([
  ['chat completions', false],
  ['responses', true],
])('LangChain, asking for %s', (_way, useResponsesApi) => {
  async function langChain(model: string) {
    const { baseUrl } = await httpGateway()
    const configuration = { baseURL: baseUrl }
    return new ChatOpenAI({ ...SETTINGS, model, configuration, useResponsesApi })
  }

  it('streams the text that it gets as a whole, and the usage that it always asks for', async () => {
    const model = await langChain('sandbox-default')
    const whole = await model.invoke(PROMPT)
    let text = ''
    let tokens = 0
    for await (const chunk of await model.stream(PROMPT)) {
      text += chunk.text
      tokens += outputTokens(chunk)
    }
    expect(text.length).toBeGreaterThan(20)
    expect(text).toBe(whole.text)
    expect(tokens).toBe(outputTokens(whole))
  })

  it('runs a tool loop', async () => {
    const model = (await langChain('sandbox-tools')).bindTools([TOOL])
    const asked = new HumanMessage(PROMPT)
    const calling = await model.invoke([asked])
    const results = (calling.tool_calls ?? []).map(
      ({ id = '' }) => new ToolMessage({ tool_call_id: id, content: 'on its way' }),
    )
    expect(results).toHaveLength(2)
    const answer = await model.invoke([asked, calling, ...results])
    expect(answer.text.length).toBeGreaterThan(20)
  })

  it('goes on with a conversation, its reasoning included', async () => {
    const model = await langChain('sandbox-reasoning')
    const asked = new HumanMessage(PROMPT)
    const first = await model.invoke([asked])
    const streamed = await model.stream([asked, first, asked])
    let text = ''
    for await (const chunk of streamed) text += chunk.text
    expect(text.length).toBeGreaterThan(20)
  })

  it('makes objects', async () => {
    const schema = { title: 'trip', type: 'object', properties: { city: { type: 'string' } } }
    const model = (await langChain('sandbox-echo')).withStructuredOutput(schema, {
      method: 'jsonSchema',
    })
    expect(await model.invoke('{"city":"Oslo"}')).toEqual({ city: 'Oslo' })
  })

  it('takes a failure for a failure', async () => {
    const model = await langChain('sandbox-reset-mid-stream')
    const read = async () => {
      for await (const _ of await model.stream(PROMPT));
    }
    await expect(read()).rejects.toMatchObject({ code: 'stream_interrupted' })
    await expect((await langChain('sandbox-503')).invoke(PROMPT)).rejects.toMatchObject({
      status: 503,
    })
  })

  it('gets several answers to several questions at once', async () => {
    const model = await langChain('sandbox-echo')
    const answers = await model.batch(['one', 'two', 'three'])
    expect(answers.map(({ text }) => text)).toEqual(['one', 'two', 'three'])
  })
})
