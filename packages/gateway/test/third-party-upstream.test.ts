// A mock server that is not ours as upstream: what we believe of OpenAI's protocol is not only our own sandbox's belief.
import { LLMock } from '@copilotkit/aimock'
import { describe, expect, it, onTestFinished } from 'vitest'
import { gatewayForTest } from './harness/gateway-on-sandbox.ts'
import { chunksOf, shapeOf, TutorialClient, textOf } from './harness/tutorial-client.ts'

async function clientOfMock(prepare: (mock: LLMock) => void) {
  const mock = new LLMock({ port: 0 })
  prepare(mock)
  await mock.start()
  onTestFinished(() => mock.stop())
  const gateway = await gatewayForTest({ llmBaseUrl: mock.url, llmApiKey: 'mock', policy: 'seed' })
  return await TutorialClient.connect(gateway.url)
}

describe('a third-party server behind profile openai', () => {
  it('streams its text', async () => {
    const answer = 'Hello there! Your order is on its way, and 很快 will arrive 🚚.'
    const client = await clientOfMock((mock) => mock.onMessage('hello', { content: answer }))
    const messages = await client.ask('gpt-4o', 'hello')
    expect(shapeOf(messages)).toBe('handshake_ack chunk complete')
    expect(textOf(messages)).toBe(answer)
    expect(chunksOf(messages).at(-1)?.choices?.at(-1)?.finish_reason ?? 'stop').toBe('stop')
  })

  it('streams its tool calls', async () => {
    const toolCalls = [{ id: 'call_1', name: 'get_weather', arguments: '{"city":"Berlin"}' }]
    const client = await clientOfMock((mock) => mock.onMessage('weather', { toolCalls }))
    const tools = [{ type: 'function', function: { name: 'get_weather', parameters: {} } }]
    const messages = await client.ask('gpt-4o', 'weather', { tools })
    const choices = chunksOf(messages).flatMap((chunk) => chunk.choices ?? [])
    const calls = choices.flatMap(({ delta }) => delta.tool_calls ?? []) as {
      id?: string
      function: { name?: string; arguments?: string }
    }[]
    expect(calls.find(({ id }) => id === 'call_1')?.function.name).toBe('get_weather')
    const text = calls.map((call) => call.function.arguments ?? '').join('')
    expect(JSON.parse(text)).toEqual({ city: 'Berlin' })
    expect(choices.at(-1)?.finish_reason).toBe('tool_calls')
    expect(messages.at(-1)?.type).toBe('complete')
  })

  it('has its refusals understood', async () => {
    const client = await clientOfMock(() => {})
    expect((await client.ask('gpt-4o', 'nobody expects this')).at(-1)?.message).toMatch(
      /^Stream initiation failed after retries: upstream answered \d{3}: /,
    )
  })
})
