/** Whether a conversation fits its model's context window, and which messages to leave out if it does not. */
import type { ChatMessage } from '@sluice/protocol'
import { GatewayError } from '../errors.ts'
import { isFixed, promptTokens } from '../tokens/count.ts'

export interface FitOptions {
  /** Tokens of each message, overhead included. */
  counts: readonly number[]
  /** Tokens that the prompt has besides its messages: tools, formats, ids. */
  overhead: number
  /** Tokens of prompt and answer together; undefined: no limit. */
  contextWindow: number | undefined
  /** Tokens kept for the answer. */
  reserve: number
  onOverflow: 'reject' | 'truncate'
  /** The model's window is not known, and the profile's default stands in. */
  isAssumed?: boolean | undefined
}

export interface Fit {
  messages: readonly ChatMessage[]
  tokenCount: number
  /** How many messages were left out. */
  dropped: number
}

/**
 * Fits a conversation into the window: as it is, or (`truncate`) as the system's messages and the newest turns.
 * @throws GatewayError `context_window_exceeded`, its text giving the arithmetic
 */
export function fitContextWindow(messages: readonly ChatMessage[], options: FitOptions): Fit {
  const { counts, contextWindow, reserve } = options
  const tokenCount = promptTokens(counts) + options.overhead
  if (contextWindow === undefined || tokenCount + reserve <= contextWindow) {
    return { messages, tokenCount, dropped: 0 }
  }
  const kept = options.onOverflow === 'truncate' ? newestThatFit(messages, options) : undefined
  if (kept === undefined) throw exceeded(tokenCount, options)
  return {
    messages: messages.filter((_, i) => kept.has(i)),
    tokenCount: promptTokens(counts.filter((_, i) => kept.has(i))) + options.overhead,
    dropped: messages.length - kept.size,
  }
}

/** Indices of the messages to keep, or undefined if not even the newest turn fits beside the system's messages. */
function newestThatFit(
  messages: readonly ChatMessage[],
  options: FitOptions,
): Set<number> | undefined {
  const kept = new Set(messages.flatMap((message, i) => (isFixed(message) ? [i] : [])))
  const sum = (indices: Iterable<number>) =>
    [...indices].reduce((total, i) => total + (options.counts[i] ?? 0), 0)
  let room =
    (options.contextWindow ?? 0) - options.reserve - options.overhead - promptTokens([]) - sum(kept)
  let turns = 0
  for (const turn of turnsFromNewest(messages, kept)) {
    const cost = sum(turn)
    if (cost > room) break
    room -= cost
    turns += 1
    for (const index of turn) kept.add(index)
  }
  return turns === 0 ? undefined : kept
}

/** Groups that only make sense together: tool results stay with the call that they answer. */
function turnsFromNewest(messages: readonly ChatMessage[], fixed: ReadonlySet<number>): number[][] {
  const turns: number[][] = []
  let results: number[] = []
  for (let i = messages.length - 1; i >= 0; i -= 1) {
    if (fixed.has(i)) continue
    if (messages[i]?.role === 'tool') {
      results.unshift(i)
    } else {
      turns.push([i, ...results])
      results = []
    }
  }
  return turns
}

function exceeded(tokenCount: number, options: FitOptions): GatewayError {
  const { contextWindow, reserve, isAssumed = false } = options
  const needed = tokenCount + reserve
  const parts =
    reserve === 0 ? '' : ` (${tokenCount} tokens of prompt + ${reserve} reserved by maxTokens)`
  const assumption = isAssumed
    ? `. The window of this model is not known, so ${contextWindow} is assumed; the gateway's operator can say what it is`
    : ''
  return new GatewayError(
    'context_window_exceeded',
    `Context window exceeded: ${needed} > ${contextWindow}${parts}${assumption}`,
    isAssumed ? { detail: 'models.<name>.contextWindow in sluice.yaml' } : {},
  )
}
