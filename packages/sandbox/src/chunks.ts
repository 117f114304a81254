/** Turns an answer into `chat.completion.chunk` objects, and chunks into the `chat.completion` of a request without stream. */

import { asObject, asObjects, type JsonObject, parseObject } from './json.ts'
import type { Answer, Step } from './models/answers.ts'

/** The data of the event that ends a stream. */
export const doneMark = '[DONE]'

/** The fields that all chunks of one answer share. */
export interface ChunkHead {
  id: string
  model: string
  /** Seconds since 1970. */
  created: number
}

/** Token counts as OpenAI reports them. */
export interface Usage {
  prompt_tokens: number
  completion_tokens: number
  total_tokens: number
}

/** The chunks of an answer: the role, the steps, the finish reason, and the usage if it is given. */
export function chunksOf(answer: Answer, head: ChunkHead, usage: Usage | undefined): JsonObject[] {
  const indexes = Array.from({ length: answer.choices ?? 1 }, (_, index) => index)
  const finish = answer.finishReason ?? 'stop'
  const role = { role: 'assistant', content: '' }
  const chunk = (choice: JsonObject) => chunkOf(head, [choice], usage && { usage: null })
  return [
    ...indexes.map((index) => chunk(choiceOf({ index, delta: role }, null))),
    ...answer.steps.map((step) => chunk(choiceOf(step, null))),
    ...indexes.map((index) => chunk(choiceOf({ index, delta: {} }, finish))),
    ...(usage === undefined ? [] : [chunkOf(head, [], { usage })]),
  ]
}

function chunkOf(head: ChunkHead, choices: JsonObject[], more: object | undefined): JsonObject {
  const { id, model, created } = head
  return { id, object: 'chat.completion.chunk', created, model, choices, ...more }
}

function choiceOf(step: Step, finishReason: string | null): JsonObject {
  const { index = 0, delta, logprobs = null } = step
  return { index, delta, logprobs, finish_reason: finishReason }
}

/** Folds the events of a stream into one `chat.completion` body. */
export function completionOf(events: readonly string[], head: ChunkHead): JsonObject {
  const chunks = events.map((data) => asObject(parseObject(data)))
  const choices: JsonObject[] = []
  for (const choice of chunks.flatMap((chunk) => asObjects(chunk.choices))) {
    const index = Number(choice.index ?? 0)
    choices[index] = foldChoice(choices[index] ?? { index, message: {} }, choice)
  }
  const { id, model, created } = head
  const usage = chunks.findLast((chunk) => chunk.usage)?.usage
  return { id, object: 'chat.completion', created, model, choices, ...(usage ? { usage } : {}) }
}

function foldChoice(whole: JsonObject, choice: JsonObject): JsonObject {
  const message = Object.entries(asObject(choice.delta)).reduce(foldField, asObject(whole.message))
  const finishReason = choice.finish_reason ?? whole.finish_reason ?? null
  return { ...whole, message, logprobs: null, finish_reason: finishReason }
}

function foldField(message: JsonObject, [name, value]: [string, unknown]): JsonObject {
  if (value === null && name in message) return message
  if (name === 'tool_calls')
    return { ...message, [name]: foldCalls(asObjects(message[name]), asObjects(value)) }
  const before = name === 'role' ? undefined : message[name]
  return {
    ...message,
    [name]: typeof before === 'string' && typeof value === 'string' ? before + value : value,
  }
}

function foldCalls(calls: JsonObject[], deltas: JsonObject[]): JsonObject[] {
  const folded = [...calls]
  for (const { index, ...delta } of deltas) {
    const at = Number(index ?? folded.length)
    const call = folded[at] ?? {}
    const before = asObject(call.function)
    const gained = asObject(delta.function)
    const text = `${before.arguments ?? ''}${gained.arguments ?? ''}`
    folded[at] = { ...call, ...delta, function: { ...before, ...gained, arguments: text } }
  }
  return folded
}
