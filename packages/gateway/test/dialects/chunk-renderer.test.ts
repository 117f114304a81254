// The renderer's law: the JSON it writes says what the log's entries say, whichever of its ways it takes.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CompletionLog, EntryKind, endsChunk, tagOf } from '../../src/completion/log.ts'
import { MemoryBudget } from '../../src/completion/memory-budget.ts'
import { TEXT_CHANNELS } from '../../src/deltas.ts'
import { ChunkRenderer, type ChunkSink } from '../../src/dialects/chunk-renderer.ts'

type Entry =
  | { kind: 'text'; choice: number; channel: number; text: string }
  | { kind: 'role'; choice: number; text: string }
  | { kind: 'finish'; choice: number; text: string }
  | { kind: 'toolCall'; choice: number; call: object }
  | { kind: 'usage'; usage: object }
  | { kind: 'envelope'; envelope: object }

function logOf(chunks: readonly (readonly Entry[])[]): CompletionLog {
  const log = new CompletionLog(new MemoryBudget(1))
  for (const chunk of chunks) {
    for (const entry of chunk) append(log, entry)
    log.endChunk()
  }
  return log
}

function append(log: CompletionLog, entry: Entry): void {
  const choice = 'choice' in entry ? entry.choice : 0
  const channel = 'channel' in entry ? entry.channel : 0
  const tag = tagOf({ kind: EntryKind[entry.kind], channel, choice })
  if (entry.kind === 'text') log.appendText(tag, entry.text)
  else if (entry.kind === 'toolCall') log.append(tag, JSON.stringify(entry.call))
  else if (entry.kind === 'usage') log.append(tag, JSON.stringify(entry.usage))
  else if (entry.kind === 'envelope') log.append(tag, JSON.stringify(entry.envelope).slice(1, -1))
  else log.append(tag, JSON.stringify(entry.text))
}

/** What a client would parse, chunk by chunk. */
function rendered(log: CompletionLog): unknown[] {
  const messages: string[] = []
  let [expected, parts] = [0, '']
  const flush = () => {
    if (parts === '') return
    expect(Buffer.byteLength(parts), 'as many bytes as it announced').toBe(expected)
    messages.push(parts)
    parts = ''
  }
  const sink: ChunkSink = {
    begin: (bytes) => {
      flush()
      expected = bytes
    },
    add: (source, start, end) => {
      parts += source.toString('utf8', start, end)
    },
    text: (payload) => messages.push(payload),
  }
  const renderer = new ChunkRenderer()
  let from = 1
  for (let seq = 1; seq <= log.top; seq += 1) {
    if (!endsChunk(log.tag(seq))) continue
    renderer.render(log, { from, to: seq, sink })
    flush()
    from = seq + 1
  }
  return messages.map((message) => JSON.parse(message))
}

/** What it should be, with plain objects. */
function expectedOf(chunks: readonly (readonly Entry[])[]): unknown[] {
  let envelope: object = { object: 'chat.completion.chunk' }
  const messages: unknown[] = []
  for (const chunk of chunks) {
    const choices = new Map<number, { delta: Record<string, unknown>; finish: string | null }>()
    const choiceOf = (index: number) => {
      const choice = choices.get(index) ?? { delta: {}, finish: null }
      choices.set(index, choice)
      return choice
    }
    let usage: object | undefined
    for (const entry of chunk) {
      if (entry.kind === 'envelope') envelope = entry.envelope
      else if (entry.kind === 'usage') usage = entry.usage
      else if (entry.kind === 'finish') choiceOf(entry.choice).finish = entry.text
      else if (entry.kind === 'role') choiceOf(entry.choice).delta.role = entry.text
      else if (entry.kind === 'toolCall') {
        const { delta } = choiceOf(entry.choice)
        delta.tool_calls = [...((delta.tool_calls as object[]) ?? []), entry.call]
      } else {
        const { delta } = choiceOf(entry.choice)
        const field = TEXT_CHANNELS[entry.channel]?.field ?? ''
        delta[field] = `${delta[field] ?? ''}${entry.text}`
      }
    }
    if (choices.size === 0 && usage === undefined) continue
    const rows = [...choices].map(([index, { delta, finish }]) => ({
      index,
      delta,
      finish_reason: finish,
    }))
    const data = { ...envelope, choices: rows, ...(usage === undefined ? {} : { usage }) }
    messages.push({ type: 'chunk', data })
  }
  return messages
}

const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constant('"\\\n😀'))
const choice = fc.constantFrom(0, 0, 0, 1, 127)
const textEntry = fc.record({
  kind: fc.constant('text' as const),
  choice,
  channel: fc.nat(3),
  text,
})
const entry: fc.Arbitrary<Entry> = fc.oneof(
  { weight: 4, arbitrary: textEntry },
  fc.record({
    kind: fc.constantFrom('role' as const, 'finish' as const),
    choice,
    text: fc.constantFrom('stop', 'x'),
  }),
  fc.record({
    kind: fc.constant('toolCall' as const),
    choice,
    call: fc.record({ index: fc.nat(3), function: fc.record({ arguments: text }) }),
  }),
  fc.record({ kind: fc.constant('usage' as const), usage: fc.constant({ total_tokens: 3 }) }),
  fc.record({
    kind: fc.constant('envelope' as const),
    envelope: fc.record({ id: fc.string(), object: fc.constant('x') }),
  }),
)
// Most chunks of a stream are one text: the fast way must be the common one here, too.
const chunk = fc.oneof(
  textEntry.map((one): Entry[] => [one]),
  fc.array(entry, { minLength: 1, maxLength: 5 }),
)

describe('ChunkRenderer', () => {
  it('writes what the entries say, for any sequence of chunks', () => {
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 12 }), (chunks) => {
        expect(rendered(logOf(chunks))).toEqual(expectedOf(chunks))
      }),
      { numRuns: 1_000 },
    )
  })

  it('passes a verbatim chunk byte for byte', () => {
    const log = new CompletionLog(new MemoryBudget(1))
    const data = '{ "choices" : [ ],  "x": 1.0 }'
    log.append(tagOf({ kind: EntryKind.verbatim, channel: 0, choice: 0 }), data)
    log.endChunk()
    expect(rendered(log)).toEqual([{ type: 'chunk', data: { choices: [], x: 1 } }])
  })
})
