/**
 * The known fields of a chat-completion chunk, read defensively. Under any policy but `off` only these pass: an unknown
 * field could carry text around the guard, and so could a known one with an unexpected value.
 */

type Fields = Record<string, unknown>

/** Ids, model names and fingerprints: one word of the characters that they really have. */
const WORD = /^[\w.:/@+-]{1,200}$/
/** Finish reasons, roles and keys of usage. */
const NAME = /^[a-z][a-z0-9_]{0,63}$/

/** Seconds since the epoch up to the year 5138: one digit less than a card number has at least. */
const MAX_EPOCH_SECONDS = 1e11
/** As long for counts and times of usage. */
const MAX_COUNT = 1e11

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function wordOrUndefined(value: unknown): string | undefined {
  return typeof value === 'string' && WORD.test(value) ? value : undefined
}

export function nameOrUndefined(value: unknown): string | undefined {
  return typeof value === 'string' && NAME.test(value) ? value : undefined
}

/** A small whole number, such as the index of a choice; `fallback` if absent; undefined if it is anything else. */
export function indexOf<F extends number | undefined>(
  value: unknown,
  fallback: F,
  limit: number,
): number | F | undefined {
  if (value === undefined || value === null) return fallback
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < limit
    ? value
    : undefined
}

/**
 * The inside of a JSON object with the fields that name a chunk.
 * @param isSafe whether the guard has nothing against a text
 */
export function envelopeOf(chunk: Fields, isSafe: (text: string) => boolean): string {
  const safeWord = (value: unknown) => {
    const word = wordOrUndefined(value)
    return word !== undefined && isSafe(word) ? word : undefined
  }
  const envelope: Fields = {
    id: safeWord(chunk.id),
    object: 'chat.completion.chunk',
    created: indexOf(chunk.created, undefined, MAX_EPOCH_SECONDS),
    model: safeWord(chunk.model),
    service_tier: safeWord(chunk.service_tier),
    system_fingerprint: safeWord(chunk.system_fingerprint),
  }
  return JSON.stringify(envelope).slice(1, -1)
}

/** A usage object with its numbers only, one level of details included. */
export function usageOf(value: Fields): Fields {
  const usage: Fields = {}
  for (const [key, field] of Object.entries(value)) {
    if (nameOrUndefined(key) === undefined) continue
    if (isCount(field)) usage[key] = field
    else if (isObject(field)) usage[key] = numbersOf(field)
  }
  return usage
}

/** Tokens, seconds or a price: nothing that has as many digits as a card number. */
function isCount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < MAX_COUNT
}

function numbersOf(value: Fields): Fields {
  const isNumber = ([key, field]: [string, unknown]) =>
    nameOrUndefined(key) !== undefined && isCount(field)
  return Object.fromEntries(Object.entries(value).filter(isNumber))
}

/** A count of tokens, if it is one. */
export function tokensOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined
}
