import { sandboxModels } from '@sluice/sandbox'
import { describe, expect, it } from 'vitest'
import {
  chat,
  chunksFrom,
  decodeEvents,
  freshToken,
  openaiChat,
  sandboxForTest,
  textOf,
  until,
} from './caller.ts'

const names = sandboxModels.map(({ model }) => model)

async function streamOf(model: string, body: object = {}): Promise<string> {
  const { url } = await sandboxForTest()
  return (await openaiChat(url, { model, ...body })).text()
}

async function chunksOf(model: string, body: object = {}) {
  const { url } = await sandboxForTest()
  return chunksFrom(await openaiChat(url, { model, ...body }))
}

describe('the model table', () => {
  it('names every model once, with a summary', () => {
    expect(new Set(names).size).toBe(names.length)
    expect(sandboxModels.every(({ summary }) => summary !== '')).toBe(true)
  })
})

describe('a model that refuses', () => {
  it.each([
    ['sandbox-400', 400, undefined],
    ['sandbox-403', 403, undefined],
    ['sandbox-404', 404, undefined],
    ['sandbox-413', 413, undefined],
    ['sandbox-422', 422, undefined],
    ['sandbox-429-always', 429, '1'],
    ['sandbox-429-absurd', 429, '31536000'],
    ['sandbox-500', 500, undefined],
    ['sandbox-503', 503, undefined],
    ['sandbox-504', 504, undefined],
  ])('%s answers %d in both shapes, again and again', async (model, status, retryAfter) => {
    const { url } = await sandboxForTest()
    const token = await freshToken(url)
    for (const _ of [1, 2]) {
      const genesys = await chat(url, token, { model })
      expect(genesys.status).toBe(status)
      expect(genesys.headers.get('Retry-After') ?? undefined).toBe(retryAfter)
      expect(await genesys.json()).toMatchObject({ status, code: expect.any(String), errors: [] })
      const openai = await openaiChat(url, { model })
      expect(openai.status).toBe(status)
      expect(await openai.json()).toMatchObject({ error: { message: expect.any(String) } })
    }
  })

  it.each([
    ['sandbox-401-once', 401],
    ['sandbox-408-once', 408],
    ['sandbox-429-once', 429],
    ['sandbox-429-date', 429],
    ['sandbox-429-none', 429],
    ['sandbox-500-once', 500],
    ['sandbox-502-once', 502],
    ['sandbox-503-once', 503],
    ['sandbox-504-once', 504],
  ])('%s answers %d to the first request of each prompt only', async (model, status) => {
    const { url, reset } = await sandboxForTest()
    const ask = async (content: string) =>
      (await openaiChat(url, { model, messages: [{ role: 'user', content }] })).status
    expect(await ask('one')).toBe(status)
    expect(await ask('one')).toBe(200)
    expect(await ask('two')).toBe(status)
    expect(await ask('one')).toBe(200)
    reset()
    expect(await ask('one')).toBe(status)
  })

  it('sandbox-429-date names a date, sandbox-429-none nothing', async () => {
    const { url } = await sandboxForTest()
    const date = (await openaiChat(url, { model: 'sandbox-429-date' })).headers.get('Retry-After')
    expect(date).toBe(new Date(date ?? '').toUTCString())
    const none = await openaiChat(url, { model: 'sandbox-429-none' })
    expect(none.headers.get('Retry-After')).toBeNull()
  })

  it('sandbox-502 answers a web page', async () => {
    const { url } = await sandboxForTest()
    const response = await openaiChat(url, { model: 'sandbox-502' })
    expect([response.status, response.headers.get('content-type')]).toEqual([502, 'text/html'])
  })

  it('sandbox-redirect leads to another host and notices who follows', async () => {
    const { url, stats, port } = await sandboxForTest()
    const response = await openaiChat(url, { model: 'sandbox-redirect' })
    expect(response.status).toBe(302)
    const location = new URL(response.headers.get('location') ?? '')
    expect(location.hostname).toBe('localhost')
    expect(stats().redirectsFollowed).toBe(0)
    await fetch(`http://127.0.0.1:${port}${location.pathname}`)
    expect(stats().redirectsFollowed).toBe(1)
  })

  it('sandbox-echo-secrets repeats what it should not', async () => {
    const { url } = await sandboxForTest()
    const token = await freshToken(url)
    const body = await (await chat(url, token, { model: 'sandbox-echo-secrets' })).text()
    expect(body).toContain(token)
    expect(body).toContain('Where is my order?')
  })
})

