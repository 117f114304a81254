// Reads the rules of a definition: checks every field, since definitions also come from configuration files, and turns
// them into detectors and term lists.
import { checkAction, labelOf } from './action-reader.ts'
import type { EntityRule, PatternRule, RuleDefinition, TermsRule } from './definition.ts'
import type { OnFailure } from './detection.ts'
import type { Detector, DetectorArmor, DetectorLatch } from './detector.ts'
import { foldIdentifiers } from './fold.ts'
import { AGAINST, ANNOUNCED, HINTED, SILENT } from './matcher/live-contexts.ts'
import { NfaBuilder } from './matcher/nfa.ts'
import {
  literalPattern,
  type PatternNode,
  parseCharSet,
  parsePattern,
  parseRecognizerPattern,
} from './matcher/pattern.ts'
import { MAX_TERM_LENGTH, termSymbols } from './matcher/terms.ts'
import { concealmentOf } from './operators.ts'
import { PolicyError, under } from './policy-error.ts'
import type { Allowance, SpanRule, TermList } from './program.ts'
import type { Armor, EntityPattern, Latch } from './recognizer.ts'
import { ENTITY_NAMES, recognizerOf } from './recognizers/index.ts'
import type { Rule } from './rule.ts'
import { scopeOf } from './scope-reader.ts'
import {
  requireFields,
  requireFraction,
  requireList,
  requireOneOf,
  requireString,
  requireText,
} from './shape.ts'

const COMMON_FIELDS = ['id', 'action', 'direction', 'channels', 'roles', 'category']
/** By the field that says what a rule looks for. */
const RULE_FIELDS = {
  entity: ['entity', 'threshold', 'onFailure', ...COMMON_FIELDS],
  pattern: ['pattern', 'flags', 'name', 'score', ...COMMON_FIELDS],
  terms: ['terms', 'match', ...COMMON_FIELDS],
}
const RULE_KINDS = ['entity', 'pattern', 'terms'] as const
const SPACE = 0x20

/** A rule with what it looks for. */
export interface ReadRule {
  readonly rule: Rule
  readonly detectors: readonly Detector[]
  readonly terms: TermList | undefined
  /** What only looks like a match of the rule. */
  readonly lookalikes: readonly Allowance[]
  /** Present if spans of detectors count for the rule. */
  readonly spans?: SpanRule & {
    /** Present if nothing but detectors finds the entity: then the rule has them look. */
    readonly onFailure: OnFailure | undefined
  }
}

/** Where a rule stands in its policy, and what holds for all rules of it. */
export interface RulePlace {
  readonly index: number
  /** The score from which findings count. */
  readonly threshold: number
  /** What the policy's detectors may find. */
  readonly detectable: readonly string[]
}

/** The id a rule has if it gives none. */
export function idOf(definition: RuleDefinition): string {
  if (definition.id !== undefined) return definition.id
  if ('entity' in definition) return definition.entity
  return 'terms' in definition ? definition.category : definition.name
}

/**
 * Reads one rule.
 * @throws PolicyError whose path begins at the rule.
 */
export function readRule(definition: RuleDefinition, place: RulePlace): ReadRule {
  if ('terms' in definition) return readTerms(definition, place)
  if ('pattern' in definition) return readPattern(definition, place)
  return readEntity(definition, place)
}

/**
 * Checks which fields a rule has, before anything is read from it.
 * @throws PolicyError whose path begins at the rule.
 */
export function checkRule(rule: unknown): asserts rule is RuleDefinition {
  requireFields(rule, [...new Set(Object.values(RULE_FIELDS).flat())], '')
  const [kind, another] = RULE_KINDS.filter((field) => rule[field] !== undefined)
  if (kind === undefined || another !== undefined) {
    const message = 'a rule needs exactly one of "entity", "pattern" and "terms"'
    throw new PolicyError('invalid_rule', message)
  }
  requireFields(rule, RULE_FIELDS[kind], '')
  const { id, name, category } = rule
  if (id !== undefined) requireText(id, 'id')
  if (kind === 'pattern') requireText(name, 'name')
  if (kind === 'terms' || category !== undefined) requireText(category, 'category')
}

function readTerms(definition: TermsRule, place: RulePlace): ReadRule {
  const { terms, match = 'word', category } = definition
  requireOneOf(match, ['word', 'substring'], 'match')
  requireList(terms, 'terms')
  terms.forEach((term, i) => {
    checkTerm(term, `terms[${i}]`)
  })
  const rule = ruleOf(definition, place.index, category)
  return { rule, detectors: [], terms: { rule, terms, match }, lookalikes: [] }
}

function checkTerm(term: unknown, path: string): void {
  requireString(term, path)
  const symbols = termSymbols(term)
  const isVisible = symbols.some((symbol) => symbol !== SPACE)
  if (isVisible && symbols.length <= MAX_TERM_LENGTH) return
  const message = `a term must have 1 to ${MAX_TERM_LENGTH} visible characters`
  throw new PolicyError('term_invalid', message, { path })
}

function readPattern(definition: PatternRule, place: RulePlace): ReadRule {
  const { pattern: source, flags, name, score = 1 } = definition
  requireText(source, 'pattern')
  requireFraction(score, 'score')
  const rule = ruleOf(definition, place.index, name)
  return under('pattern', () => {
    const pattern = parsePattern(source, flags)
    // Whether it is too large shows when it is built; here it is known which rule is at fault.
    new NfaBuilder().add(0, pattern)
    const detectors = [plainDetector(rule, pattern, score)]
    return { rule, detectors, terms: undefined, lookalikes: [] }
  })
}

