// What a policy runs on one kind of text (direction, channel, role): the detectors of the rules in scope, compiled.
// Shared by all streams of that kind; nothing in here belongs to a single stream.
import { identifierFoldTable } from './fold.ts'
import { type Alphabet, createAlphabet, FIRST_CLASS } from './matcher/alphabet.ts'
import { Automaton } from './matcher/automaton.ts'
import { Backtracer } from './matcher/backtracer.ts'
import type { CharSet } from './matcher/char-set.ts'
import { ContextWords } from './matcher/context.ts'
import { type Nfa, NfaBuilder } from './matcher/nfa.ts'
import { type AutomatonParts, partsOf } from './matcher/parts.ts'
import type { PatternNode } from './matcher/pattern.ts'
import { RunsPlan } from './matcher/runs.ts'
import { type Term, TermAlphabet, TermAutomaton, type TermMatch } from './matcher/terms.ts'
import { PolicyError } from './policy-error.ts'
import type { Rule } from './rule.ts'

/** A pattern that looks for the matches of a rule. */
export interface Detector {
  readonly rule: Rule
  readonly pattern: PatternNode
  readonly score: number
  /** Score of a match that starts while one of the context words is live. */
  readonly contextScore: number
  readonly context: readonly string[] | undefined
  /** Whether a match may only start while a context word is live. */
  readonly isGated: boolean
  /** The score of a folded value, 0 if it is none. */
  readonly check: ((value: string) => number) | undefined
  readonly latch: DetectorLatch | undefined
}

/** How an open-ended match goes on after its beginning: see recognizer.ts. */
export interface DetectorLatch {
  readonly body: CharSet
  readonly trailing: CharSet
  readonly until: PatternNode | undefined
}

/** The terms of a rule. */
export interface TermList {
  readonly rule: Rule
  readonly terms: readonly string[]
  readonly match: TermMatch
}

export interface ProgramSource {
  readonly detectors: readonly Detector[]
  readonly termLists: readonly TermList[]
  /** All rules of the policy, by index. */
  readonly rules: readonly Rule[]
  /** What is never a finding. */
  readonly allowed: readonly PatternNode[]
  readonly maxSpan: number
}

/**
 * What an accepting position of the automaton means. `match`: a match of `detector`. `latch`: the beginning of an
 * open-ended one. `mark`: the end of the open-ended match of detector number `of`. `allow`: no finding lies in here.
 */
export type Meaning =
  | DetectorMeaning
  | { readonly role: 'mark'; readonly of: number }
  | { readonly role: 'allow' }

export interface DetectorMeaning {
  readonly role: 'match' | 'latch'
  readonly detector: Detector
  /** Bit of its context, or 0. */
  readonly gate: number
  readonly isGated: boolean
}

/** The open-ended match of a detector by classes: one byte each, 1 where the class belongs to it. */
export interface LatchClasses {
  readonly body: Uint8Array
  readonly trailing: Uint8Array
  /** The bit that is live while it is open. */
  readonly gate: number
}

/** The lower bits of a kind are the class of the automaton's alphabet, the upper ones that of the context words. */
export const CLASS_BITS = 0xff
export const CONTEXT_SHIFT = 8

export interface Program {
  /** By UTF-16 unit: its kind. Surrogates have to be read in pairs, with `kindOf`. */
  readonly kinds: Uint16Array
  /** The table of the context words; without any, no class leads into it. */
  readonly contextTable: Int32Array
  readonly meanings: readonly Meaning[]
  /** By number of the detector whose match is open-ended. */
  readonly latches: ReadonlyMap<number, LatchClasses>
  readonly rules: readonly Rule[]
  readonly hasAllowed: boolean
  readonly automaton: Automaton
  /** What a stream goes on with that may not fill the automaton any more. Made when first needed, as what follows. */
  readonly runs: () => RunsPlan
  readonly backtracer: () => Backtracer
  /** The bits that the automaton looks at. */
  readonly gatesOfAutomaton: number
  /** Present if a detector has context words. */
  readonly contextWords: ContextWords | undefined
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
  const { detectors, rules, allowed, maxSpan } = source
  const gates = new Gates(detectors)
  const { nfa, meanings } = readPatterns(source, gates)
  const alphabet = alphabetOf(nfa, detectors)
  const contextWords = gates.contextWords()
  return {
    kinds: kindsOf(alphabet, contextWords),
    contextTable: contextWords?.table ?? NO_CONTEXT,
    meanings,
    latches: latchesOf(detectors, alphabet, gates),
    rules,
    hasAllowed: allowed.length > 0,
    ...automataOf(partsOf(nfa, alphabet)),
    contextWords,
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
    const gate = gates.ofContext(detector.context)
    const { isGated, check, latch } = detector
    builder.add(index, detector.pattern, {
      gate: isGated ? gate : 0,
      everyStart: check !== undefined,
    })
    return { role: latch === undefined ? 'match' : 'latch', detector, gate, isGated }
  })
  detectors.forEach(({ latch }, index) => {
    if (latch?.until === undefined) return
    builder.add(meanings.length, latch.until, { gate: gates.ofLatch(index) })
    meanings.push({ role: 'mark', of: index })
  })
  for (const pattern of allowed) {
    builder.add(meanings.length, pattern)
    meanings.push({ role: 'allow' })
  }
  return { nfa: builder.build(), meanings }
}

