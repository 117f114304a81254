/** Whether a parsed JSON value is an object with fields: neither a list nor null, which JavaScript calls objects, too. */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
