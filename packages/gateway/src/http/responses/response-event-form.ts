/**
 * A response as server-sent events. They are a function of the log alone, so every reader gets the same with the same numbers:
 *
 *   created, in_progress --> { item, part --> deltas --> part, item }* --> completed | incomplete | failed
 */
import { ByteBatch } from '../../byte-batch.ts'
import type { Feed } from '../../completion/feed.ts'
import { bareTag, type CompletionLog } from '../../completion/log.ts'
import type { Subscription } from '../../completion/subscription.ts'
import type { Terminal } from '../../completion/terminal.ts'
import type { AnswerForm } from '../answer.ts'
import type { AnswerResponse } from '../answer-response.ts'
import { failureOf } from '../outcome.ts'
import { openAiError } from '../words.ts'
import { type Item, OutputItems, type Part } from './output-items.ts'
import { PARTS, partJson } from './parts.ts'
import {
  endOf,
  itemJson,
  outputJson,
  outputOptions,
  responseJson,
  stateOf,
  textIn,
} from './response-object.ts'

export interface ResponseEventOptions {
  /**
   * What has to be there before the first event. A failure before it has a status of its own; a reader that comes back needs
   * the response's name as early as there is one.
   */
  begins: 'at once' | 'with the ack' | 'with the output'
  /** The number of the last event that the reader has; -1 for none. */
  startingAfter: number
}

/** Bytes of one write: small enough for a slow reader's progress to be seen, large enough to be cheap. */
const WRITE_BYTES = 16_384
/** The most events that stand before the output, and that one entry of the log makes. */
const MAX_BEFORE = 2
const MAX_OF_ENTRY = 6
const DELTA_TAIL = Buffer.from('"}\n\n')
/** The last event is not JSON. */
const DONE = 'data: [DONE]\n\n'
const batch = new ByteBatch()

export class ResponseEventForm implements AnswerForm {
  readonly contentType = 'text/event-stream'
  readonly filler = ': ping\n\n'
  readonly #options: ResponseEventOptions
  #output: OutputItems | undefined
  /** Of the next event. */
  #number = 0
  /** Entries that were taken. */
  #taken = 0
  /** The tag of the text that comes now, what stands before its deltas, and its part. */
  #tag = -1
  #head = Buffer.alloc(0)
  #part: Part | undefined

  constructor(options: ResponseEventOptions) {
    this.#options = options
  }

  write(subscription: Subscription, response: AnswerResponse): void {
    const { feed } = subscription
    if (this.#output === undefined && this.#isDue(subscription)) this.#begin(feed)
    this.#deliver(subscription, response)
    const { terminal, log } = feed
    if (terminal === undefined || subscription.cursor < log.top) return
    const failure = failureOf(terminal)
    if (this.#output !== undefined || failure === undefined)
      response.end(this.#ending(feed, terminal))
    else response.fail(failure, this.#ending(feed, terminal))
  }

  #isDue({ feed, cursor }: Subscription): boolean {
    const { begins } = this.#options
    const hasOutput = feed.log.top > cursor
    return (
      hasOutput || begins === 'at once' || (begins === 'with the ack' && feed.ack !== undefined)
    )
  }

  #begin(feed: Feed): OutputItems {
    const output = new OutputItems(outputOptions(feed))
    this.#output = output
    const response = responseJson(feed)
    this.#event('response.created', `"response":${response}`)
    this.#event('response.in_progress', `"response":${response}`)
    return output
  }

  #deliver(subscription: Subscription, response: AnswerResponse): void {
    const { feed } = subscription
    const { log } = feed
    while (subscription.cursor < log.top) {
      if (response.isFull) {
        subscription.isBehind = true
        break
      }
      subscription.cursor += 1
      this.#entry(log, subscription.cursor)
      if (batch.length >= WRITE_BYTES) response.write(batch.take())
    }
    if (subscription.cursor > 0) feed.isShown = true
    if (batch.length > 0) response.write(batch.take())
  }

  #entry(log: CompletionLog, position: number): void {
    this.#taken += 1
    const tag = bareTag(log.tag(position))
    if (tag === this.#tag && this.#part !== undefined) {
      this.#part.to = position
      this.#delta(log, position)
      return
    }
    const before = this.#output?.speaking
    const step = this.#output?.take(log, position)
    if (step === undefined) return
    const { item, part, beginsItem, beginsPart } = step
    if (before !== undefined && before !== item) this.#closeText(log, before)
    else if (beginsPart) this.#closePart(log, item, this.#part)
    if (beginsItem) this.#openItem(log, item)
    this.#part = part
    this.#tag = part === undefined ? -1 : tag
    if (part === undefined) this.#argumentsDelta(item, step.arguments)
    else {
      if (beginsPart) this.#openPart(item, part)
      this.#head = Buffer.from(this.#headOf(item, part))
      this.#delta(log, position)
    }
  }

