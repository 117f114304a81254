import { describe, expect, it } from 'vitest'
import { aggregate } from '../src/aggregate.ts'
import { DEFAULT_LABELS, entityByLabel } from '../src/labels.ts'
import { wordsOf } from '../src/words.ts'

const ENTITIES = ['PERSON', 'LOCATION']

/** What is found if each word has the given likelihood of being a name, or a place. */
function found(text: string, likely: Record<string, [person: number, place: number]>): string[] {
  const words = wordsOf(text)
  const scores = words.map((word) => Float32Array.from(likely[word.text] ?? [0, 0]))
  const spans = aggregate({ text, words, scores }, { entities: ENTITIES, threshold: 0.5 })
  return spans.map(({ entity, start, end }) => `${entity} ${text.slice(start, end)}`)
}

describe('words become entities', () => {
  it('as neighbours of one kind, and not across a sentence', () => {
    const likely: Record<string, [number, number]> = {
      ...{
        Ada: [0.9, 0],
        Lovelace: [0.8, 0.1],
        London: [0, 0.9],
        Baker: [0.1, 0.6],
        '5': [0, 0.7],
      },
    }
    expect(found('Ada Lovelace, Ada. 5 Baker, London', likely)).toEqual([
      ...['PERSON Ada Lovelace', 'PERSON Ada', 'LOCATION 5 Baker, London'],
    ])
  })

  it('whole, with what belongs into a name', () => {
    const likely: Record<string, [number, number]> = {
      ...{ O: [0.6, 0], Neil: [0.9, 0], Jones: [0.9, 0], John: [1, 0], Kennedy: [1, 0] },
    }
    expect(found("O'Neil-Jones", likely)).toEqual(["PERSON O'Neil-Jones"])
    expect(found('John F. Kennedy', likely)).toEqual(['PERSON John F. Kennedy'])
  })

  it('if a small word is likely enough, since most small words are no names', () => {
    expect(found('mary rose', { mary: [0.95, 0], rose: [0.7, 0] })).toEqual(['PERSON mary'])
  })

  it('more easily behind a title and beside a sure name', () => {
    const likely: Record<string, [number, number]> = { Vidal: [0.2, 0], Ana: [0.9, 0] }
    expect(found('Vidal went', likely)).toEqual([])
    expect(found('Sra. Vidal went', likely)).toEqual(['PERSON Vidal'])
    expect(found('Ana Vidal went', likely)).toEqual(['PERSON Ana Vidal'])
    expect(found('Vidal Ana went', likely)).toEqual(['PERSON Vidal Ana'])
  })

  it('and signs never do by themselves', () => {
    expect(found('? Ada', { '?': [0.99, 0], Ada: [0.9, 0] })).toEqual(['PERSON Ada'])
  })
})

it('labels are those of their entities, whichever part of a span they name', () => {
  const id2label = { 0: 'O', 1: 'B-SURNAME', 2: 'I-SURNAME', 3: 'B-CITY', 4: 'B-EMAIL', 5: 'I-PER' }
  expect([...entityByLabel(id2label, DEFAULT_LABELS)]).toEqual([-1, 0, 0, 1, -1, 0])
})
