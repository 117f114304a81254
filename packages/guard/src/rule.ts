// A rule in the form the engine runs: checked, with its defaults filled in. Reading definitions is policy.ts's.
import type { ActionKind, Channel, Direction, OpenOptions, Role } from './finding.ts'

export interface Rule {
  /** Position in the policy: decides between otherwise equal findings. */
  readonly index: number
  readonly id: string
  readonly entity: string
  readonly category: string | undefined
  readonly action: ActionKind
  readonly concealment: number
  /** Shown instead of a match: for `redact`, `replace` and `hash`. */
  readonly label: (value: string) => string
  readonly keepLast: number
  readonly maskCharacter: string
  readonly scope: Scope
}

export interface Scope {
  readonly direction: Direction | 'both'
  /** Undefined: every channel. */
  readonly channels: readonly Channel[] | undefined
  /** Undefined: every role that the policy does not trust. */
  readonly roles: readonly Role[] | undefined
}

/** A rule of a compiled policy, for display. */
export type RuleSummary = Pick<Rule, 'id' | 'entity' | 'category' | 'action' | 'scope'>

export function summaryOf({ id, entity, category, action, scope }: Rule): RuleSummary {
  return { id, entity, category, action, scope }
}

/** Whether a rule looks at a text opened with these options. A role that a rule names is looked at, trusted or not. */
export function isInScope(
  scope: Scope,
  options: OpenOptions,
  trustedRoles: readonly Role[],
): boolean {
  const { direction, channel = 'content', role = defaultRole(direction) } = options
  if (scope.direction !== 'both' && scope.direction !== direction) return false
  if (scope.channels !== undefined && !scope.channels.includes(channel)) return false
  if (scope.roles !== undefined) return scope.roles.includes(role)
  return !trustedRoles.includes(role) && options.trustedRoles?.includes(role) !== true
}

function defaultRole(direction: Direction): Role {
  return direction === 'input' ? 'user' : 'assistant'
}
