/**
 * Renders entries of a log as the chunk frames of dialect 2. Neighbouring texts of one choice and channel, and neighbouring
 * arguments of one tool call, become one frame, so a watcher that is behind gets fewer and larger ones.
 */
import type { ChunkFrame, ToolCallDelta } from '@sluice/protocol'
import {
  bareTag,
  type CompletionLog,
  EntryKind,
  entryOf,
  isNumbered,
} from '../../completion/log.ts'
import { TEXT_CHANNELS } from '../../deltas.ts'
import type { FrameBatch } from '../../socket/frames.ts'

/** Bytes of text that are merged into one frame at most. */
const FRAME_BYTES = 16_384
const TEXT_TAIL = Buffer.from('"}')

/** Where a watcher stands in a log. */
export interface Cursor {
  /** The position of the last entry that it has. */
  position: number
  /** The sequence number of the last numbered entry that it has. */
  seq: number
}

/** A stretch of text entries of one choice and channel. */
interface Run {
  last: number
  /** Numbered entries in it. */
  count: number
  bytes: number
}

/** The frames of one watcher: what stands before a text hardly ever changes, so it is kept. */
export class ChunkFrames {
  readonly #id: string
  #head = Buffer.alloc(0)
  #headTag = -1

  constructor(id: string) {
    this.#id = JSON.stringify(id)
  }

  /** Adds the next frame after the cursor and moves it there; entries that are no part of the answer are passed over. */
  next(log: CompletionLog, cursor: Cursor, batch: FrameBatch): void {
    const position = cursor.position + 1
    const tag = bareTag(log.tag(position))
    if (!isNumbered(tag)) cursor.position = position
    else if (entryOf(tag).kind === EntryKind.text) this.#text(log, cursor, batch)
    else this.#object(log, cursor, batch)
  }

  #text(log: CompletionLog, cursor: Cursor, batch: FrameBatch): void {
    const first = cursor.position + 1
    const tag = bareTag(log.tag(first))
    const run = runFrom(log, first)
    const seq = cursor.seq + run.count
    const head = this.#headOf(tag)
    const middle = `${seq}${run.count === 1 ? '' : `,"from":${cursor.seq + 1}`},"text":"`
    batch.begin(head.length + middle.length + run.bytes + TEXT_TAIL.length)
    batch.add(head, 0, head.length)
    batch.ascii(middle)
    for (let position = first; position <= run.last; position += 1) {
      if (!isNumbered(log.tag(position))) continue
      const { bytes, start, end } = log.read(position)
      batch.add(bytes, start, end)
    }
    batch.add(TEXT_TAIL, 0, TEXT_TAIL.length)
    cursor.position = run.last
    cursor.seq = seq
  }

  #headOf(tag: number): Buffer {
    if (tag === this.#headTag) return this.#head
    const { choice, channel } = entryOf(tag)
    const name = TEXT_CHANNELS[channel]?.name ?? 'content'
    const where = `${choice === 0 ? '' : `"choice":${choice},`}${name === 'content' ? '' : `"channel":"${name}",`}`
    this.#head = Buffer.from(`{"type":"chunk","id":${this.#id},${where}"seq":`)
    this.#headTag = tag
    return this.#head
  }

  #object(log: CompletionLog, cursor: Cursor, batch: FrameBatch): void {
    cursor.position += 1
    cursor.seq += 1
    const from = cursor.seq
    const { kind, choice } = entryOf(bareTag(log.tag(cursor.position)))
    const fields = fieldsAt(log, cursor.position)
    const part: Partial<ChunkFrame> =
      kind === EntryKind.toolCall
        ? { channel: 'tool_call', toolCall: withMore(toolCallOf(fields), log, cursor) }
        : { extra: fields }
    const where = choice === 0 ? {} : { choice }
    const range = { seq: cursor.seq, ...(from === cursor.seq ? {} : { from }) }
    const frame = JSON.stringify({ ...range, ...where, ...part })
    batch.text(`{"type":"chunk","id":${this.#id},${frame.slice(1)}`)
  }
}

/** The entries from `first` on that one frame can carry. */
function runFrom(log: CompletionLog, first: number): Run {
  const tag = bareTag(log.tag(first))
  const run = { last: first, count: 0, bytes: 0 }
  const { top } = log
  for (let position = first; position <= top; position += 1) {
    const other = bareTag(log.tag(position))
    if (other === tag) {
      const { start, end } = log.read(position)
      if (run.count > 0 && run.bytes + end - start > FRAME_BYTES) break
      run.bytes += end - start
      run.count += 1
      run.last = position
    } else if (isNumbered(other)) {
      break
    }
  }
  return run
}

function fieldsAt(log: CompletionLog, position: number): Record<string, unknown> {
  const { bytes, start, end } = log.read(position)
  return JSON.parse(bytes.toString('utf8', start, end))
}

/** A part of a tool call with those that follow the cursor and only bring more of its arguments. */
function withMore(first: ToolCallDelta, log: CompletionLog, cursor: Cursor): ToolCallDelta {
  const tag = bareTag(log.tag(cursor.position))
  const { top } = log
  let { arguments: text = '' } = first
  let count = 0
  for (let position = cursor.position + 1; position <= top; position += 1) {
    const other = bareTag(log.tag(position))
    if (!isNumbered(other)) continue
    const more = other === tag ? toolCallOf(fieldsAt(log, position)) : undefined
    if (more === undefined || !continues(first, more)) break
    if (text.length + (more.arguments?.length ?? 0) > FRAME_BYTES) break
    text += more.arguments ?? ''
    cursor.position = position
    count += 1
  }
  cursor.seq += count
  return count === 0 ? first : { ...first, arguments: text }
}

function continues(first: ToolCallDelta, { index, arguments: text, ...rest }: ToolCallDelta) {
  const isMore = text !== undefined && Object.keys(rest).length === 0
  return isMore && index === first.index && first.extra === undefined
}

/** A part of a tool call, from the form that chat completions have for it. */
function toolCallOf({
  index,
  id,
  type,
  function: called,
  ...extra
}: Record<string, unknown>): ToolCallDelta {
  const { name, arguments: text } = (called ?? {}) as { name?: string; arguments?: string }
  return {
    index: index as number,
    ...(id === undefined ? {} : { id: id as string }),
    ...(name === undefined ? {} : { name }),
    ...(text === undefined ? {} : { arguments: text }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  }
}
