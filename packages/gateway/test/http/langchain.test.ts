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

/** Its types have usage for some messages only. */
function outputTokens(message: { usage_metadata?: unknown }): number {
  return (message.usage_metadata as { output_tokens?: number } | undefined)?.output_tokens ?? 0
}

async function langChain(model: string) {
  const { baseUrl } = await httpGateway()
  return new ChatOpenAI({ model, apiKey: 'none', configuration: { baseURL: baseUrl } })
}

describe('LangChain', () => {
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

  it('gets several answers to several questions at once', async () => {
    const model = await langChain('sandbox-echo')
    const answers = await model.batch(['one', 'two', 'three'])
    expect(answers.map(({ text }) => text)).toEqual(['one', 'two', 'three'])
  })
})
