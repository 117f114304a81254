// Whether a definition has the shape that its types promise: it may come from a configuration file, and a misspelt field
// that is passed over would leave a text unguarded.
import { PolicyError } from './policy-error.ts'

/** @throws PolicyError `invalid_rule` unless the value is a mapping that has none but these fields. */
export function requireFields(
  value: unknown,
  fields: readonly string[],
  path: string,
): asserts value is Readonly<Record<string, unknown>> {
  const place = path === '' ? {} : { path }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const message = `expected a mapping with some of ${fields.join(', ')}`
    throw new PolicyError('invalid_rule', message, place)
  }
  const unknown = Object.keys(value).find((field) => !fields.includes(field))
  if (unknown === undefined) return
  const message = `there is no such field; there are ${fields.join(', ')}`
  throw new PolicyError('unknown_field', message, { path: joined(path, unknown) })
}

/** @throws PolicyError `invalid_rule` unless the value is a list. */
export function requireList(value: unknown, path: string): asserts value is readonly unknown[] {
  if (Array.isArray(value)) return
  throw new PolicyError('invalid_rule', 'expected a list', { path })
}

/** @throws PolicyError `invalid_rule` unless the value is a text. */
export function requireString(value: unknown, path: string): asserts value is string {
  if (typeof value === 'string') return
  throw new PolicyError('invalid_rule', 'expected a text', { path })
}

/** @throws PolicyError `invalid_rule` unless the value is a text that is not empty. */
export function requireText(value: unknown, path: string): asserts value is string {
  requireString(value, path)
  if (value.length === 0) throw new PolicyError('invalid_rule', 'must not be empty', { path })
}

/** @throws PolicyError `invalid_rule` unless the value is one of these. */
export function requireOneOf(value: unknown, allowed: readonly string[], path: string): void {
  if (typeof value === 'string' && allowed.includes(value)) return
  throw new PolicyError('invalid_rule', `expected one of ${allowed.join(', ')}`, { path })
}

/** @throws PolicyError `invalid_rule` unless the value is a list of some of these, of one at least. */
export function requireSomeOf(value: unknown, allowed: readonly string[], path: string): void {
  requireList(value, path)
  if (value.length === 0) throw new PolicyError('invalid_rule', 'must not be empty', { path })
  value.forEach((item, i) => {
    requireOneOf(item, allowed, `${path}[${i}]`)
  })
}

/** @throws PolicyError `invalid_rule` unless the value is a number from 0 to 1. */
export function requireFraction(value: unknown, path: string): void {
  if (typeof value === 'number' && value >= 0 && value <= 1) return
  throw new PolicyError('invalid_rule', 'expected a number from 0 to 1', { path })
}

function joined(path: string, field: string): string {
  return path === '' ? field : `${path}.${field}`
}
