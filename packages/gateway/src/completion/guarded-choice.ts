/** One choice of an answer: the guard's streams over its texts and tool calls, and what they let go of into the log. */
import { createHash } from 'node:crypto'
import type { Channel, Finding, GuardStream, Policy, StreamResult } from '@sluice/guard'
import { Blocked, blockCategory } from '../request/prepare.ts'
import { type CompletionLog, EntryKind, tagOf } from './log.ts'

export interface GuardedChoiceOptions {
  log: CompletionLog
  policy: Policy
  /** Told what the guard found, in order. */
  onFindings: (findings: readonly Finding[]) => void
}

/** A part of a tool call; its id and name come with the first one. */
export interface ToolCallPart {
  index: number
  id: string | undefined
  name: string | undefined
  arguments: string
}

/** The guard's word for each of the log's text channels, in their order. */
const CHANNELS: readonly Channel[] = ['content', 'reasoning', 'reasoning', 'refusal']

/** Stands for a name that the guard would not let pass. */
const CONCEALED = 'concealed'

/** Whether the guard has nothing against a text that is sent as a whole or not at all. */
export function passesWhole(text: string, policy: Policy): boolean {
  const { text: passed, blocked } = policy.scan(text, { direction: 'output' })
  return blocked === undefined && passed === text
}

/** Its methods throw Blocked after the text that came before the block was passed on. */
export class GuardedChoice {
  /** A finish reason was seen. */
  isFinished = false
  /** Characters that the guard holds back now. */
  held = 0
  readonly #index: number
  readonly #options: GuardedChoiceOptions
  /** By channel; `undefined` where the policy has nothing to do. */
  #texts: (GuardStream | undefined)[] = []
  /** By the index of the tool call. */
  readonly #arguments = new Map<number, GuardStream | undefined>()

  constructor(index: number, options: GuardedChoiceOptions) {
    this.#index = index
    this.#options = options
  }

  /** Takes text of one of the log's channels. */
  text(channel: number, text: string): void {
    if (!(channel in this.#texts)) this.#texts[channel] = this.#open(CHANNELS[channel] ?? 'content')
    const stream = this.#texts[channel]
    if (stream === undefined) this.#appendText(channel, text)
    else this.#release(stream.push(text), channel)
  }

  toolCall(part: ToolCallPart): void {
    if (!this.#arguments.has(part.index))
      this.#arguments.set(part.index, this.#open('tool_arguments'))
    const stream = this.#arguments.get(part.index)
    const result =
      stream === undefined || part.arguments === '' ? undefined : stream.push(part.arguments)
    this.#appendToolCall(result === undefined ? part : { ...part, arguments: result.text })
    if (result !== undefined) this.#note(result)
  }

  /** Ends the guard's streams and passes on what they held. */
  release(): void {
    this.#texts.forEach((stream, channel) => {
      if (stream !== undefined) this.#release(stream.end(), channel)
    })
    this.#texts = []
    for (const [index, stream] of this.#arguments) {
      if (stream === undefined) continue
      const result = stream.end()
      this.#appendToolCall({ index, id: undefined, name: undefined, arguments: result.text })
      this.#note(result)
    }
    this.#arguments.clear()
  }

  #open(channel: Channel): GuardStream | undefined {
    const where = { direction: 'output', channel } as const
    return this.#options.policy.applies(where) ? this.#options.policy.open(where) : undefined
  }

  #release(result: StreamResult, channel: number): void {
    if (result.text !== '') this.#appendText(channel, result.text)
    this.#note(result)
  }

  #note({ findings, held, blocked }: StreamResult): void {
    this.held = held
    if (findings.length > 0) this.#options.onFindings(findings)
    if (blocked === undefined) return
    this.#options.log.endChunk()
    throw new Blocked('output', blockCategory(blocked))
  }

  #isSafe(text: string): boolean {
    return passesWhole(text, this.#options.policy)
  }

  #appendText(channel: number, text: string): void {
    this.#options.log.appendText(
      tagOf({ kind: EntryKind.text, channel, choice: this.#index }),
      text,
    )
  }

  /** An id that the guard would not let pass becomes another one, so that calls stay apart. */
  #safeId(id: string | undefined): string | undefined {
    if (id === undefined || this.#isSafe(id)) return id
    return `${CONCEALED}-${createHash('sha256').update(id).digest('hex').slice(0, 16)}`
  }

  /** A part that says nothing, because its text is held, has no entry. */
  #appendToolCall({ index, id, name, arguments: text }: ToolCallPart): void {
    const isHead = id !== undefined || name !== undefined
    if (!isHead && text === '') return
    const type = isHead ? 'function' : undefined
    const called = {
      name: name === undefined || this.#isSafe(name) ? name : CONCEALED,
      arguments: text,
    }
    const json = JSON.stringify({ index, id: this.#safeId(id), type, function: called })
    this.#options.log.append(
      tagOf({ kind: EntryKind.toolCall, channel: 0, choice: this.#index }),
      json,
    )
  }
}
