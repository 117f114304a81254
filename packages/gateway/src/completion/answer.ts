/**
 * The way of an answer: the upstream's events in, the guard between, entries of the log out. Knows neither the upstream's
 * connection nor who watches; what it throws ends the stream.
 */
import type { Block, Channel, Finding, GuardStream, Policy, StreamResult } from '@sluice/guard'
import { GatewayError } from '../errors.ts'
import { Blocked, blockCategory } from '../request/prepare.ts'
import { errorObjectFailure } from '../upstream/failures.ts'
import {
  envelopeOf,
  indexOf,
  isObject,
  nameOrUndefined,
  tokensOf,
  usageOf,
  wordOrUndefined,
} from './chunk-fields.ts'
import { CHANNEL_FIELDS, type CompletionLog, EntryKind, tagOf } from './log.ts'
import { TextTemplate } from './text-template.ts'
import type { TokenMeter } from './token-meter.ts'

export interface AnswerOptions {
  log: CompletionLog
  policy: Policy
  /** Chunks pass as they came, unknown fields included: only without a policy, and only for a face that sends chunks. */
  verbatim: boolean
  /** The longest answer, in characters of text over all channels. */
  maxCharacters: number
  meter: TokenMeter
  /** Told what the guard found, in order. */
  onFindings: (findings: readonly Finding[]) => void
}

/** More choices or tool calls than any request asks for. */
const MAX_CHOICES = 128
const MAX_TOOL_CALLS = 128

const VERBATIM = tagOf({ kind: EntryKind.verbatim, channel: 0, choice: 0 })

const CHANNELS: readonly Channel[] = ['content', 'reasoning', 'reasoning', 'refusal']

/** A guard's streams for one choice; `undefined` where the policy has nothing to do. */
interface ChoiceState {
  text: (GuardStream | undefined)[]
  toolArguments: Map<number, GuardStream | undefined>
  isFinished: boolean
}

export class Answer {
  /** Finish reasons in the order of their choices. */
  readonly finishReasons: string[] = []
  promptTokens: number | undefined
  completionTokens: number | undefined
  /** Characters that the guard holds back now. */
  held = 0

  readonly #options: AnswerOptions
  readonly #choices = new Map<number, ChoiceState>()
  readonly #template = new TextTemplate()
  #isDone = false
  /** The fields that the last envelope was made of. */
  #id: unknown
  #model: unknown
  #fingerprint: unknown
  #hasEnvelope = false

  constructor(options: AnswerOptions) {
    this.#options = options
  }

  /**
   * Takes one event's data.
   * @throws Blocked when the guard stops the answer
   * @throws GatewayError for an error object, or data that is no chunk
   */
  onEvent(data: string, event: string): void {
    if (this.#isDone) return
    if (data === '[DONE]') {
      this.#isDone = true
      return
    }
    const text = event === 'message' ? this.#template.read(data) : undefined
    if (text !== undefined) this.#known(data, text)
    else this.#parsed(data, event)
    this.#options.log.endChunk()
  }

  /** A chunk like the one before it, but for its text. */
  #known(data: string, text: string): void {
    const { choice: index, channel } = this.#template
    if (!this.#options.verbatim) {
      this.#text(this.#choice(index), { index, channel, text })
      return
    }
    this.#count(text)
    this.#options.log.append(VERBATIM, data)
  }

  #parsed(data: string, event: string): void {
    const chunk = parseChunk(data)
    if (event === 'error' || (chunk.error !== undefined && chunk.error !== null)) {
      throw errorObjectFailure(chunk.error ?? chunk, undefined)
    }
    // Genesys Cloud's error body has no `error` field: it is one.
    if (
      chunk.choices === undefined &&
      chunk.usage === undefined &&
      typeof chunk.message === 'string'
    ) {
      throw errorObjectFailure(chunk, undefined)
    }
    if (this.#options.verbatim) this.#verbatim(data, chunk)
    else this.#guarded(chunk)
    const lesson = loneText(chunk)
    if (lesson !== undefined) this.#template.learn(data, lesson)
  }

  /**
   * Tells that the upstream's stream ended cleanly: releases what the guard holds.
   * @throws GatewayError `stream_interrupted` if the answer is not whole
   */
  end(): void {
    for (const [index, choice] of this.#choices) this.#finishChoice(index, choice)
    this.#options.log.endChunk()
    const isWhole =
      this.#isDone || (this.#choices.size > 0 && this.finishReasons.length >= this.#choices.size)
    if (isWhole) return
    throw new GatewayError(
      'stream_interrupted',
      'the upstream ended its stream before the answer was finished',
    )
  }

  #verbatim(data: string, chunk: Record<string, unknown>): void {
    for (const [choice, index] of choicesOf(chunk)) {
      const state = this.#choice(index)
      const delta = deltaOf(choice)
      for (const field of CHANNEL_FIELDS) {
        const text = delta[field]
        if (typeof text === 'string') this.#count(text)
      }
      for (const [call] of toolCallsOf(delta)) this.#count(argumentsOf(call))
      this.#noteFinish(state, choice)
    }
    this.#noteUsage(chunk)
    this.#options.log.append(VERBATIM, data)
  }

