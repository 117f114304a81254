/** Counts tokens without ever holding the event loop: however long the texts and however many, in slices. */
import type { ChatMessage } from '@sluice/protocol'
import { TimeSlice } from '../time-slice.ts'
import type { Encoding } from './encoding.ts'

/**
 * Overhead of the chat format, from OpenAI's cookbook ("How to count tokens with tiktoken"): three tokens a message, one
 * for a name, and three that prime the answer.
 */
const TOKENS_PER_MESSAGE = 3
const TOKENS_PER_NAME = 1
const TOKENS_PRIMING = 3
/** A tool call is written out with its name and arguments; its frame costs about this much. */
const TOKENS_PER_TOOL_CALL = 8

/** Tokens of a text. Rejects as the slice does. */
export async function countTokens(
  text: string,
  encoding: Encoding,
  slice = new TimeSlice(),
): Promise<number> {
  const steps = encoding.steps(text)
  for (let step = steps.next(); ; step = steps.next()) {
    if (slice.isOver) await slice.next()
    if (step.done === true) return step.value
  }
}

/** What each message adds to a prompt, overhead included, in the messages' order. */
export async function countMessages(
  messages: readonly ChatMessage[],
  encoding: Encoding,
  slice = new TimeSlice(),
): Promise<number[]> {
  const counts: number[] = []
  for (const message of messages) {
    let count = TOKENS_PER_MESSAGE
    for (const part of textsOf(message)) count += await countTokens(part, encoding, slice)
    if ('name' in message && message.name !== undefined) count += TOKENS_PER_NAME
    if ('tool_calls' in message) count += TOKENS_PER_TOOL_CALL * (message.tool_calls?.length ?? 0)
    counts.push(count)
  }
  return counts
}

/** Tokens of a whole prompt, given its messages' counts. */
export function promptTokens(messageCounts: readonly number[]): number {
  return messageCounts.reduce((sum, count) => sum + count, TOKENS_PRIMING)
}

function* textsOf(message: ChatMessage): Generator<string> {
  yield message.role
  if (typeof message.content === 'string') yield message.content
  if ('name' in message && message.name !== undefined) yield message.name
  if (!('tool_calls' in message)) return
  for (const call of message.tool_calls ?? []) {
    yield call.function.name
    yield call.function.arguments
  }
}
