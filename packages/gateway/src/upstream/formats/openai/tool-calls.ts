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
}

/** The functions that a deprecated server calls one at a time have no id, and a client needs one to answer. */
const LEGACY_ID = 'function_call'

export class ToolCalls {
  readonly #calls: Call[] = []

  /** @param extensionsOf the fields of a call that pass besides the known ones */
  read(part: Fields, extensionsOf: (fields: Fields) => Extensions | undefined): ToolCallDelta {
    const called = isJsonObject(part.function) ? part.function : {}
    const id = lineOrUndefined(part.id, MAX_ID_CHARACTERS)
    const name = lineOrUndefined(called.name, MAX_NAME_CHARACTERS)
    const given = indexOf(part.index, 'tool call')
    const call = this.#callOf({ given, id, name })
    const isNamed = id !== undefined && call.id === undefined
    if (isNamed) call.id = id
    call.hasName ||= name !== undefined
    return {
      index: call.index,
      id: isNamed ? id : undefined,
      name,
      arguments: argumentsOf(called.arguments),
      extensions: extensionsOf(part),
    }
  }

  /** The old form of a call, one at a time (`delta.function_call`), as a tool call. */
  readLegacy(called: Fields): ToolCallDelta {
    return this.read({ index: 0, id: LEGACY_ID, function: called }, () => undefined)
  }

  #callOf(part: {
    given: number | undefined
    id: string | undefined
    name: string | undefined
  }): Call {
    const { given, id, name } = part
    const begins = (call: Call) =>
      name !== undefined && call.hasName && id !== undefined && id !== call.id
    const known =
      given === undefined
        ? this.#unnumbered(id, name)
        : this.#calls.findLast((call) => call.given === given)
    if (known !== undefined && !begins(known)) return known
    return this.#open(given)
  }

  /** Without an index: a known id is that call, a new one is a new call, none goes on with the last call. */
  #unnumbered(id: string | undefined, name: string | undefined): Call | undefined {
    const last = this.#calls.at(-1)
    if (id !== undefined)
      return last?.id === undefined ? last : this.#calls.find((call) => call.id === id)
    return name !== undefined && last?.hasName === true ? undefined : last
  }

  #open(given: number | undefined): Call {
    const isFree = given !== undefined && this.#calls.every(({ index }) => index !== given)
    const index = isFree ? given : 1 + Math.max(-1, ...this.#calls.map((call) => call.index))
    if (this.#calls.length >= MAX_TOOL_CALLS || index >= MAX_TOOL_CALLS)
      throw invalidChunk(`has more than ${MAX_TOOL_CALLS} tool calls`)
    const call = { given, index, id: undefined, hasName: false }
    this.#calls.push(call)
    return call
  }
}

/** Arguments are JSON as text; some servers send the object itself. */
function argumentsOf(value: unknown): string {
  if (typeof value === 'string') return value
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : ''
}
