/** From a valid request to what the upstream may see: guarded, counted, fitted to the context window. */
import type { Policy, Pseudonyms, Role } from '@sluice/guard'
import type { ChatMessage, ChatRequest } from '@sluice/protocol'
import type { Scheduler } from '../scheduler.ts'
import { countMessages, countPieces } from '../tokens/count.ts'
import { loadEncoding } from '../tokens/encoding.ts'
import { fitContextWindow } from './context-window.ts'
import { detectTexts } from './detected-texts.ts'
import { extensionsOf } from './extensions.ts'
import type { FindingCounts } from './finding-counts.ts'
import { guardRequest } from './guard-request.ts'
import { jsonPieces } from './json-pieces.ts'
import { type Model, OTHER_MODEL } from './models.ts'
import { withInstruction } from './stand-in-instruction.ts'

export interface PrepareOptions {
  policy: Policy
  /** Roles that are trusted of this client, beside the policy's. */
  trustedRoles?: readonly Role[] | undefined
  model: Model
  onOverflow: 'reject' | 'truncate'
  scheduler: Scheduler
  /** Whose turns the work takes. */
  client: string
  signal: AbortSignal
  /** Takes in what is found, also when it blocks. */
  findings: FindingCounts
  /** Takes in what is replaced by stand-ins; undefined where the policy makes none. */
  standIns?: Pseudonyms | undefined
}

export interface PreparedRequest {
  /** What the upstream may see. */
  request: ChatRequest
  tokenCount: number
  dropped: number
}

/** Thrown when the guard blocks: not an error, but the end of the completion. */
export class Blocked {
  readonly direction: 'input' | 'output'
  readonly category: 'pii' | 'safety'

  constructor(direction: 'input' | 'output', category: 'pii' | 'safety') {
    this.direction = direction
    this.category = category
  }
}

/** Which of the two public reasons a block has. */
export function blockCategory(block: { category?: string | undefined }): 'pii' | 'safety' {
  return block.category === 'safety' ? 'safety' : 'pii'
}

/**
 * @throws Blocked if the guard stops the prompt
 * @throws GatewayError `context_window_exceeded`, `overloaded` if a detector cannot judge a text, or `input_blocked` for
 *   too many values that need a stand-in
 */
export async function prepareRequest(
  request: ChatRequest,
  options: PrepareOptions,
): Promise<PreparedRequest> {
  const { policy, trustedRoles, model, signal, findings, standIns } = options
  const onUnjudged = (detector: string) => findings.addUnjudged('input', detector)
  const detecting = { trustedRoles, scope: options.client, signal, onUnjudged }
  const spansOf = await detectTexts(request.messages, policy, detecting)
  const task = options.scheduler.task(options.client, signal)
  const isKnownModel = model.label !== OTHER_MODEL
  const scan = { policy, trustedRoles, task, spansOf, findings, isKnownModel, standIns }
  const guarded = await guardRequest(request, scan)
  if ('blocked' in guarded) throw new Blocked('input', blockCategory(guarded.blocked))
  const asked = withInstruction(guarded.request, { policy, standIns })
  const encoding = await loadEncoding(model.encoding)
  const limit = countingLimit(model.contextWindow)
  const counting = { encoding, task, limit }
  const overhead = await countPieces(definitionsOf(asked), counting)
  const counts = await countMessages(asked.messages, counting)
  const fit = fitContextWindow(asked.messages, {
    counts,
    contextWindow: model.contextWindow,
    overhead,
    reserve: request.maxTokens ?? 0,
    onOverflow: options.onOverflow,
    isAssumed: model.isWindowAssumed,
  })
  return {
    request: { ...asked, messages: [...fit.messages] },
    tokenCount: fit.tokenCount,
    dropped: fit.dropped,
  }
}

/**
 * Where counting stops: far enough beyond the window that a refusal states a telling number, near enough that a prompt of
 * megabytes costs no more than the window allows.
 */
function countingLimit(contextWindow: number | undefined): number {
  return contextWindow === undefined ? Number.POSITIVE_INFINITY : 2 * contextWindow + 10_000
}

/** What the model reads besides the messages' content, as text: providers write it into the prompt in forms of their own. */
function* definitionsOf(request: ChatRequest): Generator<string> {
  const { tools, toolChoice, responseFormat, messages } = request
  const choice = typeof toolChoice === 'object' ? toolChoice : undefined
  for (const part of [tools, choice, responseFormat]) {
    if (part === undefined) continue
    yield* jsonPieces(part)
    yield '\n'
  }
  for (const message of messages) for (const text of extrasOf(message)) yield `${text}\n`
}

/** Ids and extension fields of a message. */
function extrasOf(message: ChatMessage): string[] {
  if (message.role === 'tool') return [message.tool_call_id]
  if (message.role !== 'assistant') return []
  const calls = message.tool_calls ?? []
  const extensions = [message, ...calls].flatMap(extensionsOf)
  return [...calls.map(({ id }) => id), ...extensions.map(([, value]) => JSON.stringify(value))]
}
