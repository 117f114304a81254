/** A gateway on the sandbox, asked over HTTP in the form of OpenAI. */
import { gatewayOnSandbox } from '../harness/gateway-on-sandbox.ts'
import { type Reply, replyTo } from '../operations/http-reply.ts'

export const MESSAGES = [{ role: 'user' as const, content: 'Where is my order?' }]

type Options = NonNullable<Parameters<typeof gatewayOnSandbox>[0]>
type Headers = Readonly<Record<string, string>>

export async function httpGateway(options: Options = {}) {
  const gateway = { profile: 'openai', ...options.gateway } as const
  const running = await gatewayOnSandbox({ ...options, gateway })
  const origin = `http://127.0.0.1:${running.gateway.port}`
  /** Asks for a completion; the body is the default one with `body` in it. */
  const complete = (body: object, headers: Headers = {}): Promise<Reply> =>
    replyTo(origin, {
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ model: 'sandbox-default', messages: MESSAGES, ...body }),
    })
  return { ...running, origin, baseUrl: `${origin}/v1`, complete }
}

/** The parts of a chunk that tests look at. */
export interface Chunk {
  id: string
  object: string
  created: number
  model: string
  choices: {
    index: number
    delta: {
      role?: string
      content?: string
      reasoning_content?: string
      tool_calls?: ToolCallPart[]
    }
    finish_reason: string | null
  }[]
  usage?: { prompt_tokens: number; completion_tokens: number; total_tokens: number }
  error?: { message: string; type: string; code: string | null; param: null }
}

interface ToolCallPart {
  index: number
  id?: string
  type?: string
  function?: { name?: string; arguments?: string }
}

/** The events of a stream: the data of each, parsed but for the mark of the end. */
export function eventsOf(body: string): (Chunk | '[DONE]')[] {
  const events = body.split('\n\n').filter((text) => text !== '' && !text.startsWith(':'))
  return events.map((text) => {
    const data = text.split('\n').find((line) => line.startsWith('data: '))
    if (data === undefined) throw new Error(`no data: ${text}`)
    return data === 'data: [DONE]' ? '[DONE]' : JSON.parse(data.slice(6))
  })
}

/** The chunks of a whole stream, which ends as it has to. */
export function chunksOf(body: string): Chunk[] {
  const events = eventsOf(body)
  if (events.pop() !== '[DONE]' || events.includes('[DONE]')) throw new Error('no single end')
  return events as Chunk[]
}

/** The text of one choice. */
export function textOf(chunks: readonly Chunk[], index = 0): string {
  const choices = chunks.flatMap((chunk) => chunk.choices)
  return choices.map((c) => (c.index === index ? (c.delta.content ?? '') : '')).join('')
}
