/**
 * Reads the configuration: variables first, then sluice.yaml, then defaults. Everything that is unknown, wrong or
 * contradictory is reported together, each with its name, the problem and what is allowed.
 */
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { z } from 'zod'
import type { DetectorSettings } from '../detectors/detector-settings.ts'
import { GatewayError } from '../errors.ts'
import { contradictions, usesOAuth } from './contradictions.ts'
import { settingsOfDetectors } from './detectors.ts'
import { readDotEnv } from './dot-env.ts'
import { type FileConfig, fileSchema } from './file-schema.ts'
import type { Setting } from './setting.ts'
import { SETTINGS, type SettingName, type Settings } from './settings.ts'
import { suggestion } from './suggestion.ts'
import { secretFilesOfUpstreams, settingsOfUpstreams } from './upstreams.ts'
import {
  type Environment,
  fromVariables,
  type Given,
  PATH_VARIABLE,
  STRAY_VARIABLES,
  secretFilesOf,
  unknownVariables,
  withoutServiceLinks,
} from './variables.ts'

export type Source = 'environment' | '.env' | 'file' | 'default'

export interface LoadedConfig {
  settings: Settings
  /** What only the file can say: models, policies and detectors. */
  file: Pick<FileConfig, 'models' | 'policies'> & { detectors: Record<string, DetectorSettings> }
  /** Where each value came from. */
  sources: Record<SettingName, Source>
  /** The file that was read, if any. */
  path: string | undefined
  /** The files that `_FILE` variables and the served upstream name: a changed one is a rotated secret. */
  secretFiles: readonly string[]
  /** What the environment and `.env` say together, for what is no setting of the gateway. */
  variables: Environment
}

const DEFAULT_FILE = 'sluice.yaml'

const require = createRequire(import.meta.url)

/**
 * Reads all settings: variables of the environment, then those of `.env`, then sluice.yaml, then defaults.
 * @param folder where `.env` and sluice.yaml are looked for
 * @throws GatewayError `configuration`, one line a problem
 */
export function loadConfig(environment: Environment, folder: string): LoadedConfig {
  const problems: string[] = []
  const variables = withoutServiceLinks({ ...readDotEnvOf(folder), ...environment })
  const path = configPath(variables, folder, problems)
  const file = path === undefined ? {} : readFile(path, problems)
  problems.push(...unknownVariables(variables))
  const values: Values = { settings: {}, sources: {}, variables: {} }
  const ofUpstreams: Record<string, unknown> = settingsOfUpstreams(file.upstreams, {
    variables,
    problems,
  })
  for (const [name, setting] of Object.entries<Setting>(SETTINGS)) {
    const own = valueAt(file, setting.path)
    const named = fromVariables(setting, variables, problems)
    // The file names the upstream: what lies around for others must not divert its traffic, or get its key.
    const isNamedByFile = own !== undefined || file.upstreams !== undefined
    const given = isNamedByFile && isStray(named) ? undefined : named
    if (own !== undefined && ofUpstreams[name] !== undefined)
      problems.push(`upstreams.default: contradicts ${setting.path}; use one of the two`)
    const fromFile = given === undefined ? (ofUpstreams[name] ?? own) : undefined
    values.settings[name] = given?.value ?? fromFile ?? setting.default
    values.sources[name] = fromFile !== undefined ? 'file' : 'default'
    if (given === undefined) continue
    values.sources[name] = sourceOf(given.variable, environment)
    values.variables[name] = given.variable
  }
  const detectors = settingsOfDetectors(file.detectors ?? {}, {
    variables,
    problems,
    nerModel: values.settings.nerModel as string | undefined,
  })
  withoutStrays(values)
  const nameOf = (name: SettingName) => nameIn(values, name, ofUpstreams)
  problems.push(...contradictions(values.settings, nameOf))
  if (problems.length > 0) throw new GatewayError('configuration', problems.join('\n'))
  return {
    settings: values.settings as Settings,
    file: { models: file.models ?? {}, policies: file.policies ?? {}, detectors },
    sources: values.sources as LoadedConfig['sources'],
    path,
    secretFiles: [...secretFilesOf(variables), ...secretFilesOfUpstreams(file.upstreams)],
    variables,
  }
}

