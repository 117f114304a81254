/** A case: what a server sent to a stream request, and what a client of dialect 1 must get of it. Plain data. */

/** One step of an answer's body: raw text, an event with this data, a pause, silence for ever, or a broken connection. */
export type Step = string | { data: unknown } | { wait: number } | { hang: 1 } | { reset: 1 }

/** A chunk in full, or by its news: a role, a text, a delta, a choice, a finish reason or usage. */
export type ChunkForm = Readonly<Record<string, unknown>>

export type Delivery = 'steps' | 'bytes' | 'once'

/** How the server answers one attempt. Without `status` it is 200, without `headers` an event stream. */
export interface Attempt {
  status?: number
  headers?: Readonly<Record<string, string>>
  /** Events with these chunks, then `[DONE]`. */
  chunks?: readonly ChunkForm[]
  steps?: readonly Step[]
  /** A body of plain JSON instead of a stream. */
  json?: unknown
  /** Compresses the body and says so. */
  encoding?: 'gzip' | 'br' | 'deflate'
  /** The steps are the whole answer, status line and headers included. */
  rawHttp?: boolean
  /** How the body is cut: each step by itself (default), each byte, or not at all. Steps that wait are for the first. */
  delivery?: Delivery
}

/** What must hold; a field that is absent is not looked at. */
export interface Expected {
  terminal?: 'complete' | 'blocked' | 'error'
  content?: string
  /** Reasoning of either field. */
  thinking?: string
  /** The last finish reason, or the ones that are allowed. */
  finish?: string | readonly string[]
  calls?: readonly { id?: string; name: string; arguments: string }[]
  usage?: Readonly<Record<string, unknown>>
  tokenCount?: number
  /** The chunks are those of the server, field for field. */
  verbatim?: boolean
  /** Not in any frame. */
  absent?: readonly string[]
  present?: readonly string[]
  ids?: readonly string[]
  /** A pattern of the error's message. */
  error?: string
  /** How many chat requests, and how many for a token, the server saw. */
  requests?: number
  tokens?: number
  /** Fields of the last request's body by their path; null: absent. */
  body?: Readonly<Record<string, unknown>>
  headers?: Readonly<Record<string, string>>
}

export interface ServerCase {
  name: string
  says: string
  policies: readonly string[]
  upstream: Attempt | readonly Attempt[]
  /** What the payload has besides `modelId` and one user message "go". */
  request?: Readonly<Record<string, unknown>>
  /** Variables of the gateway; null removes one, $MOCK is the server's address. */
  settings?: Readonly<Record<string, string | number | null>>
  /** Answers of the OAuth endpoint; the last one repeats. */
  token?: readonly Attempt[]
  rounds?: number
  expect: Readonly<Record<string, Expected>>
}

const ENVELOPE = {
  id: 'cmpl-77',
  object: 'chat.completion.chunk',
  created: 1_760_000_000,
  model: 'm-1',
}

/** A chunk as the server sends it. */
export function chunkOf(form: ChunkForm): object {
  if (form.$role !== undefined) return delta({ role: 'assistant', content: '' })
  if (form.$text !== undefined) return delta({ content: form.$text })
  if (form.$delta !== undefined) return delta(form.$delta)
  if (form.$choice !== undefined) return { ...ENVELOPE, choices: [form.$choice] }
  if (form.$finish !== undefined) return delta({}, form.$finish)
  if (form.$usage !== undefined) return { ...ENVELOPE, choices: [], usage: form.$usage }
  return form
}

function delta(fields: unknown, finish: unknown = null): object {
  return { ...ENVELOPE, choices: [{ index: 0, delta: fields, finish_reason: finish }] }
}

/** The steps of an attempt, its chunks included. */
export function stepsOf(attempt: Attempt): readonly Step[] {
  if (attempt.json !== undefined) return [JSON.stringify(attempt.json)]
  if (attempt.chunks === undefined) return attempt.steps ?? []
  return [...attempt.chunks.map((form) => ({ data: chunkOf(form) })), 'data: [DONE]\n\n']
}
