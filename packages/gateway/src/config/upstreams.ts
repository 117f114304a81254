/**
 * `upstreams` of sluice.yaml: each by its name, its secrets in variables or files. One of them is served, called `default`;
 * it says in its own form what settings of the section `upstream` say. What else the form has is refused by name, never ignored.
 */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { headers, url } from './kinds.ts'
import type { Settings } from './settings.ts'
import type { Environment } from './variables.ts'

/** What this version cannot do yet: a value is refused with the reason, whatever it is. */
export function notYet(what: string): z.ZodType {
  return z.never({ error: `not supported yet: ${what}` }).optional()
}

const name = z.string().min(1)
const limits = z
  .strictObject({
    requestsPerMinute: z.int().min(0).max(1_000_000).optional(),
    queue: z.int().min(0).max(100_000).optional(),
    queueTimeoutMs: z.int().min(1).optional(),
    tokensPerMinute: notYet('only requests are paced'),
    concurrency: notYet('only requests are paced'),
  })
  .optional()
const common = {
  headers: headers().schema.optional().describe('Headers of every request.'),
  limits,
}

const openai = z.strictObject({
  kind: z.literal('openai'),
  baseUrl: url().schema.describe('An OpenAI-compatible server; a bare origin gets /v1.'),
  apiKeyEnv: name.optional().describe('The variable with its API key.'),
  apiKeyFile: name.optional().describe('The file with its API key.'),
  region: notYet('there is one upstream, so none is chosen by its region'),
  ...common,
})

const genesys = z.strictObject({
  kind: z.literal('genesys'),
  region: name.describe('A region such as eu-central-1, or its domain.'),
  clientIdEnv: name.describe('The variable with the OAuth client id.'),
  clientSecretEnv: name.optional().describe('The variable with the OAuth client secret.'),
  clientSecretFile: name.optional().describe('The file with the OAuth client secret.'),
  chatPath: name.optional().describe('Path of the chat endpoint.'),
  ...common,
})

const upstream = z.discriminatedUnion('kind', [openai, genesys], {
  error: 'expected the kind openai or genesys; others are not supported yet',
})
type Upstream = z.infer<typeof upstream>

export const upstreamsSchema: z.ZodType<Record<string, Upstream>> = z
  .record(z.string(), upstream)
  .describe('Upstreams by name; one is served yet, called `default`.')

export interface UpstreamSources {
  variables: Environment
  problems: string[]
}

/** Settings that `upstreams` makes; adds a problem for whatever cannot be had. */
export function settingsOfUpstreams(
  upstreams: Record<string, Upstream> | undefined,
  { variables, problems }: UpstreamSources,
): Partial<Settings> {
  if (upstreams === undefined) return {}
  const { default: chosen, ...others } = upstreams
  for (const other of Object.keys(others))
    problems.push(`upstreams.${other}: not supported yet; one upstream is served, called default`)
  if (chosen === undefined) problems.push('upstreams: the upstream called default is missing')
  if (chosen === undefined) return {}
  const secret = (field: string, env: string | undefined, file?: string | undefined) =>
    secretOf({ at: `upstreams.default.${field}`, env, file, variables }, problems)
  const shared = {
    profile: chosen.kind,
    requestsPerMinute: chosen.limits?.requestsPerMinute,
    queueLength: chosen.limits?.queue,
    queueTimeoutMs: chosen.limits?.queueTimeoutMs,
    upstreamHeaders: chosen.headers,
  }
  const own =
    chosen.kind === 'openai'
      ? {
          llmBaseUrl: chosen.baseUrl,
          llmApiKey: secret('apiKey', chosen.apiKeyEnv, chosen.apiKeyFile),
        }
      : {
          genesysRegion: chosen.region,
          clientId: secret('clientId', chosen.clientIdEnv),
          clientSecret: secret('clientSecret', chosen.clientSecretEnv, chosen.clientSecretFile),
          chatPath: chosen.chatPath,
        }
  const given = Object.entries({ ...shared, ...own }).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given)
}

/** The files that the served upstream names for its secrets. */
export function secretFilesOfUpstreams(upstreams: Record<string, Upstream> | undefined): string[] {
  const chosen = upstreams?.default
  const file = chosen?.kind === 'genesys' ? chosen.clientSecretFile : chosen?.apiKeyFile
  return file === undefined ? [] : [file]
}

export interface SecretPlace {
  at: string
  env: string | undefined
  file: string | undefined
  variables: Environment
}

/** A secret from its variable or its file; undefined where the upstream names neither. */
export function secretOf({ at, env, file, variables }: SecretPlace, problems: string[]) {
  if (env !== undefined && file !== undefined)
    problems.push(`${at}: a variable and a file are named; use one of the two`)
  if (env !== undefined) {
    const value = variables[env]?.trim()
    if (value === undefined || value === '') problems.push(`${at}Env: ${env} is not set`)
    return value
  }
  if (file === undefined) return undefined
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    problems.push(`${at}File: cannot read ${file} (${(error as NodeJS.ErrnoException).code})`)
    return undefined
  }
}
