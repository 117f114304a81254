/**
 * Reads one answer in OpenAI's chunks, and in what servers make of them, into deltas. A chunk that differs from an earlier
 * one in its text alone is not parsed.
 */

import { CONTENT, type DeltaSink, type Envelope, TEXT_CHANNELS } from '../../../deltas.ts'
import { isJsonObject } from '../../../json-object.ts'
import { errorObjectFailure } from '../../failures.ts'
import type { AnswerReader, EventKind, ReaderOptions } from '../format.ts'
import { ChoiceNumbers } from './choice-numbers.ts'
import { type Fields, invalidChunk, secondsOf, wordOrUndefined } from './chunk-fields.ts'
import { type PieceSink, readContent } from './content.ts'
import { CHUNK_EXTENSION_FIELDS, EXTENSION_FIELDS, extensionsOf } from './extension-fields.ts'
import { finishReasonOf } from './finish-reasons.ts'
import { errorOf, providerErrorOf } from './provider-error.ts'
import { type LoneText, TextTemplate } from './text-template.ts'
import { ToolCalls } from './tool-calls.ts'
import { usageOfChunk } from './usage.ts'

const DONE = '[DONE]'
/** Some servers put blanks or quotation marks around it, or write it small. */
const LOOSE_DONE = /^\s*"?\[done\]"?\s*$/i

export function isDone(data: string): boolean {
  return data === DONE || (data.length < 64 && LOOSE_DONE.test(data))
}

/** What is read of a delta, or is known to say nothing that is missed. */
const KNOWN_FIELDS = new Set<string>([
  ...TEXT_CHANNELS.map(({ field }) => field),
  ...['role', 'tool_calls', 'function_call', 'name', 'tool_call_id', 'audio', 'logprobs'],
  ...['content_filter_results', 'content_filter_offsets', 'annotations'],
])

/** What is kept of a choice. */
interface ChoiceState {
  hasRole: boolean
  hasText: boolean
  tools: ToolCalls
}

export class ChunkReader implements AnswerReader, PieceSink {
  readonly #sink: DeltaSink
  readonly #deltaExtensions: readonly string[]
  readonly #chunkExtensions: readonly string[]
  readonly #numbers: ChoiceNumbers
  readonly #template = new TextTemplate()
  readonly #choices = new Map<number, ChoiceState>()
  /** The chunk whose envelope was told last. */
  #enveloped: Fields | undefined
  #lastChunkExtensions = ''
  /** The choice that is read now, its state, and the field with the text. */
  #choice = 0
  #state: ChoiceState = { hasRole: false, hasText: false, tools: new ToolCalls() }
  #field: string | undefined
  /** The only news of the chunk that is read now, as long as it is one text in a plain field. */
  #lone: LoneText | undefined
  #news = 0

  constructor({ sink, choices, extensionFields }: ReaderOptions) {
    this.#sink = sink
    this.#deltaExtensions = [...EXTENSION_FIELDS, ...extensionFields]
    this.#chunkExtensions = [...CHUNK_EXTENSION_FIELDS, ...extensionFields]
    this.#numbers = new ChoiceNumbers(choices)
  }

  read(data: string, event: string): EventKind {
    const text = event === 'message' ? this.#template.read(data) : undefined
    if (text !== undefined) {
      this.#sink.text(this.#template.choice, this.#template.channel, text)
    } else {
      if (isDone(data)) {
        this.#sink.done()
        return 'done'
      }
      const chunk = parseChunk(data, event)
      if (chunk === undefined) return 'ignored'
      this.#chunk(chunk, event)
      if (this.#news === 1 && this.#lone !== undefined) this.#template.learn(data, this.#lone)
    }
    this.#sink.endEvent(data)
    return 'chunk'
  }

  /** A piece of the text that is read now. */
  piece(channel: number, text: string): void {
    this.#news += 1
    this.#state.hasText = true
    this.#lone = undefined
    const { field } = TEXT_CHANNELS[channel] ?? TEXT_CHANNELS[0]
    if (field === this.#field) this.#lone = { choice: this.#choice, channel, field, text }
    this.#sink.text(this.#choice, channel, text)
  }

  unknownPart(): void {
    this.#unshown('content_part')
  }

  #chunk(chunk: Fields, event: string): void {
    this.#news = 0
    this.#lone = undefined
    const error = errorOf(chunk, event)
    if (error !== undefined) throw errorObjectFailure(providerErrorOf(error))
    this.#envelope(chunk)
    const choices = Array.isArray(chunk.choices) ? chunk.choices : []
    for (let place = 0; place < choices.length; place += 1) {
      const choice: unknown = choices[place]
      if (choice === null) continue
      if (!isJsonObject(choice)) throw invalidChunk('has a choice that is no object')
      this.#oneChoice(choice, place)
    }
    this.#chunkFields(chunk)
  }

  #oneChoice(choice: Fields, place: number): void {
    const index = this.#numbers.of(choice, place)
    if (index === undefined) {
      this.#unshown('choice')
      return
    }
    this.#choice = index
    this.#state = this.#stateOf(index)
    if (isJsonObject(choice.delta)) this.#delta(choice.delta)
    // Some servers repeat the whole text as `message` beside or after the deltas: it counts only in place of them.
    else if (isJsonObject(choice.message) && !this.#state.hasText) this.#delta(choice.message)
    else if (typeof choice.text === 'string') this.#text('content', CONTENT, choice.text)
    this.#finish(choice.finish_reason)
  }

  #delta(delta: Fields): void {
    this.#role(delta.role)
    for (let channel = 0; channel < TEXT_CHANNELS.length; channel += 1) {
      const { field } = TEXT_CHANNELS[channel] ?? TEXT_CHANNELS[0]
      this.#text(field, channel, delta[field])
    }
    this.#toolCalls(delta)
    this.#deltaFields(delta)
  }

