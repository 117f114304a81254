/**
 * Some servers answer a streaming request with one whole completion: it is read as a stream of one chunk. It is finished,
 * whether it says so or not.
 */
import { GatewayError } from '../../../errors.ts'
import { isJsonObject } from '../../../json-object.ts'
import { type Fields, isNothing, objectIn } from './chunk-fields.ts'
import { refuseDeep } from './depth.ts'
import { finishReasonIn } from './finish-reasons.ts'

/**
 * A `chat.completion` as the `chat.completion.chunk` that says the same; anything else with its text unchanged.
 * @throws GatewayError `upstream_invalid_stream` if it is not a JSON object, nor one in a list, or nested too deeply
 */
export function chunkFromCompletion(json: string): string {
  const completion = parse(json)
  const { choices: given } = completion
  if (!Array.isArray(given) || given.length === 0) return JSON.stringify(completion)
  const choices = given.map((choice: unknown) =>
    isJsonObject(choice) ? finishedChoice(choice) : choice,
  )
  return JSON.stringify({ ...completion, object: 'chat.completion.chunk', choices })
}

function finishedChoice({ message, ...choice }: Fields): Fields {
  const finished = message === undefined ? choice : { ...choice, delta: message }
  if (finishReasonIn(finished) !== undefined) return finished
  const hasCalls = isJsonObject(message) && !isNothing(message.tool_calls)
  return { ...finished, finish_reason: hasCalls ? 'tool_calls' : 'stop' }
}

function parse(json: string): Fields {
  refuseDeep(json)
  try {
    const value = objectIn(JSON.parse(json))
    if (value !== undefined) return value
  } catch {
    // Falls through: what is no JSON and what is no object are the same to the caller.
  }
  throw new GatewayError('upstream_invalid_stream', 'upstream answered JSON that is not an object')
}
