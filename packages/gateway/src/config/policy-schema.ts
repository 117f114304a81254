/**
 * The form of a policy for editors, as part of the JSON Schema of sluice.yaml. The compiler holds its fields against the
 * guard's types; what counts at run time is the guard's own check, whose messages are better.
 */
import {
  type Action,
  type ActionKind,
  type Channel,
  type Direction,
  ENTITY_NAMES,
  type EntityRule,
  type OnFailure,
  type PatternRule,
  POLICY_NAMES,
  type PolicyDefinition,
  type PseudonymDefinition,
  type Role,
  type RuleBase,
  type TermMatch,
  type TermsRule,
} from '@sluice/guard'
import { z } from 'zod'

/** All fields of a type, and no other. */
type Fields<T> = Readonly<Record<keyof T, z.ZodType>>
/** All words of a type, and no other. */
type Words<W extends string> = { readonly [K in W]: K }
type FieldsOf<K extends ActionKind> = Fields<Omit<Extract<Action, { kind: K }>, 'kind'>>

const words = z.array(z.string().min(1))
const fraction = z.number().min(0).max(1)

const directions = {
  input: 'input',
  output: 'output',
  both: 'both',
} as const satisfies Words<Direction | 'both'>

const channels = {
  content: 'content',
  reasoning: 'reasoning',
  refusal: 'refusal',
  tool_arguments: 'tool_arguments',
} as const satisfies Words<Channel>

const roles = {
  system: 'system',
  developer: 'developer',
  user: 'user',
  assistant: 'assistant',
  tool: 'tool',
} as const satisfies Words<Role>

const matches = { word: 'word', substring: 'substring' } as const satisfies Words<TermMatch>

const failures = { block: 'block', pass: 'pass' } as const satisfies Words<OnFailure>

const actions = {
  block: {},
  redact: { label: z.string().optional().describe('Default [ENTITY].') },
  replace: { with: z.string() },
  hash: { key: z.string().min(1).describe('At least 16 bytes.') },
  mask: {
    keepLast: z.int().min(0).optional().describe('Letters and digits that stay. Default 0.'),
    character: z.string().length(1).optional().describe('Default *.'),
  },
  pseudonymize: {},
  observe: {},
} as const satisfies { readonly [K in ActionKind]: FieldsOf<K> }

const action = z
  .union(
    Object.entries(actions).map(([kind, fields]) =>
      z.strictObject({ kind: z.literal(kind), ...fields }),
    ),
  )
  .meta({ id: 'action', description: 'What happens to a finding.' })

const common = {
  id: z.string().min(1).optional().describe('Unique in the policy; replaces an inherited rule.'),
  action,
  direction: z.enum(directions).optional().describe('Default both.'),
  channels: z.array(z.enum(channels)).optional().describe('Default all.'),
  roles: z.array(z.enum(roles)).optional().describe('Default all but those that are trusted.'),
  category: z.string().min(1).optional().describe('Reported with a block.'),
} as const satisfies Fields<RuleBase>

const entityRule = {
  ...common,
  entity: z
    .union([z.enum(ENTITY_NAMES), z.string().min(1)])
    .describe('What the guard knows how to find, or what a detector of the policy finds.'),
  threshold: fraction.optional().describe("Default the policy's."),
  onFailure: z
    .enum(failures)
    .optional()
    .describe(
      'For what only detectors find: what becomes of a text they cannot judge. Default block.',
    ),
} as const satisfies Fields<EntityRule>

const patternRule = {
  ...common,
  pattern: z.string().min(1).describe('RegExp source; put it in single quotes.'),
  flags: z
    .string()
    .regex(/^[iu]*$/)
    .optional()
    .describe('Any of i and u.'),
  name: z.string().min(1).describe('What a finding is called.'),
  score: fraction.optional().describe('Default 1.'),
} as const satisfies Fields<PatternRule>

const termsRule = {
  ...common,
  terms: words,
  match: z.enum(matches).optional().describe('Default word.'),
  category: z.string().min(1).describe('What a finding is called.'),
} as const satisfies Fields<TermsRule>

const pseudonyms = {
  instruct: z
    .boolean()
    .optional()
    .describe('Tell the model to keep stand-ins as they are. Default true.'),
  restoreIn: z
    .array(z.enum(channels).exclude(['tool_arguments']))
    .optional()
    .describe('Channels in which they become values again. Default content.'),
  restoreTools: z
    .union([z.literal('all'), words])
    .optional()
    .describe('Tools in whose arguments they do. Default none.'),
  restoreInLinks: z.boolean().optional().describe('In links, too. Default false.'),
} as const satisfies Fields<PseudonymDefinition>

const policy = {
  name: z.string().min(1).optional().describe('Default the name it has here.'),
  extends: z.enum(POLICY_NAMES).optional().describe('The built-in policy whose rules come first.'),
  without: words.optional().describe('Ids of inherited rules that are left out.'),
  rules: z
    .array(z.union([entityRule, patternRule, termsRule].map((rule) => z.strictObject(rule))))
    .optional(),
  threshold: fraction.optional().describe('Findings with a lower score do not count. Default 0.5.'),
  trustedRoles: z
    .array(z.enum(roles))
    .optional()
    .describe('Roles that only rules naming them look at. Default none: clients choose roles.'),
  detectors: words.optional().describe('Names of the detectors that look at its texts.'),
  allow: words.optional().describe('Texts that are never findings.'),
  maxSpan: z
    .int()
    .min(32)
    .max(4096)
    .optional()
    .describe('Longest match in UTF-16 units. Default 320.'),
  pseudonyms: z.strictObject(pseudonyms).optional().describe('What is done with stand-ins.'),
} as const satisfies Fields<PolicyDefinition>

/** One policy of sluice.yaml. */
export const policySchema = z.strictObject(policy)
