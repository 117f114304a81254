/** The usage that a chunk carries, wherever it carries it: numbers only, and none that is as long as a card number. */

import type { Usage } from '../../../deltas.ts'
import { isJsonObject } from '../../../json-object.ts'
import type { Fields } from './chunk-fields.ts'

/** Keys of usage. */
const KEY = /^[a-z][a-z0-9_]{0,63}$/
/** OpenAI's names for what others call otherwise. */
const OPENAI_KEYS: Readonly<Record<string, string>> = {
  input_tokens: 'prompt_tokens',
  output_tokens: 'completion_tokens',
}
/** No request has a hundred million tokens. */
const MAX_COUNT = 1e8
/** Prices and times in seconds, to a millionth. */
const MAX_AMOUNT = 1e6
const MAX_KEYS = 32

/** Some servers put usage into the choice (Moonshot) or into a field of their own (Groq's older chunks). */
export function usageOfChunk(chunk: Fields): Usage | undefined {
  if (isJsonObject(chunk.usage)) return usageOf(chunk.usage)
  const [choice] = Array.isArray(chunk.choices) ? chunk.choices : []
  if (isJsonObject(choice) && isJsonObject(choice.usage)) return usageOf(choice.usage)
  const { x_groq: own } = chunk
  return isJsonObject(own) && isJsonObject(own.usage) ? usageOf(own.usage) : undefined
}

/** Undefined if it counts nothing. */
function usageOf(value: Fields): Usage | undefined {
  const usage: Record<string, number | Record<string, number>> = {}
  for (const [key, field] of entriesOf(value)) {
    const number = numberOf(field)
    if (number !== undefined) usage[key] = number
    else if (isJsonObject(field)) usage[key] = numbersOf(field)
  }
  for (const [key, name] of Object.entries(OPENAI_KEYS)) {
    const count = usage[key]
    if (count === undefined || usage[name] !== undefined) continue
    usage[name] = count
    delete usage[key]
  }
  const counts = Object.values(usage).some((value) => typeof value !== 'number' || value > 0)
  return counts ? usage : undefined
}

function numbersOf(value: Fields): Record<string, number> {
  const numbers: Record<string, number> = {}
  for (const [key, field] of entriesOf(value)) {
    const number = numberOf(field)
    if (number !== undefined) numbers[key] = number
  }
  return numbers
}

function entriesOf(value: Fields): [string, unknown][] {
  return Object.entries(value)
    .map(([key, field]): [string, unknown] => [snakeCase(key), field])
    .filter(([key]) => KEY.test(key))
    .slice(0, MAX_KEYS)
}

/** A count or an amount, also one that is written as text. */
function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,9}(\.\d+)?$/.test(value) ? +value : value
  if (typeof number !== 'number' || !(number >= 0)) return undefined
  if (Number.isInteger(number)) return number < MAX_COUNT ? number : undefined
  return number < MAX_AMOUNT ? Math.round(number * 1e6) / 1e6 : undefined
}

function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
