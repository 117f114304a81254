// The built-in policies. What their entities look like is in recognizers/.
import type { PolicyDefinition, PolicyName, RuleDefinition } from './definition.ts'
import { RECOGNIZERS } from './recognizers/index.ts'

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

/** Entities that must not leave in a tool call either, although a concealed argument makes the call fail. */
const SECRETS = ['CREDIT_CARD', 'AWS_ACCESS_KEY', 'JWT', 'PRIVATE_KEY']
/** Entities that ordinary answers are full of. */
const TOO_COMMON = ['URL', 'IP_ADDRESS']

const PROSE = ['content', 'reasoning', 'refusal'] as const

const STANDARD_RULES: readonly RuleDefinition[] = RECOGNIZERS.filter(
  ({ entity }) => !TOO_COMMON.includes(entity),
).flatMap(({ entity }): RuleDefinition[] => {
  if (SECRETS.includes(entity)) return [{ entity, action: { kind: 'redact' } }]
  return [
    { entity, action: { kind: 'redact' }, channels: PROSE },
    {
      id: `${entity}:tool_arguments`,
      entity,
      action: { kind: 'observe' },
      channels: ['tool_arguments'],
    },
  ]
})

/** Of any length, so that nothing can stand for it as a whole. */
const UNBOUNDED = ['URL']

/**
 * The rules of `standard` for answers, and others for requests: but for secrets and links, all that is found leaves as
 * stand-ins, also in tool calls.
 */
const PRIVATE_RULES: readonly RuleDefinition[] = [
  ...RECOGNIZERS.filter(
    ({ entity }) => !SECRETS.includes(entity) && !UNBOUNDED.includes(entity),
  ).map(({ entity }): RuleDefinition => ({ entity, action: { kind: 'pseudonymize' } })),
  ...STANDARD_RULES.map(({ id, ...rule }): RuleDefinition => {
    if (!('entity' in rule) || SECRETS.includes(rule.entity)) return rule
    return { ...rule, id: id ?? `${rule.entity}:output`, direction: 'output' }
  }),
]

const POLICIES: Readonly<Record<PolicyName, PolicyDefinition>> = {
  seed: { name: 'seed', rules: SEED_RULES },
  standard: { name: 'standard', rules: STANDARD_RULES },
  strict: {
    name: 'strict',
    threshold: 0.3,
    rules: RECOGNIZERS.map(({ entity }) => ({ entity, action: { kind: 'redact' } })),
  },
  private: { name: 'private', rules: PRIVATE_RULES },
  off: { name: 'off' },
}

/** Names of the built-in policies. */
export const POLICY_NAMES = Object.keys(POLICIES) as readonly PolicyName[]

/** The definition of a built-in policy, or undefined if there is none of that name. */
export function builtInPolicy(name: string): PolicyDefinition | undefined {
  return Object.hasOwn(POLICIES, name) ? POLICIES[name as PolicyName] : undefined
}
