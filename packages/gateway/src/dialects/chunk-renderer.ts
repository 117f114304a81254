/** Renders entries of a log as chat-completion chunks, one for each chunk of the upstream, in the message of a dialect. */
import { bareTag, type CompletionLog, EntryKind, entryOf } from '../completion/log.ts'
import { TEXT_CHANNELS } from '../deltas.ts'

/** Where rendered chunks go: the frames of a socket, or whoever wants the JSON. */
export interface ChunkSink {
  /** Begins a message of so many bytes, which follow by `add`. */
  begin(payloadBytes: number): void
  add(source: Buffer, start: number, end: number): void
  /** Adds a whole message. */
  text(payload: string): void
}

export interface RenderRange {
  from: number
  to: number
  sink: ChunkSink
}

/** What a dialect makes of a chunk object. */
export interface ChunkForm {
  /** What stands before and after the object. */
  open: string
  close: string
  /** The inside of the object before its choices. Absent: as the upstream has it. */
  envelope?: string
  /** Kinds of entries that the dialect has other ways to say. Default: none. */
  omitted?: ReadonlySet<EntryKind>
}

/** The chunk messages of dialect 1. */
const MESSAGE: ChunkForm = { open: '{"type":"chunk","data":', close: '}' }
const TEXT_TAIL = '"},"finish_reason":null}]}'

/** The parts of one choice's delta, as JSON. */
interface Delta {
  role: string | undefined
  text: Map<string, string>
  toolCalls: string[]
  /** Insides of objects. */
  extensions: string[]
  finish: string
}

/** Keeps the envelope of the last chunk, which hardly ever changes: a chunk with one text is three copies of bytes. */
export class ChunkRenderer {
  readonly #form: ChunkForm
  readonly #open: Buffer
  readonly #close: Buffer
  readonly #textTail: Buffer
  #envelope: string
  /** What stands before the text in a chunk with the tag `#headTag`. */
  #head = Buffer.alloc(0)
  #headTag = -1

  constructor(form: ChunkForm = MESSAGE) {
    this.#form = form
    this.#open = Buffer.from(form.open)
    this.#close = Buffer.from(form.close)
    this.#textTail = Buffer.from(`${TEXT_TAIL}${form.close}`)
    this.#envelope = form.envelope ?? '"object":"chat.completion.chunk"'
  }

  /** Adds the message for one chunk; none if the chunk has nothing to say. */
  render(log: CompletionLog, { from, to, sink }: RenderRange): void {
    const first = entryOf(log.tag(from)).kind
    if (from === to && first === EntryKind.text) this.#renderText(log, from, sink)
    else if (first === EntryKind.verbatim) this.#renderVerbatim(log, from, sink)
    else this.#renderParts(log, { from, to, sink })
  }

  #renderText(log: CompletionLog, position: number, sink: ChunkSink): void {
    const { tag: fullTag, bytes, start, end } = log.read(position)
    const tag = bareTag(fullTag)
    if (tag !== this.#headTag) {
      const { choice, channel } = entryOf(tag)
      const field = fieldOf(channel)
      this.#head = Buffer.from(
        `${this.#form.open}{${this.#envelope},"choices":[{"index":${choice},"delta":{"${field}":"`,
      )
      this.#headTag = tag
    }
    sink.begin(this.#head.length + end - start + this.#textTail.length)
    sink.add(this.#head, 0, this.#head.length)
    sink.add(bytes, start, end)
    sink.add(this.#textTail, 0, this.#textTail.length)
  }

  #renderVerbatim(log: CompletionLog, position: number, sink: ChunkSink): void {
    const { bytes, start, end } = log.read(position)
    sink.begin(this.#open.length + end - start + this.#close.length)
    sink.add(this.#open, 0, this.#open.length)
    sink.add(bytes, start, end)
    sink.add(this.#close, 0, this.#close.length)
  }

  #renderParts(log: CompletionLog, { from, to, sink }: RenderRange): void {
    const { open, close, omitted } = this.#form
    const deltas = new Map<number, Delta>()
    let tail = ''
    for (let position = from; position <= to; position += 1) {
      const { tag, bytes, start, end } = log.read(position)
      const { kind, choice, channel } = entryOf(tag)
      if (omitted?.has(kind)) continue
      const json = bytes.toString('utf8', start, end)
      if (kind === EntryKind.envelope) this.#setEnvelope(json)
      else if (kind === EntryKind.usage) tail += `,"usage":${json}`
      else if (kind === EntryKind.chunkExtension) tail += `,${json.slice(1, -1)}`
      else addPart(deltaOf(deltas, choice), kind, { json, field: fieldOf(channel) })
    }
    if (deltas.size === 0 && tail === '') return
    const choices = [...deltas].map(([index, delta]) => choiceJson(index, delta)).join(',')
    sink.text(`${open}{${this.#envelope},"choices":[${choices}]${tail}}${close}`)
  }

  #setEnvelope(json: string): void {
    this.#envelope = json
    this.#headTag = -1
  }
}

function fieldOf(channel: number): string {
  return TEXT_CHANNELS[channel]?.field ?? ''
}

function deltaOf(deltas: Map<number, Delta>, choice: number): Delta {
  const known = deltas.get(choice)
  if (known !== undefined) return known
  const text = new Map<string, string>()
  const delta: Delta = { role: undefined, text, toolCalls: [], extensions: [], finish: 'null' }
  deltas.set(choice, delta)
  return delta
}

function addPart(delta: Delta, kind: EntryKind, part: { json: string; field: string }): void {
  if (kind === EntryKind.role) delta.role = part.json
  else if (kind === EntryKind.finish) delta.finish = part.json
  else if (kind === EntryKind.toolCall) delta.toolCalls.push(part.json)
  else if (kind === EntryKind.extension) delta.extensions.push(part.json.slice(1, -1))
  else delta.text.set(part.field, (delta.text.get(part.field) ?? '') + part.json)
}

function choiceJson(index: number, delta: Delta): string {
  const fields = [...delta.text].map(([field, inside]) => `"${field}":"${inside}"`)
  if (delta.role !== undefined) fields.unshift(`"role":${delta.role}`)
  if (delta.toolCalls.length > 0) fields.push(`"tool_calls":[${delta.toolCalls.join(',')}]`)
  fields.push(...delta.extensions)
  return `{"index":${index},"delta":{${fields.join(',')}},"finish_reason":${delta.finish}}`
}
