/**
 * Some servers answer a streaming request with one whole completion: it is read as a stream of one chunk. It is finished,
 * whether it says so or not.
 */
import { GatewayError } from '../../../errors.ts'
import { isJsonObject } from '../../../json-object.ts'
import { type Fields, isNothing, objectIn } from './chunk-fields.ts'
import { refuseDeep } from './depth.ts'
import { eventsOnLines } from './event-data.ts'
import { finishReasonIn } from './finish-reasons.ts'

/** What belongs to a stream, behind an object that is none (gateways that label all their answers as streams). */
const DONE_BEHIND = /(data: ?)?\[DONE\]$/

/**
 * A `chat.completion` as the `chat.completion.chunk` that says the same; anything else with its text unchanged, events on
 * lines of their own without the names of their fields.
 * @throws GatewayError `upstream_invalid_stream` if it is not a JSON object, nor one in a list, or nested too deeply
 */
export function chunkFromCompletion(json: string): string {
  refuseDeep(json)
  const completion = objectOf(json.trimEnd().replace(DONE_BEHIND, ''))
  if (completion === undefined) return eventsOf(json)
  const { choices: given } = completion
  if (!Array.isArray(given) || given.length === 0) return JSON.stringify(completion)
  const choices = given.map((choice: unknown) =>
    isJsonObject(choice) ? finishedChoice(choice) : choice,
  )
  return JSON.stringify({ ...completion, object: 'chat.completion.chunk', choices })
}

function eventsOf(text: string): string {
  const events = eventsOnLines(text)
  if (events !== undefined) return events.join('\n')
  throw new GatewayError('upstream_invalid_stream', 'upstream answered JSON that is not an object')
}

function finishedChoice({ message, ...choice }: Fields): Fields {
  const finished = message === undefined ? choice : { ...choice, delta: message }
  if (finishReasonIn(finished) !== undefined) return finished
  const hasCalls = isJsonObject(message) && !isNothing(message.tool_calls)
  return { ...finished, finish_reason: hasCalls ? 'tool_calls' : 'stop' }
}

function objectOf(json: string): Fields | undefined {
  try {
    return objectIn(JSON.parse(json))
  } catch {
    return undefined
  }
}