  #role(role: unknown): void {
    if (typeof role !== 'string' || this.#state.hasRole) return
    this.#state.hasRole = true
    this.#news += 1
    this.#sink.role(this.#choice)
  }

  #text(field: string, channel: number, value: unknown): void {
    this.#field = typeof value === 'string' ? field : undefined
    readContent(value, channel, this)
  }

  #toolCalls(delta: Fields): void {
    const { tools } = this.#state
    const calls = Array.isArray(delta.tool_calls) ? delta.tool_calls : []
    for (const part of calls) {
      if (part === null) continue
      if (!isJsonObject(part)) throw invalidChunk('has a tool call that is no object')
      this.#news += 1
      const extensionsOfCall = (fields: Fields) => extensionsOf(fields, this.#deltaExtensions)
      this.#sink.toolCall(this.#choice, tools.read(part, extensionsOfCall))
    }
    if (!isJsonObject(delta.function_call)) return
    this.#news += 1
    this.#sink.toolCall(this.#choice, tools.readLegacy(delta.function_call))
  }

  #deltaFields(delta: Fields): void {
    const extensions = extensionsOf(delta, this.#deltaExtensions)
    if (extensions !== undefined) {
      this.#news += 1
      this.#sink.extensions(extensions, this.#choice)
    }
    for (const field in delta) {
      if (KNOWN_FIELDS.has(field) || this.#deltaExtensions.includes(field)) continue
      if (!isNothing(delta[field])) this.#unshown('field')
    }
  }

  #finish(value: unknown): void {
    const reason = finishReasonOf(value)
    if (reason === undefined) return
    if (reason === 'error') throw errorObjectFailure(undefined)
    this.#news += 1
    this.#sink.finish(this.#choice, reason)
  }

  #chunkFields(chunk: Fields): void {
    const extensions = extensionsOf(chunk, this.#chunkExtensions)
    const json = extensions === undefined ? '' : JSON.stringify(extensions)
    // The same sources come with every chunk; a client needs them once.
    if (extensions !== undefined && json !== this.#lastChunkExtensions) {
      this.#lastChunkExtensions = json
      this.#news += 1
      this.#sink.extensions(extensions)
    }
    const usage = usageOfChunk(chunk)
    if (usage === undefined) return
    this.#news += 1
    this.#sink.usage(usage)
  }

  #envelope(chunk: Fields): void {
    const last = this.#enveloped
    const isSame =
      last !== undefined &&
      chunk.id === last.id &&
      chunk.model === last.model &&
      chunk.system_fingerprint === last.system_fingerprint
    if (isSame) return
    this.#template.forget()
    const { id, model, system_fingerprint } = chunk
    this.#enveloped = { id, model, system_fingerprint }
    this.#sink.envelope(envelopeOf(chunk))
  }

  #stateOf(choice: number): ChoiceState {
    let state = this.#choices.get(choice)
    if (state === undefined) {
      state = { hasRole: false, hasText: false, tools: new ToolCalls() }
      this.#choices.set(choice, state)
    }
    return state
  }

  #unshown(kind: 'content_part' | 'choice' | 'field'): void {
    this.#news += 1
    this.#sink.unshown(kind)
  }
}

/** Data that servers send to keep a connection alive: none, `null`, a comment that became data, a named ping. */
function isKeepAlive(data: string, event: string): boolean {
  if (/^(ping|heartbeat|keep-?alive)$/i.test(event)) return true
  const start = data.length < 1_024 ? data.trim() : data
  return start === '' || start === 'null' || start.startsWith(':')
}

/** @throws GatewayError `upstream_invalid_stream` */
function parseChunk(data: string, event: string): Fields | undefined {
  if (isKeepAlive(data, event)) return undefined
  let chunk: unknown
  try {
    chunk = JSON.parse(data)
  } catch {
    // An event that calls itself an error is one, whatever words it has.
    if (event === 'error') return {}
    throw invalidChunk('is not JSON')
  }
  if (isJsonObject(chunk)) return chunk
  if (event === 'error') return {}
  throw invalidChunk('is not a JSON object')
}

function envelopeOf(chunk: Fields): Envelope {
  return {
    id: wordOrUndefined(chunk.id),
    created: secondsOf(chunk.created),
    model: wordOrUndefined(chunk.model),
    service_tier: wordOrUndefined(chunk.service_tier),
    system_fingerprint: wordOrUndefined(chunk.system_fingerprint),
  }
}

function isNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false) return true
  return Array.isArray(value) && value.length === 0
}
