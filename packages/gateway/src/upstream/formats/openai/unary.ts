/** Some servers answer a streaming request with one whole completion: it is read as a stream of one chunk. */
import { GatewayError } from '../../../errors.ts'
import { isJsonObject } from '../../../json-object.ts'

interface UnaryChoice {
  message?: unknown
  [field: string]: unknown
}

/**
 * A `chat.completion` as the `chat.completion.chunk` that says the same; anything else with its text unchanged.
 * @throws GatewayError `upstream_invalid_stream` if it is not a JSON object
 */
export function chunkFromCompletion(json: string): string {
  const completion = parse(json)
  if (!Array.isArray(completion.choices)) return json
  const choices = completion.choices.map(({ message, ...choice }: UnaryChoice) => ({
    ...choice,
    delta: message,
  }))
  return JSON.stringify({ ...completion, object: 'chat.completion.chunk', choices })
}

function parse(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json)
    if (isJsonObject(value)) return value
  } catch {
    // Falls through: what is no JSON and what is no object are the same to the caller.
  }
  throw new GatewayError('upstream_invalid_stream', 'upstream answered JSON that is not an object')
}
