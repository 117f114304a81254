// The naive oracle: what counts as covered if one simply tries every pair of start and end with a plain RegExp. It knows
// nothing of automata, threads or streams; slow on purpose.
import { foldAstral, IGNORED, identifierFoldTable } from '../../src/fold.ts'
import type { EntityPattern, Recognizer } from '../../src/recognizer.ts'

/** In quarters of a word: five words, or twenty of digits. */
const CONTEXT_WINDOW = 20

/** A text as detectors see it, with the offsets of each symbol in the original. */
interface Folded {
  readonly text: string
  readonly starts: readonly number[]
  readonly ends: readonly number[]
}

function fold(text: string): Folded {
  const folds = identifierFoldTable()
  const starts: number[] = []
  const ends: number[] = []
  let folded = ''
  for (const { 0: character, index: at } of text.matchAll(CHARACTER)) {
    const codePoint = decoded(character)
    const symbol = codePoint > 0xffff ? foldAstral(codePoint) : (folds[codePoint] ?? 0)
    if (symbol !== IGNORED) {
      // Whatever has no fold becomes one arbitrary symbol that no pattern names.
      folded += symbol >= 0xd800 && symbol < 0xe000 ? '\ue000' : String.fromCharCode(symbol)
      starts.push(at)
      ends.push(at + character.length)
    }
  }
  return { text: folded, starts, ends }
}

/** A character as it is read: an escape sequence is one, with the doubled backslashes before it. */
const CHARACTER =
  /\\{1,8}(?:u(?:[dD][89abAB]..\\{1,8}u[dD][c-fC-F]..|[0-9a-fA-F]{4})|x[0-9a-fA-F]{2}|[bfnrtv]|[!-/:-@[\]-`{-~])|\\\\|%[0-9a-fA-F]{2}|./gsu
const LETTERS: Readonly<Record<string, string>> = {
  ...{ b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
}

function decoded(character: string): number {
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

const compiled = new Map<string, RegExp>()

/** The source with what a recognizer's look-behind means: `_` and a change of case begin a word. */
function withEdges({ source, flags }: EntityPattern): string {
  return source.replace(/\(\?<!((?:\[[^\]]*\]|\\?.)*?)\)/g, (_whole, set: string) => {
    const plain = `(?<!${set.replace(/\\w/g, set.startsWith('[') ? 'A-Za-z0-9' : '[A-Za-z0-9]')})`
    return flags === 'i' ? plain : `(?:${plain}|(?<=[a-z])(?=[A-Z]))`
  })
}

/** Whether the pattern matches exactly from `start` to `end`, seeing what is around. */
function matches(
  pattern: EntityPattern,
  text: string,
  span: { start: number; end: number },
): boolean {
  const source = `(?:${withEdges(pattern)})(?=[^]{${text.length - span.end}}$)`
  const key = `${source}/${pattern.flags}`
  const regexp = compiled.get(key) ?? new RegExp(source, `${pattern.flags ?? ''}uy`)
  compiled.set(key, regexp)
  regexp.lastIndex = span.start
  return regexp.test(text)
}

type Standing = 'against' | 'silent' | 'vague' | 'announced'

/** What the words say that ended before `start`. Words of scripts without spaces are left out. */
function standingAt(recognizer: Recognizer, text: string, start: number): Standing {
  let standing: Standing = 'silent'
  let left = 0
  for (const word of wordsBefore(recognizer, text, start)) {
    left -= /^\d+$/.test(word) ? 1 : 4
    const role = roleOf(recognizer, word)
    if (role !== undefined) left = CONTEXT_WINDOW
    else if (left <= 0) standing = 'silent'
    if (role === 'vague') standing = standing === 'silent' ? 'vague' : standing
    else if (role !== undefined) standing = role
  }
  return standing
}

/**
 * A word ends before `start` if what is there separates words, is a digit behind a word of the recognizer's, or a capital
 * behind a small letter or a digit.
 */
function wordsBefore(recognizer: Recognizer, text: string, start: number): string[] {
  const words = [
    ...text.matchAll(/[\p{L}\p{M}\d](?:(?!(?<=\P{Lu})\p{Lu})[\p{L}\p{M}\d])*/gu),
  ].flatMap(({ 0: word, index }) => {
    const [letters = ''] = /^[^\d]+(?=\d)/u.exec(word) ?? []
    if (letters === '' || roleOf(recognizer, letters) === undefined) return [{ word, index }]
    const rest = { word: word.slice(letters.length), index: index + letters.length }
    return [{ word: letters, index }, rest]
  })
  return words.filter(({ word, index }) => index + word.length <= start).map(({ word }) => word)
}

function roleOf(recognizer: Recognizer, word: string): Standing | undefined {
  const { context = [], vague = [], against = [] } = recognizer
  if (against.some((known) => isWord(known, word))) return 'against'
  if (context.some((known) => isWord(known, word))) return 'announced'
  return vague.some((known) => isWord(known, word)) ? 'vague' : undefined
}

function isWord(known: string, word: string): boolean {
  const plain = plainWord(word)
  return known.endsWith('*')
    ? plain.startsWith(plainWord(known.slice(0, -1)))
    : plain === plainWord(known)
}

function plainWord(word: string): string {
  return word.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
}

/** The score from which a value counts, or undefined if its pattern cannot reach the threshold here. */
function neededScore(pattern: EntityPattern, threshold: number, standing: Standing) {
  const { score, againstScore = score, vagueScore = score, contextScore = vagueScore } = pattern
  const byStanding = {
    against: againstScore,
    silent: score,
    vague: vagueScore,
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
  const { body = '', trailing = '[]', until = '[]' } = pattern.latch ?? {}
  const mark = new RegExp(until, 'u').exec(text.slice(from))
  const isBody = new RegExp(body, 'u')
  const isTrailing = new RegExp(trailing, 'u')
  let end = from
  for (let at = from; at < text.length; at += 1) {
    if (mark !== null && at === from + mark.index + mark[0].length) return at
    const character = text.charAt(at)
    if (isTrailing.test(character)) continue
    if (!isBody.test(character)) break
    end = at + 1
  }
  return end
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
  for (const recognizer of recognizers) {
    for (let i = 0; i < folded.text.length; i += 1) {
      const standing = standingAt(recognizer, folded.text, i)
      for (let j = i + 1; j <= folded.text.length; j += 1) {
        const start = folded.starts[i] ?? 0
        const end = folded.ends[j - 1] ?? 0
        // What is further back than maxSpan when the next symbol comes has been shown by then.
        const oldest = (folded.starts[j] ?? text.length) - maxSpan
        for (const pattern of recognizer.patterns) {
          if (pattern.check !== undefined && start < oldest) continue
          if (!matches(pattern, folded.text, { start: i, end: j })) continue
          const needed = neededScore(pattern, threshold, standing)
          if (needed === undefined || !passes(pattern, folded.text.slice(i, j), needed)) continue
          const last = pattern.latch === undefined ? j : latchEnd(pattern, folded.text, j)
          cover(Math.max(start, oldest), folded.ends[last - 1] ?? end)
        }
      }
    }
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
