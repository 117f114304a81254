/**
 * The items of a response, as its log has them: which item and which part of it each entry belongs to. A text of another
 * channel begins another item or part; the calls of functions go on beside each other until the end, because their parts may
 * come in any order.
 */
import { bareTag, type CompletionLog, EntryKind, entryOf } from '../../completion/log.ts'
import { TEXT_CHANNELS } from '../../deltas.ts'
import { PARTS, type PartKind } from './parts.ts'

/** A text of an item. */
export interface Part {
  kind: PartKind
  /** Its number in its item, from 0. */
  index: number
  /** Positions in the log: all texts from here to there are its own. */
  from: number
  to: number
}

export interface Item {
  type: 'message' | 'reasoning' | 'function_call'
  id: string
  /** Its number in the response, from 0. */
  index: number
  parts: Part[]
  /** Of a call: its number among the calls, its id for who answers it, and its name. */
  call?: { index: number; id: string; name: string }
}

/** What an entry is to the response. */
export interface Step {
  item: Item
  /** Of a text. */
  part: Part | undefined
  beginsItem: boolean
  beginsPart: boolean
  /** Of a call: what it adds to the arguments. */
  arguments: string
}

export interface OutputOptions {
  requestId: string
  /** What becomes of reasoning: a summary for who asked for one, else what it is. */
  reasoning: 'reasoning_text' | 'summary_text'
  /** Items of reasoning have what the provider wants back. */
  hasState: boolean
}

const ID_PREFIX = { message: 'msg', reasoning: 'rs', function_call: 'fc' } as const

export class OutputItems {
  readonly items: Item[] = []
  readonly hasState: boolean
  /** The item whose text comes now, and its last part. */
  speaking: Item | undefined
  readonly #options: OutputOptions
  readonly #calls = new Map<number, Item>()

  constructor(options: OutputOptions) {
    this.#options = options
    this.hasState = options.hasState
  }

  /** Takes the entry at a position, which follows the one before; undefined if it says nothing of the output. */
  take(log: CompletionLog, position: number): Step | undefined {
    const { tag, bytes, start, end } = log.read(position)
    const { kind, channel } = entryOf(bareTag(tag))
    if (kind === EntryKind.text) return start === end ? undefined : this.#text(channel, position)
    if (kind !== EntryKind.toolCall) return undefined
    return this.#call(JSON.parse(bytes.toString('utf8', start, end)))
  }

  /** The text of an answer that has none. */
  addEmptyText(): Item {
    const item = this.#begin('message')
    this.#beginPart(item, 'output_text', 0)
    return item
  }

  /** An item that says nothing: it only has what the provider wants back. */
  addState(): Item {
    return this.#begin('reasoning')
  }

  #text(channel: number, position: number): Step {
    const kind = this.#kindOf(channel)
    const { type } = PARTS[kind]
    const beginsItem = this.speaking?.type !== type
    const item = beginsItem || this.speaking === undefined ? this.#begin(type) : this.speaking
    this.speaking = item
    const last = item.parts.at(-1)
    const beginsPart = last?.kind !== kind
    const part = beginsPart || last === undefined ? this.#beginPart(item, kind, position) : last
    part.to = position
    return { item, part, beginsItem, beginsPart, arguments: '' }
  }

  #call({ index, id, function: called }: ToolCallEntry): Step {
    this.speaking = undefined
    const known = this.#calls.get(index)
    const item = known ?? this.#begin('function_call')
    if (known === undefined) {
      this.#calls.set(index, item)
      item.call = { index, id: id ?? `call_${item.id}`, name: called.name ?? '' }
    }
    const beginsItem = known === undefined
    return { item, part: undefined, beginsItem, beginsPart: false, arguments: called.arguments }
  }

  #begin(type: Item['type']): Item {
    const index = this.items.length
    const id = `${ID_PREFIX[type]}_${this.#options.requestId}_${index}`
    const item: Item = { type, id, index, parts: [] }
    this.items.push(item)
    return item
  }

  #beginPart({ parts }: Item, kind: PartKind, from: number): Part {
    const part = { kind, index: parts.length, from, to: from }
    parts.push(part)
    return part
  }

  #kindOf(channel: number): PartKind {
    const name = TEXT_CHANNELS[channel]?.name
    if (name === 'reasoning') return this.#options.reasoning
    return name === 'refusal' ? 'refusal' : 'output_text'
  }
}

/** What a log has of a tool call. */
interface ToolCallEntry {
  index: number
  id?: string
  function: { name?: string; arguments: string }
}
