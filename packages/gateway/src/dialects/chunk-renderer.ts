/** Renders entries of a log as the chunk messages of dialect 1: one frame for each chunk of the upstream. */
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

const OPEN = '{"type":"chunk","data":'
const VERBATIM_HEAD = Buffer.from(OPEN)
const VERBATIM_TAIL = Buffer.from('}')
const TEXT_TAIL = Buffer.from('"},"finish_reason":null}]}}')

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
  #envelope = '"object":"chat.completion.chunk"'
  /** What stands before the text in a chunk with the tag `#headTag`. */
  #head = Buffer.alloc(0)
  #headTag = -1

  /** Adds the frame for one chunk; none if the chunk has nothing to say. */
  render(log: CompletionLog, { from, to, sink }: RenderRange): void {
    const first = entryOf(log.tag(from)).kind
    if (from === to && first === EntryKind.text) this.#renderText(log, from, sink)
    else if (first === EntryKind.verbatim) renderVerbatim(log, from, sink)
    else this.#renderParts(log, { from, to, sink })
  }

  #renderText(log: CompletionLog, position: number, sink: ChunkSink): void {
    const { tag: fullTag, bytes, start, end } = log.read(position)
    const tag = bareTag(fullTag)
    if (tag !== this.#headTag) {
      const { choice, channel } = entryOf(tag)
      const field = fieldOf(channel)
      this.#head = Buffer.from(
        `${OPEN}{${this.#envelope},"choices":[{"index":${choice},"delta":{"${field}":"`,
      )
      this.#headTag = tag
    }
    sink.begin(this.#head.length + end - start + TEXT_TAIL.length)
    sink.add(this.#head, 0, this.#head.length)
    sink.add(bytes, start, end)
    sink.add(TEXT_TAIL, 0, TEXT_TAIL.length)
  }

  #renderParts(log: CompletionLog, { from, to, sink }: RenderRange): void {
    const deltas = new Map<number, Delta>()
    let tail = ''
    for (let position = from; position <= to; position += 1) {
      const { tag, bytes, start, end } = log.read(position)
      const { kind, choice, channel } = entryOf(tag)
      const json = bytes.toString('utf8', start, end)
      if (kind === EntryKind.envelope) this.#setEnvelope(json)
      else if (kind === EntryKind.usage) tail += `,"usage":${json}`
      else if (kind === EntryKind.chunkExtension) tail += `,${json.slice(1, -1)}`
      else addPart(deltaOf(deltas, choice), kind, { json, field: fieldOf(channel) })
    }
    if (deltas.size === 0 && tail === '') return
    const choices = [...deltas].map(([index, delta]) => choiceJson(index, delta)).join(',')
    sink.text(`${OPEN}{${this.#envelope},"choices":[${choices}]${tail}}}`)
  }

  #setEnvelope(json: string): void {
    this.#envelope = json
    this.#headTag = -1
  }
}

function fieldOf(channel: number): string {
  return TEXT_CHANNELS[channel]?.field ?? ''
}

function renderVerbatim(log: CompletionLog, position: number, sink: ChunkSink): void {
  const { bytes, start, end } = log.read(position)
  sink.begin(VERBATIM_HEAD.length + end - start + VERBATIM_TAIL.length)
  sink.add(VERBATIM_HEAD, 0, VERBATIM_HEAD.length)
  sink.add(bytes, start, end)
  sink.add(VERBATIM_TAIL, 0, VERBATIM_TAIL.length)
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
