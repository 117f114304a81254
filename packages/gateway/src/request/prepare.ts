/** From a valid request to what the upstream may see: guarded, counted, fitted to the context window. */
import type { Finding, Policy } from '@sluice/guard'
import type { ChatRequest } from '@sluice/protocol'
import { TimeSlice } from '../time-slice.ts'
import { countMessages, countTokens } from '../tokens/count.ts'
import { loadEncoding } from '../tokens/encoding.ts'
import { fitContextWindow } from './context-window.ts'
import { guardPrompt } from './guard-prompt.ts'
import type { Model } from './models.ts'
import { upstreamBody } from './upstream-body.ts'

export interface PrepareOptions {
  policy: Policy
  model: Model
  onOverflow: 'reject' | 'truncate'
  includeUsage: boolean
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
  const { policy, model } = options
  const slice = new TimeSlice(options.signal)
  const guarded = await guardPrompt(request.messages, policy, slice)
  options.onFindings(guarded.findings)
  if (guarded.blocked !== undefined) throw new Blocked('input', blockCategory(guarded.blocked))
  const encoding = await loadEncoding(model.encoding)
  const counts = await countMessages(guarded.messages, encoding, slice)
  const overhead =
    request.tools === undefined
      ? 0
      : await countTokens(JSON.stringify(request.tools), encoding, slice)
  const fit = fitContextWindow(guarded.messages, {
    counts,
    contextWindow: model.contextWindow,
    overhead,
    reserve: request.maxTokens ?? 0,
    onOverflow: options.onOverflow,
    assumedFor: model.isWindowAssumed ? request.modelId : undefined,
  })
  return {
    body: upstreamBody(request, fit.messages, { model, includeUsage: options.includeUsage }),
    tokenCount: fit.tokenCount,
    dropped: fit.dropped,
  }
}
