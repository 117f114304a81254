/** The guard policies of a gateway: built-in ones by name, and those of sluice.yaml; each compiled once and shared. */
import {
  compilePolicy,
  type DetectorTable,
  POLICY_NAMES,
  type Policy,
  type PolicyDefinition,
  type PolicyName,
} from '@sluice/guard'
import { GatewayError } from '../errors.ts'
import { isJsonObject } from '../json-object.ts'

const builtIns = new Map<PolicyName, Policy>()

/** A built-in policy, compiled once for the process: it needs nothing of a configuration. */
export function builtInPolicy(name: PolicyName): Policy {
  const known = builtIns.get(name)
  if (known !== undefined) return known
  const policy = compilePolicy(name)
  builtIns.set(name, policy)
  return policy
}

/**
 * Policies by name.
 * @param definitions policies of the configuration; a built-in name may not be defined again
 * @param detectors what the definitions may name
 * @returns a function that throws GatewayError `configuration` for a name that is unknown or a policy that is wrong
 */
export function policyTable(
  definitions: Readonly<Record<string, unknown>>,
  detectors: DetectorTable = {},
): (name: string) => Policy {
  const compiled = new Map<string, Policy>()
  return (name) => {
    const known = compiled.get(name)
    if (known !== undefined) return known
    const policy = compile(name, definitions, detectors)
    compiled.set(name, policy)
    return policy
  }
}

function compile(
  name: string,
  definitions: Readonly<Record<string, unknown>>,
  detectors: DetectorTable,
): Policy {
  const definition = Object.hasOwn(definitions, name) ? definitions[name] : undefined
  if (definition === undefined && !isBuiltIn(name)) {
    const allowed = [...POLICY_NAMES, ...Object.keys(definitions)].join(', ')
    throw new GatewayError(
      'configuration',
      `no policy is called ${JSON.stringify(name)}; allowed: ${allowed}`,
    )
  }
  if (definition !== undefined && isBuiltIn(name)) {
    throw new GatewayError(
      'configuration',
      `policies.${name}: this is the name of a built-in policy; choose another`,
    )
  }
  if (definition !== undefined && !isJsonObject(definition)) {
    throw new GatewayError('configuration', `policies.${name}: expected a mapping with rules`)
  }
  if (isBuiltIn(name)) return builtInPolicy(name)
  try {
    const source = { name, ...definition } as PolicyDefinition
    return compilePolicy(source, { detectors })
  } catch (error) {
    // Whatever it is: the definition comes from a file, and its fault is no defect of the gateway.
    const problem = error instanceof Error ? error.message : String(error)
    throw new GatewayError('configuration', `policies.${name}: ${problem}`, { cause: error })
  }
}

function isBuiltIn(name: string): name is PolicyName {
  return (POLICY_NAMES as readonly string[]).includes(name)
}
