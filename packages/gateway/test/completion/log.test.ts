// The log: what is appended is what is read, escaped as JSON.stringify escapes it, and its memory is accounted for.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bareTag,
  CompletionLog,
  EntryKind,
  endsChunk,
  entryOf,
  isNumbered,
  tagOf,
} from '../../src/completion/log.ts'
import { MemoryBudget } from '../../src/completion/memory-budget.ts'

const TEXT = tagOf({ kind: EntryKind.text, channel: 0, choice: 0 })
/** Takes no sequence number. */
const ROLE = tagOf({ kind: EntryKind.role, channel: 0, choice: 0 })

function inside(log: CompletionLog, position: number): string {
  const { bytes, start, end } = log.read(position)
  return bytes.toString('utf8', start, end)
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

  it('keeps what was not released, wherever it is released, and its memory is accounted for', () => {
    const append = anyText.map((text) => ({ text, isNumbered: text.length % 3 > 0 }))
    const release = fc.nat(40).map((back) => ({ back }))
    const trim = fc.nat(60_000).map((maxBytes) => ({ maxBytes }))
    const steps = fc.array(fc.oneof({ weight: 6, arbitrary: append }, release, trim), {
      maxLength: 200,
    })
    fc.assert(
      fc.property(steps, (script) => {
        const budget = new MemoryBudget(1)
        const log = new CompletionLog(budget)
        const texts: string[] = []
        let wanted = 1
        for (const step of script) {
          if ('back' in step) {
            const taken = Math.max(0, log.top - step.back)
            log.release(taken)
            wanted = Math.max(wanted, taken + 1)
          } else if ('maxBytes' in step) {
            log.trim(step.maxBytes, log.top)
            wanted = Math.max(wanted, log.first)
          } else {
            log.append(step.isNumbered ? TEXT : ROLE, JSON.stringify(step.text))
            texts.push(JSON.stringify(step.text))
          }
          expect(log.top).toBe(texts.length)
          expect(log.first, 'nothing is freed before it was released').toBeLessThanOrEqual(wanted)
          for (let position = wanted; position <= log.top; position += 1)
            expect(inside(log, position)).toBe(texts[position - 1])
        }
        expect(budget.usedBytes).toBeGreaterThanOrEqual(log.byteLength)
        log.dispose()
        expect(budget.usedBytes).toBe(0)
      }),
      { numRuns: 200 },
    )
  })

  it('finds the entry of each sequence number that is kept, and says of the others that they are gone', () => {
    const entries = fc.array(fc.tuple(fc.boolean(), fc.nat(4_000)), { minLength: 1, maxLength: 80 })
    fc.assert(
      fc.property(entries, fc.nat(60_000), (script, maxBytes) => {
        const log = new CompletionLog(new MemoryBudget(1))
        const numbered: number[] = []
        for (const [isCounted, length] of script) {
          log.append(isCounted ? TEXT : ROLE, 'x'.repeat(length))
          if (isCounted) numbered.push(log.top)
        }
        log.trim(maxBytes, log.top)
        expect(log.sequence).toBe(numbered.length)
        expect(log.positionOf(numbered.length + 1)).toBeUndefined()
        for (let sequence = 0; sequence <= numbered.length; sequence += 1) {
          const next = numbered[sequence] ?? log.top + 1
          const position = log.positionOf(sequence)
          if (position === undefined) {
            expect(next, 'what follows is lost').toBeLessThan(log.first)
            continue
          }
          expect(position, 'what follows is kept').toBeGreaterThanOrEqual(log.first - 1)
          expect(position).toBeGreaterThanOrEqual(numbered[sequence - 1] ?? 0)
          expect(position).toBeLessThan(next)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('gives back segment by segment what a long backlog took', () => {
    const budget = new MemoryBudget(1_000_000)
    const log = new CompletionLog(budget)
    for (let i = 0; i < 2_000; i += 1) log.appendText(TEXT, 'x'.repeat(500))
    expect(!budget.hasRoom(0)).toBe(true)
    log.release(log.top / 2)
    expect(budget.usedBytes, 'half is still wanted').toBeGreaterThan(500_000)
    expect(budget.usedBytes).toBeLessThan(600_000)
    log.release(log.top)
    expect(budget.usedBytes).toBeLessThan(30_000)
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

  it('numbers the parts of an answer, and nothing that rides on a neighbour', () => {
    const numbered = Object.entries(EntryKind).filter(([, kind]) =>
      isNumbered(tagOf({ kind, channel: 3, choice: 127 })),
    )
    expect(numbered.map(([name]) => name)).toEqual([
      'text',
      'toolCall',
      'verbatim',
      'extension',
      'chunkExtension',
    ])
  })

  it('has nothing to end while it is empty', () => {
    const log = new CompletionLog(new MemoryBudget(1))
    log.endChunk()
    expect(log.top).toBe(0)
  })
})
