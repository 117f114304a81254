/**
 * Fields that only some servers have and that their clients need: what the second turn of a tool loop sends back (DeepSeek,
 * Gemini and OpenRouter answer 400 without it), and sources. Any other unknown field does not pass under a policy.
 */
import type { Extensions } from '../../../deltas.ts'
import type { Fields } from './chunk-fields.ts'

/** Of a message, a delta or a tool call. */
export const EXTENSION_FIELDS: readonly string[] = [
  'reasoning_details',
  'reasoning_signature',
  'reasoning_opaque',
  'thinking_blocks',
  'thought_signature',
  'extra_content',
  'provider_specific_fields',
]

/** Of a chunk: the sources that an answer names. */
export const CHUNK_EXTENSION_FIELDS: readonly string[] = ['citations']

/** The extension fields among others; undefined if there are none. */
export function extensionsOf(fields: Fields, names: readonly string[]): Extensions | undefined {
  let extensions: Record<string, unknown> | undefined
  for (const name of names) {
    const value = fields[name]
    if (value === undefined || value === null) continue
    extensions ??= {}
    extensions[name] = value
  }
  return extensions
}
