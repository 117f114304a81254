// Reads the rules of a definition: checks every field, since definitions also come from configuration files, and turns
// them into detectors and term lists.
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { EntityRule, PatternRule, RuleDefinition, TermsRule } from './definition.ts'
import type { Channel, Direction, Role } from './finding.ts'
import { parsePattern } from './matcher/pattern.ts'
import { ACTION_KINDS, type Action, concealmentOf, isActionKind } from './operators.ts'
import { PolicyError } from './policy-error.ts'
import type { Detector, TermList } from './program.ts'
import type { Rule, Scope } from './rule.ts'

const DIRECTIONS: readonly (Direction | 'both')[] = ['input', 'output', 'both']
const CHANNELS: readonly Channel[] = ['content', 'reasoning', 'refusal', 'tool_arguments']
const ROLES: readonly Role[] = ['system', 'developer', 'user', 'assistant', 'tool']
const MIN_KEY_BYTES = 16

/** A rule with what it looks for. */
export interface ReadRule {
  readonly rule: Rule
  readonly detectors: readonly Detector[]
  readonly terms: TermList | undefined
}

/** The id a rule has if it gives none. */
export function idOf(definition: RuleDefinition): string {
  if (definition.id !== undefined) return definition.id
  if ('entity' in definition) return definition.entity
  return 'terms' in definition ? definition.category : definition.name
}

/**
 * Reads one rule; `index` is its place among all rules of the policy.
 * @throws PolicyError whose path begins at the rule.
 */
export function readRule(definition: RuleDefinition, index: number): ReadRule {
  if ('terms' in definition) return readTerms(definition, index)
  if ('pattern' in definition) return readPattern(definition, index)
  if ('entity' in definition) return readEntity(definition, index)
  throw new PolicyError('invalid_rule', 'a rule needs one of "entity", "pattern" and "terms"')
}

function readTerms(definition: TermsRule, index: number): ReadRule {
  const { terms, match = 'word', category } = definition
  requireText(category, 'category')
  requireOneOf(match, ['word', 'substring'], 'match')
  if (!Array.isArray(terms) || !terms.every((term) => typeof term === 'string')) {
    throw new PolicyError('invalid_rule', 'expected a list of texts', { path: 'terms' })
  }
  const rule = ruleOf(definition, index, category)
  return { rule, detectors: [], terms: { rule, terms, match } }
}

function readPattern(definition: PatternRule, index: number): ReadRule {
  const { pattern: source, flags, name, score = 1 } = definition
  requireText(name, 'name')
  requireText(source, 'pattern')
  requireFraction(score, 'score')
  const rule = ruleOf(definition, index, name)
  try {
    return {
      rule,
      detectors: [{ rule, pattern: parsePattern(source, flags), score }],
      terms: undefined,
    }
  } catch (error) {
    throw error instanceof PolicyError ? error.under('pattern') : error
  }
}

function readEntity(definition: EntityRule, _index: number): ReadRule {
  throw new PolicyError('unknown_entity', `there is no recognizer for "${definition.entity}"`, {
    path: 'entity',
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

function checkAction(action: Action): void {
  if (!isActionKind(action?.kind)) {
    throw new PolicyError('unknown_action', `expected one of ${ACTION_KINDS.join(', ')}`, {
      path: 'action.kind',
    })
  }
  if (action.kind === 'replace') requireString(action.with, 'action.with')
  if (action.kind === 'redact' && action.label !== undefined)
    requireString(action.label, 'action.label')
  if (action.kind === 'hash') checkKey(action.key)
  if (action.kind === 'mask') checkMask(action.keepLast ?? 0, action.character ?? '*')
}

function checkKey(key: unknown): void {
  requireString(key, 'action.key')
  if (utf8ToBytes(key).length < MIN_KEY_BYTES) {
    throw new PolicyError('hash_key_too_short', `a key needs at least ${MIN_KEY_BYTES} bytes`, {
      path: 'action.key',
    })
  }
}

function checkMask(keepLast: unknown, character: unknown): void {
  if (typeof keepLast !== 'number' || !Number.isInteger(keepLast) || keepLast < 0) {
    throw new PolicyError('invalid_rule', 'expected a whole number from 0', {
      path: 'action.keepLast',
    })
  }
  if (typeof character !== 'string' || character.length !== 1) {
    throw new PolicyError('invalid_rule', 'expected one character', { path: 'action.character' })
  }
}

function labelOf(action: Action, entity: string): (value: string) => string {
  switch (action.kind) {
    case 'replace':
      return () => action.with
    case 'hash': {
      const key = utf8ToBytes(action.key)
      return (value) =>
        `[${entity}:${bytesToHex(hmac(sha256, key, utf8ToBytes(value)).slice(0, 16))}]`
    }
    case 'redact':
      return () => action.label ?? `[${entity}]`
    default:
      return () => ''
  }
}

function scopeOf(definition: RuleDefinition): Scope {
  const { direction = 'both', channels, roles } = definition
  requireOneOf(direction, DIRECTIONS, 'direction')
  channels?.forEach((channel, i) => {
    requireOneOf(channel, CHANNELS, `channels[${i}]`)
  })
  roles?.forEach((role, i) => {
    requireOneOf(role, ROLES, `roles[${i}]`)
  })
  return { direction, channels, roles }
}

/** @throws PolicyError `invalid_rule` unless the value is a number from 0 to 1. */
export function requireFraction(value: unknown, path: string): void {
  if (typeof value === 'number' && value >= 0 && value <= 1) return
  throw new PolicyError('invalid_rule', 'expected a number from 0 to 1', { path })
}

function requireString(value: unknown, path: string): asserts value is string {
  if (typeof value === 'string') return
  throw new PolicyError('invalid_rule', 'expected a text', { path })
}

function requireText(value: unknown, path: string): asserts value is string {
  requireString(value, path)
  if (value.length === 0) throw new PolicyError('invalid_rule', 'must not be empty', { path })
}

function requireOneOf(value: unknown, allowed: readonly string[], path: string): void {
  if (typeof value === 'string' && allowed.includes(value)) return
  throw new PolicyError('invalid_rule', `expected one of ${allowed.join(', ')}`, { path })
}
