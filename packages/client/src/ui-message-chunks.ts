/** The events of a completion as the chunks that the AI SDK builds a message from. Only the first choice is shown. */
import type { ToolCallDelta } from '@sluice/protocol'
import type { FinishReason, UIMessageChunk } from 'ai'
import type { Completion, CompletionEvent, TextEvent } from './completion.ts'
import { SluiceError } from './sluice-error.ts'

export interface ChunkOptions {
  /** The answer goes on in a message that is there, and keeps its id. */
  isContinued: boolean
  onRetracted: (reason: string) => void
}

const FINISH_REASONS: Record<string, FinishReason> = {
  stop: 'stop',
  length: 'length',
  content_filter: 'content-filter',
  tool_calls: 'tool-calls',
}

/** The whole message, from `start` to `finish`, `abort` or `error`. Throws only what an aborted signal gave. */
export async function* chunksOf(
  completion: Completion,
  { isContinued, onRetracted }: ChunkOptions,
): AsyncGenerator<UIMessageChunk> {
  const parts = new Parts()
  try {
    await completion.acknowledged
    // The same id for each replay: what a page had kept of this message is replaced.
    const messageId = isContinued ? undefined : completion.requestId
    yield { type: 'start', ...(messageId !== undefined && { messageId }) }
    yield { type: 'start-step' }
    for await (const event of completion) {
      if (event.type === 'blocked' && event.retracted) onRetracted(event.reason)
      yield* parts.of(event)
    }
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error
    yield { type: 'error', errorText: error.message }
  }
}

/** The parts of the message that are open: at most one of text or reasoning, and the calls of tools. */
class Parts {
  #open: { id: string; kind: 'text' | 'reasoning' } | undefined
  #count = 0
  readonly #calls = new Map<number, { id: string; name: string; json: string }>()

  of(event: CompletionEvent): UIMessageChunk[] {
    if ('choice' in event && event.choice !== 0) return []
    switch (event.type) {
      case 'text':
        return this.#text(event)
      case 'tool_call':
        return this.#toolCall(event.toolCall)
      case 'complete':
        return [...this.#close(), ...this.#finish(event.finishReasons[0] ?? '')]
      case 'cancelled':
        return [...this.#close(), { type: 'abort', reason: event.by }]
      case 'blocked':
        return [{ type: 'error', errorText: event.reason }]
      default:
        return []
    }
  }

  #text({ channel, text }: TextEvent): UIMessageChunk[] {
    const kind = channel === 'reasoning' ? 'reasoning' : 'text'
    const open = this.#open
    if (open?.kind === kind) return [{ type: `${kind}-delta`, id: open.id, delta: text }]
    const closed = this.#close()
    this.#count += 1
    const id = String(this.#count)
    this.#open = { id, kind }
    return [...closed, { type: `${kind}-start`, id }, { type: `${kind}-delta`, id, delta: text }]
  }

  #toolCall({ index, id, name, arguments: json = '' }: ToolCallDelta): UIMessageChunk[] {
    const chunks = this.#close()
    let call = this.#calls.get(index)
    if (call === undefined) {
      call = { id: id ?? `call ${index}`, name: name ?? '', json: '' }
      this.#calls.set(index, call)
      chunks.push({ type: 'tool-input-start', toolCallId: call.id, toolName: call.name })
    }
    call.json += json
    if (json !== '')
      chunks.push({ type: 'tool-input-delta', toolCallId: call.id, inputTextDelta: json })
    return chunks
  }

  #finish(reason: string): UIMessageChunk[] {
    const finishReason = FINISH_REASONS[reason] ?? 'other'
    const calls = [...this.#calls.values()].map(available)
    return [...calls, { type: 'finish-step' }, { type: 'finish', finishReason }]
  }

  #close(): UIMessageChunk[] {
    const open = this.#open
    this.#open = undefined
    return open === undefined ? [] : [{ type: `${open.kind}-end`, id: open.id }]
  }
}

function available({ id, name, json }: { id: string; name: string; json: string }): UIMessageChunk {
  const call = { toolCallId: id, toolName: name }
  try {
    return { type: 'tool-input-available', ...call, input: JSON.parse(json === '' ? '{}' : json) }
  } catch {
    return {
      type: 'tool-input-error',
      ...call,
      input: json,
      errorText: 'The arguments are not JSON',
    }
  }
}