describe('a model that breaks off', () => {
  it.each([
    'sandbox-reset-before-headers',
    'sandbox-reset-after-headers',
    'sandbox-reset-mid-stream',
  ])('%s resets the connection', async (model) => {
    const { url, stats } = await sandboxForTest()
    await expect(openaiChat(url, { model }).then((response) => response.text())).rejects.toThrow()
    await until(() => stats().openStreams === 0)
    expect(stats()).toMatchObject({ brokenStreams: 1, abortedStreams: 0, finishedStreams: 0 })
  })

  it('sandbox-reset-mid-stream sends text before it', async () => {
    const { url } = await sandboxForTest()
    const response = await openaiChat(url, { model: 'sandbox-reset-mid-stream' })
    const first = await response.body?.getReader().read()
    expect(new TextDecoder().decode(first?.value)).toContain('data: ')
  })

  it.each([
    ['sandbox-stall-before-headers', false, 0],
    ['sandbox-stall-after-headers', true, 0],
    ['sandbox-stall-mid-stream', true, 20],
  ])('%s falls silent until the client leaves', async (model, hasHeaders, leastBytes) => {
    const { url, stats } = await sandboxForTest()
    const leave = new AbortController()
    const asked = openaiChat(url, { model }, { signal: leave.signal })
    await until(() => stats().openStreams === 1)
    if (hasHeaders) {
      const reader = (await asked).body?.getReader()
      for (let seen = 0; seen < leastBytes; ) seen += (await reader?.read())?.value?.length ?? 0
      leave.abort()
    } else {
      leave.abort()
      await expect(asked).rejects.toThrow()
    }
    await until(() => stats().openStreams === 0)
    expect(stats()).toMatchObject({ abortedStreams: 1, brokenStreams: 0, finishedStreams: 0 })
  })

  it('sandbox-truncated ends cleanly without finish reason and [DONE]', async () => {
    const stream = await streamOf('sandbox-truncated')
    expect(stream).not.toContain('"finish_reason":"stop"')
    expect(stream).not.toContain('[DONE]')
  })

  it('sandbox-no-done finishes without [DONE]', async () => {
    const stream = await streamOf('sandbox-no-done')
    expect(stream).toContain('"finish_reason":"stop"')
    expect(stream).not.toContain('[DONE]')
  })

  it('sandbox-no-final-blank-line ends right after complete JSON', async () => {
    const stream = await streamOf('sandbox-no-final-blank-line')
    const last = stream.slice(stream.lastIndexOf('data: ') + 6)
    expect(JSON.parse(last)).toMatchObject({ choices: [{ finish_reason: 'stop' }] })
  })

  it('sandbox-invalid-json has exactly one event that is no JSON', async () => {
    const events = decodeEvents(Buffer.from(await streamOf('sandbox-invalid-json')))
    const isJson = (data: string) => {
      try {
        return JSON.parse(data) !== undefined
      } catch {
        return false
      }
    }
    expect(events.filter((data) => data !== '[DONE]' && !isJson(data))).toHaveLength(1)
  })

  it('sandbox-huge-event has one event of 10 MB', async () => {
    const events = decodeEvents(Buffer.from(await streamOf('sandbox-huge-event')))
    expect(events.filter((data) => data.length > 10 * 1024 * 1024)).toHaveLength(1)
  })

  it('sandbox-error-event and sandbox-error-first end with an error object', async () => {
    const inside = await chunksOf('sandbox-error-event')
    expect(inside.length).toBeGreaterThan(2)
    expect(inside.at(-1)).toHaveProperty('error.message')
    const first = await chunksOf('sandbox-error-first')
    expect(first).toHaveLength(1)
    expect(first[0]).toHaveProperty('error.message')
  })

  it('sandbox-text-after-finish says more after its finish reason', async () => {
    const [finish, late] = (await chunksOf('sandbox-text-after-finish')).slice(-2)
    expect(finish?.choices[0]?.finish_reason).toBe('stop')
    expect(late?.choices[0]?.delta.content).toBe(' And one thing more.')
  })

  it.each([
    ['sandbox-html-200', 'text/html', '<html>'],
    ['sandbox-json-200', 'application/json', '{"id":"chatcmpl-'],
  ])('%s answers %s to a streaming request', async (model, type, start) => {
    const { url } = await sandboxForTest()
    const response = await openaiChat(url, { model })
    expect([response.status, response.headers.get('content-type')]).toEqual([200, type])
    expect((await response.text()).startsWith(start)).toBe(true)
  })
})

