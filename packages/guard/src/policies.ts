// The built-in policies. What their entities look like is in recognizers/.
import type { PolicyDefinition, PolicyName, RuleDefinition } from './definition.ts'

/** The three patterns and four terms of the tutorial that Sluice grew from, with its outcome: the answer is cut. */
const SEED_RULES: readonly RuleDefinition[] = [
  seedPattern('US_SSN', 'US_SSN', '\\b\\d{3}[-.]?\\d{2}[-.]?\\d{4}\\b'),
  seedPattern('US_SSN:9-digits', 'US_SSN', '\\b\\d{9}\\b'),
  seedPattern('EMAIL_ADDRESS', 'EMAIL_ADDRESS', '[\\w.-]+@[\\w.-]+\\.\\w{2,}'),
  {
    terms: ['malicious', 'exploit', 'harmful', 'bypass'],
    match: 'substring',
    category: 'safety',
    direction: 'output',
    action: { kind: 'block' },
  },
]

function seedPattern(id: string, name: string, pattern: string): RuleDefinition {
  return {
    id,
    name,
    pattern,
    category: 'pii',
    direction: 'output',
    action: { kind: 'block' },
  }
}

const POLICIES: Readonly<Partial<Record<PolicyName, PolicyDefinition>>> = {
  off: { name: 'off' },
  seed: { name: 'seed', rules: SEED_RULES },
}

/** Names of the built-in policies. */
export const POLICY_NAMES = Object.keys(POLICIES) as readonly PolicyName[]

/** The definition of a built-in policy, or undefined if there is none of that name. */
export function builtInPolicy(name: string): PolicyDefinition | undefined {
  return Object.hasOwn(POLICIES, name) ? POLICIES[name as PolicyName] : undefined
}
