// `sluice sandbox --bot-connector`: what it tells of a bot, good or broken. The bots are servers that say what a test wants.
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sluice, temporaryFolder } from './sluice-process.ts'

interface Received {
  headers: IncomingHttpHeaders
  body: { inputMessage: { type: string; text: string }; genesysConversationId: string }
}

/** A bot that gives these replies, one after the other, and the last one for ever. */
async function bot(...replies: { status?: number; body: unknown }[]) {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const part of request) text += String(part)
    received.push({ headers: request.headers, body: JSON.parse(text) })
    const { status = 200, body } = replies[received.length - 1] ?? replies.at(-1) ?? { body: {} }
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, received }
}

const REPLY = {
  replymessages: [{ type: 'Text', text: 'Tomorrow.' }],
  botState: 'MOREDATA',
  intent: 'none',
  confidence: 1,
}

const play = (url: string, ...args: string[]) =>
  sluice(['sandbox', '--bot-connector', url, ...args])

describe('sluice sandbox --bot-connector', () => {
  it('says one thing after the other in one conversation, and prints what comes', async () => {
    const { url, received } = await bot({ body: REPLY })
    const { code, stdout } = await play(
      url,
      '--say',
      'Where is it?',
      'When?',
      '--header',
      'x-a: b c',
    )
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^> Where is it\?\n< Tomorrow\.\n {2}MOREDATA, \d+ ms\n> When\?\n< Tomorrow\.\n {2}MOREDATA, \d+ ms\n$/,
    )
    expect(received.map(({ body }) => body.inputMessage)).toEqual([
      { type: 'Text', text: 'Where is it?' },
      { type: 'Text', text: 'When?' },
    ])
    expect(new Set(received.map(({ body }) => body.genesysConversationId)).size).toBe(1)
    expect(received[0]?.headers).toMatchObject({ 'x-a': 'b c', 'content-type': 'application/json' })
  })

  it('stops when the bot is done, and takes its headers from a file', async () => {
    const { url, received } = await bot(
      { body: REPLY },
      { body: { ...REPLY, botState: 'COMPLETE', intent: 'agent' } },
    )
    const file = join(temporaryFolder(), 'headers')
    writeFileSync(file, 'x-key: secret\n\nx-more: yes\n')
    const { code, stdout } = await play(url, '--header-file', file)
    expect([code, received.length]).toEqual([0, 2])
    expect(stdout).toContain('COMPLETE, intent agent')
    expect(received[1]?.headers).toMatchObject({ 'x-key': 'secret', 'x-more': 'yes' })
  })

  it('ends with 1 when the bot fails', async () => {
    const { url } = await bot({ body: { ...REPLY, botState: 'FAILED' } })
    const { code, stdout } = await play(url)
    expect([code, stdout.match(/^>/gm)?.length]).toEqual([1, 1])
  })

  it.each<[reply: { status?: number; body: unknown }, problem: string]>([
    [{ status: 401, body: {} }, 'status 401'],
    [{ status: 307, body: '' }, 'status 307'],
    [{ body: 'Hello' }, 'no JSON object'],
    [{ body: 'x'.repeat(2_000_000) }, 'no JSON object'],
    [{ body: { ...REPLY, replymessages: 'Hello' } }, 'replymessages is no list'],
    [{ body: { ...REPLY, replymessages: [null] } }, 'a message is not'],
    [{ body: { ...REPLY, replymessages: [{ type: 'Text', text: '' }] } }, 'a message is not'],
    [{ body: { ...REPLY, botState: 'MoreData' } }, 'botState is none of'],
    [{ body: { ...REPLY, intent: undefined } }, 'intent is no text'],
    [{ body: { ...REPLY, confidence: '1' } }, 'confidence is no number'],
  ])('refuses the reply %j', async (reply, problem) => {
    const { url } = await bot(reply)
    const { code, stderr } = await play(url)
    expect([code, stderr]).toEqual([1, expect.stringContaining(`refused: ${problem}`)])
  })

  it('says that a bot leaves without a reply, or that none listens', async () => {
    const server = createServer((request) => request.socket.destroy())
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    expect((await play(url)).stderr).toMatch(/refused: no whole reply: \w/)
    server.close()
    expect((await play(url)).stderr).toContain('refused: no whole reply: ECONNREFUSED')
  })

  it.each([
    [['ftp://127.0.0.1/'], 'is not a http:// or https:// URL'],
    [['http://127.0.0.1:1/', '--header', 'secret'], 'A header has to read "name: value"'],
    [['http://127.0.0.1:1/', '--header-file', '/nowhere'], '--header-file: cannot read /nowhere'],
    [['http://127.0.0.1:1/'], 'refused: no whole reply: '],
  ])('says what is wrong with %j', async ([url = '', ...args], message) => {
    const { code, stderr } = await play(url, ...args)
    expect([code, stderr]).toEqual([1, expect.stringContaining(message)])
    expect(stderr).not.toContain(' at ')
  })
})
