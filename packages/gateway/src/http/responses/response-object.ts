/** A response as OpenAI's object, made of what the world sees of its completion. */
import type { Feed } from '../../completion/feed.ts'
import { type CompletionLog, EntryKind, entryOf } from '../../completion/log.ts'
import type { Terminal } from '../../completion/terminal.ts'
import { TEXT_CHANNELS } from '../../deltas.ts'
import { mergeFields } from '../merge-fields.ts'
import { failureOf } from '../outcome.ts'
import { addToolCall, type ToolCalls } from '../tool-calls.ts'
import { openAiError } from '../words.ts'
import { type Item, OutputItems, type OutputOptions, type Part } from './output-items.ts'
import { PARTS, partJson } from './parts.ts'
import { sealed } from './reasoning-state.ts'

type Fields = Record<string, unknown>

export type ItemStatus = 'in_progress' | 'completed' | 'incomplete'

/** How a response ended. */
export interface End {
  status: 'completed' | 'incomplete' | 'cancelled' | 'failed'
  /** Why it is not whole. */
  reason?: string
  error?: { code: string; message: string }
}

const ID_PREFIX = 'resp_'

function responseId(requestId: string): string {
  return `${ID_PREFIX}${requestId}`
}

/** The completion that a response is; undefined for what is no name of one. */
export function requestIdOf(id: string): string | undefined {
  return id.startsWith(ID_PREFIX) ? id.slice(ID_PREFIX.length) : undefined
}

export function endOf(terminal: Terminal): End {
  const failure = failureOf(terminal)
  if (failure !== undefined) {
    const { code, message } = openAiError(failure)
    return { status: 'failed', error: { code: code ?? 'server_error', message } }
  }
  if (terminal.status === 'cancelled') return { status: 'cancelled', reason: 'cancelled' }
  if (terminal.status === 'blocked') return { status: 'incomplete', reason: 'content_filter' }
  const [reason] = terminal.report.finishReasons
  if (reason === 'length') return { status: 'incomplete', reason: 'max_output_tokens' }
  if (reason === 'content_filter') return { status: 'incomplete', reason }
  return { status: 'completed' }
}

/** The options of a response's items, as its request has them. */
export function outputOptions({ header: { requestId, echo } }: Feed): OutputOptions {
  const { reasoning, include } = JSON.parse(echo ?? '{}')
  const wantsSummary = typeof reasoning?.summary === 'string'
  const kind = wantsSummary ? 'summary_text' : 'reasoning_text'
  return { requestId, reasoning: kind, hasState: include !== undefined }
}

/** A response that goes on, or has ended with `output`: the JSON of its items. */
export function responseJson(
  { header, log }: Feed,
  ended?: { terminal: Terminal; output: readonly string[] },
): string {
  const { requestId, createdAt, echo } = header
  const { status, reason, error }: Partial<End> = ended === undefined ? {} : endOf(ended.terminal)
  const fields: Fields = {
    id: responseId(requestId),
    object: 'response',
    created_at: seconds(createdAt),
    status: status ?? 'in_progress',
    error: error ?? null,
    incomplete_details: reason === undefined ? null : { reason },
    ...JSON.parse(echo ?? '{}'),
    usage: ended === undefined ? null : usageOf(log, ended.terminal),
  }
  if (status === 'completed') fields.completed_at = completedAt(ended?.terminal)
  const inside = JSON.stringify(fields).slice(1, -1)
  return `{${inside},"output":[${ended?.output.join(',') ?? ''}]}`
}

/** A whole response, as it is now. */
export function responseOf(feed: Feed): string {
  const { terminal, log } = feed
  if (terminal === undefined) return responseJson(feed)
  const output = new OutputItems(outputOptions(feed))
  if (!feed.isRetracted)
    for (let position = log.first; position <= log.top; position += 1) output.take(log, position)
  return responseJson(feed, { terminal, output: outputJson(feed, output, terminal) })
}

/** The items of a response that has ended, each as JSON; an answer without any has an empty text. */
export function outputJson(feed: Feed, output: OutputItems, terminal: Terminal): string[] {
  const { status } = endOf(terminal)
  if (feed.isRetracted) return []
  if (status === 'completed' && output.items.length === 0) output.addEmptyText()
  const last = output.items.at(-1)
  const state = output.hasState ? extensionsIn(feed.log) : {}
  const carrier = Object.keys(state).length > 0 ? output.addState() : undefined
  const calls = callsIn(feed.log)
  return output.items.map((item) => {
    const isOpen = item.call !== undefined || item === output.speaking
    const isCut = status !== 'completed' && isOpen && item === last
    const own = item === carrier ? state : stateOf(item, feed.log, output)
    return itemJson(item, feed.log, {
      status: isCut ? 'incomplete' : 'completed',
      calls,
      state: own,
    })
  })
}

