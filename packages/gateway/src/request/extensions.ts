/** The extension fields of an assistant's message and of its tool calls: what a provider wants back and we do not read. */
import type { AssistantMessage, ToolCall } from '@sluice/protocol'

const KNOWN = new Set(['role', 'content', 'name', 'tool_calls', 'id', 'type', 'function'])

export function extensionsOf(fields: AssistantMessage | ToolCall): [string, unknown][] {
  return Object.entries(fields).filter(([field]) => !KNOWN.has(field))
}
