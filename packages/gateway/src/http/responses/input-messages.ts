/** The input of a response as the messages of a chat: what the model said between two others is one message of its. */
import type { ResponsesItem, ResponsesRequest } from '@sluice/protocol/responses-schema'
import { TEXT_CHANNELS } from '../../deltas.ts'
import type { RequestReader } from '../../dialects/request-reader.ts'
import { opened } from './reasoning-state.ts'

type Fields = Record<string, unknown>
type ReasoningItem = Extract<ResponsesItem, { type: 'reasoning' }>

/** A message of the model, as far as its items have come. */
interface Turn {
  texts: string[]
  /** By the field in which the provider has it. */
  reasoning: Map<string, string[]>
  /** Other fields that the provider wants back. */
  state: Fields
  calls: Fields[]
}

/** Our names of an item's fields, and what only says how the item stood. */
const OF_CALL = new Set(['type', 'id', 'call_id', 'name', 'arguments', 'status', 'namespace'])
const REASONING_FIELDS: readonly string[] = TEXT_CHANNELS.filter(
  ({ name }) => name === 'reasoning',
).map(({ field }) => field)

/** @throws GatewayError `invalid_message` or `invalid_request`, for what the model's reasoning brings back */
export function inputMessages(
  { instructions, input }: ResponsesRequest,
  reader: RequestReader,
): Fields[] {
  const states = statesOf(input, reader)
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
      turn ??= { texts: [], reasoning: new Map(), state: {}, calls: [] }
      addItem(turn, item, states.get(item))
    } else messages.push(otherMessage(item))
  }
  if (turn !== undefined) messages.push(...messageOf(turn))
  return messages
}

/** What the items of reasoning bring back, by item. */
function statesOf(input: ResponsesRequest['input'], reader: RequestReader) {
  const items = input.filter((item) => item.type === 'reasoning')
  const states = opened(
    items.map(({ encrypted_content: state }) => state),
    reader,
  )
  return new Map<ResponsesItem, Fields | undefined>(items.map((item, i) => [item, states[i]]))
}

function isAnswer(item: ResponsesItem): boolean {
  return 'role' in item && item.role === 'assistant'
}

/** Calls and their results must not be separated, so nothing begins another message once there is a call. */
function isNext({ texts, calls }: Turn, item: ResponsesItem): boolean {
  return calls.length === 0 && texts.length > 0 && item.type !== 'function_call'
}

function addItem(turn: Turn, item: ResponsesItem, state: Fields | undefined): void {
  if (item.type === 'function_call') turn.calls.push(toolCall(item))
  else if (item.type === 'reasoning') addReasoning(turn, state ?? reasoningOf(item))
  else if ('role' in item) turn.texts.push(item.content)
}

function reasoningOf({ content, summary }: ReasoningItem): Fields {
  const texts = content ?? summary ?? []
  return texts.length === 0 ? {} : { reasoning_content: texts.map(({ text }) => text).join('\n') }
}

function addReasoning({ reasoning, state }: Turn, fields: Fields): void {
  for (const [field, value] of Object.entries(fields)) {
    if (!REASONING_FIELDS.includes(field)) state[field] = value
    else reasoning.set(field, [...(reasoning.get(field) ?? []), String(value)])
  }
}

function messageOf({ texts, reasoning, state, calls }: Turn): Fields[] {
  if (texts.length === 0 && calls.length === 0) return []
  return [
    {
      ...state,
      ...Object.fromEntries([...reasoning].map(([field, said]) => [field, said.join('\n')])),
      role: 'assistant',
      content: texts.length === 0 ? null : texts.join('\n'),
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
