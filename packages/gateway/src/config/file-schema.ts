/** The schema of sluice.yaml, built from the table of settings; published as JSON Schema for editors. */
import { z } from 'zod'
import { detectorsSchema } from './detectors.ts'
import { policySchema } from './policy-schema.ts'
import type { Setting } from './setting.ts'
import { SETTINGS } from './settings.ts'
import { notYet, upstreamsSchema } from './upstreams.ts'

const ONE_UPSTREAM = 'every model is asked for at the upstream called default, by its own name'

const model = z
  .strictObject({
    contextWindow: z.int().min(1).optional().describe('Tokens of prompt and answer together.'),
    encoding: z
      .enum(['cl100k_base', 'o200k_base'])
      .optional()
      .describe('How its tokens are counted.'),
    omit: z.array(z.string()).optional().describe("Fields that the model's API refuses."),
    maxTokensField: z
      .enum(['max_tokens', 'max_completion_tokens'])
      .optional()
      .describe('The field for maxTokens.'),
    targets: notYet(ONE_UPSTREAM),
    fallbackOn: notYet(ONE_UPSTREAM),
    fallbackModel: notYet(ONE_UPSTREAM),
    firstTokenTimeoutMs: notYet(ONE_UPSTREAM),
    maxOutputTokens: notYet('no kind of upstream here demands a number'),
    parameters: notYet('name the fields in `omit`'),
  })
  .describe('What the gateway knows of a model; the rest comes from the built-in table.')

/** What only the file can say. */
function own(policy: z.ZodType) {
  return {
    upstreams: upstreamsSchema.optional(),
    models: z.record(z.string(), model).optional().describe('Models by name.'),
    detectors: detectorsSchema.optional(),
    policies: z
      .record(z.string(), policy)
      .optional()
      .describe('Guard policies by name; see the guard package.'),
  }
}

export interface FileConfig {
  upstreams: z.infer<typeof upstreamsSchema>
  models: Record<string, z.infer<typeof model>>
  detectors: z.infer<typeof detectorsSchema>
  policies: Record<string, unknown>
}

interface Tree {
  [key: string]: Tree | z.ZodType
}

/**
 * The schema of the whole file; every key is optional, an unknown one is refused.
 * @param policy the form of a policy. Default: anything, since the guard itself says what is wrong with one
 */
export function fileSchema(policy: z.ZodType = z.unknown()): z.ZodType<Partial<FileConfig>> {
  const tree: Tree = {}
  for (const setting of Object.values<Setting>(SETTINGS)) {
    const keys = setting.path.split('.')
    const leaf = keys.pop() ?? ''
    let at = tree
    for (const key of keys) {
      at[key] ??= {}
      at = at[key] as Tree
    }
    at[leaf] = setting.kind.schema.optional().describe(describe(setting))
  }
  return z.strictObject({ ...shapeOf(tree), ...own(policy) }) as z.ZodType<Partial<FileConfig>>
}

/** The JSON Schema (draft 2020-12) of sluice.yaml. */
export function fileJsonSchema(): object {
  return {
    title: 'sluice.yaml',
    ...z.toJSONSchema(fileSchema(policySchema), { unrepresentable: 'any' }),
  }
}

function shapeOf(tree: Tree): Record<string, z.ZodType> {
  const entries = Object.entries(tree).map(([key, value]): [string, z.ZodType] => [
    key,
    value instanceof z.ZodType ? value : z.strictObject(shapeOf(value)).optional(),
  ])
  return Object.fromEntries(entries)
}

function describe(setting: Setting): string {
  const unit = setting.unit === '' ? '' : ` In ${setting.unit}.`
  const value = setting.default === undefined ? '' : ` Default ${JSON.stringify(setting.default)}.`
  return `${setting.about}${unit}${value} Variable ${setting.env}.`
}
