// Vercel's AI SDK with its provider for OpenAI-compatible servers, which nobody here wrote, against the gateway.
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { generateText, Output, stepCountIs, streamText, tool } from 'ai'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { until } from '../harness/until.ts'
import { httpGateway } from './http-gateway.ts'

const PROMPT = 'Where is my order?'

/** Its two ways to a gateway: chat completions, and responses, which its provider for OpenAI asks for by default. */
const PROVIDERS = {
  'chat completions': (baseURL: string) =>
    createOpenAICompatible({
      ...{ name: 'sluice', baseURL, includeUsage: true },
      supportsStructuredOutputs: true,
    }),
  responses: (baseURL: string) => createOpenAI({ baseURL, apiKey: 'none' }),
}
/** Without `store: false` it names earlier items of a conversation instead of sending them. */
const openai = { store: false, forceReasoning: true, reasoningSummary: 'auto' }

async function aiSdk(way: keyof typeof PROVIDERS) {
  const running = await httpGateway()
  return { ...running, provider: PROVIDERS[way](running.baseUrl) }
}

describe.each(['chat completions', 'responses'] as const)('the AI SDK, asking for %s', (way) => {
  it('streams the text that it gets as a whole, with its usage', async () => {
    const { provider } = await aiSdk(way)
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
    const { provider } = await aiSdk(way)
    const asked = { model: provider('sandbox-reasoning'), prompt: PROMPT }
    const streamed = streamText({ ...asked, providerOptions: { openai } })
    expect(await streamed.reasoningText).toContain('The customer')
    expect(await streamed.text).not.toContain('The customer wants')
  })

  it('runs tools and answers with what they say', async () => {
    const { provider } = await aiSdk(way)
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

  it('goes on with a conversation', async () => {
    const { provider, sandbox } = await aiSdk(way)
    const asked = { role: 'user' as const, content: PROMPT }
    const settings = { model: provider('sandbox-reasoning'), providerOptions: { openai } }
    const { response, text } = await generateText({ ...settings, messages: [asked] })
    const messages = [asked, ...response.messages, asked]
    expect((await generateText({ ...settings, messages })).text.length).toBeGreaterThan(20)
    const sent = ['user', 'assistant', 'user'].map((role) => ({ role }))
    expect(sandbox.requests().at(-1)?.body).toMatchObject({ messages: sent })
    expect(sandbox.requests().at(-1)?.body).toMatchObject({
      messages: [{}, { content: text, reasoning_content: expect.stringMatching(/./) }, {}],
    })
  })

  it('makes objects', async () => {
    const { provider } = await aiSdk(way)
    const { output } = await generateText({
      model: provider('sandbox-echo'),
      prompt: '{"city":"Oslo","days":3}',
      output: Output.object({ schema: z.object({ city: z.string(), days: z.number() }) }),
    })
    expect(output).toEqual({ city: 'Oslo', days: 3 })
  })

  it('takes a failure in the middle for a failure', async () => {
    const { provider } = await aiSdk(way)
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
    const { provider, sandbox } = await aiSdk(way)
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
