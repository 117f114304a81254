// What a policy's definition has of its own and what it inherits. How a rule is read is rule-reader.ts's.
import type { PolicyDefinition, RuleDefinition } from './definition.ts'
import { builtInPolicy, POLICY_NAMES } from './policies.ts'
import { PolicyError, under } from './policy-error.ts'
import { checkRule, idOf } from './rule-reader.ts'
import { requireFraction, requireList } from './shape.ts'

const DEFAULT_THRESHOLD = 0.5

/** @throws PolicyError `unknown_policy` */
export function namedPolicy(name: string): PolicyDefinition {
  const definition = builtInPolicy(name)
  if (definition !== undefined) return definition
  const message = `there is no policy "${name}"; there are ${POLICY_NAMES.join(', ')}`
  throw new PolicyError('unknown_policy', message)
}

/** A rule and where it stands in the definition. */
export interface PlacedRule {
  readonly rule: RuleDefinition
  readonly path: string
}

/** The inherited rules that are neither left out nor replaced, then the policy's own. */
export function allRules(definition: PolicyDefinition): PlacedRule[] {
  const { rules = [], without = [], extends: base } = definition
  const own = ownRules(rules)
  const inherited = base === undefined ? [] : allRules(namedPolicy(base))
  checkWithout(without, inherited)
  const dropped = new Set([...own.map(({ rule }) => idOf(rule)), ...without])
  return [...inherited.filter(({ rule }) => !dropped.has(idOf(rule))), ...own]
}

function ownRules(rules: unknown): PlacedRule[] {
  requireList(rules, 'rules')
  const own = rules.map((rule, i) => {
    const path = `rules[${i}]`
    under(path, () => checkRule(rule))
    return { rule: rule as RuleDefinition, path }
  })
  const ids = own.map(({ rule }) => idOf(rule))
  ids.forEach((id, i) => {
    if (ids.indexOf(id) === i) return
    const message = `there are two rules with the id "${id}"; give one of them another "id"`
    throw new PolicyError('duplicate_rule', message, { path: `rules[${i}]` })
  })
  return own
}

/** What is to be left out must be there: a misspelt id would leave in what somebody wanted out. */
function checkWithout(without: unknown, inherited: readonly PlacedRule[]): void {
  requireList(without, 'without')
  const ids = inherited.map(({ rule }) => idOf(rule))
  without.forEach((id, i) => {
    if (typeof id === 'string' && ids.includes(id)) return
    const there = ids.length === 0 ? 'nothing is inherited' : `there are ${ids.join(', ')}`
    const message = `no inherited rule has this id; ${there}`
    throw new PolicyError('unknown_rule', message, { path: `without[${i}]` })
  })
}

/** The policy and what it extends, the latter first. */
export function definitionsOf(definition: PolicyDefinition): PolicyDefinition[] {
  const { extends: base } = definition
  return base === undefined ? [definition] : [...definitionsOf(namedPolicy(base)), definition]
}

/** The policy's own threshold, or the one it inherits, or 0.5. */
export function thresholdOf({ threshold, extends: base }: PolicyDefinition): number {
  if (threshold !== undefined) {
    requireFraction(threshold, 'threshold')
    return threshold
  }
  return base === undefined ? DEFAULT_THRESHOLD : thresholdOf(namedPolicy(base))
}