function alphabetOf(nfa: Nfa, detectors: readonly Detector[]): Alphabet {
  const sets = [
    ...nfa.sets,
    ...nfa.conditions.flat().map((assertion) => assertion.set),
    ...detectors.flatMap(({ latch }) => (latch === undefined ? [] : [latch.body, latch.trailing])),
  ]
  return createAlphabet(sets, identifierFoldTable())
}

function latchesOf(
  detectors: readonly Detector[],
  alphabet: Alphabet,
  gates: Gates,
): ReadonlyMap<number, LatchClasses> {
  const latches = new Map<number, LatchClasses>()
  detectors.forEach(({ latch }, index) => {
    if (latch === undefined) return
    const body = alphabet.members(latch.body)
    const trailing = alphabet.members(latch.trailing)
    latches.set(index, { body, trailing, gate: gates.ofLatch(index) })
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
function automataOf(parts: AutomatonParts): Pick<Program, 'automaton' | 'runs' | 'backtracer'> {
  const automaton = new Automaton(parts)
  return {
    automaton,
    runs: once(() => new RunsPlan(parts, automaton)),
    backtracer: once(() => new Backtracer(parts)),
  }
}

const NO_CONTEXT = new Int32Array(1)

function kindsOf({ classOf }: Alphabet, contextWords: ContextWords | undefined): Uint16Array {
  const kinds = new Uint16Array(classOf)
  if (contextWords === undefined) return kinds
  const contextClassOf = contextWords.classOf
  for (let unit = 0; unit < kinds.length; unit += 1) {
    const symbolClass = kinds[unit] ?? 0
    if (symbolClass < FIRST_CLASS) continue
    kinds[unit] = symbolClass | ((contextClassOf[unit] ?? 0) << CONTEXT_SHIFT)
  }
  return kinds
}

/** The kind of a character beyond U+FFFF or of a lone surrogate. */
export function kindOf({ automaton, contextWords }: Program, codePoint: number): number {
  const symbolClass = automaton.alphabet.astralClass(codePoint)
  if (symbolClass < FIRST_CLASS) return symbolClass
  return symbolClass | ((contextWords?.classAt(codePoint) ?? 0) << CONTEXT_SHIFT)
}

const MAX_GATES = 30

/** Numbers what opens and closes parts of the automaton: the contexts first, then the open-ended detectors. */
class Gates {
  readonly #contexts: (readonly string[])[] = []
  readonly #bits = new Map<string, number>()

  constructor(detectors: readonly Detector[]) {
    for (const { context } of detectors) {
      if (context === undefined || this.#bits.has(context.join())) continue
      this.#bits.set(context.join(), this.#nextBit())
      this.#contexts.push(context)
    }
    detectors.forEach(({ latch }, index) => {
      if (latch !== undefined) this.#bits.set(`latch ${index}`, this.#nextBit())
    })
  }

  ofContext(context: readonly string[] | undefined): number {
    return context === undefined ? 0 : (this.#bits.get(context.join()) ?? 0)
  }

  ofLatch(detector: number): number {
    return this.#bits.get(`latch ${detector}`) ?? 0
  }

  contextWords(): ContextWords | undefined {
    return this.#contexts.length === 0 ? undefined : new ContextWords(this.#contexts)
  }

  #nextBit(): number {
    if (this.#bits.size < MAX_GATES) return 1 << this.#bits.size
    const message = `more than ${MAX_GATES} detectors with context words or open ends`
    throw new PolicyError('pattern_too_large', message)
  }
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
