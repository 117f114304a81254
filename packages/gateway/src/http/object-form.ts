/** An answer as one object, put together from its log when the completion is over: until then the log keeps it. */
import { COMMON_KINDS, type CompletionLog, EntryKind, entryOf } from '../completion/log.ts'
import type { Subscription } from '../completion/subscription.ts'
import type { Terminal } from '../completion/terminal.ts'
import { TEXT_CHANNELS } from '../deltas.ts'
import type { AnswerForm } from './answer.ts'
import type { AnswerResponse } from './answer-response.ts'
import { completionId, type FormOptions } from './event-form.ts'
import { mergeFields } from './merge-fields.ts'
import { failureOf, finishReasonFor, usageOf } from './outcome.ts'
import { addToolCall, type ToolCalls } from './tool-calls.ts'
import { openAiError } from './words.ts'

type Fields = Record<string, unknown>

/** A choice as its entries say it. */
interface Choice {
  /** The insides of JSON strings, by field. */
  texts: Map<string, string>
  toolCalls: ToolCalls
  extensions: Fields
  finishReason: string | undefined
}

/** What a log says. */
interface Collected {
  choices: Map<number, Choice>
  usage: string | undefined
  extensions: Fields
}

export class ObjectForm implements AnswerForm {
  readonly contentType = 'application/json'
  /** White space before JSON is none of it. */
  readonly filler = ' '
  readonly #options: FormOptions

  constructor(options: FormOptions) {
    this.#options = options
  }

  write(subscription: Subscription, response: AnswerResponse): void {
    const { log, terminal } = subscription.feed
    if (terminal === undefined) return
    const failure = failureOf(terminal)
    if (failure === undefined) response.end(JSON.stringify(this.#completion(log, terminal)))
    else response.fail(failure, JSON.stringify({ error: openAiError(failure) }))
    subscription.cursor = log.top
  }

  #completion(log: CompletionLog, terminal: Terminal): Fields {
    const { created, model, choices: wanted } = this.#options
    const { choices, usage, extensions } = collect(log, terminal)
    if (choices.size === 0)
      for (let index = 0; index < wanted; index += 1) choices.set(index, newChoice())
    const indexes = [...choices.keys()].sort((a, b) => a - b)
    return {
      id: completionId(terminal.report.requestId),
      object: 'chat.completion',
      created,
      model,
      choices: indexes.map((index) => choiceOf(index, choices.get(index) ?? newChoice(), terminal)),
      usage: usageOf(terminal.report, usage),
      ...extensions,
    }
  }
}

/** After a block nothing of the text is shown: only which choices there were. */
function collect(log: CompletionLog, { status }: Terminal): Collected {
  const isShown = status !== 'blocked'
  const collected: Collected = { choices: new Map(), usage: undefined, extensions: {} }
  for (let position = log.first; position <= log.top; position += 1) {
    const { tag, bytes, start, end } = log.read(position)
    const { kind, choice: index, channel } = entryOf(tag)
    const json = bytes.toString('utf8', start, end)
    if (kind === EntryKind.usage) collected.usage = json
    if (kind === EntryKind.chunkExtension && isShown)
      collected.extensions = mergeFields(collected.extensions, JSON.parse(json))
    if (COMMON_KINDS.has(kind)) continue
    const choice = collected.choices.get(index) ?? newChoice()
    collected.choices.set(index, choice)
    if (isShown) addEntry(choice, kind, { json, field: TEXT_CHANNELS[channel]?.field ?? '' })
  }
  return collected
}

function addEntry(choice: Choice, kind: EntryKind, entry: { json: string; field: string }): void {
  const { json, field } = entry
  if (kind === EntryKind.text) choice.texts.set(field, (choice.texts.get(field) ?? '') + json)
  else if (kind === EntryKind.finish) choice.finishReason = JSON.parse(json)
  else if (kind === EntryKind.toolCall) addToolCall(choice.toolCalls, JSON.parse(json))
  else if (kind === EntryKind.extension)
    choice.extensions = mergeFields(choice.extensions, JSON.parse(json))
}

function newChoice(): Choice {
  return { texts: new Map(), toolCalls: new Map(), extensions: {}, finishReason: undefined }
}

function choiceOf(index: number, choice: Choice, terminal: Terminal): Fields {
  const { texts, toolCalls, extensions, finishReason } = choice
  const text = Object.fromEntries(
    [...texts].map(([field, inside]) => [field, JSON.parse(`"${inside}"`)]),
  )
  const calls = [...toolCalls].sort(([a], [b]) => a - b).map(([, call]) => call)
  const empty = calls.length > 0 || text.refusal !== undefined ? null : ''
  return {
    index,
    message: {
      role: 'assistant',
      content: empty,
      refusal: null,
      ...text,
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
      ...extensions,
    },
    logprobs: null,
    finish_reason: finishReason ?? finishReasonFor(terminal, calls.length > 0),
  }
}
