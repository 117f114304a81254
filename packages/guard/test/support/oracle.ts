// The naive oracle: what counts as covered if one simply tries every pair of start and end with a plain RegExp. It knows
// nothing of automata, threads or streams; slow on purpose.
import { foldAstral, IDENTIFIER_FOLDS, IGNORED } from '../../src/fold.ts'
import {
  ARTICLES,
  GENITIVES,
  NUMBER_ENDINGS,
  NUMBER_WORDS,
  OWNERS,
} from '../../src/matcher/number-words.ts'
import type { EntityPattern, Recognizer } from '../../src/recognizer.ts'

/** In quarters of a word: five words, or twenty of digits. */
const CONTEXT_WINDOW = 20

/** A text as detectors see it, with the offsets of each symbol in the original. */
interface Folded {
  readonly text: string
  readonly starts: readonly number[]
  readonly ends: readonly number[]
  /** Offsets of all characters in the original, of those without a symbol too. */
  readonly characters: readonly number[]
  /** Of the original text. */
  readonly length: number
}

function fold(text: string): Folded {
  const starts: number[] = []
  const ends: number[] = []
  const characters: number[] = []
  let folded = ''
  for (const { 0: character, index: at } of text.matchAll(CHARACTER)) {
    characters.push(at)
    const codePoint = decoded(character)
    const symbol = codePoint > 0xffff ? foldAstral(codePoint) : IDENTIFIER_FOLDS.at(codePoint)
    if (symbol !== IGNORED) {
      // Whatever has no fold becomes one arbitrary symbol that no pattern names.
      folded += symbol >= 0xd800 && symbol < 0xe000 ? '\ue000' : String.fromCharCode(symbol)
      starts.push(at)
      ends.push(at + character.length)
    }
  }
  return { text: folded, starts, ends, characters, length: text.length }
}

