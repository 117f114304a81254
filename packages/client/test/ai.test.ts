// The transport under the AI SDK's own chat, which useChat is made of: sending, stopping, losing the network, loading the
// page again.
import { AbstractChat, type ChatState, type UIMessage } from 'ai'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  type ChatStorage,
  SluiceChatTransport,
  type SluiceChatTransportOptions,
} from '../src/ai.ts'
import { chatMessagesOf } from '../src/chat-messages.ts'
import { connect } from '../src/index.ts'
import { type Peer, ScriptedServer } from './scripted-server.ts'
import { until } from './until.ts'

class State implements ChatState<UIMessage> {
  status: ChatState<UIMessage>['status'] = 'ready'
  error: Error | undefined
  messages: UIMessage[]

  constructor(messages: UIMessage[]) {
    this.messages = messages
  }

  pushMessage = (message: UIMessage) => void this.messages.push(message)
  popMessage = () => void this.messages.pop()
  replaceMessage = (index: number, message: UIMessage) =>
    void this.messages.splice(index, 1, message)
  snapshot = <Value>(value: Value): Value => structuredClone(value)
}

class Chat extends AbstractChat<UIMessage> {
  constructor(transport: SluiceChatTransport, messages: UIMessage[] = []) {
    super({ id: 'chat 1', transport, state: new State(messages) })
  }

  get text(): string {
    const { parts = [] } = this.messages.findLast(({ role }) => role === 'assistant') ?? {}
    return parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
  }
}

function storage(): ChatStorage & { items: Map<string, string> } {
  const items = new Map<string, string>()
  return {
    items,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  }
}

async function setUp(options: Partial<SluiceChatTransportOptions> = {}) {
  const server = await ScriptedServer.start()
  const stored = storage()
  /** A page: a client, a transport and a chat that know of others by the storage alone. */
  const page = (messages?: UIMessage[]) => {
    const client = connect({ url: server.url, reconnect: { minMs: 1, maxMs: 5 } })
    onTestFinished(() => client.close())
    const transport = new SluiceChatTransport({ client, modelId: 'm', storage: stored, ...options })
    return { client, chat: new Chat(transport, messages) }
  }
  return { server, stored, page }
}

const chunk = (id: unknown, seq: number, fields: object) => ({ type: 'chunk', id, seq, ...fields })
const complete = (id: unknown, seq: number, reason = 'stop') => ({
  type: 'complete',
  id,
  seq,
  finishReasons: [reason],
})

async function acknowledge(peer: Peer): Promise<unknown> {
  const { id } = await peer.frame()
  peer.send({ type: 'handshake_ack', id, requestId: 'r1', epoch: 1 })
  return id
}

