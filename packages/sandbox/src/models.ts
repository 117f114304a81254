/** The models of the sandbox as one table: what each says, how it is written, and what goes wrong. All of it is data. */

import { breakingModels } from './models/breaking-models.ts'
import { refusingModels } from './models/refusing-models.ts'
import type { SandboxModel, Scenario } from './models/scenario.ts'
import { spokenModels } from './models/spoken-models.ts'
import { writtenModels } from './models/written-models.ts'

/** Every model with its behaviour. */
export const scenarios: readonly Scenario[] = [
  ...spokenModels,
  ...refusingModels,
  ...breakingModels,
  ...writtenModels,
]

/** Every model of the sandbox, for lists. */
export const sandboxModels: readonly SandboxModel[] = scenarios.map(
  ({ model, summary, imitates }) => ({ model, summary, imitates }),
)

const byName = new Map(scenarios.map((scenario) => [scenario.model, scenario]))

/** The behaviour behind a model's name; a name that does not claim to be ours behaves like `sandbox-default`. */
export function scenarioFor(model: string): Scenario | undefined {
  return byName.get(model.startsWith('sandbox-') ? model : 'sandbox-default')
}
