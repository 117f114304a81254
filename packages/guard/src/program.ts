// What a policy runs on one kind of text (direction, channel, role): the detectors of the rules in scope, compiled.
// Shared by all streams of that kind; nothing in here belongs to a single stream.
import type { Detector, DetectorLatch } from './detector.ts'
import { foldAstral, IDENTIFIER_FOLDS } from './fold.ts'
import { Gates } from './gates.ts'
import { type Alphabet, createAlphabet, FIRST_CLASS } from './matcher/alphabet.ts'
import { type CharSet, LOWER_CASE, UPPER_CASE } from './matcher/char-set.ts'
import type { ContextWords } from './matcher/context.ts'
import { BETWEEN_WORDS } from './matcher/context-table.ts'
import { DfaPerStartPlan } from './matcher/dfa-per-start.ts'
import { LazyDfa } from './matcher/lazy-dfa.ts'
import type { StandingBits } from './matcher/live-contexts.ts'
import { type Nfa, NfaBuilder } from './matcher/nfa.ts'
import { type AutomatonParts, partsOf } from './matcher/parts.ts'
import type { PatternNode } from './matcher/pattern.ts'
import { ReverseSearch } from './matcher/reverse-search.ts'
import { type Term, TermAlphabet, TermAutomaton, type TermMatch } from './matcher/terms.ts'
import type { Rule } from './rule.ts'
import { UnitTable } from './unit-table.ts'

/** How spans of detectors count for a rule. */
export interface SpanRule {
  readonly rule: Rule
  /** Spans with a lower score do not count. */
  readonly threshold: number
}

/** The terms of a rule. */
export interface TermList {
  readonly rule: Rule
  readonly terms: readonly string[]
  readonly match: TermMatch
}

/** In a text that this matches, what is found is no finding. */
export interface Allowance {
  readonly pattern: PatternNode
  /** The rule whose findings it is about; undefined: all. */
  readonly rule: Rule | undefined
}

export interface ProgramSource {
  readonly detectors: readonly Detector[]
  readonly termLists: readonly TermList[]
  /** All rules of the policy, by index. */
  readonly rules: readonly Rule[]
  readonly allowed: readonly Allowance[]
  /** The rules for which spans of detectors count. */
  readonly spanRules: readonly SpanRule[]
  readonly maxSpan: number
}

/**
 * What an accepting position of the automaton means. `match`: a match of `detector`. `latch`: the beginning of an
 * open-ended one. `armor`: the header of one in lines; `line` and `end`: a line and the end of that of detector number
 * `of`. `allow`: no finding of `rule`, or of any, lies in here.
 */
export type Meaning =
  | DetectorMeaning
  | LineMeaning
  | { readonly role: 'end'; readonly of: number }
  | { readonly role: 'allow'; readonly rule: Rule | undefined }

export interface LineMeaning {
  readonly role: 'line'
  readonly of: number
  readonly check: ((value: string) => number) | undefined
}

export interface DetectorMeaning {
  readonly role: 'match' | 'latch' | 'armor'
  readonly detector: Detector
  /** The bits of the standings, and the one without which no match starts; 0 where it makes no difference. */
  readonly bits: StandingBits
  readonly gate: number
  /** The bit that is live while an open-ended match of the detector is open; 0 for others. */
  readonly openGate: number
}

/** The open-ended match of a detector by classes: one byte each, 1 where the class belongs to it. */
export interface LatchClasses {
  readonly body: Uint8Array
  readonly trailing: Uint8Array
  readonly opening: Uint8Array
  readonly closing: Uint8Array
}

/** The lower bits of a kind are the class of the automaton's alphabet, the upper ones that of the context words. */
export const CLASS_BITS = 0xff
export const CONTEXT_SHIFT = 8

export interface Program {
  /** By UTF-16 unit: its kind. Surrogates and escape sequences have to be read as a whole, with `kindOf`. */
  readonly kinds: UnitTable
  /** The table of the context words; without any, no class leads into it. */
  readonly contextTable: Uint16Array
  readonly contextSize: number
  readonly meanings: readonly Meaning[]
  /** By number of the detector whose match is open-ended. */
  readonly latches: ReadonlyMap<number, LatchClasses>
  readonly rules: readonly Rule[]
  readonly spanRules: readonly SpanRule[]
  /** The rules whose findings may turn out to be none. */
  readonly revocable: ReadonlySet<Rule>
  readonly automaton: LazyDfa
  /** What a stream goes on with that may not fill the automaton any more. Made when first needed, as what follows. */
  readonly dfaPerStart: () => DfaPerStartPlan
  readonly reverseSearch: () => ReverseSearch
  /** The bits that the automaton looks at. */
  readonly gatesOfAutomaton: number
  /** Present if a detector has context words. */
  readonly contextWords: ContextWords | undefined
  /** By vocabulary: the bits that are live with each standing. */
  readonly standingBits: readonly StandingBits[]
  /** Present if the policy has terms of that kind. */
  readonly substrings: TermAutomaton | undefined
  readonly words: TermAutomaton | undefined
  readonly hasTerms: boolean
  /** No match is longer, and no text is held longer, in UTF-16 units. */
  readonly maxSpan: number
  /** After so many UTF-16 units in a row that count as nothing a text begins anew. */
  readonly floodLength: number
}

/**
 * No honest text has as many characters in a row that count as nothing: in Stream-Safe Text Format (Unicode Standard
 * Annex 15, section 13) there are 30 at most.
 */
const FLOOD_LENGTH = 32

