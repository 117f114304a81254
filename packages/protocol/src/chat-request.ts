/** What a client may ask for: the `payload` of an `init`. Messages have the form of OpenAI's chat completions. */

/**
 * One call of a tool, as an assistant's message carries it. `arguments` is JSON as text. Other fields are those of the
 * provider that it wants back, such as `extra_content`.
 */
export interface ToolCall {
  id: string
  type: 'function'
  function: { name: string; arguments: string }
  [extension: string]: unknown
}

/** A message of the system, a developer or a user. */
export interface TextMessage {
  role: 'system' | 'developer' | 'user'
  content: string
  name?: string | undefined
}

/**
 * A message of the model; `content` may be null where it only calls tools. Other fields are those of the provider that it
 * wants back, such as `reasoning_content` and `reasoning_details`.
 */
export interface AssistantMessage {
  role: 'assistant'
  content?: string | null | undefined
  name?: string | undefined
  tool_calls?: ToolCall[] | undefined
  [extension: string]: unknown
}

/** The result of a tool; `tool_call_id` names the call that it answers. */
export interface ToolMessage {
  role: 'tool'
  content: string
  tool_call_id: string
}

export type ChatMessage = TextMessage | AssistantMessage | ToolMessage

/** A tool that the model may call; `parameters` is a JSON Schema. */
export interface ChatTool {
  type: 'function'
  function: {
    name: string
    description?: string | undefined
    parameters?: Record<string, unknown> | undefined
    strict?: boolean | null | undefined
  }
}

/** A request for a chat completion. Only `modelId` and `messages` are needed. */
export interface ChatRequest {
  modelId: string
  messages: ChatMessage[]
  /** 0 to 2; absent: the upstream's default. */
  temperature?: number | undefined
  /** The longest answer wanted, in tokens; reserved when the context window is checked. */
  maxTokens?: number | undefined
  /** Nucleus sampling, 0 to 1. */
  topP?: number | undefined
  /** At most 4 texts that end the answer. */
  stop?: string | string[] | undefined
  seed?: number | undefined
  tools?: ChatTool[] | undefined
  toolChoice?: 'none' | 'auto' | 'required' | Record<string, unknown> | undefined
  responseFormat?: Record<string, unknown> | undefined
  /** How many answers, 1 to 8. Default 1. */
  n?: number | undefined
  /** Whether the model may call several tools at once. */
  parallelToolCalls?: boolean | undefined
  /** How much a reasoning model thinks, in the provider's words: `low`, `medium`, `high` and others. */
  reasoningEffort?: string | undefined
  /** -2 to 2. */
  frequencyPenalty?: number | undefined
  /** -2 to 2. */
  presencePenalty?: number | undefined
  /** Asks for log probabilities. They carry the raw tokens, so they pass only without a policy. */
  logprobs?: boolean | undefined
  /** How many alternatives for each token, 0 to 20. */
  topLogprobs?: number | undefined
}
