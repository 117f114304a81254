/** Puts fields together that came in pieces, as the deltas of an answer have them. */
import { isJsonObject } from '../json-object.ts'

type Fields = Record<string, unknown>

/** Keys whose values are text that goes on. */
const TEXT_KEYS = new Set(['text', 'summary', 'thinking', 'reasoning', 'content', 'title', 'data'])

/** Both as one: texts go on, members of lists with the same `index` are one, everything else is as it came last. */
export function mergeFields(before: Fields, after: Fields): Fields {
  const merged = { ...before }
  for (const [key, value] of Object.entries(after))
    merged[key] = mergeValue(key, before[key], value)
  return merged
}

function mergeValue(key: string, before: unknown, after: unknown): unknown {
  if (Array.isArray(before) && Array.isArray(after)) return mergeLists(before, after)
  if (isJsonObject(before) && isJsonObject(after)) return mergeFields(before, after)
  const isText = TEXT_KEYS.has(key) && typeof before === 'string' && typeof after === 'string'
  return isText ? `${before}${after}` : after
}

function mergeLists(before: readonly unknown[], after: readonly unknown[]): unknown[] {
  const merged = [...before]
  for (const member of after) {
    const index = isJsonObject(member) ? member.index : undefined
    const at = merged.findIndex(
      (other) => isJsonObject(other) && index !== undefined && other.index === index,
    )
    const known = merged[at]
    if (isJsonObject(known) && isJsonObject(member)) merged[at] = mergeFields(known, member)
    else merged.push(member)
  }
  return merged
}
