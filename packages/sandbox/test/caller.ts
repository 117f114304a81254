/** What the tests of the sandbox share: a caller over real sockets, and a decoder written from the standard, not from our encoder. */

import { type Sandbox, type SandboxOptions, startSandbox } from '@sluice/sandbox'
import { onTestFinished } from 'vitest'

/** A sandbox without pauses that ends with the test. */
export async function sandboxForTest(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await startSandbox({ deltaIntervalMs: 0, ...options })
  onTestFinished(() => sandbox.close())
  return sandbox
}

/** A token request as the tutorial makes it; the fields replace or (undefined) remove those of the tutorial. */
export function askToken(url: string, fields: Record<string, string> = {}): Promise<Response> {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: 'sandbox-client',
    client_secret: 'sandbox-secret',
    scope: 'ai:llm:write ai:llm:read',
    ...fields,
  })
  return fetch(`${url}/login/oauth2/token`, { method: 'POST', body })
}

/** A fresh access token. */
export async function freshToken(url: string): Promise<string> {
  const { access_token: token } = (await (await askToken(url)).json()) as { access_token: string }
  return token
}

/** Sends JSON. */
export function post(url: string, body: unknown, init: RequestInit = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    body: JSON.stringify(body),
    redirect: 'manual',
    ...init,
    headers: { 'content-type': 'application/json', ...init.headers },
  })
}

/** A streaming chat request on the tutorial's path. */
export function chat(url: string, token: string, body: object = {}): Promise<Response> {
  return post(`${url}/api/v2/ai/llm/chat/completions`, chatBody(body), {
    headers: { authorization: `Bearer ${token}` },
  })
}

/** A streaming chat request on OpenAI's path. */
export function openaiChat(url: string, body: object = {}, init: RequestInit = {}) {
  return post(`${url}/v1/chat/completions`, chatBody(body), init)
}

function chatBody(body: object): object {
  const messages = [{ role: 'user', content: 'Where is my order?' }]
  return { model: 'sandbox-default', messages, stream: true, ...body }
}

/** The data of the events in a stream, by the rules of the WHATWG standard; an unfinished last event is dropped. */
export function decodeEvents(bytes: Uint8Array): string[] {
  const lines = new TextDecoder().decode(bytes).split(/\r\n|\r|\n/)
  const events: string[] = []
  let data: string[] = []
  for (const line of lines.slice(0, -1)) {
    if (line === '' && data.length > 0) events.push(data.splice(0).join('\n'))
    const [, name, value] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
    if (name === 'data') data = [...data, value ?? '']
  }
  return events
}

/** A chunk as far as the tests look at it. */
export interface Chunk {
  object?: string
  choices: {
    index: number
    delta: { role?: string; content?: string; reasoning_content?: string; tool_calls?: unknown[] }
    logprobs?: { content: { token: string }[] } | null
    finish_reason: string | null
  }[]
  usage?: { total_tokens: number } | null
}

/** The chunks of a stream; the end mark is left out. */
export async function chunksFrom(response: Response): Promise<Chunk[]> {
  const events = decodeEvents(new Uint8Array(await response.arrayBuffer()))
  return events.filter((data) => data !== '[DONE]').map((data) => JSON.parse(data))
}

/** The text that one choice gained. */
export function textOf(chunks: Chunk[], index = 0): string {
  const choices = chunks.flatMap((chunk) => chunk.choices)
  return choices
    .map((choice) => (choice.index === index ? (choice.delta.content ?? '') : ''))
    .join('')
}

/** Waits until something holds; the test's own time limit ends a wait in vain. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5))
}
