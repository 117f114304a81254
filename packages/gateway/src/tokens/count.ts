/** Counts tokens without ever holding the event loop: however long the texts and however many, turn by turn. */
import type { ChatMessage } from '@sluice/protocol'
import type { Task } from '../scheduler.ts'
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

export interface CountOptions {
  encoding: Encoding
  /** Whose turns on the event loop the counting takes. */
  task: Task
  /** Counting stops beyond this many tokens, since more cannot matter. Default: never. */
  limit?: number
}

/** Tokens of a text; what is over the limit is a lower bound. Rejects as the task does. */
export async function countTokens(text: string, options: CountOptions): Promise<number> {
  const { encoding, task, limit = Number.POSITIVE_INFINITY } = options
  const steps = encoding.steps(text)
  for (let step = steps.next(); ; step = steps.next()) {
    if (task.isOver()) await task.next()
    if (step.done === true || step.value > limit) return step.value
  }
}

/** Characters of pieces that are counted together: a token is seldom cut in two. */
const BATCH_CHARACTERS = 16_384

/** Tokens of a text that comes in pieces; what is over the limit is a lower bound. Rejects as the task does. */
export async function countPieces(
  pieces: Iterable<string>,
  options: CountOptions,
): Promise<number> {
  const { limit = Number.POSITIVE_INFINITY } = options
  let count = 0
  let batch = ''
  for (const piece of pieces) {
    batch += piece
    if (batch.length < BATCH_CHARACTERS) continue
    count += await countTokens(batch, { ...options, limit: limit - count })
    batch = ''
    if (count > limit) return count
  }
  return count + (await countTokens(batch, { ...options, limit: limit - count }))
}

/**
 * What each message adds to a prompt, overhead included, in the messages' order. Counts what is always sent first, then
 * from the newest message on; when the limit is passed, the messages that are left count as 0.
 */
export async function countMessages(
  messages: readonly ChatMessage[],
  options: CountOptions,
): Promise<number[]> {
  const counts = messages.map(() => 0)
  let { limit = Number.POSITIVE_INFINITY } = options
  for (const i of byImportance(messages)) {
    const count = await countMessage(messages[i] as ChatMessage, { ...options, limit })
    counts[i] = count
    limit -= count
    if (limit < 0) break
  }
  return counts
}

async function countMessage(message: ChatMessage, options: CountOptions): Promise<number> {
  let count = TOKENS_PER_MESSAGE
  for (const part of textsOf(message)) count += await countTokens(part, options)
  if ('name' in message && message.name !== undefined) count += TOKENS_PER_NAME
  if ('tool_calls' in message) count += TOKENS_PER_TOOL_CALL * (message.tool_calls?.length ?? 0)
  return count
}

/** Indices of the instructions, which are always sent, then of the other messages from the newest on. */
function byImportance(messages: readonly ChatMessage[]): number[] {
  const isInstruction = (i: number) => isFixed(messages[i] as ChatMessage)
  const indices = messages.map((_, i) => i)
  return [...indices.filter(isInstruction), ...indices.filter((i) => !isInstruction(i)).reverse()]
}

/** Whether a message is an instruction: a sliding window never leaves it out. */
export function isFixed({ role }: ChatMessage): boolean {
  return role === 'system' || role === 'developer'
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