  #openItem(log: CompletionLog, item: Item): void {
    const json = itemJson(item, log, { status: 'in_progress' })
    this.#event('response.output_item.added', `"output_index":${item.index},"item":${json}`)
  }

  #openPart(item: Item, part: Part): void {
    const { partEvents } = PARTS[part.kind]
    this.#event(`${partEvents}.added`, `${placeOf(item, part)},"part":${partJson(part.kind, '')}`)
  }

  #headOf(item: Item, part: Part): string {
    const { textEvents, textRest } = PARTS[part.kind]
    const type = `${textEvents}.delta`
    return `event: ${type}\ndata: {"type":"${type}",${placeOf(item, part)}${textRest},"sequence_number":`
  }

  #delta(log: CompletionLog, position: number): void {
    const { bytes, start, end } = log.read(position)
    if (start === end) return
    const number = this.#number
    this.#number += 1
    if (number <= this.#options.startingAfter) return
    const middle = `${number},"delta":"`
    batch.begin(this.#head.length + middle.length + end - start + DELTA_TAIL.length)
    batch.add(this.#head, 0, this.#head.length)
    batch.ascii(middle)
    batch.add(bytes, start, end)
    batch.add(DELTA_TAIL, 0, DELTA_TAIL.length)
  }

  #argumentsDelta(item: Item, text: string): void {
    if (text === '') return
    const type = 'response.function_call_arguments.delta'
    this.#event(type, `${placeOfItem(item)},"delta":${JSON.stringify(text)}`)
  }

  /** Ends an item of texts: something else comes. */
  #closeText(log: CompletionLog, item: Item): void {
    this.#closePart(log, item, item.parts.at(-1))
    const state = this.#output === undefined ? undefined : stateOf(item, log, this.#output)
    this.#closeItem(item, itemJson(item, log, { status: 'completed', state }))
  }

  #closePart(log: CompletionLog, item: Item, part: Part | undefined): void {
    if (part === undefined) return
    const { textEvents, textRest, partEvents, field } = PARTS[part.kind]
    const place = placeOf(item, part)
    const inside = textIn(log, part)
    this.#event(`${textEvents}.done`, `${place}${textRest},"${field}":"${inside}"`)
    this.#event(`${partEvents}.done`, `${place},"part":${partJson(part.kind, inside)}`)
  }

  #closeItem(item: Item, json: string): void {
    this.#event('response.output_item.done', `"output_index":${item.index},"item":${json}`)
  }

  #ending(feed: Feed, terminal: Terminal): string {
    const output = this.#output ?? this.#begin(feed)
    const { status } = endOf(terminal)
    const known = output.items.length
    const items = outputJson(feed, output, terminal)
    // What was withdrawn is not told again, so its events cannot be counted: the number is beyond all that they had.
    const isLate = feed.isRetracted && this.#taken < feed.log.top
    if (isLate) this.#number = MAX_BEFORE + MAX_OF_ENTRY * feed.log.top
    const isOpen = !feed.isRetracted && status !== 'failed'
    if (isOpen) for (const item of output.items) this.#end(feed.log, item, { known, items })
    const type = status === 'cancelled' ? 'incomplete' : status
    const failure = failureOf(terminal)
    // OpenAI's libraries throw for this field alone, and without it a text that broke off passes for whole.
    const error = failure === undefined ? '' : `,"error":${JSON.stringify(openAiError(failure))}`
    const response = responseJson(feed, { terminal, output: items })
    this.#event(`response.${type}`, `"response":${response}${error}`)
    return `${batch.take().toString()}${DONE}`
  }

  /** Ends an item that still goes on: the text that came last, every call, and what the end alone brings. */
  #end(
    log: CompletionLog,
    item: Item,
    { known, items }: { known: number; items: readonly string[] },
  ): void {
    const json = items[item.index] ?? ''
    const isNew = item.index >= known
    if (isNew) this.#openItem(log, item)
    if (isNew) for (const part of item.parts) this.#openPart(item, part)
    if (item.call !== undefined) this.#argumentsDone(item, JSON.parse(json).arguments)
    else if (isNew || item === this.#output?.speaking) this.#closePart(log, item, item.parts.at(-1))
    else return
    this.#closeItem(item, json)
  }

  #argumentsDone(item: Item, text: string): void {
    const name = JSON.stringify(item.call?.name)
    const said = `"name":${name},"arguments":${JSON.stringify(text)}`
    this.#event('response.function_call_arguments.done', `${placeOfItem(item)},${said}`)
  }

  #event(type: string, inside: string): void {
    const number = this.#number
    this.#number += 1
    if (number <= this.#options.startingAfter) return
    batch.text(`event: ${type}\ndata: {"type":"${type}","sequence_number":${number},${inside}}\n\n`)
  }
}

function placeOfItem({ id, index }: Item): string {
  return `"item_id":"${id}","output_index":${index}`
}

/** Where a text stands. */
function placeOf(item: Item, part: Part): string {
  return `${placeOfItem(item)},"${PARTS[part.kind].number}":${part.index}`
}
