/**
 * Reads the configuration: variables first, then sluice.yaml, then defaults. Everything that is unknown or wrong is
 * reported together, each with its name, the problem and what is allowed.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { parse as parseYaml } from 'yaml'
import type { z } from 'zod'
import { GatewayError } from '../errors.ts'
import { type FileConfig, fileSchema } from './file-schema.ts'
import { SETTINGS, type Setting, type SettingName, type Settings } from './settings.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface LoadedConfig {
  settings: Settings
  /** What only the file can say: models and policies. */
  file: Pick<FileConfig, 'models' | 'policies'>
  /** Where each value came from. */
  sources: Record<SettingName, 'environment' | 'file' | 'default'>
  /** The file that was read, if any. */
  path: string | undefined
}

const DEFAULT_FILE = 'sluice.yaml'
const PATH_VARIABLE = 'SLUICE_CONFIG'

/** Kubernetes sets these for a service that is called `sluice`; they are no settings. */
const KUBERNETES = /^SLUICE_(SERVICE_(HOST|PORT)(_\w+)?|PORT(_\d+_(TCP|UDP)(_\w+)?)?)$/

/** The environment with `.env` of a folder under it: what is set in both comes from the environment. */
export function withDotEnv(env: Environment, folder: string): Environment {
  const path = join(folder, '.env')
  if (!existsSync(path)) return env
  return { ...parseEnv(readFileSync(path, 'utf8')), ...env }
}

/**
 * Reads all settings.
 * @param folder where sluice.yaml is looked for, and what its own relative paths start from
 * @throws GatewayError `configuration`, one line a problem
 */
export function loadConfig(env: Environment, folder: string): LoadedConfig {
  const problems: string[] = []
  const path = configPath(env, folder, problems)
  const file = path === undefined ? {} : readFile(path, problems)
  problems.push(...unknownVariables(env))
  const settings: Record<string, unknown> = {}
  const sources: Record<string, string> = {}
  for (const [name, setting] of Object.entries<Setting>(SETTINGS)) {
    const given = fromEnvironment(setting, env, problems)
    const fromFile = given === undefined ? valueAt(file, setting.path) : undefined
    settings[name] = given ?? fromFile ?? setting.default
    sources[name] =
      given !== undefined ? 'environment' : fromFile !== undefined ? 'file' : 'default'
  }
  if (problems.length > 0) throw new GatewayError('configuration', problems.join('\n'))
  return {
    settings: settings as Settings,
    file: { models: file.models ?? {}, policies: file.policies ?? {} },
    sources: sources as LoadedConfig['sources'],
    path,
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
  let content: unknown
  try {
    content = parseYaml(readFileSync(path, 'utf8')) ?? {}
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
  return new Set(['models', 'policies', ...paths])
}

function allowedAt(path: string): string {
  const setting = Object.values<Setting>(SETTINGS).find((candidate) => candidate.path === path)
  return setting === undefined ? '' : `; allowed: ${setting.kind.allowed}`
}

function unknownVariables(env: Environment): string[] {
  const known = new Set<string>([PATH_VARIABLE])
  for (const setting of Object.values<Setting>(SETTINGS)) {
    for (const name of [setting.env, ...setting.aliases]) known.add(name)
    if (setting.isSecret) known.add(`${setting.env}_FILE`)
  }
  return Object.keys(env)
    .filter((name) => !known.has(name) && !KUBERNETES.test(name))
    .filter((name) => name.startsWith('SLUICE_') || isSlip(name, known))
    .map((name) => `${name}: unknown setting${suggestion(name, known)}`)
}

/** Variables of these names may be meant for others, so only one that is almost ours is taken for a slip. */
function isSlip(name: string, known: ReadonlySet<string>): boolean {
  return /^(LLM_|GENESYS)/.test(name) && nearest(name, known, 2) !== undefined
}

function suggestion(name: string, known: ReadonlySet<string>): string {
  const best = nearest(name, known, 3)
  return best === undefined ? '; see docs/settings.md for all of them' : `; did you mean ${best}?`
}

/** The known name with the fewest edits, if those are no more than `most` and fewer than half of the name. */
function nearest(name: string, known: ReadonlySet<string>, most: number): string | undefined {
  let best: string | undefined
  let distance = Math.min(most + 1, name.length / 2)
  for (const candidate of known) {
    const edits = editDistance(name, candidate)
    if (edits < distance) [best, distance] = [candidate, edits]
  }
  return best
}

/** Levenshtein's distance, row by row. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

function fromEnvironment(setting: Setting, env: Environment, problems: string[]): unknown {
  const name = [setting.env, ...setting.aliases].find((candidate) => isGiven(env[candidate]))
  const given = name === undefined ? fromSecretFile(setting, env, problems) : env[name]?.trim()
  if (given === undefined) return undefined
  const result = setting.kind.schema.safeParse(setting.kind.fromText(given))
  if (result.success) return result.data
  const shown = setting.isSecret ? 'the value' : JSON.stringify(given.slice(0, 80))
  problems.push(`${name ?? setting.env}: ${shown} is not allowed; allowed: ${setting.kind.allowed}`)
  return undefined
}

function fromSecretFile(
  setting: Setting,
  env: Environment,
  problems: string[],
): string | undefined {
  const variable = `${setting.env}_FILE`
  const path = env[variable]
  if (!setting.isSecret || !isGiven(path)) return undefined
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    problems.push(`${variable}: cannot read ${path} (${(error as NodeJS.ErrnoException).code})`)
    return undefined
  }
}

function isGiven(value: string | undefined): value is string {
  return value !== undefined && value.trim() !== ''
}

function valueAt(file: object, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], file)
}
