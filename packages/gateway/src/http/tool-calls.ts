/** The tool calls of an answer, put together from the entries of its log. */
import { mergeFields } from './merge-fields.ts'

type Fields = Record<string, unknown>

/** By the number of each call. */
export type ToolCalls = Map<number, Fields>

/** What an entry of the log says of a tool call. */
export type ToolCallPart = Fields & {
  index: number
  function: { name?: string; arguments?: string }
}

export function addToolCall(calls: ToolCalls, { index, function: part, ...fields }: ToolCallPart) {
  const known = calls.get(index) ?? { id: '', type: 'function', function: {} }
  const called = known.function as ToolCallPart['function']
  calls.set(index, {
    ...mergeFields(known, fields),
    function: {
      name: (called.name ?? '') + (part.name ?? ''),
      arguments: (called.arguments ?? '') + (part.arguments ?? ''),
    },
  })
}
