/** From a valid request to what the upstream may see: guarded, counted, fitted to the context window. */
import type { Finding, Policy } from '@sluice/guard'
import type { ChatRequest } from '@sluice/protocol'
import type { Scheduler } from '../scheduler.ts'
import { countMessages, countTokens } from '../tokens/count.ts'
import { loadEncoding } from '../tokens/encoding.ts'
import { fitContextWindow } from './context-window.ts'
import { guardRequest } from './guard-request.ts'
import { type Model, OTHER_MODEL } from './models.ts'
import { upstreamBody } from './upstream-body.ts'

export interface PrepareOptions {
  policy: Policy
  model: Model
  onOverflow: 'reject' | 'truncate'
  includeUsage: boolean
  scheduler: Scheduler
  /** Whose turns the work takes. */
  client: string
  signal: AbortSignal
  /** Told what the guard found, also when it blocks. */
  onFindings: (findings: readonly Finding[]) => void
}

export interface PreparedRequest {
  /** JSON for the upstream. */
  body: string
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
 * @throws GatewayError `context_window_exceeded`
 */
export async function prepareRequest(
  request: ChatRequest,
  options: PrepareOptions,
): Promise<PreparedRequest> {
  const { policy, model, scheduler, client, signal, onFindings } = options
  const task = scheduler.task(client, signal)
  const isKnownModel = model.label !== OTHER_MODEL
  const guarded = await guardRequest(request, { policy, task, onFindings, isKnownModel })
  if ('blocked' in guarded) throw new Blocked('input', blockCategory(guarded.blocked))
  const encoding = await loadEncoding(model.encoding)
  const limit = countingLimit(model.contextWindow)
  const counting = { encoding, task, limit }
  const overhead = await countTokens(definitionsOf(guarded.request), counting)
  const counts = await countMessages(guarded.request.messages, counting)
  const fit = fitContextWindow(guarded.request.messages, {
    counts,
    contextWindow: model.contextWindow,
    overhead,
    reserve: request.maxTokens ?? 0,
    onOverflow: options.onOverflow,
    assumedFor: model.isWindowAssumed ? request.modelId : undefined,
  })
  return {
    body: upstreamBody(guarded.request, fit.messages, {
      model,
      includeUsage: options.includeUsage,
    }),
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

/** What the model reads besides the messages, as text: providers write it into the prompt in forms of their own. */
function definitionsOf({ tools, toolChoice, responseFormat, messages }: ChatRequest): string {
  const ids = messages.flatMap((message) => {
    if ('tool_call_id' in message) return [message.tool_call_id]
    return 'tool_calls' in message ? (message.tool_calls ?? []).map(({ id }) => id) : []
  })
  const parts = [tools, typeof toolChoice === 'object' ? toolChoice : undefined, responseFormat]
  return [
    ...parts.flatMap((part) => (part === undefined ? [] : [JSON.stringify(part)])),
    ...ids,
  ].join('\n')
}
