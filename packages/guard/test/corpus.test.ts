// The sentences of contact centres in corpus/. ordinary.txt has nothing personal in it, one sentence a line; neither have the
// those in known.txt, which `standard` alters. personal.jsonl has texts with their personal values. The recognizers were
// not written with unfitted.txt and unfitted.jsonl, which are more of both. How many each policy alters and finds is
// measured by the guard's benchmark.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { compilePolicy, ENTITY_NAMES } from '../src/index.ts'

function linesOf(name: string): string[] {
  return readFileSync(new URL(`./corpus/${name}`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
}

const ordinary = linesOf('ordinary.txt')
const personal = [...linesOf('personal.jsonl'), ...linesOf('unfitted.jsonl')].map(
  (line): { text: string; values: [entity: string, value: string][] } => JSON.parse(line),
)

describe('the corpus', () => {
  it('has different ordinary sentences, at least half of them with numbers', () => {
    expect(new Set(ordinary).size).toBe(ordinary.length)
    expect(ordinary.length).toBeGreaterThanOrEqual(240)
    const numbered = ordinary.filter((sentence) => /\d/.test(sentence))
    expect(numbered.length / ordinary.length).toBeGreaterThanOrEqual(0.5)
  })

  it('keeps every ordinary sentence as it is under policy standard', () => {
    const policy = compilePolicy('standard')
    expect(ordinary.filter((sentence) => policy.scan(sentence).text !== sentence)).toEqual([])
  })

  it('does not call a sentence known that standard keeps', () => {
    const policy = compilePolicy('standard')
    expect(linesOf('known.txt').filter((line) => policy.scan(line).text === line)).toEqual([])
  })

  it('has personal values that each occur once in their text', () => {
    expect(personal.length).toBeGreaterThanOrEqual(120)
    for (const { text, values } of personal) {
      expect(values.length, text).toBeGreaterThan(0)
      for (const [entity, value] of values) {
        expect(ENTITY_NAMES, text).toContain(entity)
        expect(text.split(value), text).toHaveLength(2)
      }
    }
  })
})
