// The mock as its own process, spoken to as an engine does.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Child, freePort } from '../rig/child.mjs'
import { textOf } from '../rig/stream-plan.mjs'

let mock: Child
let url: string

beforeAll(async () => {
  const port = await freePort()
  url = `http://127.0.0.1:${port}`
  mock = new Child({ name: 'mock', args: ['mock-upstream.mjs', String(port)] })
  await mock.untilReady(url)
})
afterAll(() => mock.stop())

function ask(model: string, prompt: string, signal?: AbortSignal): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: prompt }], stream: true }),
    ...(signal && { signal }),
  })
}

async function counts(): Promise<{ open: number; finished: number; aborted: number }> {
  return (await fetch(url)).json() as Promise<{ open: number; finished: number; aborted: number }>
}

test.each([
  ['bench-burst-500', { deltas: 500, paceMs: 0, seed: 12 }],
  ['bench-paced-1x20', { deltas: 20, paceMs: 1, seed: 12 }],
])('%s sends role, deltas, finish and [DONE]', async (model, plan) => {
  const response = await ask(model, 'stream 12')
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  const events = (await response.text()).split('\n\n').slice(0, -1)
  expect(events.pop()).toBe('data: [DONE]')
  const choices = events.map((event) => JSON.parse(event.slice('data: '.length)).choices[0])
  expect(choices).toHaveLength(plan.deltas + 2)
  expect(choices[0].delta).toEqual({ role: 'assistant', content: '' })
  expect(choices.at(-1)).toEqual({ index: 0, delta: {}, finish_reason: 'stop' })
  expect(choices.map(({ delta }) => delta.content ?? '').join('')).toBe(textOf(plan))
})

test('a stream that its reader leaves counts as aborted', async () => {
  const before = await counts()
  const leave = new AbortController()
  const response = await ask('bench-paced-50x1000', 'stream 1', leave.signal)
  expect(response.status).toBe(200)
  expect((await counts()).open).toBe(before.open + 1)
  leave.abort()
  await expect.poll(counts).toEqual({ ...before, aborted: before.aborted + 1 })
})

test('a model that is not the benchmark’s is refused', async () => {
  const response = await ask('gpt-4', 'stream 1')
  expect(response.status).toBe(400)
})
