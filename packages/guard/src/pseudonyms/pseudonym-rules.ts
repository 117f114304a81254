// What a policy says about stand-ins, read from its definition and those that it extends.
import type { PolicyDefinition, PseudonymDefinition } from '../definition.ts'
import type { Channel } from '../finding.ts'
import { PolicyError } from '../policy-error.ts'
import { requireFields, requireList, requireSomeOf, requireText } from '../shape.ts'

/** What a policy does with stand-ins, with its defaults filled in. See `PseudonymDefinition`. */
export type PseudonymRules = Required<PseudonymDefinition>

const FIELDS = ['instruct', 'restoreIn', 'restoreTools', 'restoreInLinks']
const CHANNELS: readonly Channel[] = ['content', 'reasoning', 'refusal']
const DEFAULTS: PseudonymRules = {
  instruct: true,
  restoreIn: ['content'],
  restoreTools: [],
  restoreInLinks: false,
}

/**
 * Reads what definitions say, later ones over earlier ones.
 * @throws PolicyError with the path of what is at fault
 */
export function readPseudonyms(definitions: readonly PolicyDefinition[]): PseudonymRules {
  const given = definitions.map(({ pseudonyms = {} }) => pseudonyms)
  for (const definition of given) check(definition)
  return Object.assign({ ...DEFAULTS }, ...given)
}

function check(definition: PseudonymDefinition): void {
  requireFields(definition, FIELDS, 'pseudonyms')
  const { instruct, restoreIn, restoreTools, restoreInLinks } = definition
  requireFlag(instruct, 'pseudonyms.instruct')
  requireFlag(restoreInLinks, 'pseudonyms.restoreInLinks')
  if (restoreIn !== undefined) {
    requireList(restoreIn, 'pseudonyms.restoreIn')
    if (restoreIn.length > 0) requireSomeOf(restoreIn, CHANNELS, 'pseudonyms.restoreIn')
  }
  if (restoreTools === undefined || restoreTools === 'all') return
  requireList(restoreTools, 'pseudonyms.restoreTools')
  restoreTools.forEach((name, i) => {
    requireText(name, `pseudonyms.restoreTools[${i}]`)
  })
}

function requireFlag(value: unknown, path: string): void {
  if (value === undefined || typeof value === 'boolean') return
  throw new PolicyError('invalid_option', 'expected true or false', { path })
}