describe('a model that speaks', () => {
  it('sandbox-pii splits every piece of personal data over deltas', async () => {
    const chunks = await chunksOf('sandbox-pii')
    const deltas = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '')
    for (const secret of ['4111 1111 1111 1111', '078-05-1120', 'jane.doe@example.com']) {
      expect(textOf(chunks)).toContain(secret)
      expect(deltas.some((delta) => delta.includes(secret))).toBe(false)
    }
  })

  it('sandbox-unsafe splits every blocked term over deltas', async () => {
    const chunks = await chunksOf('sandbox-unsafe')
    const deltas = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '')
    for (const term of ['malicious', 'exploit', 'harmful', 'bypass']) {
      expect(textOf(chunks)).toContain(term)
      expect(deltas.some((delta) => delta.includes(term))).toBe(false)
    }
  })

  it.each([
    ['Grüße 🚀 and more', ['Grüß', 'e 🚀 ', 'and ', 'more']],
    ['4111 1¦111 11¦¦11 1111', ['4111 1', '111 11', '11 1111']],
  ])('sandbox-echo repeats %s', async (content, deltas) => {
    const chunks = await chunksOf('sandbox-echo', { messages: [{ role: 'user', content }] })
    const texts = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '')
    expect(texts.filter((text) => text !== '')).toEqual(deltas)
  })

  it('sandbox-long says enough to be interrupted', async () => {
    expect((await chunksOf('sandbox-long')).length).toBeGreaterThan(1_500)
  })

  it('sandbox-tools calls the first tool with arguments in pieces, then uses its result', async () => {
    const tools = [{ type: 'function', function: { name: 'find_parcel' } }]
    const { url } = await sandboxForTest()
    const call = await openaiChat(url, { model: 'sandbox-tools', tools, stream: false })
    const { choices } = (await call.json()) as {
      choices: {
        message: { tool_calls: { function: { name: string; arguments: string } }[] }
        finish_reason: string
      }[]
    }
    expect(choices[0]?.finish_reason).toBe('tool_calls')
    const calls = choices[0]?.message.tool_calls.map((tool) => tool.function) ?? []
    expect(calls.map(({ name }) => name)).toEqual(['find_parcel', 'find_parcel'])
    expect(calls.map((tool) => JSON.parse(tool.arguments).orderId)).toEqual(['A-10234', 'A-10235'])
    const messages = [
      { role: 'user', content: 'order?' },
      { role: 'tool', content: 'sent' },
    ]
    expect(textOf(await chunksOf('sandbox-tools', { tools, messages }))).toContain('parcel')
  })

  it('sandbox-reasoning thinks before it speaks', async () => {
    const chunks = await chunksOf('sandbox-reasoning')
    const deltas = chunks.flatMap((chunk) => chunk.choices.map(({ delta }) => delta))
    const lastThought = deltas.findLastIndex((delta) => delta.reasoning_content)
    const firstWord = deltas.findIndex((delta) => delta.content)
    expect(lastThought).toBeGreaterThan(0)
    expect(firstWord).toBe(lastThought + 1)
  })

  it('sandbox-choices gives n choices, mixed', async () => {
    const chunks = await chunksOf('sandbox-choices', { n: 3 })
    const texts = [0, 1, 2].map((index) => textOf(chunks, index))
    expect(texts.map((text) => text.slice(0, 9))).toEqual(['Choice 1:', 'Choice 2:', 'Choice 3:'])
    const finished = chunks.filter((chunk) => chunk.choices[0]?.finish_reason === 'stop')
    expect(finished.map((chunk) => chunk.choices[0]?.index)).toEqual([0, 1, 2])
  })

  it('sandbox-logprobs sends the raw tokens of its text', async () => {
    const chunks = await chunksOf('sandbox-logprobs')
    const tokens = chunks.flatMap((chunk) => chunk.choices[0]?.logprobs?.content ?? [])
    expect(tokens.map(({ token }) => token).join('')).toBe(textOf(chunks))
  })

  it('sandbox-usage and sandbox-no-usage do not ask', async () => {
    expect((await chunksOf('sandbox-usage')).at(-1)?.usage).toBeTruthy()
    const asked = await chunksOf('sandbox-no-usage', { stream_options: { include_usage: true } })
    expect(asked.some((chunk) => 'usage' in chunk)).toBe(false)
  })

  it('sandbox-role-only says nothing and finishes', async () => {
    const chunks = await chunksOf('sandbox-role-only')
    expect(textOf(chunks)).toBe('')
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop')
  })

  it('sandbox-unknown-fields decorates chunk, choice and delta', async () => {
    const [chunk] = await chunksOf('sandbox-unknown-fields')
    expect(chunk).toMatchObject({
      x_sandbox: {},
      choices: [{ x_sandbox: {}, delta: { x_sandbox: {} } }],
    })
  })

  it('keeps its usual replies free of what a guard would catch', async () => {
    const prompts = [
      'refund',
      'order',
      'password',
      'invoice',
      'cancel',
      'appointment',
      'a',
      'b',
      'c',
      'd',
    ]
    const { url } = await sandboxForTest()
    for (const content of prompts) {
      const text = textOf(
        await chunksFrom(await openaiChat(url, { messages: [{ role: 'user', content }] })),
      )
      expect(text).not.toMatch(/malicious|exploit|harmful|bypass|@|\d{3}/i)
    }
  })
})

