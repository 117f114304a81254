/** `detectors` of sluice.yaml: what finds names and the like, each by its name, its secret in a variable or a file. */
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

const detector = z.discriminatedUnion('kind', [http, presidio], {
  error: 'expected the kind http or presidio',
})

export const detectorsSchema = z
  .record(z.string(), detector)
  .describe('Detectors by the names that policies give them.')

/** What is configured, with its secrets; adds a problem for whatever cannot be had. */
export function settingsOfDetectors(
  detectors: z.infer<typeof detectorsSchema>,
  { variables, problems }: UpstreamSources,
): Record<string, DetectorSettings> {
  const entries = Object.entries(detectors).map(([name, given]): [string, DetectorSettings] => {
    const { apiKeyEnv: env, apiKeyFile: file, headers = {}, language, ...rest } = given
    const at = `detectors.${name}.apiKey`
    const apiKey = secretOf({ at, env, file, variables }, problems)
    return [name, { ...rest, language, headers, apiKey }]
  })
  return Object.fromEntries(entries)
}
