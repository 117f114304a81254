// OpenAI's own library and its Responses interface, against the gateway: what its users do passes unchanged.
import OpenAI from 'openai'
import type { ResponseInputItem } from 'openai/resources/responses/responses'
import { describe, expect, it } from 'vitest'
import { until } from '../harness/until.ts'
import { httpGateway } from './http-gateway.ts'
import { from } from './response-events.ts'

const INPUT = 'Where is my order?'
const ASKED = { model: 'sandbox-default', input: INPUT }
const TOOL = {
  type: 'function' as const,
  name: 'lookup_order',
  parameters: { type: 'object', properties: {} },
  strict: false,
}

async function openAi(options: Parameters<typeof httpGateway>[0] = {}) {
  const running = await httpGateway(options)
  return { ...running, client: new OpenAI({ apiKey: 'none', baseURL: running.baseUrl }) }
}

describe('the official OpenAI client, asking for responses', () => {
  it('streams one, and its own accumulation of it is the unary one', async () => {
    const { client } = await openAi()
    const whole = await client.responses.create(ASKED)
    expect(whole.output_text.length).toBeGreaterThan(20)
    const stream = client.responses.stream(ASKED)
    const snapshots: string[] = []
    stream.on('response.output_text.delta', ({ snapshot }) => void snapshots.push(snapshot))
    const gathered = await stream.finalResponse()
    expect(gathered.output_text).toBe(whole.output_text)
    expect(snapshots.at(-1)).toBe(whole.output_text)
    expect(gathered.usage).toEqual(whole.usage)
    let text = ''
    for await (const event of await client.responses.create({ ...ASKED, stream: true }))
      if (event.type === 'response.output_text.delta') text += event.delta
    expect(text).toBe(whole.output_text)
  })

  it.each(['stream', 'unary'])('runs tools until the model answers: %s', async (how) => {
    const { client, sandbox } = await openAi()
    const input: ResponseInputItem[] = [{ role: 'user', content: INPUT }]
    const asked = { model: 'sandbox-tools', input, tools: [TOOL] }
    const ask = () =>
      how === 'stream'
        ? client.responses.stream(asked).finalResponse()
        : client.responses.create(asked)
    const orders: string[] = []
    let response = await ask()
    for (let turn = 0; turn < 3 && response.output_text === ''; turn += 1) {
      input.push(...(response.output as ResponseInputItem[]))
      for (const item of response.output) {
        if (item.type !== 'function_call') continue
        orders.push(JSON.parse(item.arguments).orderId)
        const { call_id } = item
        input.push({ type: 'function_call_output', call_id, output: 'on its way' })
      }
      response = await ask()
    }
    expect(orders).toEqual(['A-10234', 'A-10235'])
    expect(response.output_text.length).toBeGreaterThan(20)
    const messages = ['user', 'assistant', 'tool', 'tool'].map((role) => ({ role }))
    expect(sandbox.requests().at(-1)?.body).toMatchObject({ messages })
  })

  it('parses structured output, in one piece and in many', async () => {
    const { client } = await openAi()
    const schema = { type: 'object' }
    const asked = {
      model: 'sandbox-echo',
      input: '{"city":"Oslo","days":3}',
      text: { format: { type: 'json_schema' as const, name: 'trip', strict: true, schema } },
    }
    const trip = { city: 'Oslo', days: 3 }
    const parsed = await client.responses.parse(asked)
    expect(JSON.parse(parsed.output_text)).toEqual(trip)
    const streamed = await client.responses.stream(asked).finalResponse()
    expect(JSON.parse(streamed.output_text)).toEqual(trip)
  })

  it('keeps reasoning apart', async () => {
    const { client } = await openAi()
    const asked = { ...ASKED, model: 'sandbox-reasoning' }
    const { output, output_text: text } = await client.responses.stream(asked).finalResponse()
    expect(output.map(({ type }) => type)).toEqual(['reasoning', 'message'])
    expect(JSON.stringify(output[0])).toContain('The customer')
    expect(text).not.toContain('The customer wants')
  })

  it('follows one in the background from any event, polls it and cancels it', async () => {
    const { client, sandbox } = await openAi({ sandbox: { deltaIntervalMs: 5 } })
    const { id, status } = await client.responses.create({ ...ASKED, background: true })
    expect(status).toBe('in_progress')
    const numbers: number[] = []
    const stream = client.responses.stream({ response_id: id, starting_after: 4 })
    stream.on('event', (event) => void numbers.push(event.sequence_number))
    const { output_text: text } = await stream.finalResponse()
    expect(numbers).toEqual(from(5, numbers.length))
    const found = await client.responses.retrieve(id)
    expect([found.status, found.output_text]).toEqual(['completed', text])
    const ofServer: number[] = []
    const rest = await client.responses.retrieve(id, { stream: true, starting_after: 4 })
    for await (const event of rest) ofServer.push(event.sequence_number)
    expect(ofServer).toEqual(numbers)

    const slow = await client.responses.create({
      model: 'sandbox-slow',
      input: INPUT,
      background: true,
    })
    expect((await client.responses.cancel(slow.id)).status).toBe('cancelled')
    expect((await client.responses.retrieve(slow.id)).status).toBe('cancelled')
    expect(sandbox.stats().openStreams).toBe(0)
  })

  it('reads a response in the background that was cut off, to the same text', async () => {
    const { client } = await openAi({ sandbox: { deltaIntervalMs: 5 } })
    const asked = { ...ASKED, background: true, stream: true as const }
    let [id, last, text] = ['', -1, '']
    for await (const event of await client.responses.create(asked)) {
      if (event.type === 'response.created') id = event.response.id
      if (event.type === 'response.output_text.delta') text += event.delta
      last = event.sequence_number
      if (last === 12) break
    }
    const rest = await client.responses.retrieve(id, { stream: true, starting_after: last })
    for await (const event of rest) {
      expect(event.sequence_number).toBe(last + 1)
      last = event.sequence_number
      if (event.type === 'response.output_text.delta') text += event.delta
    }
    expect(text).toBe((await client.responses.retrieve(id)).output_text)
  })

  it.each(['stream', 'unary'])('cancels the upstream when a %s request is aborted', async (how) => {
    const { client, sandbox } = await openAi()
    const abort = new AbortController()
    const asked = { model: 'sandbox-slow', input: INPUT, stream: how === 'stream' }
    const answer = client.responses.create(asked, { signal: abort.signal })
    const ended = Promise.resolve(answer).then(async (stream) => {
      for await (const _ of stream as AsyncIterable<unknown>);
    })
    await until('the upstream answers', () => sandbox.stats().openStreams === 1)
    abort.abort()
    await ended.catch(() => {})
    await until('it is cancelled', () => sandbox.stats().abortedStreams === 1)
  })

  it.each([
    ['sandbox-429-absurd', OpenAI.RateLimitError, 'rate_limit_exceeded'],
    ['sandbox-503', OpenAI.InternalServerError, 'upstream_unavailable'],
    ['sandbox-400', OpenAI.InternalServerError, 'upstream_rejected'],
  ])('gets its own error class for %s, and leaves retries to the gateway', async (...row) => {
    const [model, kind, code] = row
    const { client, sandbox } = await openAi()
    for (const stream of [false, true]) {
      const failed = await client.responses
        .create({ model, input: INPUT, stream })
        .catch((error: unknown) => error)
      expect(failed).toBeInstanceOf(kind)
      expect(failed).toMatchObject({ code })
    }
    expect(sandbox.stats().chatRequests, 'its own retries would be more').toBeLessThan(7)
  })

  it('throws what breaks off in the middle, with what came', async () => {
    const { client } = await openAi()
    const asked = { model: 'sandbox-reset-mid-stream', input: INPUT }
    const interrupted = { code: 'stream_interrupted' }
    let [id, text] = ['', '']
    const read = async () => {
      for await (const event of await client.responses.create({ ...asked, stream: true })) {
        if (event.type === 'response.created') id = event.response.id
        if (event.type === 'response.output_text.delta') text += event.delta
      }
    }
    await expect(read()).rejects.toMatchObject(interrupted)
    expect(text).not.toBe('')
    await expect(client.responses.stream(asked).finalResponse()).rejects.toMatchObject(interrupted)
    await expect(client.responses.create(asked)).rejects.toMatchObject(interrupted)
    const failed = await client.responses.retrieve(id)
    expect(failed).toMatchObject({ status: 'failed', error: interrupted, output_text: text })
  })

  it('is refused what would need a memory', async () => {
    const { client } = await openAi()
    const asked = client.responses.create({ ...ASKED, previous_response_id: 'resp_1' })
    await expect(asked).rejects.toBeInstanceOf(OpenAI.BadRequestError)
    const unknown = client.responses.retrieve(`resp_${'0'.repeat(32)}`)
    await expect(unknown).rejects.toBeInstanceOf(OpenAI.NotFoundError)
  })
})
