/** What a client may ask for: the `payload` of an `init`. Messages have the form of OpenAI's chat completions. */

/** One call of a tool, as an assistant's message carries it. `arguments` is JSON as text. */
export interface ToolCall {
  id: string
  type: 'function'
  function: { name: string; arguments: string }
}

/** A message of the system, a developer or a user. */
export interface TextMessage {
  role: 'system' | 'developer' | 'user'
  content: string
  name?: string | undefined
}

/** A message of the model; `content` may be null where it only calls tools. */
export interface AssistantMessage {
  role: 'assistant'
  content?: string | null | undefined
  name?: string | undefined
  tool_calls?: ToolCall[] | undefined
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
}