  #guarded(chunk: Record<string, unknown>): void {
    this.#envelope(chunk)
    for (const [choice, index] of choicesOf(chunk)) {
      const state = this.#choice(index)
      const delta = deltaOf(choice)
      const role = nameOrUndefined(delta.role)
      if (role !== undefined) this.#append(EntryKind.role, index, JSON.stringify(role))
      for (let channel = 0; channel < CHANNEL_FIELDS.length; channel += 1) {
        const text = delta[CHANNEL_FIELDS[channel] ?? '']
        if (typeof text === 'string' && text !== '') this.#text(state, { index, channel, text })
      }
      for (const [call, callIndex] of toolCallsOf(delta))
        this.#toolCall(state, { index, callIndex, call })
      if (this.#noteFinish(state, choice)) {
        this.#releaseBeforeFinish(index, state)
        this.#append(EntryKind.finish, index, JSON.stringify(this.finishReasons.at(-1)))
      }
    }
    const usage = this.#noteUsage(chunk)
    if (usage !== undefined) this.#append(EntryKind.usage, 0, JSON.stringify(usage))
  }

  #envelope(chunk: Record<string, unknown>): void {
    const { id, model, system_fingerprint: fingerprint } = chunk
    if (
      this.#hasEnvelope &&
      id === this.#id &&
      model === this.#model &&
      fingerprint === this.#fingerprint
    )
      return
    this.#template.forget()
    this.#hasEnvelope = true
    this.#id = id
    this.#model = model
    this.#fingerprint = fingerprint
    this.#append(EntryKind.envelope, 0, envelopeOf(chunk))
  }

  #text(state: ChoiceState, at: { index: number; channel: number; text: string }): void {
    if (state.isFinished) throw invalidChunk('carries text after the finish of its choice')
    this.#count(at.text)
    if (!(at.channel in state.text))
      state.text[at.channel] = this.#open(CHANNELS[at.channel] ?? 'content')
    const stream = state.text[at.channel]
    if (stream === undefined) this.#appendText(at.index, at.channel, at.text)
    else this.#release(stream.push(at.text), at.index, at.channel)
  }

  /** Passes on what the guard let go of; a block ends the stream after the text that came before it. */
  #release(result: StreamResult, index: number, channel: number): void {
    if (result.findings.length > 0) this.#options.onFindings(result.findings)
    if (result.text !== '') this.#appendText(index, channel, result.text)
    this.held = result.held
    if (result.blocked !== undefined) this.#block(result.blocked)
  }

  #block(block: Block): never {
    this.#options.log.endChunk()
    throw new Blocked('output', blockCategory(block))
  }

  #toolCall(
    state: ChoiceState,
    at: { index: number; callIndex: number; call: Record<string, unknown> },
  ): void {
    const called = isObject(at.call.function) ? at.call.function : {}
    const text = argumentsOf(at.call)
    this.#count(text)
    if (state.isFinished) throw invalidChunk('carries a tool call after the finish of its choice')
    if (!state.toolArguments.has(at.callIndex)) {
      state.toolArguments.set(at.callIndex, this.#open('tool_arguments'))
    }
    const stream = state.toolArguments.get(at.callIndex)
    const id = wordOrUndefined(at.call.id)
    const name = wordOrUndefined(called.name)
    const result = stream === undefined || text === '' ? undefined : stream.push(text)
    const released = result === undefined ? text : result.text
    if (id !== undefined || name !== undefined || released !== '') {
      this.#appendToolCall(at.index, at.callIndex, { id, name, released })
    }
    if (result !== undefined) this.#note(result)
  }

  #note(result: StreamResult): void {
    if (result.findings.length > 0) this.#options.onFindings(result.findings)
    this.held = result.held
    if (result.blocked !== undefined) this.#block(result.blocked)
  }

  #appendToolCall(
    index: number,
    callIndex: number,
    call: { id?: string | undefined; name?: string | undefined; released: string },
  ): void {
    const isHead = call.id !== undefined || call.name !== undefined
    const json = JSON.stringify({
      index: callIndex,
      id: call.id,
      type: isHead ? 'function' : undefined,
      function: { name: call.name, arguments: call.released },
    })
    this.#append(EntryKind.toolCall, index, json)
  }

  /** What was held goes out in a chunk of its own: clients may look for the finish reason alone. */
  #releaseBeforeFinish(index: number, state: ChoiceState): void {
    const { log } = this.#options
    const { top } = log
    this.#finishChoice(index, state)
    if (log.top > top) log.endChunk()
  }

  /** Ends the guard's streams of a choice and passes on what they held. */
  #finishChoice(index: number, state: ChoiceState): void {
    state.text.forEach((stream, channel) => {
      if (stream !== undefined) this.#release(stream.end(), index, channel)
    })
    state.text = []
    for (const [callIndex, stream] of state.toolArguments) {
      if (stream === undefined) continue
      const result = stream.end()
      if (result.text !== '') this.#appendToolCall(index, callIndex, { released: result.text })
      this.#note(result)
    }
    state.toolArguments.clear()
  }

  #noteFinish(state: ChoiceState, choice: Record<string, unknown>): boolean {
    const reason = nameOrUndefined(choice.finish_reason)
    if (reason === undefined || state.isFinished) return false
    state.isFinished = true
    this.finishReasons.push(reason)
    return true
  }

  #noteUsage(chunk: Record<string, unknown>): Record<string, unknown> | undefined {
    if (!isObject(chunk.usage)) return undefined
    const usage = usageOf(chunk.usage)
    this.promptTokens = tokensOf(usage.prompt_tokens) ?? this.promptTokens
    this.completionTokens = tokensOf(usage.completion_tokens) ?? this.completionTokens
    return usage
  }

  #count(text: string): void {
    const { meter, maxCharacters } = this.#options
    meter.push(text)
    if (meter.characters <= maxCharacters) return
    const message = `the answer is longer than ${maxCharacters} characters (SLUICE_MAX_ANSWER_CHARACTERS)`
    throw new GatewayError('stream_interrupted', message)
  }

  #choice(index: number): ChoiceState {
    let state = this.#choices.get(index)
    if (state === undefined) {
      state = { text: [], toolArguments: new Map(), isFinished: false }
      this.#choices.set(index, state)
    }
    return state
  }

  #open(channel: Channel): GuardStream | undefined {
    const where = { direction: 'output', channel } as const
    return this.#options.policy.applies(where) ? this.#options.policy.open(where) : undefined
  }

  #append(kind: EntryKind, choice: number, json: string): void {
    this.#options.log.append(tagOf({ kind, channel: 0, choice }), json)
  }

  #appendText(choice: number, channel: number, text: string): void {
    this.#options.log.appendText(tagOf({ kind: EntryKind.text, channel, choice }), text)
  }
}

