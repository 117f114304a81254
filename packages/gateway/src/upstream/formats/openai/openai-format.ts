/** OpenAI's chat completions, and what the servers that call themselves compatible make of them. */
import type { ChatFormat } from '../format.ts'
import { ChunkReader } from './chunk-reader.ts'
import { encodeRequest } from './encode-request.ts'
import { eventsIn, isDone } from './event-data.ts'
import { providerErrorOf } from './provider-error.ts'
import { chunkFromCompletion } from './unary.ts'

export const openAiFormat: ChatFormat = {
  encode: encodeRequest,
  reader: (options) => new ChunkReader(options),
  isComplete: (data) => isDone(data) || isJson(data) || eventsIn(data) !== undefined,
  eventOf: chunkFromCompletion,
  errorOf: (body) => providerErrorOf(isJson(body) ? JSON.parse(body) : body),
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