/** A character as it is read: an escape sequence is one, with the doubled backslashes before it. */
const CHARACTER =
  /\\{1,8}(?:u(?:[dD][89abAB]..\\{1,8}u[dD][c-fC-F]..|[0-9a-fA-F]{4})|x[0-9a-fA-F]{2}|[bfnrtv]|[!-/:-@[\]-`{-~])|\\\\|%[0-9a-fA-F]{2}|./gsu
const LETTERS: Readonly<Record<string, string>> = {
  ...{ b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
}

function decoded(character: string): number {
  if (/^%(?:40|2b)$/i.test(character)) return Number.parseInt(character.slice(1), 16)
  if (!character.startsWith('\\')) return character.codePointAt(0) ?? 0
  const hex = [...character.matchAll(/[ux]([0-9a-fA-F]+)/g)].map(([, digits = '']) => digits)
  if (hex.length > 0) {
    return (
      String.fromCharCode(...hex.map((digits) => Number.parseInt(digits, 16))).codePointAt(0) ?? 0
    )
  }
  const last = character.slice(-1)
  return (LETTERS[last] ?? last).charCodeAt(0)
}

/** The source with what a recognizer's look-behind means: `_` and a change of case begin a word. */
function withEdges({ source, flags }: EntityPattern): string {
  return source.replace(/\(\?<!((?:\[[^\]]*\]|\\?.)*?)\)/g, (_whole, set: string) => {
    const plain = `(?<!${set.replace(/\\w/g, set.startsWith('[') ? 'A-Za-z0-9' : '[A-Za-z0-9]')})`
    return flags === 'i' ? plain : `(?:${plain}|(?<=[a-z])(?=[A-Z]))`
  })
}

/** By pattern and how much of the text is left behind a match; -1: no matter how much. */
const compiled = new Map<EntityPattern, Map<number, RegExp>>()

function regexpOf(pattern: EntityPattern, rest: number): RegExp {
  const known = compiled.get(pattern) ?? new Map<number, RegExp>()
  compiled.set(pattern, known)
  const end = rest < 0 ? '' : `(?=[^]{${rest}}$)`
  const make = () => new RegExp(`(?:${withEdges(pattern)})${end}`, `${pattern.flags ?? ''}uy`)
  const regexp = known.get(rest) ?? make()
  known.set(rest, regexp)
  return regexp
}

/** Whether the pattern matches exactly from `start` to `end`, seeing what is around. */
function matches(
  pattern: EntityPattern,
  text: string,
  { start, end }: { readonly start: number; readonly end: number },
): boolean {
  const regexp = regexpOf(pattern, text.length - end)
  regexp.lastIndex = start
  return regexp.test(text)
}

/** Whether the pattern matches from `start` to anywhere. */
function mayStart(pattern: EntityPattern, text: string, start: number): boolean {
  const regexp = regexpOf(pattern, -1)
  regexp.lastIndex = start
  return regexp.test(text)
}

/** A digit behind a known word begins a word, as if `_` were between them; in scripts without spaces it does anyway. */
function asSeenFrom(recognizers: readonly Recognizer[], text: string, start: number): string {
  const vocabularies = recognizers.map(vocabularyOf)
  const [letters = ''] = /[\p{L}\p{M}\d]+$/u.exec(text.slice(0, start)) ?? []
  const parts = letters.split(/(?<=\P{Lu})(?=\p{Lu})/u)
  const isKnown = (word: string) => {
    const { rest } = spacelessIn(vocabularies, word)
    return /^\D{2,}$/.test(rest) && isKnownTo(vocabularies, rest)
  }
  const isGlued = isKnown(parts.at(-1) ?? '') || isKnown(parts.slice(-2).join(''))
  if (!isGlued || !/\d/.test(text.charAt(start))) return text
  return `${text.slice(0, start - 1)}_${text.slice(start)}`
}

/** The words of scripts without spaces that are whole in a run of letters, and what comes behind them. */
function spacelessIn(vocabularies: readonly Vocabulary[], run: string) {
  const words = vocabularies.flatMap(({ spaceless }) => spaceless)
  const whole = [...run.matchAll(new RegExp(words.join('|'), 'gu'))]
  const last = whole.at(-1)
  const from = last === undefined ? 0 : last.index + last[0].length
  // Where such a word begins, what is before it is over.
  const begun = Math.max(...words.map((word) => run.lastIndexOf(word.charAt(0))))
  return { whole, rest: run.slice(Math.max(from, begun)) }
}

type Standing = 'against' | 'silent' | 'hinted' | 'announced'

/** What the words say that ended before `start`. */
function standingAt(recognizer: Recognizer, words: readonly PlacedWord[], start: number): Standing {
  const { roleOf } = vocabularyOf(recognizer)
  let standing: Standing = 'silent'
  let left = 0
  let leader: Role | undefined
  let isNext = false
  let isBehindNumber = false
  for (const { word, index, cost, isCompound } of words) {
    if (index + word.length > start) break
    left -= cost
    const isHinted: boolean = standing === 'hinted'
    let said = roleOf(word) ?? (isCompound ? 'against' : undefined)
    const isNumberWord = said === 'number'
    if (said === 'number' && leader === 'owner') said = 'hinted'
    if (said === 'number' && standing === 'silent')
      said = leader === 'article' ? undefined : 'against'
    const isNumber = said === 'number'
    if (isNumber && standing === 'hinted' && leader !== 'article' && !isNext) said = 'against'
    if (said === 'genitive') said = isBehindNumber && isHinted ? 'against' : undefined
    isBehindNumber = isNumberWord
    leader = said === 'owner' || said === 'article' ? said : undefined
    if (said === 'number') said = standing
    if (said === 'owner' || said === 'article') said = undefined
    if (said === 'hinted' && standing === 'announced') said = 'announced'
    isNext = said !== undefined
    if (said !== undefined) left = CONTEXT_WINDOW
    if (said !== undefined || left <= 0) standing = said ?? 'silent'
  }
  return standing
}

interface PlacedWord {
  readonly word: string
  readonly index: number
  /** In quarters of a word: nothing where a word goes on behind it. */
  readonly cost: number
  readonly isCompound: boolean
}

/** Whether letters end like a word for "number", and begin like none of any list. */
function isCompoundTo(vocabularies: readonly Vocabulary[], word: string): boolean {
  const plain = plainWord(word)
  const ends = NUMBER_ENDINGS.some((one) => plain.endsWith(plainWord(one)))
  return ends && !/\d/.test(word) && !vocabularies.some(({ hasPrefixOf }) => hasPrefixOf(plain))
}

function isKnownTo(vocabularies: readonly Vocabulary[], word: string): boolean {
  const isListed = vocabularies.some(({ roleOf }) => (roleOf(word) ?? 'genitive') !== 'genitive')
  return isListed || isCompoundTo(vocabularies, word)
}

/**
 * A word ends before what separates words, and a capital behind a small letter or a digit; a known one also before a digit,
 * and in a script without spaces where it is complete, and so does what is before it.
 */
function wordsOf(recognizers: readonly Recognizer[], text: string): PlacedWord[] {
  const vocabularies = recognizers.map(vocabularyOf)
  const runs = [...text.matchAll(/[\p{L}\p{M}\d](?:(?!(?<=\P{Lu})\p{Lu})[\p{L}\p{M}\d])*/gu)]
  return runs
    .map(({ 0: word, index }) => ({ word, index }))
    .reduce(joined, [])
    .flatMap(({ word: run, index }) => {
      const { whole, rest: word } = spacelessIn(vocabularies, run)
      const complete = whole.map((found) => ({ word: found[0], index: found.index }))
      const rest = { word, index: run.length - word.length }
      const [letters = ''] = /^[^\d]+(?=\d)/u.exec(rest.word) ?? []
      const isGlued = letters.length > 1 && isKnownTo(vocabularies, letters)
      const digits = { word: rest.word.slice(letters.length), index: rest.index + letters.length }
      const parts = isGlued ? [{ ...rest, word: letters }, digits] : [rest]
      return [...complete, ...parts]
        .filter((part) => part.word !== '')
        .map((part) => ({
          word: part.word,
          index: index + part.index,
          cost: part.index + part.word.length < run.length ? 0 : /^\d+$/.test(run) ? 1 : 4,
          isCompound: isCompoundTo(vocabularies, part.word),
        }))
    })
}

type Run = Pick<PlacedWord, 'word' | 'index'>

/** A capital does not end a word that goes on with it, as in `WhatsApp`. */
function joined(words: readonly Run[], { word, index }: Run): readonly Run[] {
  const last = words.at(-1)
  const isOne =
    last !== undefined &&
    plainWord(last.word) === 'whats' &&
    /^A/.test(word) &&
    last.index + last.word.length === index
  return isOne
    ? [...words.slice(0, -1), { word: last.word + word, index: last.index }]
    : [...words, { word, index }]
}

type Role = Standing | 'number' | 'owner' | 'article' | 'genitive'

/** The words of a recognizer. */
interface Vocabulary {
  readonly roleOf: (word: string) => Role | undefined
  readonly hasPrefixOf: (plain: string) => boolean
  /** Those of scripts without spaces. */
  readonly spaceless: readonly string[]
}

const vocabularies = new Map<Recognizer, Vocabulary>()

function vocabularyOf(recognizer: Recognizer): Vocabulary {
  const known = vocabularies.get(recognizer)
  if (known !== undefined) return known
  const { context = [], hints = [], against = [] } = recognizer
  const roles = new Map<string, Role>()
  const add = (words: readonly string[], role: Role) => {
    for (const word of words) if (!roles.has(plainWord(word))) roles.set(plainWord(word), role)
  }
  add(against, 'against')
  add(context, 'announced')
  add(hints, 'hinted')
  add(NUMBER_WORDS, 'number')
  add(OWNERS, 'owner')
  add(ARTICLES, 'article')
  add(GENITIVES, 'genitive')
  const prefixes = [...roles].filter(([word]) => word.endsWith('*'))
  const roleOf = (word: string) => {
    const plain = plainWord(word)
    const exact = roles.get(plain)
    if (exact !== undefined) return exact
    return prefixes.find(([prefix]) => plain.startsWith(prefix.slice(0, -1)))?.[1]
  }
  const hasPrefixOf = (plain: string) =>
    prefixes.some(([prefix]) => plain.startsWith(prefix.slice(0, -1)))
  const spaceless = [...roles.keys()].filter((word) => SPACELESS.test(word))
  const vocabulary = { roleOf, hasPrefixOf, spaceless }
  vocabularies.set(recognizer, vocabulary)
  return vocabulary
}

const SPACELESS =
  /[\p{sc=Han}\p{sc=Kana}\p{sc=Hira}\p{sc=Hang}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}]/u

function plainWord(word: string): string {
  return word.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
}

/** The score from which a value counts, or undefined if its pattern cannot reach the threshold here. */
function neededScore(pattern: EntityPattern, threshold: number, standing: Standing) {
  const { score, againstScore = score, hintScore = score, contextScore = hintScore } = pattern
  const byStanding = {
    against: againstScore,
    silent: score,
    hinted: hintScore,
    announced: contextScore,
  }
  if (byStanding[standing] < threshold) return undefined
  return score >= threshold ? threshold : 0
}

function passes(pattern: EntityPattern, value: string, needed: number): boolean {
  if (pattern.check === undefined) return true
  const score = pattern.check(value)
  return score > 0 && score >= needed
}

/** Where an open-ended match that began before `from` ends. */
function latchEnd(pattern: EntityPattern, text: string, from: number): number {
  const { body = '', trailing = '[]', opening = '[]', closing = '[]' } = pattern.latch ?? {}
  const isBody = new RegExp(body, 'u')
  const isTrailing = new RegExp(trailing, 'u')
  let end = from
  let depth = 0
  for (let at = from; at < text.length; at += 1) {
    const character = text.charAt(at)
    const closes = new RegExp(closing, 'u').test(character)
    if (closes) depth -= 1
    if (new RegExp(opening, 'u').test(character)) depth += 1
    if (depth < 0) break
    if (isTrailing.test(character) && !closes) continue
    if (!isBody.test(character)) break
    end = at + 1
  }
  return end
}

/** Where matches end that begin at a symbol. */
function endsOf(
  pattern: EntityPattern,
  folded: Folded,
  { start, maxSpan, needed }: { start: number; maxSpan: number; needed: number },
): number[] {
  const ends: number[] = []
  for (let j = start + 1; j <= folded.text.length; j += 1) {
    const isLate = (folded.starts[start] ?? 0) < oldestStart(folded, j, maxSpan)
    if (pattern.check !== undefined && isLate) continue
    if (!matches(pattern, folded.text, { start, end: j })) continue
    if (passes(pattern, folded.text.slice(start, j), needed)) ends.push(j)
  }
  return ends
}

/** What is further back than maxSpan when the symbol behind a match comes has been shown by then. */
function oldestStart({ starts, length }: Folded, end: number, maxSpan: number): number {
  return (starts[end] ?? length) - maxSpan
}

/** What is shown of what is further back ends with a whole character: an escape sequence is never shown in part. */
function oldestCharacter(folded: Folded, end: number, maxSpan: number): number {
  const oldest = oldestStart(folded, end, maxSpan)
  return folded.characters.findLast((at) => at <= oldest) ?? oldest
}

/** Whether a stretch lies in what only looks like the entity, unless it was decided before that showed. */
function lookalikesIn(
  { lookalikes = [] }: Recognizer,
  seen: readonly Folded[],
  maxSpan: number,
): (start: number, end: number) => boolean {
  const spans: (readonly [start: number, end: number])[] = []
  for (const source of lookalikes) {
    const pattern = { source, score: 1 }
    seen.forEach(({ text }, i) => {
      if (!mayStart(pattern, text, i)) return
      for (let j = i + 1; j <= text.length; j += 1) {
        if (matches(pattern, text, { start: i, end: j })) spans.push([i, j])
      }
    })
  }
  const isDecided = (start: number, end: number) => {
    const folded = seen[start]
    return folded !== undefined && (folded.starts[start] ?? 0) < oldestStart(folded, end, maxSpan)
  }
  return (start, end) =>
    spans.some(([from, to]) => from <= start && end <= to && !isDecided(start, to))
}

/** For each UTF-16 unit of the text: whether some match of some recognizer covers it. */
export function coverage(
  recognizers: readonly Recognizer[],
  text: string,
  { threshold, maxSpan }: { readonly threshold: number; readonly maxSpan: number },
): boolean[] {
  const folded = fold(text)
  const covered = Array.from({ length: text.length }, () => false)
  const cover = (start: number, end: number) => covered.fill(true, start, end)
  const seen = folded.starts.map((_, i) => ({
    ...folded,
    text: asSeenFrom(recognizers, folded.text, i),
  }))
  const words = wordsOf(recognizers, folded.text)
  for (const recognizer of recognizers) {
    const isLookalike = lookalikesIn(recognizer, seen, maxSpan)
    seen.forEach((folded, i) => {
      const standing = standingAt(recognizer, words, i)
      for (const pattern of recognizer.patterns) {
        const needed = neededScore(pattern, threshold, standing)
        if (needed === undefined || !mayStart(pattern, folded.text, i)) continue
        for (const j of endsOf(pattern, folded, { start: i, maxSpan, needed })) {
          if (isLookalike(i, j)) continue
          const last = pattern.latch === undefined ? j : latchEnd(pattern, folded.text, j)
          const start = Math.max(folded.starts[i] ?? 0, oldestCharacter(folded, j, maxSpan))
          cover(start, folded.ends[last - 1] ?? 0)
        }
      }
    })
  }
  return covered
}

/** The same for the findings of the engine. */
export function covered(
  text: string,
  findings: readonly { start: number; end: number }[],
): boolean[] {
  const result = Array.from({ length: text.length }, () => false)
  for (const { start, end } of findings) result.fill(true, start, end)
  return result
}
