/**
 * Reads one answer in OpenAI's chunks, and in what servers make of them, into deltas. A chunk that differs from an earlier
 * one in its text alone is not parsed.
 */

import {
  CONTENT,
  type DeltaSink,
  type Envelope,
  REASONING,
  TEXT_CHANNELS,
  type UnshownKind,
} from '../../../deltas.ts'
import { isJsonObject } from '../../../json-object.ts'
import { errorObjectFailure } from '../../failures.ts'
import type { AnswerReader, EventKind, ReaderOptions } from '../format.ts'
import { ChoiceNumbers } from './choice-numbers.ts'
import { type ChoiceState, newChoice, newsOf, type Place } from './choice-state.ts'
import {
  type Fields,
  invalidChunk,
  isNothing,
  membersOf,
  objectIn,
  secondsOf,
  wordOrUndefined,
} from './chunk-fields.ts'
import { type PieceSink, readContent } from './content.ts'
import { eventsIn, isDone, isForeign, parseChunk } from './event-data.ts'
import { CHUNK_EXTENSION_FIELDS, EXTENSION_FIELDS, extensionsOf } from './extension-fields.ts'
import { ERROR_REASON, finishReasonIn } from './finish-reasons.ts'
import { errorOf, providerErrorOf } from './provider-error.ts'
import { type LoneText, TextTemplate } from './text-template.ts'
import { isThought, Thoughts } from './thoughts.ts'
import { usageOfChunk } from './usage.ts'

/** Fields of a delta with reasoning in it, of servers that have none of the usual ones (GitHub Copilot, LiteLLM). */
const REASONING_FIELDS = ['reasoning_text', 'thinking'] as const
/** Fields of a delta with what is no text: nothing of it can be shown. */
const MEDIA_FIELDS = new Set(['audio', 'image', 'images', 'video'])

