/** Runs a case: the server, a real gateway before it under one policy, and clients of dialect 1; and judges what came out. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGateway, loadConfig } from '@sluice/gateway'
import { expect, onTestFinished } from 'vitest'
import { chunksOf, type Message, TutorialClient } from '../harness/tutorial-client.ts'
import { MockServer } from './mock-server.ts'
import { type Attempt, type Expected, type ServerCase, stepsOf } from './server-case.ts'

const FOLDER = mkdtempSync(join(tmpdir(), 'sluice-real-servers-'))
const SETTINGS = {
  WS_PORT: '0',
  SLUICE_ADMIN_PORT: 'off',
  SLUICE_AUDIT: 'off',
  SLUICE_LOG_LEVEL: 'silent',
  SLUICE_RETRY_BASE_DELAY_MS: '1',
  LLM_BASE_URL: '$MOCK',
}

/** Plays a case under one policy and checks all that it expects there. */
export async function holds(given: ServerCase, policy: string): Promise<void> {
  const { turns, server } = await played(given, policy)
  const expected = { ...given.expect['*'], ...given.expect[policy] }
  for (const turn of turns) judgeTurn(turn, expected, attemptsOf(given).at(-1))
  judgeServer(server, expected)
}

function attemptsOf({ upstream }: ServerCase): readonly Attempt[] {
  return Array.isArray(upstream) ? upstream : [upstream as Attempt]
}

async function played(given: ServerCase, policy: string) {
  const server = await MockServer.start(attemptsOf(given), given.token ?? [])
  const { settings } = loadConfig(environmentOf(given, policy, server.url), FOLDER)
  const gateway = await createGateway(settings)
  onTestFinished(() => gateway.stop())
  const turns: Message[][] = []
  for (let round = 0; round < (given.rounds ?? 1); round += 1)
    turns.push(await ask(given, gateway.url))
  return { turns, server }
}

function environmentOf({ settings }: ServerCase, policy: string, url: string) {
  const given = { ...SETTINGS, SLUICE_POLICY: policy, ...settings }
  const entries = Object.entries(given).filter(([, value]) => value !== null)
  return Object.fromEntries(
    entries.map(([name, value]) => [name, String(value).replace('$MOCK', url)]),
  )
}

async function ask(given: ServerCase, url: string): Promise<Message[]> {
  const client = await TutorialClient.connect(url)
  const messages = [{ role: 'user', content: 'go' }]
  client.send({ type: 'init', payload: { modelId: given.name, messages, ...given.request } })
  return await client.turn()
}

function judgeTurn(turn: Message[], expected: Expected, attempt: Attempt | undefined): void {
  const end = turn.at(-1)
  const context = `ended with ${JSON.stringify(end)}`
  if (expected.terminal !== undefined) expect(end?.type, context).toBe(expected.terminal)
  if (expected.error !== undefined)
    expect(String(end?.message)).toMatch(new RegExp(expected.error, 'i'))
  const answer = answerOf(turn)
  for (const field of ['content', 'thinking', 'calls', 'ids'] as const) {
    if (expected[field] !== undefined) expect(answer[field], context).toEqual(expected[field])
  }
  if (expected.finish !== undefined)
    expect([expected.finish].flat(), context).toContain(answer.finish)
  if (expected.usage !== undefined) expect(answer.usage).toMatchObject(expected.usage)
  if (expected.tokenCount !== undefined)
    expect(end?.auditLog).toMatchObject({ tokenCount: expected.tokenCount })
  if (expected.verbatim === true)
    expect(chunksOf(turn)).toEqual(attempt === undefined ? [] : sentChunks(attempt))
  const frames = turn.map((message) => JSON.stringify(message)).join('\n')
  for (const text of expected.absent ?? []) {
    expect(frames).not.toContain(text)
    expect(answer.content + answer.thinking).not.toContain(text)
    for (const call of answer.calls) expect(JSON.stringify(call)).not.toContain(text)
  }
  for (const text of expected.present ?? []) expect(frames).toContain(text)
}

/** The chunks among what the server sent. */
function sentChunks(attempt: Attempt): unknown[] {
  return stepsOf(attempt).flatMap((step) =>
    typeof step === 'object' && 'data' in step ? [step.data] : [],
  )
}

interface Call {
  id?: string
  name: string
  arguments: string
}

/** What a client makes of the chunks: texts joined, tool calls put together by their index. */
function answerOf(turn: Message[]) {
  const answer = {
    content: '',
    thinking: '',
    finish: undefined as string | undefined,
    usage: undefined as unknown,
    calls: [] as Call[],
    ids: [] as string[],
  }
  const calls = new Map<number, Call>()
  for (const chunk of chunksOf(turn) as Record<string, unknown>[]) {
    if (typeof chunk.id === 'string' && chunk.id !== '' && !answer.ids.includes(chunk.id))
      answer.ids.push(chunk.id)
    answer.usage = chunk.usage ?? answer.usage
    for (const choice of (chunk.choices ?? []) as ({
      delta?: Record<string, unknown> | null
      finish_reason?: string | null
    } | null)[]) {
      const { delta, finish_reason } = choice ?? {}
      answer.finish = finish_reason ?? answer.finish
      if (typeof delta?.content === 'string') answer.content += delta.content
      for (const field of ['reasoning_content', 'reasoning'])
        if (typeof delta?.[field] === 'string') answer.thinking += delta[field]
      addCalls(calls, delta?.tool_calls)
    }
  }
  answer.calls = [...calls].sort(([a], [b]) => a - b).map(([, call]) => call)
  return answer
}

function addCalls(calls: Map<number, Call>, deltas: unknown): void {
  if (!Array.isArray(deltas)) return
  for (const { index, id, function: called } of deltas.filter((delta) => delta !== null)) {
    const call: Call = calls.get(index) ?? { name: '', arguments: '' }
    calls.set(index, call)
    if (id !== undefined) call.id = id
    call.name += called?.name ?? ''
    call.arguments += called?.arguments ?? ''
  }
}

function judgeServer({ requests, tokens }: MockServer, expected: Expected): void {
  const last = requests.at(-1)
  if (expected.requests !== undefined) expect(requests.length).toBe(expected.requests)
  if (expected.tokens !== undefined) expect(tokens).toBe(expected.tokens)
  for (const [path, value] of Object.entries(expected.body ?? {}))
    expect(valueAt(last?.body, path) ?? null, path).toEqual(value)
  for (const [name, value] of Object.entries(expected.headers ?? {}))
    expect(last?.headers[name]).toBe(value)
}

function valueAt(body: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], body)
}