/** The text of a chunk that has one and says nothing else that is news. */
function loneText(chunk: Record<string, unknown>) {
  if (!Array.isArray(chunk.choices) || chunk.choices.length !== 1 || isObject(chunk.usage))
    return undefined
  const choice: unknown = chunk.choices[0]
  if (!isObject(choice) || typeof choice.finish_reason === 'string') return undefined
  const delta = deltaOf(choice)
  if (typeof delta.role === 'string' || Array.isArray(delta.tool_calls)) return undefined
  const channels = CHANNEL_FIELDS.flatMap((field, channel) => {
    const text = delta[field]
    return typeof text === 'string' && text !== '' ? [{ field, channel, text }] : []
  })
  const [only] = channels
  return only === undefined || channels.length > 1
    ? undefined
    : { ...only, choice: indexOf(choice.index, 0, MAX_CHOICES) ?? 0 }
}

function parseChunk(data: string): Record<string, unknown> {
  let chunk: unknown
  try {
    chunk = JSON.parse(data)
  } catch {
    throw invalidChunk('is not JSON')
  }
  if (!isObject(chunk)) throw invalidChunk('is not a JSON object')
  return chunk
}

/** The choices of a chunk with their indices; a usage chunk has none. */
function* choicesOf(chunk: Record<string, unknown>): Generator<[Record<string, unknown>, number]> {
  if (!Array.isArray(chunk.choices)) return
  let position = 0
  for (const choice of chunk.choices) {
    const index = isObject(choice) ? indexOf(choice.index, position, MAX_CHOICES) : undefined
    if (index === undefined)
      throw invalidChunk(`has a choice without an index below ${MAX_CHOICES}`)
    yield [choice, index]
    position += 1
  }
}

function deltaOf(choice: Record<string, unknown>): Record<string, unknown> {
  return isObject(choice.delta) ? choice.delta : {}
}

function* toolCallsOf(
  delta: Record<string, unknown>,
): Generator<[Record<string, unknown>, number]> {
  if (!Array.isArray(delta.tool_calls)) return
  let position = 0
  for (const call of delta.tool_calls) {
    const index = isObject(call) ? indexOf(call.index, position, MAX_TOOL_CALLS) : undefined
    if (index === undefined)
      throw invalidChunk(`has a tool call without an index below ${MAX_TOOL_CALLS}`)
    yield [call, index]
    position += 1
  }
}

function argumentsOf(call: Record<string, unknown>): string {
  const called = call.function
  return isObject(called) && typeof called.arguments === 'string' ? called.arguments : ''
}

function invalidChunk(what: string): GatewayError {
  return new GatewayError('upstream_invalid_stream', `an event of the upstream ${what}`)
}