/** What is read of a delta, or is known to say nothing that is missed. */
const KNOWN_FIELDS = new Set<string>([
  ...TEXT_CHANNELS.map(({ field }) => field),
  ...REASONING_FIELDS,
  ...['role', 'tool_calls', 'function_call', 'name', 'tool_call_id', 'logprobs'],
  ...['content_filter_results', 'content_filter_offsets', 'finish_reason', 'text'],
])

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
  /** The choice that is read now, its state, and the place and the field with the text. */
  #choice = 0
  #state = newChoice()
  #place: Place = 'delta'
  readonly #callOptions = {
    extensionsOf: (fields: Fields) => extensionsOf(fields, this.#deltaExtensions),
    isLast: false,
  }
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
        for (const choice of this.#choices.keys()) this.#releaseCalls(choice)
        this.#sink.done()
        return 'done'
      }
      const events = eventsIn(data)
      if (events !== undefined) return this.#readEach(events, event)
      const chunk = parseChunk(data, event)
      if (chunk === undefined) return 'ignored'
      this.#chunk(chunk, event)
      if (this.#news === 1 && this.#lone !== undefined) this.#template.learn(data, this.#lone)
    }
    this.#sink.endEvent(data)
    return 'chunk'
  }

  #readEach(events: readonly string[], event: string): EventKind {
    let kind: EventKind = 'ignored'
    for (const data of events) {
      const own = this.read(data, event)
      if (own !== 'ignored') kind = own
      if (own === 'done') break
    }
    return kind
  }

  /** A piece of the text that is read now. */
  piece(channel: number, text: string): void {
    const isMessage = this.#place === 'message'
    const news = isMessage ? newsOf(this.#state, channel, text) : text
    if (news === '') return
    this.#said()
    this.#lone = undefined
    const { field } = TEXT_CHANNELS[channel] ?? TEXT_CHANNELS[0]
    if (field === this.#field && !isMessage)
      this.#lone = { choice: this.#choice, channel, field, text }
    this.#sink.text(this.#choice, channel, news)
  }

  /** Notes that the place that is read has something to say. */
  #said(): void {
    this.#news += 1
    this.#state.place ??= this.#place
  }

  unknownPart(): void {
    this.#unshown('content_part')
  }

  #chunk(chunk: Fields, event: string): void {
    this.#news = 0
    this.#lone = undefined
    const choices = membersOf(chunk.choices, 'choices')
    const error = errorOf(chunk, event, choices)
    if (error !== undefined) throw errorObjectFailure(providerErrorOf(error))
    this.#envelope(chunk)
    if (choices !== undefined) this.#readChoices(choices)
    // What is no chunk of this format is not passed over in silence.
    else if (isForeign(chunk, this.#chunkExtensions)) this.#unshown('event')
    this.#chunkFields(chunk)
  }

  #readChoices(choices: readonly unknown[]): void {
    for (let place = 0; place < choices.length; place += 1) {
      const choice: unknown = choices[place]
      if (choice === null) continue
      if (!isJsonObject(choice)) throw invalidChunk('has a choice that is no object')
      this.#oneChoice(choice, place)
    }
  }

  #oneChoice(choice: Fields, place: number): void {
    const index = this.#numbers.of(choice, place)
    if (index === undefined) {
      this.#unshown('choice')
      return
    }
    this.#choice = index
    this.#state = this.#stateOf(index)
    const reason = finishReasonIn(choice)
    this.#callOptions.isLast = reason !== undefined
    this.#readFrom('delta', choice.delta)
    this.#readFrom('message', choice.message)
    this.#readFrom('text', choice.text ?? choice.content ?? objectIn(choice.delta)?.text)
    this.#finish(reason)
  }

  #readFrom(place: Place, value: unknown): void {
    if (value === undefined || value === null) return
    const { place: first } = this.#state
    if (place !== 'delta' && first !== undefined && first !== place) return
    this.#place = place
    if (isJsonObject(value)) this.#delta(this.#thoughtsApart(value))
    else this.#text('content', CONTENT, value)
  }

  #thoughtsApart(delta: Fields): Fields {
    const isMarked = isThought(delta)
    if (!isMarked && this.#state.thoughts?.isThinking !== true) return delta
    // The template would read a tag as text.
    this.#template.forget()
    this.#state.thoughts ??= new Thoughts()
    return this.#state.thoughts.apart(delta, isMarked)
  }

  #delta(delta: Fields): void {
    this.#role(delta.role)
    for (let channel = 0; channel < TEXT_CHANNELS.length; channel += 1) {
      const { field } = TEXT_CHANNELS[channel] ?? TEXT_CHANNELS[0]
      this.#text(field, channel, delta[field])
    }
    for (const field of REASONING_FIELDS) {
      const isAlone = isNothing(delta.reasoning_content) && isNothing(delta.reasoning)
      if (delta[field] !== undefined && isAlone) this.#text(field, REASONING, delta[field])
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
    // A message says its calls whole, and may say them again.
    if (this.#place === 'message' && !tools.isEmpty) return
    for (const part of membersOf(delta.tool_calls, 'tool calls') ?? []) {
      if (part === null) continue
      if (!isJsonObject(part)) throw invalidChunk('has a tool call that is no object')
      this.#said()
      this.#sink.toolCall(this.#choice, tools.read(part, this.#callOptions))
    }
    if (!isJsonObject(delta.function_call)) return
    const call = tools.readLegacy(delta.function_call, this.#callOptions)
    if (call === undefined) return
    this.#said()
    this.#sink.toolCall(this.#choice, call)
  }

  #deltaFields(delta: Fields): void {
    const extensions = extensionsOf(delta, this.#deltaExtensions)
    if (extensions !== undefined) {
      this.#news += 1
      this.#sink.extensions(extensions, this.#choice)
    }
    for (const field in delta) {
      if (KNOWN_FIELDS.has(field) || this.#deltaExtensions.includes(field)) continue
      if (isNothing(delta[field])) continue
      this.#unshown(MEDIA_FIELDS.has(field) ? 'content_part' : 'field')
    }
  }

  #finish(reason: string | undefined): void {
    if (reason === undefined) return
    this.#state.isCut = reason !== 'stop' && reason !== 'tool_calls'
    this.#releaseCalls(this.#choice)
    if (reason === ERROR_REASON) throw errorObjectFailure(undefined)
    this.#news += 1
    this.#sink.finish(this.#choice, reason)
  }

  #releaseCalls(choice: number): void {
    const { tools, isCut } = this.#stateOf(choice)
    for (const part of tools.release(!isCut)) this.#sink.toolCall(choice, part)
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
      state = newChoice()
      this.#choices.set(choice, state)
    }
    return state
  }

  #unshown(kind: UnshownKind): void {
    this.#news += 1
    this.#sink.unshown(kind)
  }
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
