/** The body that the upstream gets: OpenAI's chat-completions request, without what the model refuses. */
import type { ChatMessage, ChatRequest } from '@sluice/protocol'
import type { Model } from './models.ts'

/** The request as JSON. `messages` are the guarded and fitted ones, never the client's own. */
export function upstreamBody(
  request: ChatRequest,
  messages: readonly ChatMessage[],
  options: { model: Model; includeUsage: boolean },
): string {
  const { model, includeUsage } = options
  const fields: Record<string, unknown> = {
    model: request.modelId,
    messages,
    temperature: request.temperature,
    top_p: request.topP,
    [model.maxTokensField]: request.maxTokens,
    stop: request.stop,
    seed: request.seed,
    tools: request.tools,
    tool_choice: request.toolChoice,
    response_format: request.responseFormat,
    stream: true,
    stream_options: includeUsage ? { include_usage: true } : undefined,
  }
  for (const field of model.omit) delete fields[field]
  return JSON.stringify(fields)
}
