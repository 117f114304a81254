/** Messages of the AI SDK as messages of a request: texts, and calls of tools with their results. */
import type { ChatMessage, ToolCall, ToolMessage } from '@sluice/protocol'
import type { UIMessage } from 'ai'
import { SluiceError } from './sluice-error.ts'

/** What of a tool's part is used. */
interface ToolPart {
  type: string
  toolName?: string
  toolCallId: string
  state: string
  input?: unknown
  output?: unknown
  errorText?: string
}

/** @throws SluiceError `invalid_request` for files, which are not sent */
export function chatMessagesOf(messages: readonly UIMessage[]): ChatMessage[] {
  return messages.flatMap((message) =>
    message.role === 'assistant'
      ? stepsOf(message).flatMap(assistantMessages)
      : [{ role: message.role, content: textOf(message.parts) }],
  )
}

/** An assistant's message holds several turns: the model, tools, the model again. */
function stepsOf({ parts }: UIMessage): UIMessage['parts'][] {
  const steps: UIMessage['parts'][] = [[]]
  for (const part of parts) {
    if (part.type === 'step-start') steps.push([])
    else steps.at(-1)?.push(part)
  }
  return steps.filter((step) => step.length > 0)
}

function assistantMessages(parts: UIMessage['parts']): ChatMessage[] {
  const content = textOf(parts)
  // A call without a result is none to any model.
  const tools = toolPartsOf(parts).filter(({ state }) => state.startsWith('output-'))
  if (tools.length === 0) return content === '' ? [] : [{ role: 'assistant', content }]
  const calls = tools.map(toolCallOf)
  return [
    { role: 'assistant', content: content === '' ? null : content, tool_calls: calls },
    ...tools.map(resultOf),
  ]
}

function textOf(parts: UIMessage['parts']): string {
  if (parts.some(({ type }) => type === 'file')) {
    throw new SluiceError('invalid_request', 'Files in messages are not sent: only text is')
  }
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
}

function toolPartsOf(parts: readonly { type: string }[]): ToolPart[] {
  return parts.flatMap((part) => (isToolPart(part) ? [part] : []))
}

function isToolPart(part: { type: string }): part is ToolPart {
  return (part.type.startsWith('tool-') || part.type === 'dynamic-tool') && 'toolCallId' in part
}

function toolCallOf({ type, toolName, toolCallId, input }: ToolPart): ToolCall {
  const name = toolName ?? type.slice('tool-'.length)
  return {
    id: toolCallId,
    type: 'function',
    function: { name, arguments: JSON.stringify(input ?? {}) },
  }
}

function resultOf({ toolCallId, output, errorText }: ToolPart): ToolMessage {
  const result = errorText ?? output
  const content = typeof result === 'string' ? result : (JSON.stringify(result) ?? '')
  return { role: 'tool', content, tool_call_id: toolCallId }
}
