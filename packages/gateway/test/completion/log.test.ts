// The log: what is appended is what is read, escaped as JSON.stringify escapes it, and its memory is accounted for.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bareTag,
  CompletionLog,
  EntryKind,
  endsChunk,
  entryOf,
  tagOf,
} from '../../src/completion/log.ts'
import { MemoryBudget } from '../../src/completion/memory-budget.ts'

const TEXT = tagOf({ kind: EntryKind.text, channel: 0, choice: 0 })

function inside(log: CompletionLog, seq: number): string {
  return log.bytes.toString('utf8', log.start(seq), log.end(seq))
}

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({ unit: 'grapheme', maxLength: 80 }),
  fc.string({ maxLength: 200 }),
  fc.constantFrom(
    '"',
    '\\',
    '\n',
    '\u0000',
    '\u001f',
    '\u007f',
    '\u2028',
    '\ud800',
    '\udc00\ud800',
  ),
  fc.integer({ min: 0, max: 5_000 }).map((length) => 'x'.repeat(length)),
)

describe('CompletionLog', () => {
  it('reads back what was appended, escaped as JSON.stringify does it', () => {
    fc.assert(
      fc.property(fc.array(anyText, { maxLength: 100 }), (texts) => {
        const log = new CompletionLog(new MemoryBudget(1))
        for (const text of texts) log.appendText(TEXT, text)
        expect(log.top).toBe(texts.length)
        texts.forEach((text, i) => {
          expect(`"${inside(log, i + 1)}"`).toBe(JSON.stringify(text))
        })
      }),
      { numRuns: 300 },
    )
  })

  it('keeps sequence numbers, texts and budget right over any order of appends and releases', () => {
    const step = fc.oneof(anyText, fc.constant(undefined))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const budget = new MemoryBudget(1)
        const log = new CompletionLog(budget)
        let kept: [seq: number, text: string][] = []
        let top = 0
        for (const text of steps) {
          if (text === undefined) {
            log.release(top)
            kept = []
          } else {
            const json = JSON.stringify(text)
            log.append(TEXT, json)
            top += 1
            kept.push([top, json])
          }
          expect([log.top, log.first]).toEqual([top, kept[0]?.[0] ?? top + 1])
        }
        for (const [seq, text] of kept) expect(inside(log, seq)).toBe(text)
        expect(budget.usedBytes).toBeGreaterThanOrEqual(log.byteLength)
        log.dispose()
        expect(budget.usedBytes).toBe(0)
      }),
      { numRuns: 300 },
    )
  })

  it('gives back what a long backlog took as soon as it is delivered', () => {
    const budget = new MemoryBudget(1_000_000)
    const log = new CompletionLog(budget)
    for (let i = 0; i < 2_000; i += 1) log.appendText(TEXT, 'x'.repeat(500))
    expect(budget.isSpent).toBe(true)
    log.release(log.top - 1)
    expect(budget.isSpent, 'one entry is still wanted').toBe(true)
    log.release(log.top)
    expect(budget.usedBytes).toBeLessThan(10_000)
  })

  it('packs kind, channel, choice and the end of a chunk into a tag', () => {
    const kinds = fc.constantFrom(...Object.values(EntryKind))
    fc.assert(
      fc.property(kinds, fc.nat(3), fc.nat(127), (kind, channel, choice) => {
        const log = new CompletionLog(new MemoryBudget(1))
        const tag = tagOf({ kind, channel, choice })
        log.append(tag, '{}')
        expect(endsChunk(log.tag(1))).toBe(false)
        log.endChunk()
        expect(endsChunk(log.tag(1))).toBe(true)
        expect(bareTag(log.tag(1))).toBe(tag)
        expect(entryOf(log.tag(1))).toEqual({ kind, channel, choice })
      }),
    )
  })

  it('has nothing to end while it is empty', () => {
    const log = new CompletionLog(new MemoryBudget(1))
    log.endChunk()
    expect(log.top).toBe(0)
  })
})
