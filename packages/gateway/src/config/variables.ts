/** Settings as variables: which were given and in which form, and which names are a slip. */
import { readFileSync } from 'node:fs'
import { masked } from './masked.ts'
import { isServiceLink } from './service-links.ts'
import type { Setting } from './setting.ts'
import { SETTINGS } from './settings.ts'
import { nearest, suggestion } from './suggestion.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Names the file to read; no setting, because it cannot stand in that file. */
export const PATH_VARIABLE = 'SLUICE_CONFIG'

/**
 * OpenAI's SDKs read these, so they lie around on many machines. They count only where no variable of ours says
 * something else.
 */
export const STRAY_VARIABLES: ReadonlySet<string> = new Set(['OPENAI_BASE_URL', 'OPENAI_API_KEY'])

/** The variables that a person set. */
export function withoutServiceLinks(variables: Environment): Environment {
  const names = Object.keys(variables).filter((name) => !isServiceLink(name, variables))
  return Object.fromEntries(names.map((name) => [name, variables[name]]))
}

/** What is wrong with the names of variables. */
export function unknownVariables(variables: Environment): string[] {
  const known = new Set<string>([PATH_VARIABLE])
  for (const setting of Object.values<Setting>(SETTINGS)) {
    for (const name of [setting.env, ...setting.aliases]) known.add(name)
    if (setting.isSecret) known.add(`${setting.env}_FILE`)
  }
  return Object.keys(variables)
    .filter((name) => !known.has(name))
    .filter((name) => name.startsWith('SLUICE_') || isSlip(name, known))
    .map((name) => `${name}: unknown setting${hintFor(name, known)}`)
}

/** Some names of ours do not begin with SLUICE_, so first comes the one that differs in nothing but its first word. */
function hintFor(name: string, known: ReadonlySet<string>): string {
  const words = afterFirstWord(name)
  const namesake = [...known].find((candidate) => afterFirstWord(candidate) === words)
  return namesake === undefined ? suggestion(name, known) : `; did you mean ${namesake}?`
}

function afterFirstWord(name: string): string {
  return name.slice(name.indexOf('_') + 1)
}

/** Variables of these names may be meant for others, so only one that is almost ours is taken for a slip. */
function isSlip(name: string, known: ReadonlySet<string>): boolean {
  return /^(LLM_|GENESYS)/.test(name) && nearest(name, known, 2) !== undefined
}

export interface Given {
  /** The variable that has the value. */
  variable: string
  value: unknown
}

/** A setting's value from variables; undefined if none is set. What is wrong is added to `problems`. */
export function fromVariables(
  setting: Setting,
  variables: Environment,
  problems: string[],
): Given | undefined {
  const found = textOf(setting, variables, problems)
  if (found === undefined) return undefined
  const { variable, text } = found
  const result = setting.kind.schema.safeParse(setting.kind.fromText(text))
  if (result.success) return { variable, value: result.data }
  const shown = setting.isSecret ? 'the value' : JSON.stringify(masked(text).slice(0, 80))
  const hint = setting.kind.hint?.(text)
  const more = hint === undefined ? '' : `; did you mean ${masked(hint)}?`
  problems.push(`${variable}: ${shown} is not allowed; allowed: ${setting.kind.allowed}${more}`)
  return undefined
}

interface GivenText {
  variable: string
  text: string
}

/** The text of the first variable that has one; two that differ are a problem, unless one may lie around for others. */
function textOf(
  setting: Setting,
  variables: Environment,
  problems: string[],
): GivenText | undefined {
  const all = [setting.env, ...setting.aliases].flatMap((variable): GivenText[] => {
    const text = variables[variable]?.trim() ?? ''
    return text === '' ? [] : [{ variable, text }]
  })
  const own = all.filter(({ variable }) => !STRAY_VARIABLES.has(variable))
  const inFile = setting.isSecret ? fromSecretFile(setting, variables, problems) : undefined
  const [first, ...others] = inFile === undefined ? own : [...own, inFile]
  const other = others.find(({ text }) => text !== first?.text)
  if (first !== undefined && other !== undefined) {
    problems.push(`${first.variable} and ${other.variable} have different values; keep one`)
  }
  return first ?? all[0]
}

function fromSecretFile(
  setting: Setting,
  variables: Environment,
  problems: string[],
): GivenText | undefined {
  const variable = `${setting.env}_FILE`
  const path = variables[variable]?.trim() ?? ''
  if (path === '') return undefined
  try {
    const text = readFileSync(path, 'utf8').trim()
    if (text !== '') return { variable, text }
    problems.push(`${variable}: ${path} is empty`)
  } catch (error) {
    problems.push(`${variable}: cannot read ${path} (${(error as NodeJS.ErrnoException).code})`)
  }
  return undefined
}

/** The files that secrets are read from. */
export function secretFilesOf(variables: Environment): string[] {
  const names = Object.values<Setting>(SETTINGS).filter(({ isSecret }) => isSecret)
  return names
    .map(({ env }) => variables[`${env}_FILE`]?.trim() ?? '')
    .filter((path) => path !== '')
}
