/** `detectors` of sluice.yaml: what finds names and the like, each by its name, its secret in a variable or a file. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { DetectorSettings } from '../detectors/detector-settings.ts'
import { headers, url } from './kinds.ts'
import { secretOf, type UpstreamSources } from './upstreams.ts'

const text = z.string().min(1)
const entities = z.array(text).min(1)

const shared = {
  language: text.optional().describe('Language of the texts, as in BCP 47.'),
  timeoutMs: z
    .int()
    .min(1)
    .max(60_000)
    .default(2_000)
    .describe('The most time for one text, waiting included. Default 2000.'),
  concurrency: z.int().min(1).max(256).default(4).describe('Windows judged at once. Default 4.'),
  cache: z
    .int()
    .min(0)
    .max(65_536)
    .default(1_024)
    .describe(
      'Windows whose spans are remembered for ten minutes, by a keyed digest and without their text. Default 1024; 0: none.',
    ),
  queue: z.int().min(0).max(10_000).default(256).describe('Windows that may wait. Default 256.'),
}

const remote = {
  url: url().schema,
  headers: headers().schema.optional().describe('Headers of every request.'),
  apiKeyEnv: text.optional().describe('The variable with its bearer token.'),
  apiKeyFile: text.optional().describe('The file with its bearer token.'),
  ...shared,
}

const http = z.strictObject({
  kind: z.literal('http'),
  entities: entities.describe('What it finds, and its categories of moderation.'),
  ...remote,
})

const presidio = z.strictObject({
  kind: z.literal('presidio'),
  entities: entities
    .default(['PERSON', 'LOCATION'])
    .describe('What it is asked for. Default PERSON and LOCATION.'),
  ...remote,
})

const model = z.strictObject({
  kind: z.literal('model'),
  entities: z
    .array(z.enum(['PERSON', 'LOCATION']))
    .min(1)
    .default(['PERSON', 'LOCATION'])
    .describe('Default both.'),
  folder: text.optional().describe('Folder of the model. Default: SLUICE_NER_MODEL.'),
  workers: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe('Threads, each with a copy of the model. Default 1.'),
  threshold: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('How likely a word has to be, to be taken for an entity. Default 0.5.'),
  ...shared,
})

const detector = z.discriminatedUnion('kind', [http, presidio, model], {
  error: 'expected the kind http, presidio or model',
})

export const detectorsSchema = z
  .record(z.string(), detector)
  .describe('Detectors by the names that policies give them.')

interface DetectorSources extends UpstreamSources {
  /** The folder of models that name none. */
  nerModel: string | undefined
}

/** What is configured, with its secrets; adds a problem for whatever cannot be had. */
export function settingsOfDetectors(
  detectors: z.infer<typeof detectorsSchema>,
  { variables, problems, nerModel }: DetectorSources,
): Record<string, DetectorSettings> {
  const entries = Object.entries(detectors).map(([name, given]): [string, DetectorSettings] => {
    if (given.kind === 'model') {
      const { folder = nerModel ?? '', language, ...rest } = given
      const isThere = existsSync(join(folder, 'config.json'))
      if (!isThere)
        problems.push(`detectors.${name}: no model in ${JSON.stringify(folder)} (SLUICE_NER_MODEL)`)
      return [name, { ...rest, folder, language }]
    }
    const { apiKeyEnv: env, apiKeyFile: file, headers = {}, language, ...rest } = given
    const at = `detectors.${name}.apiKey`
    const apiKey = secretOf({ at, env, file, variables }, problems)
    return [name, { ...rest, language, headers, apiKey }]
  })
  return Object.fromEntries(entries)
}
