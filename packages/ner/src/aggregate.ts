/**
 * From what the model says of each word to entities: a word is one or it is none, whole; neighbours of one entity are one
 * span. Knows nothing of tokens.
 */
import type { Span } from '@sluice/guard'
import { isCapitalised, type Word } from './words.ts'

/** How likely each entity is for one word, from 0 to 1, in the order of the entities. */
export type WordScores = Float32Array

export interface Judged {
  readonly text: string
  readonly words: readonly Word[]
  /** Of each word. */
  readonly scores: readonly WordScores[]
}

export interface AggregateOptions {
  readonly entities: readonly string[]
  /** How likely a word has to be, to be taken for an entity. */
  readonly threshold: number
}

/** An entity by its number, and how sure it is; undefined for a word that is none. */
type Pick = { readonly entity: number; readonly score: number } | undefined

/** Of a name that is written small the model has to be surer: most small words are none. */
const SMALL_THRESHOLD = 0.9
/** A capital beside a sure name, or behind a title, needs less. */
const NEIGHBOUR_THRESHOLD = 0.1
/** What stands before a name, in the languages of the model. */
const TITLES = new Set([
  ...['mr', 'mrs', 'ms', 'miss', 'mx', 'dr', 'prof', 'sir', 'herr', 'herrn', 'frau', 'm'],
  ...['mme', 'mlle', 'monsieur', 'madame', 'sr', 'sra', 'srta', 'señor', 'señora', 'don', 'doña'],
])
const PERSON = 'PERSON'
/** What may stand between two words of one name, and of one place. */
const WITHIN_NAME = /^ ?$|^[-'’]$|^\. ?$/
const WITHIN_PLACE = /^ ?$|^[-'’./#]$|^[.,] ?$|^,? ?\n ?$/

/** The spans of a text, in its order. */
export function aggregate(judged: Judged, options: AggregateOptions): Span[] {
  const picks = judged.words.map((_, i) => pick(judged, i, options))
  const person = options.entities.indexOf(PERSON)
  if (person >= 0) widenNames(judged, picks, { entity: person, score: options.threshold })
  return spansOf(judged, picks, options.entities)
}

/** The likeliest entity of a word, if it is likely enough. Signs are none by themselves. */
function pick(
  { words, scores }: Judged,
  index: number,
  { threshold, entities }: AggregateOptions,
): Pick {
  const word = words[index]
  const all = scores[index]
  if (word === undefined || all === undefined || !/[\p{L}\p{N}]/u.test(word.text)) return undefined
  const entity = all.indexOf(Math.max(...all))
  const score = all[entity] ?? 0
  const isName = entities[entity] === PERSON
  const needed =
    isName && !isCapitalised(word.text) ? Math.max(threshold, SMALL_THRESHOLD) : threshold
  return score >= needed ? { entity, score } : undefined
}

/** Takes in what stands beside a sure name or behind a title with a capital, and is not unlikely. */
function widenNames({ words, scores }: Judged, picks: Pick[], name: NonNullable<Pick>): void {
  const isLikely = (i: number) =>
    isCapitalised(words[i]?.text ?? '') && (scores[i]?.[name.entity] ?? 0) >= NEIGHBOUR_THRESHOLD
  const isName = (i: number) => picks[i]?.entity === name.entity
  for (let i = 0; i < words.length; i += 1) {
    if (picks[i] !== undefined) continue
    if (isLikely(i) && (isName(i - 1) || isTitled(words, i))) picks[i] = name
    else if (isInitial(words, i) && isName(i - 1)) picks[i] = name
  }
  for (let i = words.length - 2; i >= 0; i -= 1) {
    if (picks[i] === undefined && isLikely(i) && isName(i + 1)) picks[i] = name
  }
}

/** `F.` in `John F. Kennedy`: a capital by itself. */
function isInitial(words: readonly Word[], index: number): boolean {
  return /^\p{Lu}$/u.test(words[index]?.text ?? '')
}

function isTitled(words: readonly Word[], index: number): boolean {
  const before = words[index - 1]?.text === '.' ? words[index - 2] : words[index - 1]
  return before !== undefined && TITLES.has(before.text.toLowerCase())
}

function spansOf(
  { text, words }: Judged,
  picks: readonly Pick[],
  entities: readonly string[],
): Span[] {
  const spans: { entity: string; start: number; end: number; score: number }[] = []
  let last: (typeof spans)[number] | undefined
  words.forEach(({ start, end }, i) => {
    const picked = picks[i]
    const entity = picked && entities[picked.entity]
    if (picked === undefined || entity === undefined) return
    const within = entity === PERSON ? WITHIN_NAME : WITHIN_PLACE
    if (last?.entity === entity && within.test(text.slice(last.end, start))) {
      last.end = end
      last.score = Math.max(last.score, picked.score)
      return
    }
    last = { entity, start, end, score: picked.score }
    spans.push(last)
  })
  return spans
}
