/**
 * The way of an answer: the upstream's events in, the guard between, entries of the log out. Knows neither the upstream's
 * connection nor who watches; what it throws ends the stream.
 */
import { GatewayError } from '../errors.ts'
import { errorObjectFailure } from '../upstream/failures.ts'
import { envelopeOf, isObject, nameOrUndefined, tokensOf, usageOf } from './chunk-fields.ts'
import {
  choicesOf,
  deltaOf,
  errorOf,
  invalidChunk,
  loneTextOf,
  parseChunk,
  textsOf,
  toolCallsOf,
} from './chunk-reader.ts'
import { GuardedChoice, type GuardedChoiceOptions, passesWhole } from './guarded-choice.ts'
import { EntryKind, tagOf } from './log.ts'
import { TextTemplate } from './text-template.ts'
import type { TokenMeter } from './token-meter.ts'

export interface AnswerOptions extends GuardedChoiceOptions {
  /** Chunks pass as they came, unknown fields included: only without a policy, and only for a dialect that sends chunks. */
  verbatim: boolean
  /** The longest answer, in characters of text over all channels. */
  maxCharacters: number
  meter: TokenMeter
}

type Fields = Record<string, unknown>

const VERBATIM = tagOf({ kind: EntryKind.verbatim, channel: 0, choice: 0 })

export class Answer {
  /** Finish reasons in the order in which they came. */
  readonly finishReasons: string[] = []
  promptTokens: number | undefined
  completionTokens: number | undefined

  readonly #options: AnswerOptions
  readonly #choices = new Map<number, GuardedChoice>()
  readonly #template = new TextTemplate()
  #isDone = false
  /** The chunk whose envelope is the log's last. */
  #enveloped: Fields | undefined

  constructor(options: AnswerOptions) {
    this.#options = options
  }

  /** Characters that the guard holds back now. */
  get held(): number {
    let held = 0
    for (const choice of this.#choices.values()) held += choice.held
    return held
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

  /**
   * Tells that the upstream's stream ended cleanly: releases what the guard holds.
   * @throws GatewayError `stream_interrupted` if the answer is not whole
   */
  end(): void {
    for (const choice of this.#choices.values()) choice.release()
    this.#options.log.endChunk()
    const isWhole =
      this.#isDone || (this.#choices.size > 0 && this.finishReasons.length >= this.#choices.size)
    if (isWhole) return
    throw new GatewayError(
      'stream_interrupted',
      'the upstream ended its stream before the answer was finished',
    )
  }

  /** A chunk like the one before it, but for its text. */
  #known(data: string, text: string): void {
    const { choice, channel } = this.#template
    if (this.#options.verbatim) {
      this.#count(text)
      this.#options.log.append(VERBATIM, data)
    } else {
      this.#text(this.#choice(choice), channel, text)
    }
  }

  #parsed(data: string, event: string): void {
    const chunk = parseChunk(data)
    const error = errorOf(chunk, event)
    if (error !== undefined) throw errorObjectFailure(error, undefined)
    if (this.#options.verbatim) this.#verbatim(data, chunk)
    else this.#guarded(chunk)
    const lesson = loneTextOf(chunk)
    if (lesson !== undefined) this.#template.learn(data, lesson)
  }

  #verbatim(data: string, chunk: Fields): void {
    for (const [choice, index] of choicesOf(chunk)) {
      const delta = deltaOf(choice)
      for (const [, text] of textsOf(delta)) this.#count(text)
      for (const part of toolCallsOf(delta)) this.#count(part.arguments)
      this.#noteFinish(this.#choice(index), choice)
    }
    this.#noteUsage(chunk)
    this.#options.log.append(VERBATIM, data)
  }

  #guarded(chunk: Fields): void {
    this.#envelope(chunk)
    for (const [choice, index] of choicesOf(chunk)) {
      const guarded = this.#choice(index)
      const delta = deltaOf(choice)
      const role = nameOrUndefined(delta.role)
      if (role !== undefined) this.#append(EntryKind.role, index, JSON.stringify(role))
      for (const [channel, text] of textsOf(delta)) this.#text(guarded, channel, text)
      for (const part of toolCallsOf(delta)) {
        if (guarded.isFinished)
          throw invalidChunk('carries a tool call after the finish of its choice')
        this.#count(part.arguments)
        guarded.toolCall(part)
      }
      if (this.#noteFinish(guarded, choice)) this.#finish(guarded, index)
    }
    const usage = this.#noteUsage(chunk)
    if (usage !== undefined) this.#append(EntryKind.usage, 0, JSON.stringify(usage))
  }

  #text(choice: GuardedChoice, channel: number, text: string): void {
    if (choice.isFinished) throw invalidChunk('carries text after the finish of its choice')
    this.#count(text)
    choice.text(channel, text)
  }

  /** What was held goes out in a chunk of its own: clients may look for the finish reason alone. */
  #finish(choice: GuardedChoice, index: number): void {
    const { log } = this.#options
    const { top } = log
    choice.release()
    if (log.top > top) log.endChunk()
    this.#append(EntryKind.finish, index, JSON.stringify(this.finishReasons.at(-1)))
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
    this.#append(
      EntryKind.envelope,
      0,
      envelopeOf(chunk, (text) => passesWhole(text, this.#options.policy)),
    )
  }

  #noteFinish(guarded: GuardedChoice, choice: Fields): boolean {
    const reason = nameOrUndefined(choice.finish_reason)
    if (reason === undefined || guarded.isFinished) return false
    guarded.isFinished = true
    this.finishReasons.push(reason)
    return true
  }

  #noteUsage(chunk: Fields): Fields | undefined {
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

  #choice(index: number): GuardedChoice {
    let choice = this.#choices.get(index)
    if (choice === undefined) {
      choice = new GuardedChoice(index, this.#options)
      this.#choices.set(index, choice)
    }
    return choice
  }

  #append(kind: EntryKind, choice: number, json: string): void {
    this.#options.log.append(tagOf({ kind, channel: 0, choice }), json)
  }
}
