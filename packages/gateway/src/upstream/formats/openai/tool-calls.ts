/** The tool calls of one choice: which call a part belongs to, whatever the server makes of index and id. */

import type { Extensions, ToolCallDelta } from '../../../deltas.ts'
import { isJsonObject } from '../../../json-object.ts'
import { type Fields, indexOf, invalidChunk, lineOrUndefined } from './chunk-fields.ts'

/** More calls than any request asks for. */
const MAX_TOOL_CALLS = 128
/** Gemini puts a signature into the id. */
const MAX_ID_CHARACTERS = 8_192
const MAX_NAME_CHARACTERS = 256

interface Call {
  /** As the server counts, and as the client is told. */
  given: number | undefined
  index: number
  id: string | undefined
  hasName: boolean
  /** The arguments so far. */
  told: string
  /** They begin with an empty object, which is kept back: some servers send one before the real arguments (Bedrock). */
  holdsEmpty: boolean
}

const EMPTY_ARGUMENTS = '{}'
/** What some servers make a text of, that have no name or id to tell with a part (Mistral, LiteLLM). */
const NOTHING = /^(null|none|undefined)$/i

/** What says which call a part belongs to. */
interface Label {
  given: number | undefined
  id: string | undefined
  name: string | undefined
}

interface PartOptions {
  /** The fields of a call that pass besides the known ones. */
  extensionsOf: (fields: Fields) => Extensions | undefined
  /** A finish reason comes with the part. */
  isLast: boolean
}

/** The functions that a deprecated server calls one at a time have no id, and a client needs one to answer. */
const LEGACY_ID = 'function_call'

export class ToolCalls {
  readonly #calls: Call[] = []

  read(part: Fields, { extensionsOf, isLast }: PartOptions): ToolCallDelta {
    const called = calledIn(part)
    const id = labelOf(part.id, MAX_ID_CHARACTERS)
    const name = labelOf(called.name, MAX_NAME_CHARACTERS)
    const given = indexOf(part.index, 'tool call')
    const call = this.#callOf({ given, id, name })
    const isNamed = id !== undefined && call.id === undefined
    if (isNamed) call.id = id
    call.hasName ||= name !== undefined
    return {
      index: call.index,
      id: isNamed ? id : undefined,
      name,
      arguments: added(call, argumentsIn(called), isLast),
      extensions: extensionsOf(part),
    }
  }

  /** The old form of a call, one at a time (`delta.function_call`), as a tool call; undefined where it says a new one again. */
  readLegacy(called: Fields, options: PartOptions): ToolCallDelta | undefined {
    if (this.#calls.some(({ id }) => id !== LEGACY_ID)) return undefined
    return this.read({ index: 0, id: LEGACY_ID, function: called }, options)
  }

  /**
   * What was kept back, when nothing follows.
   * @param isWhole nothing cut the answer: a call without arguments is one of a tool that takes none
   */
  release(isWhole: boolean): ToolCallDelta[] {
    const isBare = (call: Call) => isWhole && call.hasName && call.told === ''
    const held = this.#calls.filter((call) => call.holdsEmpty || isBare(call))
    return held.map((call) => {
      call.holdsEmpty = false
      call.told = EMPTY_ARGUMENTS
      const rest = { id: undefined, name: undefined, extensions: undefined }
      return { index: call.index, ...rest, arguments: EMPTY_ARGUMENTS }
    })
  }

  get isEmpty(): boolean {
    return this.#calls.length === 0
  }

  #callOf(part: Label): Call {
    const { given, id, name } = part
    const begins = (call: Call) =>
      name !== undefined && call.hasName && id !== undefined && id !== call.id
    const known = given === undefined ? this.#unnumbered(id, name) : this.#numbered(part)
    if (known !== undefined && !begins(known)) return known
    return this.#open(given)
  }

  /**
   * The numbers of some servers go astray between the head of a call and its arguments (SGLang, DeepSeek): what names nothing
   * goes on under an id that is known, whatever its number, and under a new number with the last call, if that had a head.
   */
  #numbered({ given, id, name }: Label): Call | undefined {
    const own = name === undefined && id !== undefined && this.#calls.find((call) => call.id === id)
    const known = own || this.#calls.findLast((call) => call.given === given)
    if (known !== undefined || id !== undefined || name !== undefined) return known
    const last = this.#calls.at(-1)
    return last?.hasName ? last : undefined
  }

  /**
   * Without an index: a known id is that call, a new one with a name is a new call, and what has no name goes on with the
   * last call, for some servers give each part an id of its own.
   */
  #unnumbered(id: string | undefined, name: string | undefined): Call | undefined {
    const last = this.#calls.at(-1)
    const known = id === undefined ? undefined : this.#calls.find((call) => call.id === id)
    if (known !== undefined) return known
    const isNew = id === undefined ? last?.hasName === true : last?.id !== undefined
    return isNew && name !== undefined ? undefined : last
  }

  #open(given: number | undefined): Call {
    const isFree = given !== undefined && this.#calls.every(({ index }) => index !== given)
    const index = isFree ? given : 1 + Math.max(-1, ...this.#calls.map((call) => call.index))
    if (this.#calls.length >= MAX_TOOL_CALLS || index >= MAX_TOOL_CALLS)
      throw invalidChunk(`has more than ${MAX_TOOL_CALLS} tool calls`)
    const call = { given, index, id: undefined, hasName: false, told: '', holdsEmpty: false }
    this.#calls.push(call)
    return call
  }
}

function labelOf(value: unknown, maxCharacters: number): string | undefined {
  const label = lineOrUndefined(value, maxCharacters)
  return label === undefined || NOTHING.test(label) ? undefined : label
}

/** What is called, and with what: OpenAI's functions and custom tools, or Anthropic's form, where the call says it itself. */
function calledIn(part: Fields): Fields {
  if (isJsonObject(part.function)) return part.function
  return isJsonObject(part.custom) ? part.custom : part
}

/** Arguments are JSON as text; some servers send the value itself, and PHP writes an empty object as a list. */
function argumentsIn({ arguments: text, parameters, input }: Fields): string {
  const value = text ?? parameters ?? input
  if (typeof value === 'string') return value
  if (Array.isArray(value) && value.length === 0) return EMPTY_ARGUMENTS
  return value === undefined || value === null ? '' : JSON.stringify(value)
}

/**
 * What a part adds to the arguments of its call. Some servers send in each part all that they have so far (DeepSeek, GLM,
 * Qianfan): no JSON object goes on with its own beginning.
 */
function added(call: Call, text: string, isLast: boolean): string {
  if (call.told === '' && text === EMPTY_ARGUMENTS && !isLast) {
    call.holdsEmpty = true
    return ''
  }
  const { told } = call
  const isAll = text.length >= told.length && told.startsWith('{') && text.startsWith(told)
  const start = call.holdsEmpty && text !== '' && !text.startsWith('{') ? EMPTY_ARGUMENTS : ''
  const news = isAll ? text.slice(told.length) : start + text
  if (text !== '') call.holdsEmpty = false
  call.told += news
  return news
}
