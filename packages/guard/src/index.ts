// The face of @sluice/guard: compile a policy, open a stream, push deltas.
export type {
  EntityRule,
  PatternRule,
  PolicyDefinition,
  PolicyName,
  PseudonymDefinition,
  RuleBase,
  RuleDefinition,
  TermsRule,
} from './definition.ts'
export type {
  Detection,
  DetectOptions,
  DetectorTable,
  NamedDetector,
  OnFailure,
  SegmentDetector,
  Span,
} from './detection.ts'
export type {
  ActionKind,
  Block,
  Channel,
  Direction,
  Finding,
  GuardStream,
  OpenOptions,
  Role,
  ScanResult,
  StreamResult,
} from './finding.ts'
export type { TermMatch } from './matcher/terms.ts'
export type { Action } from './operators.ts'
export { POLICY_NAMES } from './policies.ts'
export { type CompileOptions, compilePolicy, type Policy, type ScanOptions } from './policy.ts'
export { PolicyError, type PolicyErrorCode } from './policy-error.ts'
export type { PseudonymRules } from './pseudonyms/pseudonym-rules.ts'
export {
  type PseudonymCounts,
  Pseudonyms,
  type PseudonymsOptions,
} from './pseudonyms/pseudonyms.ts'
export { ENTITY_NAMES } from './recognizers/index.ts'
export type { RuleSummary, Scope } from './rule.ts'
export { MAX_SEGMENT_LENGTH, Segmenter } from './segmenter.ts'
