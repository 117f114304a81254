// What a policy runs on one kind of text (direction, channel, role): the detectors of the rules in scope, compiled.
// Shared by all streams of that kind; nothing in here belongs to a single stream.
import { identifierFoldTable, termFoldTable } from './fold.ts'
import { createAlphabet } from './matcher/alphabet.ts'
import { Automaton } from './matcher/automaton.ts'
import { NfaBuilder } from './matcher/nfa.ts'
import type { PatternNode } from './matcher/pattern.ts'
import { type Term, TermAlphabet, TermAutomaton, type TermMatch } from './matcher/terms.ts'
import type { Rule } from './rule.ts'

/** A pattern that looks for the matches of a rule. */
export interface Detector {
  readonly rule: Rule
  readonly pattern: PatternNode
  readonly score: number
}

/** The terms of a rule. */
export interface TermList {
  readonly rule: Rule
  readonly terms: readonly string[]
  readonly match: TermMatch
}

export interface Program {
  readonly detectors: readonly Detector[]
  readonly rules: readonly Rule[]
  readonly automaton: Automaton
  /** Present if the policy has terms of that kind. */
  readonly substrings: TermAutomaton | undefined
  readonly words: TermAutomaton | undefined
  /** No match is longer, and no text is held longer, in UTF-16 units. */
  readonly maxSpan: number
}

export interface ProgramSource {
  readonly detectors: readonly Detector[]
  readonly termLists: readonly TermList[]
  readonly rules: readonly Rule[]
  readonly maxSpan: number
}

export function compileProgram(source: ProgramSource): Program {
  const { detectors, termLists, rules, maxSpan } = source
  const builder = new NfaBuilder()
  detectors.forEach((detector, index) => {
    builder.add(index, detector.pattern)
  })
  const nfa = builder.build()
  const sets = [...nfa.sets, ...nfa.conditions.flat().map((assertion) => assertion.set)]
  const alphabet = createAlphabet(sets, identifierFoldTable())
  const termAutomaton = termCompiler(termLists)
  return {
    detectors,
    rules,
    automaton: new Automaton(nfa, alphabet),
    substrings: termAutomaton('substring'),
    words: termAutomaton('word'),
    maxSpan,
  }
}

function termCompiler(lists: readonly TermList[]) {
  if (lists.length === 0) return () => undefined
  const alphabet = new TermAlphabet(
    lists.flatMap((list) => list.terms),
    termFoldTable(),
  )
  return (match: TermMatch) => {
    const terms = lists
      .filter((list) => list.match === match)
      .flatMap((list) => list.terms.map((text): Term => ({ text, rule: list.rule.index })))
    return terms.length === 0 ? undefined : new TermAutomaton(terms, match, alphabet)
  }
}
