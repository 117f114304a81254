// Recorded streams through the whole gateway: with policy `off` nothing is added, lost or changed.
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { gatewayOnSandbox } from './harness/gateway-on-sandbox.ts'
import { chunksOf, shapeOf, textOf } from './harness/tutorial-client.ts'

const FOLDER = new URL('./recordings/', import.meta.url)

interface Recorded {
  choices: { delta: Record<string, unknown> }[]
  usage?: { completion_tokens: number } | null
}

function recorded(file: string): Recorded[] {
  const lines = readFileSync(new URL(file, FOLDER), 'utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line))
}

/** The text of a channel, as the recording has it. */
function recordedText(chunks: readonly Recorded[], channel: string): string {
  const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta[channel]))
  return deltas.filter((text) => typeof text === 'string').join('')
}

describe.each(readdirSync(FOLDER))('the recording %s', (file) => {
  const chunks = recorded(file)
  const tokens = chunks.findLast(({ usage }) => usage)?.usage?.completion_tokens
  const options = (policy: string) => ({
    gateway: { profile: 'openai', policy } as const,
    sandbox: { replayFile: fileURLToPath(new URL(file, FOLDER)) },
  })

  it('comes through with policy off as it was recorded, chunk for chunk', async () => {
    const { connect } = await gatewayOnSandbox(options('off'))
    const messages = await (await connect()).ask('any')
    expect(shapeOf(messages)).toBe('handshake_ack chunk complete')
    expect(chunksOf(messages)).toEqual(chunks)
    expect(messages.at(-1)?.auditLog).toMatchObject({ status: 'success', tokenCount: tokens })
  })

  it('comes through with policy seed in its text, tool calls and usage', async () => {
    const { connect } = await gatewayOnSandbox(options('seed'))
    const messages = await (await connect()).ask('any')
    expect(shapeOf(messages)).toBe('handshake_ack chunk complete')
    for (const channel of ['content', 'reasoning_content']) {
      expect(textOf(messages, channel)).toBe(recordedText(chunks, channel))
    }
    expect(callsOf(chunksOf(messages))).toEqual(callsOf(chunks))
    expect(messages.at(-1)?.auditLog).toMatchObject({ status: 'success', tokenCount: tokens })
  })
})

/** Tool calls with their arguments joined. */
function callsOf(chunks: readonly { choices?: { delta: Record<string, unknown> }[] }[]) {
  const calls = new Map<number, { id?: string; name?: string; text: string }>()
  const deltas = chunks.flatMap(({ choices = [] }) =>
    choices.flatMap(({ delta }) => delta.tool_calls ?? []),
  )
  for (const delta of deltas as {
    index: number
    id?: string
    function: { name?: string; arguments?: string }
  }[]) {
    const call = calls.get(delta.index) ?? { text: '' }
    calls.set(delta.index, {
      ...call,
      ...(delta.id === undefined ? {} : { id: delta.id }),
      ...(delta.function.name === undefined ? {} : { name: delta.function.name }),
      text: call.text + (delta.function.arguments ?? ''),
    })
  }
  return [...calls]
}
