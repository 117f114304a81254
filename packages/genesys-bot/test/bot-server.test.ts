import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { until } from '../../gateway/test/harness/until.ts'
import type { Bot } from '../src/index.ts'
import { botFor, botOnSandbox, HEADERS, post, SECRET, utterance } from './bot-on-sandbox.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

/** A bare socket to a bot that keeps what it reads. */
async function dial(
  bot: Bot,
): Promise<{ socket: Socket; read: () => string; closed: () => boolean }> {
  const socket = connect(bot.port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  let text = ''
  let isClosed = false
  socket.on('data', (data) => {
    text += String(data)
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    isClosed = true
  })
  await once(socket, 'connect')
  return { socket, read: () => text, closed: () => isClosed }
}

describe("the bot's door", () => {
  it.each<[what: string, status: number, init: RequestInit, body?: unknown]>([
    ['no secret', 401, { headers: JSON_TYPE }],
    ['a wrong secret', 401, { headers: { ...JSON_TYPE, 'x-sluice-bot-secret': `${SECRET}.` } }],
    [
      'the start of the secret',
      401,
      { headers: { ...JSON_TYPE, 'x-sluice-bot-secret': SECRET.slice(0, 5) } },
    ],
    ['a form', 415, { headers: { ...HEADERS, 'content-type': 'text/plain' } }],
    ['no JSON', 400, {}, '{"genesysConversationId":'],
    ['a list', 400, {}, []],
    ['no conversation', 400, {}, utterance('hi', { genesysConversationId: undefined })],
    ['a conversation that is no id', 400, {}, utterance('hi', { genesysConversationId: 'a\nb' })],
    ['a long conversation', 400, {}, utterance('hi', { genesysConversationId: 'a'.repeat(129) })],
    ['no message', 400, {}, utterance('hi', { inputMessage: undefined })],
    ['a session that is no id', 400, {}, utterance('hi', { botSessionId: {} })],
    ['64 KiB and more', 413, {}, utterance('x'.repeat(70_000))],
    ['a PUT', 405, { method: 'PUT' }],
  ])('refuses %s with %i and neutral words', async (...refused) => {
    const [, status, init, body = utterance('hi')] = refused
    const { bot, sandbox, reports } = await botOnSandbox()
    const response = await post(bot, body, init)
    expect(response.status).toBe(status)
    expect(await response.json()).toEqual({ error: expect.any(String) })
    expect([sandbox.requests(), reports]).toEqual([[], []])
  })

  it('refuses another path, and a body in pieces that grows too large', async () => {
    const bot = await botFor({ path: '/bot' })
    expect(new URL(bot.url).pathname).toBe('/bot')
    expect((await fetch(new URL('/', bot.url), { method: 'POST' })).status).toBe(404)
    const stream = new Blob(['{"x":"', 'x'.repeat(100_000), '"}']).stream()
    const response = await post(bot, '', { body: stream, duplex: 'half' } as RequestInit)
    expect(response.status).toBe(413)
  })

  it('takes the secret in a header of another name', async () => {
    const { bot } = await botOnSandbox({ secretHeader: 'X-Desk-Key' })
    const headers = { ...JSON_TYPE, 'x-desk-key': SECRET }
    expect((await post(bot, utterance('hi'), { headers })).status).toBe(200)
    expect((await post(bot, utterance('hi'))).status).toBe(401)
  })

  it('says that it is well', async () => {
    const bot = await botFor({})
    const response = await fetch(new URL('/healthz', bot.url))
    expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }])
  })

  it('refuses more turns at once than it may have', async () => {
    const { bot, sandbox } = await botOnSandbox({
      modelId: 'sandbox-stall-mid-stream',
      maxTurnsAtOnce: 1,
      deadlineMs: 3_000,
    })
    const first = post(bot, utterance('one'))
    await until('the model is asked', () => sandbox.stats().openStreams === 1)
    const second = await post(bot, utterance('two'))
    expect([second.status, second.headers.get('retry-after')]).toEqual([503, '1'])
    expect((await first).status).toBe(200)
    expect((await post(bot, utterance('three'))).status).toBe(200)
  })

  it.each([
    ['the rest of its headers', 'POST / HTTP/1.1\r\nhost: bot\r\nx-a:'],
    [
      'the rest of its body',
      `POST / HTTP/1.1\r\nhost: bot\r\nx-sluice-bot-secret: ${SECRET}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`,
    ],
  ])('ends a connection on which %s never comes', async (_, start) => {
    const bot = await botFor({})
    const { socket, closed } = await dial(bot)
    socket.write(start)
    await expect.poll(closed).toBe(true)
  })

  it('answers what is sent in one go on one connection, in order', async () => {
    const { bot } = await botOnSandbox({ modelId: 'sandbox-echo' })
    const { socket, read } = await dial(bot)
    const request = (text: string) => {
      const body = JSON.stringify(utterance(text))
      return `POST / HTTP/1.1\r\nhost: bot\r\nx-sluice-bot-secret: ${SECRET}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
    }
    socket.write(request('first') + request('second'))
    await until('both are answered', () => read().includes('"second"'))
    expect(read().indexOf('"first"')).toBeLessThan(read().indexOf('"second"'))
  })
})
