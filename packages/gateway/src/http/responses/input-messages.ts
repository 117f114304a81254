/** The input of a response as the messages of a chat: what the model said between two others is one message of its. */
import type { ResponsesItem, ResponsesRequest } from '@sluice/protocol/responses-schema'

type Fields = Record<string, unknown>

/** A message of the model, as far as its items have come. */
interface Turn {
  texts: string[]
  reasoning: string[]
  calls: Fields[]
}

/** Our names of an item's fields, and what only says how the item stood. */
const OF_CALL = new Set(['type', 'id', 'call_id', 'name', 'arguments', 'status', 'namespace'])

export function inputMessages({ instructions, input }: ResponsesRequest): Fields[] {
  const messages: Fields[] = []
  if (typeof instructions === 'string' && instructions !== '')
    messages.push({ role: 'system', content: instructions })
  let turn: Turn | undefined
  for (const item of input) {
    const isModels = item.type === 'reasoning' || item.type === 'function_call' || isAnswer(item)
    if (turn !== undefined && (!isModels || isNext(turn, item))) {
      messages.push(...messageOf(turn))
      turn = undefined
    }
    if (isModels) {
      turn ??= { texts: [], reasoning: [], calls: [] }
      addItem(turn, item)
    } else messages.push(otherMessage(item))
  }
  if (turn !== undefined) messages.push(...messageOf(turn))
  return messages
}

function isAnswer(item: ResponsesItem): boolean {
  return 'role' in item && item.role === 'assistant'
}

/** Calls and their results must not be separated, so nothing begins another message once there is a call. */
function isNext({ texts, calls }: Turn, item: ResponsesItem): boolean {
  return calls.length === 0 && texts.length > 0 && item.type !== 'function_call'
}

function addItem(turn: Turn, item: ResponsesItem): void {
  if (item.type === 'function_call') turn.calls.push(toolCall(item))
  else if (item.type === 'reasoning')
    turn.reasoning.push(...(item.content ?? item.summary ?? []).map(({ text }) => text))
  else if ('role' in item) turn.texts.push(item.content)
}

function messageOf({ texts, reasoning, calls }: Turn): Fields[] {
  if (texts.length === 0 && calls.length === 0) return []
  return [
    {
      role: 'assistant',
      content: texts.length === 0 ? null : texts.join('\n'),
      ...(reasoning.length === 0 ? {} : { reasoning_content: reasoning.join('\n') }),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
    },
  ]
}

function otherMessage(item: ResponsesItem): Fields {
  if (item.type === 'function_call_output')
    return { role: 'tool', tool_call_id: item.call_id, content: item.output }
  return 'role' in item ? { role: item.role, content: item.content } : {}
}

function toolCall(item: Extract<ResponsesItem, { type: 'function_call' }>): Fields {
  const extensions = Object.entries(item).filter(([field]) => !OF_CALL.has(field))
  const called = { name: item.name, arguments: item.arguments }
  return { ...Object.fromEntries(extensions), id: item.call_id, type: 'function', function: called }
}
