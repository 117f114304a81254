import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type BotConnectorTurn,
  playBotConnector,
  type Sandbox,
  startSandbox,
} from '@sluice/sandbox'
import { describe, expect, it, onTestFinished } from 'vitest'
import { gatewayForTest } from '../../gateway/test/harness/gateway-on-sandbox.ts'
import { until } from '../../gateway/test/harness/until.ts'
import { type BotReply, createBot } from '../src/index.ts'
import { botFor, botOnSandbox, HEADERS, post, SECRET, utterance } from './bot-on-sandbox.ts'

interface Asked {
  messages: { role: string; content: string }[]
  tools?: unknown[]
}

/** What the model was asked, one after the other. */
function askedOf(sandbox: Sandbox): Asked[] {
  return sandbox.requests().map(({ body }) => body as unknown as Asked)
}

/** A file with a stream in which the model says `text` and calls the function that ends the bot. */
async function recorded(deltas: object[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-bot-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const chunk = (delta: object, finish_reason: string | null = null) =>
    JSON.stringify({
      id: 'x',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'm',
      choices: [{ index: 0, delta, finish_reason }],
    })
  const lines = [...deltas.map((delta) => chunk(delta)), chunk({}, 'tool_calls')]
  writeFileSync(join(folder, 'stream.jsonl'), lines.join('\n'))
  return join(folder, 'stream.jsonl')
}

const call = (name: string, ...pieces: string[]) =>
  pieces.map((piece, index) => ({
    tool_calls: [
      {
        index: 0,
        ...(index === 0 && { id: 'call_1', type: 'function' }),
        function: { ...(index === 0 && { name }), arguments: piece },
      },
    ],
  }))

describe('a bot', () => {
  it('holds the conversation that Genesys Cloud has with it', async () => {
    const { bot, reports } = await botOnSandbox()
    const turns: BotConnectorTurn[] = []
    for await (const turn of playBotConnector({ url: bot.url, headers: HEADERS })) turns.push(turn)
    expect(turns.map(({ problems, botState }) => [problems, botState])).toEqual(
      Array(3).fill([[], 'MOREDATA']),
    )
    expect(turns[0]?.replies.join(' ')).toContain('Your parcel left our warehouse')
    expect(reports.map(({ outcome }) => outcome)).toEqual(Array(3).fill('answered'))
    expect(reports[0]?.requestId).toEqual(expect.any(String))
  })

  it('remembers the session, and no other one', async () => {
    const { say, sandbox } = await botOnSandbox({ modelId: 'sandbox-echo' })
    await say('My parcel is late.')
    await say('Why?')
    await say('Hello?', { botSessionId: 'another' })
    const asked = askedOf(sandbox).map(({ messages }) => messages)
    const talk = asked.map((messages) => messages.slice(1).map(({ content }) => content))
    expect(talk).toEqual([
      ['My parcel is late.'],
      ['My parcel is late.', 'My parcel is late.', 'Why?'],
      ['Hello?'],
    ])
    expect(asked[0]?.[0]?.role).toBe('system')
    expect(asked[0]?.[0]?.content).toContain('en-us')
  })

  it('conceals by the policy of the gateway, on both ways', async () => {
    const { say, sandbox } = await botOnSandbox({ modelId: 'sandbox-pii' })
    const { replymessages } = await say('My card is 4111 1111 1111 1111.')
    expect(JSON.stringify(replymessages)).toContain('[CREDIT_CARD]')
    expect(JSON.stringify([replymessages, sandbox.requests()])).not.toContain('4111 1111')
  })

  it('answers an answer that the policy blocks with words that say nothing of it, and forgets the turn', async () => {
    const { say, reports, sandbox } = await botOnSandbox(
      { modelId: 'sandbox-unsafe' },
      { policy: 'seed' },
    )
    const reply = await say('How?')
    expect(reply).toEqual({
      replymessages: [{ type: 'Text', text: 'I am sorry, I cannot help with that.' }],
      botState: 'MOREDATA',
      intent: 'none',
      confidence: 1,
    })
    await say('And now?')
    expect(reports.map(({ outcome }) => outcome)).toEqual(['blocked', 'blocked'])
    expect(askedOf(sandbox).map(({ messages }) => messages.length)).toEqual([2, 2])
  })

  it('ends with an intent that the model chose, and forgets the session', async () => {
    const deltas = [
      { content: 'One moment.' },
      ...call('finish_conversation', '{"inte', 'nt":"agent"}'),
    ]
    const intents = { agent: 'the customer asks for a person' }
    const { say, sandbox, reports } = await botOnSandbox(
      { intents },
      { sandbox: { replayFile: await recorded(deltas) } },
    )
    const reply = await say('A person, please.')
    expect(reply).toEqual({
      replymessages: [{ type: 'Text', text: 'One moment.' }],
      botState: 'COMPLETE',
      intent: 'agent',
      confidence: 1,
    })
    await say('Hello?')
    const asked = askedOf(sandbox)
    expect(JSON.stringify(asked[0]?.tools)).toContain('the customer asks for a person')
    expect(asked[1]?.messages).toHaveLength(2)
    expect(reports[0]?.outcome).toBe('complete')
  })

  it.each([
    ['no intent of ours', call('finish_conversation', '{"intent":"toString"}')],
    ['no JSON', call('finish_conversation', '{"intent":')],
    ['no object', call('finish_conversation', 'null')],
    ['another function', call('delete_everything', '{"intent":"agent"}')],
  ])('goes on when a call of the model names %s', async (_, calls) => {
    const { say } = await botOnSandbox(
      { intents: { agent: 'a person is wanted' } },
      { sandbox: { replayFile: await recorded([{ content: 'Well.' }, ...calls]) } },
    )
    expect(await say('Hello?')).toMatchObject({ botState: 'MOREDATA', intent: 'none' })
  })

  it.each([
    ['sandbox-500', 'upstream_unavailable'],
    ['sandbox-reset-mid-stream', 'stream_interrupted'],
    ['sandbox-role-only', 'empty_answer'],
  ])('fails in neutral words when the model is %s', async (modelId, code) => {
    const { say, reports } = await botOnSandbox({ modelId })
    expect(await say('Where is my parcel?')).toEqual({
      replymessages: [{ type: 'Text', text: 'I am sorry, something went wrong.' }],
      botState: 'FAILED',
      intent: 'none',
      confidence: 0,
    })
    expect(reports).toMatchObject([{ outcome: 'failed', code }])
  })

  it('fails before the deadline when no gateway listens, and starts nevertheless', async () => {
    const reports: unknown[] = []
    const bot = await botFor({ deadlineMs: 4_000, onTurn: (turn) => reports.push(turn) })
    const response = await post(bot, utterance('Hello?'))
    expect(await response.json()).toMatchObject({ botState: 'FAILED' })
    expect(reports).toMatchObject([{ outcome: 'failed', code: 'disconnected' }])
  })

  it('asks to be asked again when the deadline is over, and stops the model', async () => {
    const { say, reports, sandbox } = await botOnSandbox({
      modelId: 'sandbox-stall-mid-stream',
      deadlineMs: 2_000,
      texts: { late: 'Once more, please.' },
    })
    expect(await say('Where is my parcel?')).toEqual({
      replymessages: [{ type: 'Text', text: 'Once more, please.' }],
      botState: 'MOREDATA',
      intent: 'none',
      confidence: 1,
    })
    expect(reports).toMatchObject([{ outcome: 'late' }])
    await until('the stream is stopped', () => sandbox.stats().openStreams === 0)
  })

  it('stops the model when Genesys Cloud does not wait', async () => {
    const { bot, reports, sandbox } = await botOnSandbox({ modelId: 'sandbox-stall-mid-stream' })
    const caller = new AbortController()
    const asked = post(bot, utterance('Hello?'), { signal: caller.signal }).catch(() => 'left')
    await until('the model is asked', () => sandbox.stats().openStreams === 1)
    caller.abort()
    expect(await asked).toBe('left')
    await until('the stream is stopped', () => sandbox.stats().openStreams === 0)
    await until('it is reported', () => reports[0]?.outcome === 'left')
  })

  it.each([
    ['a picture', { inputMessage: { type: 'Structured', content: [] } }],
    ['nothing', { inputMessage: { type: 'Text', text: '  ' } }],
    ['a book', { inputMessage: { type: 'Text', text: 'x'.repeat(4_097) } }],
  ])('asks for text when it is sent %s', async (_, fields) => {
    const { say, reports, sandbox } = await botOnSandbox()
    expect(await say('', fields)).toMatchObject({ botState: 'MOREDATA' })
    expect([reports[0]?.outcome, sandbox.requests().length]).toEqual(['unreadable', 0])
  })

  it('answers again when its gateway has been away', async () => {
    const sandbox = await startSandbox({ deltaIntervalMs: 0 })
    onTestFinished(() => sandbox.close())
    const settings = { profile: 'openai' as const, llmBaseUrl: `${sandbox.url}/v1` }
    const first = await gatewayForTest(settings)
    const bot = await botFor({ gatewayUrl: first.url })
    const stateOf = async () =>
      ((await (await post(bot, utterance('Hello?'))).json()) as BotReply).botState
    expect(await stateOf()).toBe('MOREDATA')
    await first.stop()
    await gatewayForTest({ ...settings, port: Number(new URL(first.url).port) })
    expect(await stateOf()).toBe('MOREDATA')
  })

  it('lets a running reply end when it is closed, and takes no new one', async () => {
    const { bot, reports, sandbox } = await botOnSandbox({}, { sandbox: { deltaIntervalMs: 10 } })
    const asked = post(bot, utterance('Where is my parcel?'))
    await until('the model is asked', () => sandbox.stats().openStreams === 1)
    await bot.close()
    expect(await (await asked).json()).toMatchObject({ botState: 'MOREDATA' })
    expect(reports).toMatchObject([{ outcome: 'answered' }])
    await expect(post(bot, utterance('Hello?'))).rejects.toThrow()
  })

  it.each([
    [{ secret: 'short' }, /^secret: /],
    [{ secretHeader: 'a b' }, /^secretHeader: /],
    [{ path: 'bot' }, /^path: /],
    [{ path: '/healthz' }, /^path: /],
    [{ deadlineMs: Number.NaN }, /^deadlineMs: /],
    [{ gatewayUrl: 'http://127.0.0.1' }, /ws:\/\//],
    [{ intents: { 'a,b': 'never' } }, /^intents: /],
    [{ memory: { maxTurns: -1 } }, /^memory.maxTurns: /],
    [{ systemPrompt: 'x'.repeat(5_000) }, /^systemPrompt: /],
  ])('refuses the option %j', async (option, message) => {
    const options = { gatewayUrl: 'ws://127.0.0.1:1', modelId: 'm', secret: SECRET, ...option }
    await expect(createBot(options)).rejects.toThrow(message)
  })
})