/** @throws PolicyError if the patterns together are too large. */
export function compileProgram(source: ProgramSource): Program {
  const { detectors, rules, allowed, spanRules, maxSpan } = source
  const gates = new Gates(detectors)
  const { nfa, meanings } = readPatterns(source, gates)
  const alphabet = alphabetOf(nfa, detectors)
  const contextWords = gates.contextWords()
  return {
    kinds: kindsOf(alphabet, contextWords),
    contextTable: contextWords?.table ?? NO_CONTEXT,
    contextSize: contextWords?.size ?? 0,
    meanings,
    latches: latchesOf(detectors, alphabet),
    rules,
    spanRules,
    revocable: new Set(allowed.flatMap(({ rule }) => rule ?? rules)),
    ...automataOf(partsOf(nfa, alphabet)),
    contextWords,
    standingBits: gates.standingBits(),
    gatesOfAutomaton: nfa.entries.reduce((bits, entry) => bits | entry.gate, 0),
    ...compileTerms(source.termLists),
    hasTerms: source.termLists.length > 0,
    maxSpan,
    // A value and the flood behind it have to be held together.
    floodLength: Math.min(FLOOD_LENGTH, maxSpan >> 2),
  }
}

/** All patterns as one position automaton, and what each of its detectors means. */
function readPatterns({ detectors, allowed }: ProgramSource, gates: Gates) {
  const builder = new NfaBuilder()
  const meanings: Meaning[] = detectors.map((detector, index) => {
    const bits = gates.ofVocabulary(detector.vocabulary)
    const gate = bits[detector.minStanding]
    const everyStart = detector.check !== undefined
    builder.add(index, detector.pattern, { gate, everyStart })
    return { role: roleOf(detector), detector, bits, gate, openGate: gates.ofArmor(index) }
  })
  detectors.forEach(({ armor }, of) => {
    const gate = gates.ofArmor(of)
    for (const { pattern, check } of armor?.lines ?? []) {
      builder.add(meanings.length, pattern, { gate })
      meanings.push({ role: 'line', of, check })
    }
    if (armor === undefined) return
    builder.add(meanings.length, armor.until, { gate })
    meanings.push({ role: 'end', of })
  })
  for (const { pattern, rule } of allowed) {
    builder.add(meanings.length, pattern)
    meanings.push({ role: 'allow', rule })
  }
  return { nfa: builder.build(), meanings }
}

function roleOf({ latch, armor }: Detector): DetectorMeaning['role'] {
  if (armor !== undefined) return 'armor'
  return latch === undefined ? 'match' : 'latch'
}

function alphabetOf(nfa: Nfa, detectors: readonly Detector[]): Alphabet {
  const sets = [
    ...nfa.sets,
    ...nfa.conditions.flat().map((assertion) => assertion.set),
    ...[LOWER_CASE, UPPER_CASE],
    ...detectors.flatMap(({ latch }) => (latch === undefined ? [] : setsOf(latch))),
  ]
  return createAlphabet(sets, IDENTIFIER_FOLDS)
}

function setsOf({ body, trailing, opening, closing }: DetectorLatch): readonly CharSet[] {
  return [body, trailing, opening, closing]
}

function latchesOf(
  detectors: readonly Detector[],
  alphabet: Alphabet,
): ReadonlyMap<number, LatchClasses> {
  const latches = new Map<number, LatchClasses>()
  detectors.forEach(({ latch }, index) => {
    if (latch === undefined) return
    const { body, trailing, opening, closing } = latch
    latches.set(index, {
      ...{ body: alphabet.members(body), trailing: alphabet.members(trailing) },
      ...{ opening: alphabet.members(opening), closing: alphabet.members(closing) },
    })
  })
  return latches
}

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}

/** Apart from the rest, so that what is made later keeps nothing else in memory. */
function automataOf(
  parts: AutomatonParts,
): Pick<Program, 'automaton' | 'dfaPerStart' | 'reverseSearch'> {
  const automaton = new LazyDfa(parts)
  return {
    automaton,
    dfaPerStart: once(() => new DfaPerStartPlan(parts, automaton)),
    reverseSearch: once(() => new ReverseSearch(parts)),
  }
}

const NO_CONTEXT = new Uint16Array([BETWEEN_WORDS])

function kindsOf({ classes }: Alphabet, contextWords: ContextWords | undefined): UnitTable {
  return new UnitTable((unit) => {
    const symbolClass = classes.at(unit)
    if (symbolClass < FIRST_CLASS || contextWords === undefined) return symbolClass
    return symbolClass | (contextWords.classOf(unit) << CONTEXT_SHIFT)
  })
}

/** The kind of a character that takes more than one unit, or is a lone surrogate. */
export function kindOf({ automaton, kinds }: Program, codePoint: number): number {
  const symbolClass = automaton.alphabet.classOfCharacter(codePoint)
  if (symbolClass < FIRST_CLASS) return symbolClass
  // What folds to ASCII is in words what it folds to; all else beyond U+FFFF separates them, as surrogates do.
  const unit = codePoint > 0xffff ? foldAstral(codePoint) : codePoint
  return symbolClass | (kinds.at(unit) & ~CLASS_BITS)
}

function compileTerms(lists: readonly TermList[]): Pick<Program, 'substrings' | 'words'> {
  if (lists.length === 0) return { substrings: undefined, words: undefined }
  const alphabet = new TermAlphabet(lists.flatMap((list) => list.terms))
  const automatonFor = (match: TermMatch) => {
    const terms = lists
      .filter((list) => list.match === match)
      .flatMap((list) => list.terms.map((text): Term => ({ text, rule: list.rule.index })))
    return terms.length === 0 ? undefined : new TermAutomaton(terms, match, alphabet)
  }
  return { substrings: automatonFor('substring'), words: automatonFor('word') }
}