/** A detector whose every match counts. */
function plainDetector(rule: Rule, pattern: PatternNode, score: number): Detector {
  return {
    ...{ rule, pattern, scores: [score, score, score, score], minStanding: AGAINST },
    ...{ vocabulary: undefined, check: undefined, latch: undefined, armor: undefined },
  }
}

/** A look of the entity takes part if it can reach the threshold, alone or with a context word before it. */
function readEntity(definition: EntityRule, place: RulePlace): ReadRule {
  const { entity, threshold = place.threshold } = definition
  requireFraction(threshold, 'threshold')
  const recognizer = recognizerOf(entity)
  if (recognizer === undefined) return readDetected(definition, { ...place, threshold })
  refuseOnFailure(definition)
  const rule = ruleOf(definition, place.index, entity)
  const spans = { rule, threshold, onFailure: undefined }
  const detectors = recognizer.patterns.flatMap((pattern, i): Detector[] => {
    const { source, flags = '', score, check, latch, armor } = pattern
    const scores = scoresOf(pattern)
    const minStanding = STANDINGS.find((standing) => scores[standing] >= threshold)
    if (minStanding === undefined) return []
    if (latch !== undefined || armor !== undefined) refuseWholeValue(rule)
    return [
      {
        rule,
        pattern: under(`${entity}.patterns[${i}].source`, () =>
          parseRecognizerPattern(source, `${flags}u`),
        ),
        scores,
        minStanding,
        vocabulary: scores[AGAINST] < scores[ANNOUNCED] ? recognizer : undefined,
        check: check && (score < threshold ? check : atLeast(check, threshold)),
        latch: latch && readLatch(latch),
        armor: armor && readArmor(armor, flags),
      },
    ]
  })
  const lookalikes = (recognizer.lookalikes ?? []).map((source, i) => ({
    pattern: under(`${entity}.lookalikes[${i}]`, () => parseRecognizerPattern(source, 'u')),
    rule,
  }))
  return { rule, detectors, terms: undefined, lookalikes, spans }
}

/** Reads a rule for an entity that no recognizer knows. */
function readDetected(definition: EntityRule, place: RulePlace): ReadRule {
  const { entity, onFailure = 'block', direction = 'input' } = definition
  requireText(entity, 'entity')
  const known = [...ENTITY_NAMES, ...place.detectable]
  if (!known.includes(entity)) {
    const message = `there is no recognizer for this entity; there are ${known.join(', ')}`
    throw new PolicyError('unknown_entity', message, { path: 'entity' })
  }
  requireOneOf(onFailure, ['block', 'pass'], 'onFailure')
  const rule = ruleOf({ ...definition, direction }, place.index, entity)
  const spans = { rule, threshold: place.threshold, onFailure }
  return { rule, detectors: [], terms: undefined, lookalikes: [], spans }
}

/** Patterns never fail, so a rule that has them has nothing to say for that case. */
function refuseOnFailure({ onFailure }: EntityRule): void {
  if (onFailure === undefined) return
  const message = 'is for entities that only detectors find; this one is found by patterns, too'
  throw new PolicyError('invalid_rule', message, { path: 'onFailure' })
}

const STANDINGS = [AGAINST, SILENT, HINTED, ANNOUNCED] as const

function scoresOf(pattern: EntityPattern): Detector['scores'] {
  const { score, againstScore = score, hintScore = score, contextScore = hintScore } = pattern
  return [againstScore, score, hintScore, contextScore]
}

/** A check whose lower scores count as none. */
function atLeast(check: (value: string) => number, threshold: number): (value: string) => number {
  return (value) => {
    const score = check(value)
    return score < threshold ? 0 : score
  }
}

function readLatch(latch: Latch): DetectorLatch {
  const setOf = (source?: string) => (source === undefined ? [] : parseCharSet(source))
  const { body, trailing, opening, closing } = latch
  return {
    ...{ body: setOf(body), trailing: setOf(trailing) },
    ...{ opening: setOf(opening), closing: setOf(closing) },
  }
}

/** The flags are those of the header. */
function readArmor({ lines, until }: Armor, flags: string): DetectorArmor {
  return {
    lines: lines.map(({ source, check }) => ({ pattern: parsePattern(source, 'u'), check })),
    until: parsePattern(until, `${flags}u`),
  }
}

/** A hash and a stand-in need the whole value, and the label of an open-ended match is shown long before its end. */
function refuseWholeValue({ action, entity }: Rule): void {
  if (action !== 'hash' && action !== 'pseudonymize') return
  const [code, done] =
    action === 'hash'
      ? (['hash_not_possible', 'hashed'] as const)
      : (['pseudonym_not_possible', 'pseudonymized'] as const)
  const message = `${entity} may be of any length and cannot be ${done}; redact or replace it`
  throw new PolicyError(code, message, { path: 'action.kind' })
}

/** Turns the values of an allow-list into patterns, folded and without regard to case. */
export function readAllowed(values: unknown): PatternNode[] {
  requireList(values, 'allow')
  return values.map((value, i) => {
    requireText(value, `allow[${i}]`)
    const symbols = [...foldIdentifiers(value)].map((character) => character.charCodeAt(0))
    if (symbols.length > 0) return literalPattern(symbols)
    throw new PolicyError('invalid_rule', 'must not be empty', { path: `allow[${i}]` })
  })
}

function ruleOf(definition: RuleDefinition, index: number, entity: string): Rule {
  const { action } = definition
  checkAction(action)
  return {
    index,
    id: idOf(definition),
    entity,
    category: definition.category,
    action: action.kind,
    concealment: concealmentOf(action.kind),
    label: labelOf(action, entity),
    keepLast: action.kind === 'mask' ? (action.keepLast ?? 0) : 0,
    maskCharacter: action.kind === 'mask' ? (action.character ?? '*') : '*',
    scope: scopeOf(definition),
  }
}
