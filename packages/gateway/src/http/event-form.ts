/** An answer as server-sent events, each a chat-completion chunk, as OpenAI streams it. */
import { ByteBatch } from '../byte-batch.ts'
import {
  bareTag,
  COMMON_KINDS,
  type CompletionLog,
  EntryKind,
  entryOf,
  isNumbered,
} from '../completion/log.ts'
import type { Subscription } from '../completion/subscription.ts'
import type { Terminal } from '../completion/terminal.ts'
import { ChunkRenderer } from '../dialects/chunk-renderer.ts'
import { EPOCH } from '../dialects/dialect-2/watcher.ts'
import type { AnswerForm } from './answer.ts'
import type { AnswerResponse } from './answer-response.ts'
import { failureOf, finishReasonFor, usageOf } from './outcome.ts'
import { openAiError } from './words.ts'

/** What an answer says of itself, in either form. */
export interface FormOptions {
  /** Seconds since the epoch. */
  created: number
  /** As the client named it. */
  model: string
  /** How many choices were asked for. */
  choices: number
}

export interface EventFormOptions extends FormOptions {
  /** A last chunk says how many tokens it was. */
  wantsUsage: boolean
  /** What the reader has already; with it each event says where it stands. */
  after?: number | undefined
}

/** Bytes of one write: small enough for a slow reader's progress to be seen, large enough to be cheap. */
const WRITE_BYTES = 16_384

/** What this form says in its own way: one envelope, a role before everything, usage at the end and for who asked. */
const OMITTED: ReadonlySet<EntryKind> = new Set([
  EntryKind.envelope,
  EntryKind.role,
  EntryKind.usage,
])
const batch = new ByteBatch()

/** A choice that has begun. */
interface Choice {
  hasToolCalls: boolean
  isFinished: boolean
}

export class EventForm implements AnswerForm {
  readonly contentType = 'text/event-stream'
  readonly filler = ': ping\n\n'
  readonly #options: EventFormOptions
  readonly #choices = new Map<number, Choice>()
  #envelope = ''
  #renderer: ChunkRenderer | undefined
  #usage: string | undefined
  #lastTag = -1
  /** The last sequence number that was passed. */
  #seq: number

  constructor(options: EventFormOptions) {
    this.#options = options
    this.#seq = options.after ?? 0
  }

  write(subscription: Subscription, response: AnswerResponse): void {
    const { feed } = subscription
    this.#deliver(subscription, response)
    if (feed.terminal === undefined || subscription.cursor < feed.log.top) return
    const failure = failureOf(feed.terminal)
    if (failure === undefined) response.end(this.#ending(feed.terminal))
    else response.fail(failure, event({ error: openAiError(failure) }))
  }

  #deliver(subscription: Subscription, response: AnswerResponse): void {
    const { feed } = subscription
    const { log, terminal } = feed
    while (subscription.cursor < log.top) {
      const from = subscription.cursor + 1
      const to = log.chunkEnd(from, terminal !== undefined)
      if (to === undefined) break
      if (response.isFull) {
        subscription.isBehind = true
        break
      }
      this.#chunk(log, { from, to, requestId: feed.header.requestId })
      subscription.cursor = to
      if (batch.length >= WRITE_BYTES) response.write(batch.take())
    }
    if (batch.length === 0) return
    feed.isShown = true
    response.write(batch.take())
  }

  #chunk(
    log: CompletionLog,
    { from, to, requestId }: { from: number; to: number; requestId: string },
  ): void {
    const renderer = this.#rendererOf(requestId)
    const before = this.#seq
    for (let position = from; position <= to; position += 1) this.#note(log, position)
    const isPlaced = this.#options.after !== undefined && this.#seq > before
    if (isPlaced) batch.text(`id: ${EPOCH}-${this.#seq}\n`)
    renderer.render(log, { from, to, sink: batch })
  }

  #rendererOf(requestId: string): ChunkRenderer {
    if (this.#renderer !== undefined) return this.#renderer
    const { created, model } = this.#options
    this.#envelope = `"id":"${completionId(requestId)}","object":"chat.completion.chunk","created":${created},"model":${JSON.stringify(model)}`
    this.#renderer = new ChunkRenderer({
      open: 'data: ',
      close: '\n\n',
      envelope: this.#envelope,
      omitted: OMITTED,
    })
    return this.#renderer
  }

  /** Keeps in mind what an entry says of its choice, and begins the choice. */
  #note(log: CompletionLog, position: number): void {
    const tag = bareTag(log.tag(position))
    if (isNumbered(tag)) this.#seq += 1
    if (tag === this.#lastTag) return
    const { kind, choice: index } = entryOf(tag)
    if (kind === EntryKind.text) this.#lastTag = tag
    if (kind === EntryKind.usage) this.#usage = jsonAt(log, position)
    if (COMMON_KINDS.has(kind)) return
    const choice = this.#choiceOf(index)
    if (kind === EntryKind.toolCall) choice.hasToolCalls = true
    if (kind === EntryKind.finish) choice.isFinished = true
  }

  #choiceOf(index: number): Choice {
    let choice = this.#choices.get(index)
    if (choice === undefined) {
      choice = { hasToolCalls: false, isFinished: false }
      this.#choices.set(index, choice)
      batch.text(this.#event(index, '{"role":"assistant","content":""}', null))
    }
    return choice
  }

  #ending(terminal: Terminal): string {
    const { wantsUsage, choices } = this.#options
    this.#rendererOf(terminal.report.requestId)
    if (this.#choices.size === 0)
      for (let index = 0; index < choices; index += 1) this.#choiceOf(index)
    let ending = batch.take().toString()
    for (const [index, { isFinished, hasToolCalls }] of this.#choices) {
      if (!isFinished) ending += this.#event(index, '{}', finishReasonFor(terminal, hasToolCalls))
    }
    if (wantsUsage) {
      const usage = JSON.stringify(usageOf(terminal.report, this.#usage))
      ending += `data: {${this.#envelope},"choices":[],"usage":${usage}}\n\n`
    }
    return `${ending}data: [DONE]\n\n`
  }

  #event(index: number, delta: string, reason: string | null): string {
    const choice = `{"index":${index},"delta":${delta},"finish_reason":${JSON.stringify(reason)}}`
    return `data: {${this.#envelope},"choices":[${choice}]}\n\n`
  }
}

/** The name of an answer, which names its completion. */
export function completionId(requestId: string): string {
  return `chatcmpl-${requestId}`
}

function event(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`
}

function jsonAt(log: CompletionLog, position: number): string {
  const { bytes, start, end } = log.read(position)
  return bytes.toString('utf8', start, end)
}
