/** What a setting is: a variable, a place in YAML, what it takes and means; and how the table of them writes one down. */
import { integer, type Kind } from './kinds.ts'

export interface Setting<T = unknown, D extends T | undefined = T | undefined> {
  /** The environment variable. */
  env: string
  /** Other variables that are read if `env` is absent. */
  aliases: readonly string[]
  /** The place in sluice.yaml, dots between the keys. */
  path: string
  kind: Kind<T>
  default: D
  unit: string
  about: string
  /** Never printed; also read from the file that `<env>_FILE` names. */
  isSecret: boolean
  /** Whether a reload applies it without a restart. */
  reloads: boolean
}

/** A meaning, and what else differs from the usual. */
interface Details {
  about: string
  unit?: string
  aliases?: readonly string[]
  isSecret?: boolean
  reloads?: boolean
}

function detailsOf(details: string | Details) {
  const given = typeof details === 'string' ? { about: details } : details
  return { unit: '', aliases: [], isSecret: false, reloads: false, ...given }
}

/** A setting that always has a value. `where` is its variable and its place in YAML, a blank between. */
export function setting<T>(
  where: string,
  [kind, value]: [Kind<T>, NoInfer<T>],
  details: string | Details,
): Setting<T, T> {
  const [env = '', path = ''] = where.split(' ')
  return { ...detailsOf(details), env, path, kind, default: value }
}

/** A setting that may be absent. */
export function optional<T>(
  where: string,
  kind: Kind<T>,
  details: string | Details,
): Setting<T, undefined> {
  const [env = '', path = ''] = where.split(' ')
  return { ...detailsOf(details), env, path, kind, default: undefined }
}

const DAY_MS = 86_400_000
/** What a setting in milliseconds takes, a day at most, and its default. */
export const duration = (value: number): [Kind<number>, number] => [integer(1, DAY_MS), value]
