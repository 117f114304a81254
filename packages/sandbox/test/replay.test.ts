import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSandbox } from '@sluice/sandbox'
import { expect, it, onTestFinished } from 'vitest'
import { decodeEvents, openaiChat, sandboxForTest } from './caller.ts'

const recorded = [
  '{"id":"a","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":null}}],"x":1}',
  '{"id":"a",  "choices":[{"index":0,"delta":{"content":"Gr\\u00fc\\u00dfe"}}]}',
  '{"id":"a","choices":[{"index":0,"delta":{"content":"!"},"finish_reason":"stop"}],"usage":{"total_tokens":3}}',
]

async function fileWith(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sandbox-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'chunks.txt')
  await writeFile(file, text)
  return file
}

it.each([
  ['as it is', recorded.join('\n')],
  ['with CRLF and blank lines', `${recorded.join('\r\n\r\n')}\r\n`],
  ['with its own end mark', `${recorded.join('\n')}\n[DONE]\n`],
])('replays a file %s word for word, for any model', async (_, text) => {
  const { url } = await sandboxForTest({ replayFile: await fileWith(text) })
  for (const model of ['gpt-4', 'sandbox-byte-by-byte']) {
    const bytes = await (await openaiChat(url, { model })).arrayBuffer()
    expect(decodeEvents(new Uint8Array(bytes))).toEqual([...recorded, '[DONE]'])
  }
})

it('folds a recording when no stream is asked for', async () => {
  const { url } = await sandboxForTest({ replayFile: await fileWith(recorded.join('\n')) })
  expect(await (await openaiChat(url, { stream: false })).json()).toMatchObject({
    choices: [{ message: { role: 'assistant', content: 'Grüße!' }, finish_reason: 'stop' }],
    usage: { total_tokens: 3 },
  })
})

it('keeps the faults of its models', async () => {
  const { url } = await sandboxForTest({ replayFile: await fileWith(recorded.join('\n')) })
  expect((await openaiChat(url, { model: 'sandbox-503' })).status).toBe(503)
})

it.each([
  ['an empty file', ''],
  ['a line that is no JSON', `${recorded[0]}\nnonsense`],
  ['a line that is no object', '[1]'],
])('refuses to start with %s', async (_, text) => {
  const replayFile = await fileWith(text)
  await expect(startSandbox({ replayFile })).rejects.toMatchObject({ code: 'invalid_replay' })
})

it('refuses to start with a file that is not there', async () => {
  await expect(startSandbox({ replayFile: '/nowhere/chunks.txt' })).rejects.toMatchObject({
    code: 'invalid_replay',
  })
})
