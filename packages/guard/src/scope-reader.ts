// Which texts a rule looks at, and what is said of a text when its stream is opened: checked, as both may come from
// outside.
import type { RuleDefinition } from './definition.ts'
import type { Channel, Direction, OpenOptions, Role } from './finding.ts'
import { PolicyError } from './policy-error.ts'
import type { Scope } from './rule.ts'
import { requireList, requireOneOf, requireSomeOf } from './shape.ts'

const DIRECTIONS: readonly (Direction | 'both')[] = ['input', 'output', 'both']
const CHANNELS: readonly Channel[] = ['content', 'reasoning', 'refusal', 'tool_arguments']
const ROLES: readonly Role[] = ['system', 'developer', 'user', 'assistant', 'tool']

/** @throws PolicyError whose path begins at the rule. */
export function scopeOf(definition: RuleDefinition): Scope {
  const isOfRequest = definition.action.kind === 'pseudonymize'
  const { direction = isOfRequest ? 'input' : 'both', channels, roles } = definition
  requireOneOf(direction, DIRECTIONS, 'direction')
  if (isOfRequest && direction !== 'input') {
    const message = 'only what a request says can be pseudonymized; leave "direction" out'
    throw new PolicyError('invalid_rule', message, { path: 'direction' })
  }
  if (channels !== undefined) requireSomeOf(channels, CHANNELS, 'channels')
  if (roles !== undefined) requireSomeOf(roles, ROLES, 'roles')
  return { direction, channels, roles }
}

/** @throws PolicyError if this is no list of roles. */
export function readRoles(roles: unknown, path: string): readonly Role[] {
  requireList(roles, path)
  if (roles.length > 0) requireSomeOf(roles, ROLES, path)
  return roles as readonly Role[]
}

/** @throws PolicyError `invalid_option` for options of a stream that mean nothing. */
export function checkOptions(options: OpenOptions): void {
  const { direction, channel, role, format, trustedRoles = [] } = options
  try {
    requireOneOf(direction, ['input', 'output'], 'direction')
    if (channel !== undefined) requireOneOf(channel, CHANNELS, 'channel')
    if (role !== undefined) requireOneOf(role, ROLES, 'role')
    readRoles(trustedRoles, 'trustedRoles')
    if (format !== undefined) requireOneOf(format, ['json'], 'format')
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error
    throw new PolicyError('invalid_option', error.message)
  }
}
