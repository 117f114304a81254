// What a request's body says: its bytes, the same with escape sequences read, and strings that are JSON themselves.

/**
 * @param {unknown} value
 * @returns {string}
 */
export function saidIn(value) {
  if (typeof value === 'string') return `${value}\n${saidInJson(value)}`
  if (typeof value !== 'object' || value === null) return String(value)
  const parts = Object.entries(value).map(([key, item]) => `${key}\n${saidIn(item)}`)
  return `${JSON.stringify(value)}\n${parts.join('\n')}`
}

/** @param {string} text */
function saidInJson(text) {
  if (!/^\s*["{[]/.test(text)) return ''
  try {
    return saidIn(JSON.parse(text))
  } catch {
    return ''
  }
}

/**
 * Whether a value is in a text as a whole word. Single characters and numbers of fewer than five digits are passed over:
 * every request has them.
 * @param {string} value
 * @param {string} text
 */
export function isIn(value, text) {
  const digits = value.replace(/\D/g, '').length
  if (value.length < 2 || (digits < 5 && !/\p{L}/u.test(value))) return false
  for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + 1)) {
    if (!goesOn(text, at) && !goesOn(text, at + value.length)) return true
  }
  return false
}

/**
 * Whether a word goes on over an offset.
 * @param {string} text
 * @param {number} at
 */
function goesOn(text, at) {
  return /[\p{L}\p{N}_][\p{L}\p{N}\p{M}_]/u.test(text.slice(at - 1, at + 1))
}
