/** The body of a chat-completions request, without what the model refuses. */
import type { ChatRequest } from '@sluice/protocol'
import type { EncodeOptions } from '../format.ts'

export function encodeRequest(request: ChatRequest, options: EncodeOptions): string {
  const { parameters, includeUsage } = options
  const fields: Record<string, unknown> = {
    model: request.modelId,
    messages: request.messages,
    temperature: request.temperature,
    top_p: request.topP,
    [parameters.maxTokensField]: request.maxTokens,
    n: request.n,
    stop: request.stop,
    seed: request.seed,
    frequency_penalty: request.frequencyPenalty,
    presence_penalty: request.presencePenalty,
    reasoning_effort: request.reasoningEffort,
    tools: request.tools,
    tool_choice: request.toolChoice,
    parallel_tool_calls: request.parallelToolCalls,
    response_format: request.responseFormat,
    logprobs: request.logprobs,
    top_logprobs: request.topLogprobs,
    stream: true,
    stream_options: includeUsage ? { include_usage: true } : undefined,
  }
  for (const field of parameters.omit) delete fields[field]
  return JSON.stringify(fields)
}
