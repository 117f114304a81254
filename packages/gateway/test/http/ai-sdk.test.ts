// Vercel's AI SDK with its provider for OpenAI-compatible servers, which nobody here wrote, against the gateway.
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { generateText, stepCountIs, streamText, tool } from 'ai'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { until } from '../harness/until.ts'
import { httpGateway } from './http-gateway.ts'

const PROMPT = 'Where is my order?'

async function aiSdk() {
  const running = await httpGateway()
  const provider = createOpenAICompatible({
    name: 'sluice',
    baseURL: running.baseUrl,
    includeUsage: true,
  })
  return { ...running, provider }
}

describe('the AI SDK', () => {
  it('streams the text that it gets as a whole, with its usage', async () => {
    const { provider } = await aiSdk()
    const asked = { model: provider('sandbox-default'), prompt: PROMPT }
    const whole = await generateText(asked)
    const streamed = streamText(asked)
    expect(await streamed.text).toBe(whole.text)
    expect(whole.text.length).toBeGreaterThan(20)
    expect(await streamed.finishReason).toBe('stop')
    const { outputTokens } = await streamed.usage
    expect(outputTokens).toBe(whole.usage.outputTokens)
  })

  it('keeps reasoning apart', async () => {
    const { provider } = await aiSdk()
    const streamed = streamText({ model: provider('sandbox-reasoning'), prompt: PROMPT })
    expect(await streamed.reasoningText).toContain('The customer')
    expect(await streamed.text).not.toContain('The customer wants')
  })

  it('runs tools and answers with what they say', async () => {
    const { provider } = await aiSdk()
    const called: string[] = []
    const lookup = tool({
      description: 'Where an order is',
      inputSchema: z.object({ orderId: z.string(), details: z.boolean() }),
      execute: async ({ orderId }) => {
        called.push(orderId)
        return 'on its way'
      },
    })
    const streamed = streamText({
      model: provider('sandbox-tools'),
      prompt: PROMPT,
      tools: { lookup_order: lookup },
      stopWhen: stepCountIs(3),
    })
    expect((await streamed.text).length).toBeGreaterThan(20)
    expect(called).toEqual(['A-10234', 'A-10235'])
  })

  it('takes a failure in the middle for a failure', async () => {
    const { provider } = await aiSdk()
    const errors: unknown[] = []
    const streamed = streamText({
      model: provider('sandbox-reset-mid-stream'),
      prompt: PROMPT,
      onError: ({ error }) => void errors.push(error),
    })
    for await (const _ of streamed.textStream);
    expect(JSON.stringify(errors)).toContain('The answer broke off')
  })

  it('cancels the upstream when it is aborted', async () => {
    const { provider, sandbox } = await aiSdk()
    const abort = new AbortController()
    const streamed = streamText({
      model: provider('sandbox-slow'),
      prompt: PROMPT,
      abortSignal: abort.signal,
    })
    const read = streamed.consumeStream()
    await until('the upstream answers', () => sandbox.stats().openStreams === 1)
    abort.abort()
    await read
    await until('it is cancelled', () => sandbox.stats().abortedStreams === 1)
  })
})