/** What a provider wants back of an item's reasoning: the text, in its own field. */
export function stateOf(
  { type, parts }: Item,
  log: CompletionLog,
  { hasState }: OutputItems,
): Fields | undefined {
  const [part] = parts
  if (!hasState || type !== 'reasoning' || part === undefined) return undefined
  const { channel } = entryOf(log.tag(part.from))
  const text = JSON.parse(`"${textIn(log, part)}"`)
  return { [TEXT_CHANNELS[channel]?.field ?? 'reasoning_content']: text }
}

/** An item with its texts. */
export function itemJson(
  item: Item,
  log: CompletionLog,
  { status, calls, state }: { status: ItemStatus; calls?: ToolCalls; state?: Fields | undefined },
): string {
  const { call, parts } = item
  const isEmpty = status === 'in_progress'
  if (call !== undefined)
    return callJson(item, isEmpty ? undefined : calls?.get(call.index), status)
  const texts = isEmpty ? [] : parts.map((part) => partJson(part.kind, textIn(log, part)))
  const list = PARTS[parts[0]?.kind ?? 'output_text'].list
  const sealedState = state === undefined ? '' : `,"encrypted_content":"${sealed(state)}"`
  const head = `{"id":"${item.id}","type":"${item.type}","status":"${status}"${sealedState}`
  if (item.type === 'message') return `${head},"role":"assistant","content":[${texts}]}`
  return list === 'summary'
    ? `${head},"summary":[${texts}]}`
    : `${head},"summary":[],"content":[${texts}]}`
}

function callJson({ id, call }: Item, said: Fields | undefined, status: ItemStatus): string {
  const { id: _id, type: _type, index: _index, function: called, ...extensions } = said ?? {}
  const { arguments: text = '' } = (called ?? {}) as { arguments?: string }
  const known = { id, type: 'function_call', status, call_id: call?.id, name: call?.name }
  return JSON.stringify({ ...extensions, ...known, arguments: text })
}

/** What a log has of each call, by its number. */
function callsIn(log: CompletionLog): ToolCalls {
  const calls: ToolCalls = new Map()
  for (let position = log.first; position <= log.top; position += 1) {
    const { tag, bytes, start, end } = log.read(position)
    if (entryOf(tag).kind === EntryKind.toolCall)
      addToolCall(calls, JSON.parse(bytes.toString('utf8', start, end)))
  }
  return calls
}

/** The fields of an answer's message that only some providers have. */
function extensionsIn(log: CompletionLog): Fields {
  let extensions: Fields = {}
  for (let position = log.first; position <= log.top; position += 1) {
    const { tag, bytes, start, end } = log.read(position)
    if (entryOf(tag).kind === EntryKind.extension)
      extensions = mergeFields(extensions, JSON.parse(bytes.toString('utf8', start, end)))
  }
  return extensions
}

/** The text of a part, as the inside of a JSON string. */
export function textIn(log: CompletionLog, { from, to }: Part): string {
  let inside = ''
  for (let position = Math.max(from, log.first); position <= to; position += 1) {
    const { tag, bytes, start, end } = log.read(position)
    if (entryOf(tag).kind === EntryKind.text) inside += bytes.toString('utf8', start, end)
  }
  return inside
}

/** The sums are ours, the details the upstream's. */
function usageOf(log: CompletionLog, { report }: Terminal): Fields {
  const { prompt_tokens_details: prompt, completion_tokens_details: completion } = usageIn(log)
  return {
    input_tokens: report.tokensIn,
    input_tokens_details: { cached_tokens: prompt?.cached_tokens ?? 0 },
    output_tokens: report.tokensOut,
    output_tokens_details: { reasoning_tokens: completion?.reasoning_tokens ?? 0 },
    total_tokens: report.tokensIn + report.tokensOut,
  }
}

function usageIn(log: CompletionLog): Record<string, Record<string, number> | undefined> {
  for (let position = log.top; position >= log.first; position -= 1) {
    const { tag, bytes, start, end } = log.read(position)
    if (entryOf(tag).kind === EntryKind.usage) return JSON.parse(bytes.toString('utf8', start, end))
  }
  return {}
}

function completedAt(terminal: Terminal | undefined): number {
  const { startedAt = 0, latencyMs = 0 } = terminal?.report ?? {}
  return seconds(startedAt + latencyMs)
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000)
}