describe('a model that writes in its own way', () => {
  it.each([
    ['sandbox-lf', /^data: [^\r]*\n\n$/s],
    ['sandbox-crlf', /^data: .*[^\r]\r\n\r\n$/s],
    ['sandbox-cr', /^data: [^\n]*\r\r$/s],
    ['sandbox-comments', /^: keep-alive\n/],
    ['sandbox-multiline-data', /^data:\{\ndata: "id"/],
  ])('%s looks like %s', async (model, form) => {
    expect(await streamOf(model)).toMatch(form)
  })

  it('sandbox-bom starts with a byte order mark', async () => {
    const { url } = await sandboxForTest()
    const bytes = new Uint8Array(
      await (await openaiChat(url, { model: 'sandbox-bom' })).arrayBuffer(),
    )
    expect([...bytes.slice(0, 3)]).toEqual([0xef, 0xbb, 0xbf])
  })

  it.each([
    'sandbox-lf',
    'sandbox-crlf',
    'sandbox-cr',
    'sandbox-bom',
    'sandbox-comments',
    'sandbox-multiline-data',
    'sandbox-packed',
  ])('%s says what sandbox-default says', async (model) => {
    expect(textOf(await chunksOf(model))).toBe(textOf(await chunksOf('sandbox-default')))
  })

  it('sandbox-byte-by-byte and sandbox-utf8-split say the same text', async () => {
    const text = textOf(await chunksOf('sandbox-utf8-split'))
    expect(text).toContain('👩‍💻🚀')
    expect(textOf(await chunksOf('sandbox-byte-by-byte'))).toBe(text)
  })

  it('sandbox-drip says a short sentence', async () => {
    expect(textOf(await chunksOf('sandbox-drip'))).toContain('happy to help')
  })
})