describe('the transport for the AI SDK', () => {
  it('sends the messages and builds the answer', async () => {
    const { server, stored, page } = await setUp()
    const { chat } = page()
    const sent = chat.sendMessage({ text: 'Where is it?' }, { body: { temperature: 0 } })
    const peer = await server.peer()
    const init = await peer.frame()
    expect(init).toMatchObject({
      payload: {
        modelId: 'm',
        messages: [{ role: 'user', content: 'Where is it?' }],
        temperature: 0,
      },
      conversationId: 'chat 1',
    })
    peer.send({ type: 'handshake_ack', id: init.id, requestId: 'r1', epoch: 1 })
    peer.send(chunk(init.id, 1, { channel: 'reasoning', text: 'I look.' }))
    peer.send(chunk(init.id, 2, { text: 'On its ' }))
    peer.send(chunk(init.id, 3, { text: 'way.' }))
    await until(() => stored.items.size === 1)
    peer.send(complete(init.id, 4))
    await sent
    expect(chat.status).toBe('ready')
    expect(chat.messages.at(-1)).toMatchObject({
      id: 'r1',
      parts: [
        { type: 'step-start' },
        { type: 'reasoning', text: 'I look.', state: 'done' },
        { type: 'text', text: 'On its way.', state: 'done' },
      ],
    })
    expect(stored.items.size).toBe(0)
  })

  it('gives calls of tools, and sends their results with the next request', async () => {
    const { server, page } = await setUp()
    const { chat } = page()
    const sent = chat.sendMessage({ text: 'Where is it?' })
    const peer = await server.peer()
    const id = await acknowledge(peer)
    peer.send(
      chunk(id, 1, { channel: 'tool_call', toolCall: { index: 0, id: 'call_1', name: 'find' } }),
    )
    peer.send(
      chunk(id, 2, { channel: 'tool_call', toolCall: { index: 0, arguments: '{"order":7}' } }),
    )
    peer.send(complete(id, 3, 'tool_calls'))
    await sent
    expect(chat.messages.at(-1)?.parts.at(-1)).toMatchObject({
      type: 'tool-find',
      toolCallId: 'call_1',
      state: 'input-available',
      input: { order: 7 },
    })
    await chat.addToolOutput({
      tool: 'find',
      toolCallId: 'call_1',
      output: { place: 'Ulm' },
    } as never)
    const again = chat.sendMessage()
    const next = await peer.frame()
    expect(next.payload).toMatchObject({
      messages: [
        { role: 'user' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'call_1', function: { name: 'find', arguments: '{"order":7}' } }],
        },
        { role: 'tool', tool_call_id: 'call_1', content: '{"place":"Ulm"}' },
      ],
    })
    peer.send({ type: 'handshake_ack', id: next.id, requestId: 'r2', epoch: 1 })
    peer.send(chunk(next.id, 1, { text: 'In Ulm.' }))
    peer.send(complete(next.id, 2))
    await again
    expect(chat.messages.map(({ role }) => role)).toEqual(['user', 'assistant'])
    expect(chat.text).toBe('In Ulm.')
  })

  it('stops the model when the user stops', async () => {
    const { server, page } = await setUp()
    const { chat } = page()
    const sent = chat.sendMessage({ text: 'hi' })
    const peer = await server.peer()
    const id = await acknowledge(peer)
    peer.send(chunk(id, 1, { text: 'Good ' }))
    await until(() => chat.text === 'Good ')
    await chat.stop()
    expect(await peer.frame()).toEqual({ type: 'cancel', id })
    await sent
    expect([chat.status, chat.text]).toEqual(['ready', 'Good '])
  })

  it('loses nothing with the network', async () => {
    const { server, page } = await setUp()
    const { chat } = page()
    const sent = chat.sendMessage({ text: 'hi' })
    const peer = await server.peer()
    peer.send(chunk(await acknowledge(peer), 1, { text: 'Good ' }))
    await until(() => chat.text === 'Good ')
    peer.cut()
    const next = await server.peer()
    const { id, after } = await next.frame()
    next.send({ type: 'resumed', id })
    next.send(chunk(id, 2, { text: 'day' }))
    next.send(complete(id, 3))
    await sent
    expect([after, chat.text]).toEqual([1, 'Good day'])
  })

  it.each(['nothing', 'the half answer'])(
    'goes on in a page that was loaded again and had kept %s',
    async (kept) => {
      const { server, page } = await setUp()
      const first = page()
      void first.chat.sendMessage({ text: 'hi' })
      const peer = await server.peer()
      peer.send(chunk(await acknowledge(peer), 1, { text: 'Good ' }))
      await until(() => first.chat.text === 'Good ')
      peer.goDark()
      const messages = structuredClone(first.chat.messages)
      const { chat } = page(kept === 'nothing' ? messages.slice(0, 1) : messages)
      const resumed = chat.resumeStream()
      const next = await server.peer()
      const { id, after, requestId } = await next.frame()
      expect([after, requestId]).toEqual([0, 'r1'])
      next.send({ type: 'resumed', id })
      next.send(chunk(id, 2, { from: 1, text: 'Good day' }))
      next.send(complete(id, 3))
      await resumed
      expect(chat.messages.map(({ role }) => role)).toEqual(['user', 'assistant'])
      expect([chat.status, chat.text]).toEqual(['ready', 'Good day'])
    },
  )

  it('has nothing to go on with where nothing runs, or nothing is left of it', async () => {
    const { server, stored, page } = await setUp()
    const { chat } = page()
    await chat.resumeStream()
    expect([chat.status, server.connections]).toEqual(['ready', 0])
    stored.items.set('sluice:chat:chat 1', 'long gone')
    const resumed = chat.resumeStream()
    const peer = await server.peer()
    const { id } = await peer.frame()
    peer.send({
      type: 'error',
      id,
      code: 'not_found',
      message: 'no such completion',
      retryable: false,
    })
    await resumed
    expect([chat.status, stored.items.size]).toEqual(['ready', 0])
  })

  it('does not stop the model when a page reconnects twice, as effects in development do', async () => {
    const { server, stored, page } = await setUp()
    stored.items.set('sluice:chat:chat 1', 'r1')
    const { client, chat } = page()
    const [peer] = await Promise.all([server.peer(), client.open()])
    void chat.resumeStream()
    const second = chat.resumeStream()
    const frames = [await peer.frame(), await peer.frame(), await peer.frame()]
    expect(frames.map(({ type }) => type)).not.toContain('cancel')
    const resume = frames.findLast(({ type }) => type === 'resume')
    peer.send({ type: 'resumed', id: resume?.id })
    peer.send(chunk(resume?.id, 1, { text: 'Good day' }))
    await until(() => chat.text === 'Good day')
    await chat.stop()
    expect(await peer.frame()).toEqual({ type: 'cancel', id: resume?.id })
    await second
  })

  it('says that shown text was withdrawn, and whose', async () => {
    const retracted: object[] = []
    const { server, page } = await setUp({ onRetracted: (what) => void retracted.push(what) })
    const { chat } = page()
    const sent = chat.sendMessage({ text: 'hi' })
    const peer = await server.peer()
    const id = await acknowledge(peer)
    peer.send(chunk(id, 1, { text: 'secret' }))
    await until(() => chat.text === 'secret')
    peer.send({
      type: 'blocked',
      id,
      seq: 2,
      reason: 'PII detected',
      direction: 'output',
      retracted: true,
    })
    await sent
    expect(retracted).toEqual([{ chatId: 'chat 1', messageId: 'r1', reason: 'PII detected' }])
    expect([chat.status, chat.error?.message]).toEqual(['error', 'PII detected'])
  })

  it('shows a failure as the chat error', async () => {
    const { server, page } = await setUp()
    const { chat } = page()
    const sent = chat.sendMessage({ text: 'hi' })
    const peer = await server.peer()
    const { id } = await peer.frame()
    peer.send({
      type: 'error',
      id,
      code: 'rate_limited',
      message: 'wait a second',
      retryable: true,
    })
    await sent
    expect([chat.status, chat.error?.message]).toEqual(['error', 'wait a second'])
  })

  it('does without a storage that throws', async () => {
    const refuse = () => {
      throw new Error('forbidden')
    }
    const { server, page } = await setUp({
      storage: { getItem: refuse, setItem: refuse, removeItem: refuse },
    })
    const { chat } = page()
    const sent = chat.sendMessage({ text: 'hi' })
    const peer = await server.peer()
    const id = await acknowledge(peer)
    peer.send(complete(id, 1))
    await sent
    await chat.resumeStream()
    expect(chat.status).toBe('ready')
  })
})

describe('messages for a request', () => {
  it('refuse files instead of leaving them out', () => {
    const file = { type: 'file' as const, mediaType: 'image/png', url: 'data:,' }
    const message: UIMessage = {
      id: '1',
      role: 'user',
      parts: [{ type: 'text', text: 'look' }, file],
    }
    expect(() => chatMessagesOf([message])).toThrow(/only text/)
  })

  it('leave out calls without a result, reasoning and empty turns', () => {
    const parts: UIMessage['parts'] = [
      { type: 'step-start' },
      { type: 'reasoning', text: 'hm' },
      { type: 'tool-find', toolCallId: 'c', state: 'input-available', input: {} },
    ]
    expect(chatMessagesOf([{ id: '1', role: 'assistant', parts }])).toEqual([])
  })
})