interface Values {
  settings: Record<string, unknown>
  sources: Record<string, Source>
  /** The variable that gave a setting its value. */
  variables: Record<string, string>
}

function readDotEnvOf(folder: string): Environment {
  const path = join(folder, '.env')
  return existsSync(path) ? readDotEnv(path) : {}
}

function sourceOf(variable: string, environment: Environment): Source {
  return environment[variable] === undefined ? '.env' : 'environment'
}

function isStray(given: Given | undefined): boolean {
  return given !== undefined && STRAY_VARIABLES.has(given.variable)
}

/** Where a setting's value came from, or where it could: a variable, or a place in sluice.yaml. */
function nameIn(
  { variables, sources }: Values,
  name: SettingName,
  ofUpstreams: Readonly<Record<string, unknown>>,
): string {
  const { env, path } = SETTINGS[name]
  if (sources[name] !== 'file') return variables[name] ?? env
  return ofUpstreams[name] === undefined ? path : 'upstreams.default'
}

/**
 * Takes back what a variable that may lie around for others says of the upstream, where ours name one: it must not
 * divert the traffic of Genesys Cloud.
 */
function withoutStrays(values: Values): void {
  if (!usesOAuth(values.settings)) return
  for (const [name, variable] of Object.entries(values.variables)) {
    if (!STRAY_VARIABLES.has(variable)) continue
    values.settings[name] = undefined
    values.sources[name] = 'default'
  }
}

function configPath(env: Environment, folder: string, problems: string[]): string | undefined {
  const named = env[PATH_VARIABLE]
  const path = join(folder, DEFAULT_FILE)
  if (named === undefined || named === '') return existsSync(path) ? path : undefined
  if (existsSync(named)) return named
  problems.push(`${PATH_VARIABLE}: no such file: ${named}`)
  return undefined
}

function readFile(path: string, problems: string[]): Partial<FileConfig> {
  // Loaded here, because many gateways have no file, and a YAML parser is seventy of them.
  const yaml = require('yaml') as typeof import('yaml')
  let content: unknown
  try {
    content = yaml.parse(readFileSync(path, 'utf8')) ?? {}
  } catch (error) {
    problems.push(`${path}: ${syntaxProblem(error as Error)}`)
    return {}
  }
  const result = fileSchema().safeParse(content)
  if (result.success) return result.data
  for (const issue of result.error.issues) {
    problems.push(...problemsAt(issue).map((problem) => `${path}: ${problem}`))
  }
  return {}
}

/** The parser's first line, which says where; those after it quote the file, which may hold secrets. */
function syntaxProblem({ message }: Error): string {
  const [line = ''] = message.split('\n')
  const hint = line.startsWith('Invalid escape sequence')
    ? "; in single quotes '...' a backslash stands for itself"
    : ''
  return `${line.replace(/:$/, '')}${hint}`
}

function problemsAt(issue: z.core.$ZodIssue): string[] {
  const at = issue.path.join('.')
  if (issue.code === 'unrecognized_keys') {
    const paths = issue.keys.map((key) => [...issue.path, key].join('.'))
    return paths.map((path) => `${path}: unknown setting${suggestion(path, knownPaths())}`)
  }
  const problem = issue.message.replace(/^Invalid input: /, '')
  return [`${at === '' ? '' : `${at}: `}${problem}${allowedAt(at)}`]
}

/** Every place of the file: settings, and what they are in. */
function knownPaths(): ReadonlySet<string> {
  const paths = Object.values<Setting>(SETTINGS).flatMap(({ path }) => {
    const keys = path.split('.')
    return keys.map((_, index) => keys.slice(0, index + 1).join('.'))
  })
  return new Set(['detectors', 'models', 'policies', 'upstreams', ...paths])
}

function allowedAt(path: string): string {
  const setting = Object.values<Setting>(SETTINGS).find((candidate) => candidate.path === path)
  return setting === undefined ? '' : `; allowed: ${setting.kind.allowed}`
}

function valueAt(file: object, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], file)
}
