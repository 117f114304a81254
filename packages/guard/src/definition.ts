// How a policy is written down: the types of a definition, as they stand in code or in a configuration file. Checking
// and compiling them is rule-reader.ts's and policy.ts's.
import type { OnFailure } from './detection.ts'
import type { Channel, Direction, Role } from './finding.ts'
import type { TermMatch } from './matcher/terms.ts'
import type { Action } from './operators.ts'

export type PolicyName = 'seed' | 'standard' | 'strict' | 'private' | 'off'

/** What every kind of rule may say. */
export interface RuleBase {
  /** Unique in the policy. Default: the entity, the name or the category. An inherited rule of the same id is replaced. */
  readonly id?: string
  readonly action: Action
  /** Default `both`; `input`, and nothing else, for `pseudonymize`. */
  readonly direction?: Direction | 'both'
  /** Default: all channels. */
  readonly channels?: readonly Channel[]
  /** Default: all roles but the policy's `trustedRoles`. */
  readonly roles?: readonly Role[]
  /** Reported with a block, for example `pii` or `safety`. */
  readonly category?: string
}

/** Looks for an entity that this package knows, or that one of the policy's detectors finds. */
export interface EntityRule extends RuleBase {
  readonly entity: string
  /** Findings with a lower score do not count. Default: the policy's threshold. */
  readonly threshold?: number
  /**
   * For an entity that only detectors find: what becomes of a text that they cannot judge. Default `block`. Such a rule
   * has the direction `input` unless it gives another: the output then waits for the detectors, sentence by sentence.
   */
  readonly onFailure?: OnFailure
}

/** Looks for a pattern: JavaScript RegExp source without back-references and long look-around. */
export interface PatternRule extends RuleBase {
  readonly pattern: string
  /** Any of `i` and `u`. */
  readonly flags?: string
  /** The findings' entity. */
  readonly name: string
  /** From 0 to 1. Default 1. */
  readonly score?: number
}

/** Looks for literal terms, without regard to case, accents and look-alike letters. */
export interface TermsRule extends RuleBase {
  readonly terms: readonly string[]
  /** Default `word`. */
  readonly match?: TermMatch
  /** Also the findings' entity. */
  readonly category: string
}

export type RuleDefinition = EntityRule | PatternRule | TermsRule

export interface PolicyDefinition {
  /** Default `custom`. */
  readonly name?: string
  /** The built-in policy whose rules come first. Default `off`, which has none. */
  readonly extends?: PolicyName
  /** Ids of inherited rules that are left out. */
  readonly without?: readonly string[]
  readonly rules?: readonly RuleDefinition[]
  /** Findings with a lower score do not count, from 0 to 1. Default: that of the inherited policy, or 0.5. */
  readonly threshold?: number
  /**
   * Roles whose texts only rules that name them look at. Default: none, since a client may choose any role. To be named
   * where the application, and nobody else, writes the texts of these roles.
   */
  readonly trustedRoles?: readonly Role[]
  /** Names of the detectors that look at what the rules for their entities look at. Default: none. */
  readonly detectors?: readonly string[]
  /** Texts that are never findings, such as the company's own addresses and numbers; case does not matter. */
  readonly allow?: readonly string[]
  /** No match is longer and no text is held longer, in UTF-16 units, 32 to 4096. Default 320. */
  readonly maxSpan?: number
  /** What is done with the stand-ins of `pseudonymize` rules. What is not said here is inherited. */
  readonly pseudonyms?: PseudonymDefinition
}

/** How stand-ins are kept and where they become values again. */
export interface PseudonymDefinition {
  /** Whether the model is told, in a sentence, to keep such words as they are. Default true. */
  readonly instruct?: boolean
  /** The channels of the answer in which they become values again, besides tool calls. Default `content`. */
  readonly restoreIn?: readonly Exclude<Channel, 'tool_arguments'>[]
  /** Names of the tools in whose arguments they become values again, or `all`. Default: none. */
  readonly restoreTools?: readonly string[] | 'all'
  /**
   * Whether they become values again inside URLs, targets of links and attributes of HTML, too. Default false: whoever
   * gets a text before the model could have it put a value into an address, and a browser would send it there.
   */
  readonly restoreInLinks?: boolean
}
